"""What nets that come and go are evaluated with, on machines that have everything and on those that lack something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from daemon.evaluation.devices.backends import ThisMachine
from daemon.gpu_client import DeviceError
from tests.unit.arena.test_contest import net_in
from tests.unit.daemon.test_backends import EVERYTHING, OLD, PLAIN, USUAL, Machine, Usual
from tests.unit.learning.training.played import GO, TIC_TAC_TOE
from zhugo.learning.loop.preset import names, read
from zhugo.learning.selfplay.tasks import Task
from zhugo.learning.selfplay.worker import Worker
from zhugo.shared.backend import settled
from zhugo.strength.arena.engine import Engine, Search

KINDS = pytest.mark.parametrize("kind", [GO, TIC_TAC_TOE], ids=["go", "tic_tac_toe"])


@pytest.mark.parametrize(("device", "precision", "machine", "expected"), [
    ("auto", "auto", EVERYTHING, "cuda f16"),
    ("auto", "auto", Machine(("openvino", "torch")), "openvino bf16"),
    ("auto", "auto", OLD, "openvino f32"),
    ("auto", "auto", Machine(("torch",)), "torch bf16"),
    ("auto", "auto", PLAIN, "torch f32"),
    ("auto", "auto", USUAL, "openvino bf16"),
    ("auto", "auto", Usual(("openvino", "winograd", "torch"), frozenset({"f32", "int8"})), "openvino f32"),
    ("winograd", "auto", USUAL, "winograd int16"),
    ("torch", "auto", OLD, "torch f32"),
    ("openvino", "int8", OLD, "openvino int8"),
    ("emulated", "auto", PLAIN, "emulated auto"),
])  # fmt: skip
def test_auto_is_settled_without_bytes(device: str, precision: str, machine: Machine, expected: str) -> None:
    assert str(settled(device, precision, machine=machine)) == expected  # type: ignore[arg-type]


def test_what_was_asked_for_and_is_not_there_is_refused() -> None:
    with pytest.raises(DeviceError, match="--precision bf16: this CPU has no such arithmetic; use f32 or int8"):
        settled("auto", "bf16", machine=OLD)


@pytest.fixture
def old_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine becomes one whose CPU multiplies in f32 and in bytes, but not in bf16."""
    monkeypatch.setattr(ThisMachine, "missing", lambda _, device: None if device != "cuda" else "there is none")
    monkeypatch.setattr(ThisMachine, "precisions", lambda _, device: frozenset({"f32", "int8"}))  # noqa: ARG005


@pytest.fixture
def nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever measures or calibrates a net fails."""

    def refuse(*_: object) -> None:
        pytest.fail("a net of learning is measured or calibrated before its games")

    monkeypatch.setattr("daemon.evaluation.devices.measurement.complete", refuse)
    monkeypatch.setattr("daemon.evaluation.devices.openvino_model.in_bytes", refuse)


@pytest.mark.parametrize("name", names())
@pytest.mark.usefixtures("old_cpu", "nothing_is_measured")
def test_every_preset_plays_where_there_is_no_bf16(name: str, tmp_path: Path) -> None:
    """In f32, with a smaller net and shorter searches than its own."""
    smaller = [
        *("net.blocks=1", "net.filters=8", "selfplay.visits=4", "selfplay.fast_visits=2", "selfplay.max_moves=4"),
        *("selfplay.games_at_once=4", "selfplay.random_plies=0"),
    ]
    preset = read(name, smaller)
    game = preset.load_game()
    plan = preset.plan(game, net_in(tmp_path / "net", (game.name, game.spec()), 1))
    worker = Worker(0)
    answer = worker.execute(Task(plan, [0, 1], 0.0))
    while not answer.games:
        answer = worker.execute(Task(None, [], 10.0))
    worker.close()
    assert "OpenVINO on the CPU, f32" in answer.device


@KINDS
@pytest.mark.usefixtures("nothing_is_measured")
def test_nets_of_an_arena_are_not_measured(kind: tuple[str, dict[str, Any]], tmp_path: Path) -> None:
    records: dict[int, list[int]] = {0: [], 1: [1]}
    for seed in (1, 2):
        net = net_in(tmp_path / f"net {seed}", kind, seed)
        with Engine(net, Search(*kind, visits=4, at_once=2)) as engine:
            assert {place: report.visits for place, report in engine.search(records).items()} == {0: 4, 1: 4}
