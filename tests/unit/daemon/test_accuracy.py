"""Which backend auto takes: the fastest that is accurate enough, and for ever the same."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from daemon.devices import kept
from daemon.devices.accuracy import Accuracy, choose, compare, evaluate
from daemon.devices.backends import Backend
from daemon.devices.opening import make_device
from daemon.options import SearcherOptions
from nets import Evaluations, NetError
from tests.unit import leela_zero_writer
from tests.unit.daemon.batches import Hashing, boards

BACKENDS = [Backend("openvino", "int8"), Backend("openvino", "bf16"), Backend("openvino", "f32")]


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "directory", lambda: tmp_path / "kept")


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net"
    path.write_bytes(leela_zero_writer.write(leela_zero_writer.weights()))
    return path


def accuracy(agreement: float, win_rate: float, rate: float) -> Accuracy:
    return Accuracy(100, agreement, win_rate, win_rate * 5, None, None, rate)


@pytest.mark.parametrize(("int8", "bf16", "expected"), [
    (accuracy(0.99, 0.002, 500), accuracy(0.99, 0.001, 300), "int8"),
    (accuracy(0.979, 0.002, 500), accuracy(0.99, 0.001, 300), "bf16"),
    (accuracy(0.99, 0.011, 500), accuracy(0.99, 0.001, 300), "bf16"),
    (accuracy(0.98, 0.01, 500), accuracy(0.99, 0.001, 300), "int8"),
    (accuracy(0.97, 0.002, 500), accuracy(0.97, 0.001, 300), "f32"),
    (accuracy(0.99, 0.002, 100), accuracy(0.99, 0.001, 120), "f32"),
])  # fmt: skip
def test_the_fastest_that_is_accurate_enough(net: Path, int8: Accuracy, bf16: Accuracy, expected: str) -> None:
    found = {"int8": int8, "bf16": bf16, "f32": accuracy(1.0, 0.0, 150)}
    backend, why = choose(net, BACKENDS, lambda: found, "this CPU")
    assert backend.precision == expected
    assert why.startswith(f"{expected} (")
    assert "\n" not in why


def test_f32_needs_no_proof(net: Path) -> None:
    found = {"int8": accuracy(0.1, 0.1, 9), "bf16": accuracy(0.1, 0.1, 9), "f32": accuracy(0.9, 0.1, 1)}
    assert choose(net, BACKENDS, lambda: found, "this CPU")[0].precision == "f32"


def test_it_stays_with_its_choice(net: Path) -> None:
    fast = {"int8": accuracy(0.99, 0.001, 500), "bf16": accuracy(0.99, 0.001, 300), "f32": accuracy(1.0, 0.0, 150)}
    slow = fast | {"int8": accuracy(0.99, 0.001, 5)}
    first = choose(net, BACKENDS, lambda: fast, "this CPU")
    assert choose(net, BACKENDS, lambda: pytest.fail("measured again"), "this CPU") == first
    assert choose(net, BACKENDS, lambda: slow, "another CPU")[0].precision == "bf16", "on another machine"
    net.write_bytes(leela_zero_writer.write(leela_zero_writer.weights(seed=2)))
    assert choose(net, BACKENDS, lambda: slow, "this CPU")[0].precision == "bf16", "for another net"


def test_where_there_is_no_choice_nothing_is_measured(net: Path) -> None:
    backend, why = choose(net, BACKENDS[2:], lambda: pytest.fail("measured"), "this CPU")
    assert backend.precision == "f32"
    assert "nothing but f32" in why


def evaluations(value: list[float], lead: list[float], priors: list[list[float]]) -> Evaluations:
    numbers = (np.array(field, np.float32) for field in (value, lead, priors))
    return Evaluations(*numbers, np.zeros((len(value), 0), np.float32))


def test_what_is_compared() -> None:
    reference = [evaluations([0.5, -0.5], [3, -3], [[0.6, 0.4], [0.1, 0.9]]), evaluations([0.0], [0], [[1.0, 0.0]])]
    found = [evaluations([0.4, -0.5], [3, -1], [[0.4, 0.6], [0.2, 0.8]]), evaluations([0.2], [0], [[0.9, 0.1]])]
    got = compare(reference, found, 7.0)
    assert got.positions == 3
    assert got.agreement == pytest.approx(2 / 3)
    assert got.win_rate == pytest.approx(0.05)
    assert got.worst_win_rate == pytest.approx(0.1)
    assert got.score == pytest.approx(2 / 3)
    assert got.worst_score == pytest.approx(2.0)
    assert got.rate == 7.0


def test_a_net_without_a_lead_has_no_error_of_it() -> None:
    silent = [evaluations([0.5], [np.nan], [[1.0, 0.0]])]
    assert compare(silent, silent, 1.0).score is None


def test_evaluations_come_in_the_order_of_the_samples() -> None:
    device, samples = Hashing(), [boards(5, 1), boards(3, 2)]
    found, _ = evaluate(device, samples, 2, time.process_time)
    assert device.sizes == [2, 2, 1, 2, 1]
    for sample, evaluated in zip(samples, found, strict=True):
        assert np.array_equal(evaluated.value, Hashing().submit(sample).result().evaluations.value)


def test_a_broken_net_is_told_of_before_anything_is_measured(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"a net")
    with pytest.raises(NetError, match="no net"):
        choose(broken, BACKENDS, dict, "a processor")
    assert capfd.readouterr().err == ""


def test_a_net_that_no_bundled_game_fits_is_evaluated_exactly(tmp_path: Path) -> None:
    net = tmp_path / "five.txt"
    net.write_bytes(leela_zero_writer.write(leela_zero_writer.weights(size=5)))
    options = SearcherOptions("", "searcher 1", str(tmp_path), "torch", "auto", str(net), None, "auto", 1)
    device, _wish = make_device(options)
    assert "f32" in device.info.device
    assert "no game is bundled" in device.info.why
    device.close()
