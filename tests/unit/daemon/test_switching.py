"""A device that another one takes the place of in mid-search, and the choice that is made beside the search."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daemon.evaluation.devices import background, disk_cache, measurement_process
from daemon.evaluation.devices.accuracy import Accuracy
from daemon.evaluation.devices.backend_choice import Choice
from daemon.evaluation.devices.backend_measurements import NetOnHardware
from daemon.evaluation.devices.backends import Backend
from daemon.evaluation.devices.background import BackgroundChoice
from daemon.evaluation.devices.emulated import outputs
from daemon.evaluation.devices.evaluation_cache import CachedDevice
from daemon.evaluation.devices.switching_device import SwitchingDevice
from daemon.gpu_client import Batch, Result
from protocol.messages import NetInfo
from tests.daemons import eventually
from tests.unit import leela_zero_writer
from tests.unit.daemon.batches import boards

INT8, F32 = Backend("openvino", "int8"), Backend("openvino", "f32")


class Slow:
    """A device whose batches are done when they are told to be."""

    def __init__(self, name: str, sha256: str = "") -> None:
        self.info = NetInfo("net", sha256, "toy", name, f"it is {name}")
        self.pending: list[tuple[Batch, Future[Result]]] = []
        self.shown: list[Batch] = []
        self.closed = False

    def submit(self, batch: Batch) -> Future[Result]:
        assert not self.closed
        self.shown.append(batch)
        self.pending.append((batch, Future()))
        return self.pending[-1][1]

    def finish(self) -> None:
        for batch, future in self.pending:
            future.set_result(Result(outputs(batch, "hashed"), 1.0, 2.0))
        self.pending.clear()

    def close(self) -> None:
        assert not self.pending, "closed under a batch"
        self.closed = True


class Quick(Slow):
    """One whose batches are done at once."""

    def submit(self, batch: Batch) -> Future[Result]:
        future = super().submit(batch)
        self.finish()
        return future


def test_the_other_one_takes_over_between_two_batches() -> None:
    first, second = Slow("first"), Quick("second")
    device = SwitchingDevice(first)
    one, two = device.submit(boards(3)), device.submit(boards(2))
    device.offer(second)
    assert device.info == second.info, "what comes next is evaluated with it"
    three = device.submit(boards(4))
    assert len(three.result().evaluations.value) == 4
    assert not first.closed, "it has open batches"
    first.finish()
    assert np.array_equal(two.result().evaluations.value, outputs(boards(2), "hashed").value)
    assert not first.closed
    one.result()
    assert first.closed, "and is let go of when the last of them is done"
    one.result()
    device.close()
    assert second.closed


def test_a_batch_that_is_late_or_fails_is_counted_once() -> None:
    first = Slow("first")
    device = SwitchingDevice(first)
    late, failing = device.submit(boards(3)), device.submit(boards(3))
    device.offer(Quick("second"))
    device.submit(boards(1))
    with pytest.raises(TimeoutError):
        late.result(0.0)
    first.pending.pop()[1].set_exception(RuntimeError("tripped"))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="tripped"):
            failing.result()
    assert not first.closed
    first.finish()
    late.result()
    assert first.closed


def test_the_other_one_has_seen_every_size_of_board_before() -> None:
    device = SwitchingDevice(Quick("first"))
    for batch in (boards(3), boards(5), boards(4), boards(2, 0, 4, 4)):
        device.submit(batch).result()
    second = Quick("second")
    device.offer(second)
    assert {batch.planes.shape for batch in second.shown} == {(5, 4, 3, 3), (2, 4, 4, 4)}


def test_what_is_remembered_was_said_by_the_device_that_is_in_use() -> None:
    first, second = Quick("first"), Quick("second")
    device = SwitchingDevice(CachedDevice(first, 1 << 20))
    for _ in range(2):
        device.submit(boards(3)).result()
    assert len(first.shown) == 1
    device.offer(CachedDevice(second, 1 << 20))
    device.submit(boards(3, seed=1)).result()
    assert [len(batch) for batch in second.shown] == [3, 3]
    device.clear_evaluations()
    device.submit(boards(3, seed=1)).result()
    assert len(second.shown) == 3


def test_another_reason_for_the_same_device() -> None:
    device = SwitchingDevice(Quick("first"))
    device.explain("it is the best")
    assert device.info == NetInfo("net", "", "toy", "first", "it is the best")
    device.offer(Quick("second"))
    assert device.info.why == "it is second"


@pytest.fixture
def subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NetOnHardware:
    monkeypatch.setattr(disk_cache, "directory", lambda: tmp_path / "kept")
    monkeypatch.setattr(background, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(background, "is_ready", lambda *_: True)
    net = tmp_path / "net"
    net.write_bytes(leela_zero_writer.write(leela_zero_writer.weights()))
    return NetOnHardware.of(net, "this CPU")


GOOD, EXACT = Accuracy(9, 0.99, 0.0, 0.0, None, None, 500.0), Accuracy(9, 1.0, 0.0, 0.0, None, None, 100.0)


class Beside:
    """A choice beside a search, measured by a process that runs ``code``."""

    def __init__(self, subject: NetOnHardware, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
        monkeypatch.setattr(measurement_process, "command", lambda *_: [sys.executable, "-c", code])
        self.device = SwitchingDevice(Quick("f32", subject.sha256))
        self.told: list[str] = []
        self.choice = BackgroundChoice(
            self.device,
            subject.choose([INT8, F32], lambda _: True),
            subject,
            [INT8, F32],
            1,
            lambda better: Quick(better.backend.precision, subject.sha256),
            self.told.append,
        )


FOREVER = "import sys; sys.stdin.read()"


def test_it_switches_when_something_better_is_known(subject: NetOnHardware, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = Beside(subject, monkeypatch, FOREVER)
    subject.keep(F32, EXACT)
    time.sleep(0.05)
    assert beside.device.info.device == "f32"
    subject.keep(INT8, GOOD)
    eventually(lambda: beside.device.info.device == "int8", "the device switches")
    beside.choice.close()
    line = beside.told[0]  # a second one, when it had looked between what is kept of the architecture and of the net
    assert line.startswith(
        "device: CPU, by OpenVINO, in bytes (int8), from now on; 500 positions a second; the same best"
    )
    assert disk_cache.alone(background.LOCK) is not None, "others may measure now"


def test_what_others_measure_is_taken_too(subject: NetOnHardware, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = disk_cache.alone(background.LOCK)
    assert lock is not None
    beside = Beside(subject, monkeypatch, "raise SystemExit('two measure at a time')")
    subject.keep(INT8, GOOD)
    subject.keep(F32, EXACT)
    eventually(lambda: beside.device.info.device == "int8", "the device switches")
    beside.choice.close()
    lock.close()


def test_where_the_first_choice_was_the_best_its_reason_is_told(
    subject: NetOnHardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = Beside(subject, monkeypatch, FOREVER)
    subject.keep(F32, EXACT)
    subject.keep(INT8, Accuracy(9, 0.5, 0.2, 0.5, None, None, 500.0))
    eventually(lambda: "(100/s" in beside.device.info.why, "the reason is known")
    beside.choice.close()
    assert beside.told[0] == "device: CPU, by OpenVINO, in exact arithmetic (f32), as before; 100 positions a second"


def test_a_measurement_that_fails_is_told_of_and_not_tried_again(
    subject: NetOnHardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = Beside(subject, monkeypatch, "raise SystemExit('no game is bundled')")
    eventually(lambda: bool(beside.told), "it says so")
    beside.choice.close()
    (line,) = beside.told
    assert line.startswith("device: CPU, by OpenVINO, in exact arithmetic (f32), as before; ")
    assert line.endswith("nothing faster can be measured: no game is bundled")
    assert beside.device.info.why.endswith("no game is bundled")


def test_the_process_ends_with_the_device(subject: NetOnHardware, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    monkeypatch.setattr(measurement_process, "start", _noted(started))
    beside = Beside(subject, monkeypatch, FOREVER)
    eventually(lambda: bool(started), "it measures")
    beside.device.close()
    assert started[0].poll() is not None


def _noted(started: list[subprocess.Popen[bytes]]):  # type: ignore[no-untyped-def]
    real = measurement_process.start

    def start(*asked: Any) -> subprocess.Popen[bytes]:
        started.append(real(*asked))
        return started[-1]

    return start


def test_the_device_is_not_changed_for_another_net(subject: NetOnHardware, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = Beside(subject, monkeypatch, FOREVER)
    beside.choice._open = lambda better: Quick(better.backend.precision, "another")
    subject.keep(F32, EXACT)
    subject.keep(INT8, GOOD)
    eventually(lambda: bool(beside.told), "it says so")
    beside.choice.close()
    assert beside.device.info.device == "f32"
    assert "the net's file has changed" in beside.told[0]


def test_a_final_choice_needs_nobody(subject: NetOnHardware) -> None:
    device = SwitchingDevice(Quick("f32"))
    choice = BackgroundChoice(device, Choice(F32, "it is"), subject, [INT8, F32], 1, lambda _: Quick(""), print)
    choice.close()
    assert not disk_cache.directory().exists()
