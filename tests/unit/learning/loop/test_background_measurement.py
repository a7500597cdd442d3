"""What nets of a run are evaluated with is measured beside it, and kept by architecture."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.evaluation.devices import disk_cache
from daemon.evaluation.devices.accuracy import Accuracy
from daemon.evaluation.devices.backend_measurements import NetOnHardware, hardware_of
from daemon.evaluation.devices.backends import Backend, ThisMachine
from daemon.evaluation.devices.background import LOCK
from tests.daemons import eventually
from tests.unit.arena.test_contest import net_in
from tests.unit.learning.training.played import TIC_TAC_TOE
from zhugo.learning.loop.background_measurement import BackgroundMeasurement
from zhugo.shared.backend import fastest, settled

F32, BF16 = Backend("torch", "f32"), Backend("torch", "bf16")


def accuracy(rate: float, agreement: float = 1.0, win_rate: float = 0.0) -> Accuracy:
    """That of a backend."""
    return Accuracy(100, agreement, win_rate, win_rate, None, None, rate)


@pytest.fixture(autouse=True)
def _a_cache_and_a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(ThisMachine, "precisions", lambda _, device: frozenset({"f32", "bf16"}))  # noqa: ARG005


@pytest.mark.parametrize(
    ("bf16", "f32", "taken"),
    [
        (None, None, BF16),  # nothing is known: the faster as a rule
        (None, accuracy(10), BF16),
        (accuracy(30), accuracy(10), BF16),
        (accuracy(9), accuracy(10), F32),  # a CPU that has it, but slowly
        (accuracy(30, agreement=0.96), accuracy(10), BF16),  # as of a young net
        (accuracy(30, agreement=0.5), accuracy(10), F32),
        (accuracy(30, win_rate=0.02), accuracy(10), F32),
        (accuracy(30, win_rate=0.02), None, F32),
    ],
)
def test_the_fastest_is_taken_that_is_not_known_to_be_inaccurate(
    bf16: Accuracy | None, f32: Accuracy | None, taken: Backend
) -> None:
    assert fastest([BF16, F32], {BF16: bf16, F32: f32}.get) == taken


def test_a_net_of_a_known_architecture_takes_what_was_measured_of_another(tmp_path: Path) -> None:
    first, second = (net_in(tmp_path / f"net {seed}", TIC_TAC_TOE, seed) for seed in (1, 2))
    assert settled("torch", "auto", first) == BF16
    subject = NetOnHardware.of(first, hardware_of([BF16, F32]))
    subject.keep(BF16, accuracy(5))
    subject.keep(F32, accuracy(10))
    assert settled("torch", "auto", second) == F32
    assert settled("torch", "bf16", second) == BF16, "as asked"


def test_a_net_is_measured_beside_the_run_once_and_again_when_it_has_learned(tmp_path: Path) -> None:
    first, second = (net_in(tmp_path / f"net {seed}", TIC_TAC_TOE, seed) for seed in (1, 2))
    subjects = [NetOnHardware.of(net, hardware_of([BF16, F32])) for net in (first, second)]
    with BackgroundMeasurement("torch", "auto") as measuring:
        measuring.begin(first, 1)
        assert measuring.busy
        eventually(lambda: not measuring.busy, "it is measured")
        assert all(subjects[0].own(backend) for backend in (BF16, F32))
        assert all(subjects[1].known(backend) for backend in (BF16, F32))
        for number in (1, 3, 5, 6, 7, 100):
            measuring.begin(second, number)
            assert not measuring.busy
        measuring.begin(second, 4)
        assert measuring.busy


@pytest.mark.parametrize(("device", "precision"), [("torch", "f32"), ("torch", "bf16"), ("emulated", "auto")])
def test_where_there_is_nothing_to_choose_nothing_is_measured(device: str, precision: str, tmp_path: Path) -> None:
    with BackgroundMeasurement(device, precision) as measuring:  # type: ignore[arg-type]
        measuring.begin(net_in(tmp_path / "net", TIC_TAC_TOE, 1), 1)
        assert not measuring.busy


def test_one_process_of_all_measures_at_a_time(tmp_path: Path) -> None:
    net = net_in(tmp_path / "net", TIC_TAC_TOE, 1)
    with BackgroundMeasurement("torch", "auto") as measuring:
        lock = disk_cache.alone(LOCK)
        assert lock is not None
        measuring.begin(net, 1)
        assert not measuring.busy
        lock.close()
        measuring.begin(net, 1)
        assert measuring.busy
    lock = disk_cache.alone(LOCK)
    assert lock is not None, "the end of the run ends it"
    lock.close()
