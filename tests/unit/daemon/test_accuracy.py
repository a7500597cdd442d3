"""What is measured of a backend, and that nothing of it is measured twice."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from daemon.evaluation.devices import disk_cache, measurement
from daemon.evaluation.devices.accuracy import Accuracy, compare, evaluate, summed
from daemon.evaluation.devices.backend_measurements import NetOnHardware
from daemon.evaluation.devices.backends import Backend
from daemon.evaluation.devices.measurement import complete
from daemon.evaluation.devices.searcher_device import make_device
from daemon.evaluation.searcher_options import SearcherOptions
from daemon.gpu_client import Batch, Device
from nets import Evaluations, NetError
from tests.unit import leela_zero_writer
from tests.unit.daemon.batches import Hashing, boards

INT8, BF16, F32 = BACKENDS = [Backend("openvino", one) for one in ("int8", "bf16", "f32")]  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache, "directory", lambda: tmp_path / "kept")


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net"
    path.write_bytes(leela_zero_writer.write(leela_zero_writer.weights()))
    return path


def evaluations(value: list[float], lead: list[float], priors: list[list[float]]) -> Evaluations:
    numbers = (np.array(field, np.float32) for field in (value, lead, priors))
    pairs = np.zeros((len(value), 2), np.float32)
    return Evaluations(*numbers, np.zeros((len(value), 0), np.float32), pairs, pairs)


def test_what_is_compared() -> None:
    reference = [evaluations([0.5, -0.5], [3, -3], [[0.6, 0.4], [0.1, 0.9]]), evaluations([0.0], [0], [[1.0, 0.0]])]
    found = [evaluations([0.4, -0.5], [3, -1], [[0.4, 0.6], [0.2, 0.8]]), evaluations([0.2], [0], [[0.9, 0.1]])]
    parts = [compare(reference[:1], found[:1], [0.5, 0.1]), compare(reference[1:], found[1:], [0.2])]
    got = summed(parts, 2)
    assert got.positions == 3
    assert got.agreement == pytest.approx(2 / 3)
    assert got.win_rate == pytest.approx(0.05)
    assert got.worst_win_rate == pytest.approx(0.1)
    assert got.score == pytest.approx(2 / 3)
    assert got.worst_score == pytest.approx(2.0)
    assert got.rate == pytest.approx(10.0), "two at a time, 0.2 s by the median"


def test_a_net_without_a_lead_has_no_error_of_it() -> None:
    silent = [evaluations([0.5], [np.nan], [[1.0, 0.0]])]
    assert summed([compare(silent, silent, [1.0])], 1).score is None


def test_evaluations_come_in_the_order_of_the_samples() -> None:
    device, samples = Hashing(), [boards(5, 1), boards(3, 2)]
    found, _ = evaluate(device, samples, 2, time.process_time)
    assert device.sizes == [2, 2, 1, 2, 1]
    for sample, evaluated in zip(samples, found, strict=True):
        expected = Hashing().submit(sample).result().evaluations
        assert all(np.array_equal(getattr(evaluated, name), getattr(expected, name)) for name in vars(expected))


def test_the_pace_is_that_of_the_largest_board() -> None:
    ticks = iter(range(100))
    samples = [boards(2, 1), boards(2, 2, 4, 4), boards(3, 3, 4, 4)]
    assert len(evaluate(Hashing(), samples, 2, lambda: float(next(ticks)))[1]) == 3
    assert evaluate(Hashing(), samples[:1], 2, lambda: 0.0, largest=16)[1] == []


class Bench:
    """Devices that evaluate as ``Hashing`` does, and what was asked of each."""

    def __init__(self) -> None:
        self.asked: dict[Backend, int] = {}
        self.ready: list[Backend] = []
        self.patience = 10**9
        """Evaluations until the process is ended."""

    def open(self, _net: Path, backend: Backend, _threads: int, _full: int) -> Device:
        bench = self

        class Counting(Hashing):
            def submit(self, batch: Batch):  # type: ignore[no-untyped-def]
                bench.asked[backend] = bench.asked.get(backend, 0) + len(batch)
                bench.patience -= len(batch)
                if bench.patience < 0:
                    raise KeyboardInterrupt
                return super().submit(batch)

        return Counting()


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench()
    monkeypatch.setattr(measurement, "open_device", made.open)
    monkeypatch.setattr(measurement, "make_ready", lambda _net, backend, _keep: made.ready.append(backend))
    monkeypatch.setattr(measurement, "is_ready", lambda *_: True)
    monkeypatch.setattr(measurement, "samples_of", lambda _: [boards(40, seed) for seed in range(6)])
    return made


def subject(net: Path) -> NetOnHardware:
    return NetOnHardware.of(net, "this CPU")


def test_each_backend_is_measured_once(net: Path, bench: Bench) -> None:
    found = complete(subject(net), BACKENDS, 1)
    assert found.ahead == ()
    assert bench.asked == {INT8: 240, BF16: 240, F32: 240}
    assert complete(subject(net), BACKENDS, 1) == found
    assert bench.asked == {INT8: 240, BF16: 240, F32: 240}
    assert not list(disk_cache.directory().glob("part-*")), "what was needed on the way is gone"


@pytest.mark.parametrize("patience", [80, 200])
def test_what_was_measured_before_the_end_is_not_measured_again(net: Path, bench: Bench, patience: int) -> None:
    rounds = 0
    while True:
        rounds += 1
        assert rounds < 30, "it gets nowhere"
        bench.patience = patience
        try:
            complete(subject(net), BACKENDS, 1)
        except KeyboardInterrupt:
            continue
        break
    assert rounds > 2
    parts = 3
    assert sum(bench.asked.values()) <= 3 * 240 + rounds * 240 / parts, "a part is lost each time, at most"


def test_where_nothing_can_be_kept_it_ends_all_the_same(
    net: Path, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(disk_cache, "directory", lambda: tmp_path / "file" / "kept")
    complete(subject(net), BACKENDS, 1)
    assert set(bench.asked) == set(BACKENDS)


def test_a_net_of_a_known_architecture_has_its_choice_at_once(net: Path, tmp_path: Path) -> None:
    good, pace = Accuracy(100, 0.99, 0.001, 0.01, None, None, 100.0), {INT8: 500.0, BF16: 300.0, F32: 100.0}
    for backend in BACKENDS:
        subject(net).keep(backend, msgspec.structs.replace(good, rate=pace[backend]))
    other = tmp_path / "other"
    other.write_bytes(leela_zero_writer.write(leela_zero_writer.weights(seed=2)))
    chosen = subject(other).choose(BACKENDS, lambda backend: backend != INT8)
    assert chosen.backend == BF16, "the best that is ready"
    assert chosen.ahead, "and it is checked with this net"
    assert NetOnHardware.of(other, "another CPU").choose(BACKENDS, lambda _: True).backend == F32
    larger = tmp_path / "larger"
    larger.write_bytes(leela_zero_writer.write(leela_zero_writer.weights(size=13)))
    assert subject(larger).choose(BACKENDS, lambda _: True).backend == F32


def test_parts_survive_being_kept() -> None:
    said = [evaluations([0.5, 0.1], [3, 1], [[0.6, 0.4], [0.5, 0.5]]), evaluations([0.0], [0], [[1.0]])]
    found, seconds = measurement._unpacked(measurement._packed(said, [1.0, 2.0]))
    assert seconds == [1.0, 2.0]
    assert summed([compare(said, found, [1.0])], 1).worst_win_rate == 0.0
    assert [one.priors.shape for one in found] == [(2, 2), (1, 1)]


def test_a_broken_net_is_told_of_before_anything_is_measured(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"a net")
    with pytest.raises(NetError, match="no net"):
        NetOnHardware.of(broken, "a processor")
    assert capfd.readouterr().err == ""


def test_a_net_that_no_bundled_game_fits_is_evaluated_exactly(tmp_path: Path) -> None:
    net = tmp_path / "five.txt"
    net.write_bytes(leela_zero_writer.write(leela_zero_writer.weights(size=5)))
    options = SearcherOptions(
        "", "searcher 1", str(tmp_path), "torch", "auto", str(net), None, "auto", 1, choice="wait"
    )
    device, _batch_request = make_device(options)
    assert "f32" in device.info.device
    assert "no game is bundled" in device.info.why
    device.close()
