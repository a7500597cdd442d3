"""The GPU's side: what stands in line, in which slot; and with a GPU, that it says what torch says on the CPU."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import nets
from daemon.evaluation.devices import accuracy
from daemon.evaluation.devices.cuda import SLOTS, CudaDevice, batch_sizes, fitting
from daemon.evaluation.devices.real_positions import sample
from daemon.evaluation.devices.torch_cpu import TorchDevice
from daemon.gpu_client import Batch
from protocol.messages import NetInfo
from tests.unit.daemon.batches import boards

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and torch sees none here")


@dataclass
class Slot:
    """Gives back its inputs' sums. It is done when somebody waits, or is told so."""

    size: int
    log: list[str]
    finished: bool = False
    held: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def start(self, planes: NDArray[np.float32], global_inputs: NDArray[np.float32]) -> None:
        assert len(planes) == len(global_inputs) <= self.size
        self.held, self.finished = np.zeros(self.size, np.float32), False
        self.held[: len(planes)] = planes.mean(axis=(1, 2, 3))
        self.log.append("start")

    def done(self) -> bool:
        return self.finished

    def wait(self) -> None:
        self.log.append("wait")
        self.finished = True

    def outputs(self) -> list[NDArray[np.float32]]:
        return [np.zeros((self.size, 10), np.float32), self.held, self.held, np.zeros((self.size, 9), np.float32)]

    def busy(self) -> tuple[float, float]:
        return 1.0, 2.0


def device(full: int = 8) -> tuple[CudaDevice, list[Slot], list[str]]:
    made: list[Slot] = []
    log: list[str] = []

    def new(size: int, _: Batch) -> Slot:
        made.append(Slot(size, log))
        return made[-1]

    net: Any = SimpleNamespace(check=lambda *_: None)
    return CudaDevice.over(net, full, new, NetInfo("n", "", "f", "d")), made, log


@pytest.mark.parametrize(("full", "sizes"), [(1, [1]), (4, [1, 2, 4]), (6, [1, 2, 4, 6]), (32, [1, 2, 4, 8, 16, 32])])
def test_graphs_are_recorded_for_a_few_sizes(full: int, sizes: list[int]) -> None:
    assert batch_sizes(full) == sizes
    assert [fitting(n, [1, 4, 6]) for n in (1, 2, 4, 5, 6, 9)] == [1, 4, 4, 6, 6, 9]


def test_a_batch_goes_into_the_smallest_slot_that_holds_it() -> None:
    gpu, made, _ = device()
    for n in (1, 3, 8, 4, 3):
        batch = boards(n, n)
        result = gpu.submit(batch).result()
        expected = batch.planes.mean(axis=(1, 2, 3)) * batch.positions.to_play
        assert np.allclose(result.evaluations.value, expected)
        assert (result.begin, result.end) == (1.0, 2.0)
    assert [slot.size for slot in made] == [1, 4, 8], "and slots are used again"


def test_submitting_waits_for_nothing_while_a_slot_is_free() -> None:
    gpu, made, log = device()
    pending = [gpu.submit(boards(8, seed)) for seed in range(SLOTS)]
    assert log == ["start"] * SLOTS
    assert len(made) == SLOTS
    late = gpu.submit(boards(8, 9))
    assert log == ["start"] * SLOTS + ["wait", "start"], "the oldest makes room, and keeps its result"
    values = [one.result().evaluations.value for one in (*pending, late)]
    for seed, value in zip((0, 1, 9), values, strict=True):
        batch = boards(8, seed)
        assert np.allclose(value, batch.planes.mean(axis=(1, 2, 3)) * batch.positions.to_play)


def test_nobody_is_kept_who_has_no_patience() -> None:
    gpu, made, _ = device()
    pending = gpu.submit(boards(2))
    with pytest.raises(TimeoutError):
        pending.result(timeout=0.0)
    made[0].finished = True
    assert pending.result(timeout=0.0) is pending.result()


@needs_gpu
@pytest.mark.parametrize(("precision", "win_rate"), [("f32", 1e-3), ("f16", 0.01)])
def test_it_says_what_the_cpu_says(precision: str, win_rate: float) -> None:
    net = nets.load()
    samples = sample(net.features, range(9, 20), (2,))[:4]
    expected = accuracy.evaluate(TorchDevice(net, 2), samples, 8, lambda: 0.0)[0]
    found = accuracy.evaluate(CudaDevice(net, precision, 8), samples, 8, lambda: 0.0)[0]
    assert accuracy.compare(expected, found, 0.0).win_rate < win_rate


@needs_gpu
def test_batches_stand_in_line_and_the_clock_is_the_machines() -> None:
    net = nets.load()
    gpu = CudaDevice(net, "f16", 8)
    batch = sample(net.features, range(19, 20), (2,))[0]
    gpu.submit(batch).result()
    first, second = gpu.submit(batch), gpu.submit(batch)
    one, other = first.result(), second.result()
    assert one.begin < one.end <= other.begin < other.end
