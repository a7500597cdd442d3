"""torch on a GPU: half precision, channels last, and a queue that holds the next batch before this one ends.

A batch goes through a *slot*: pinned memory to fill, a graph of the whole net that was recorded once, pinned memory to
read. ``submit`` copies into pinned memory and puts three things in line, each on a stream of its own so that the copies
of one batch run beside the kernels of another: the copy in, the graph, the copy out. It waits for nothing. Imports
torch.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from msgspec import UNSET
from numpy.typing import NDArray
from torch import Tensor

from daemon.evaluation.lru_cache import LruCache
from daemon.gpu_client import Batch, Result
from nets import Net, RawOutputs, decode
from protocol.messages import NetInfo

KEPT_SHAPES = 8
"""Board sizes and batch sizes whose graphs are kept; each holds its own activations on the GPU."""

SLOTS = 2
"""Batches of one shape that may be on their way at once."""

_TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


class Slot(Protocol):
    """A place for one batch of a fixed shape on its way through the GPU."""

    def start(self, planes: NDArray[np.float32], global_inputs: NDArray[np.float32]) -> None:
        """Put these inputs, of at most the slot's batch size, in line; returns at once."""

    def done(self) -> bool:
        """Whether the outputs are there."""

    def wait(self) -> None:
        """Return when they are."""

    def outputs(self) -> list[NDArray[np.float32]]:
        """The fields of ``RawOutputs``, of the whole slot. They are the slot's, and change with the next ``start``."""

    def busy(self) -> tuple[float, float]:
        """When the kernels began and ended, on the machine's monotonic clock."""


def batch_sizes(full: int) -> list[int]:
    """The sizes of batches for which graphs are recorded: powers of two below ``full``, and ``full``."""
    return [size for size in (1 << k for k in range(full.bit_length())) if size < full] + [full]


def fitting(n: int, sizes: Sequence[int]) -> int:
    """The smallest of these sizes that holds n positions; n itself, when none does."""
    return min((size for size in sizes if size >= n), default=n)


class CudaDevice:
    """One net on the GPU that torch sees first."""

    def __init__(self, net: Net, precision: str, full: int, why: str = "", number: int | None = None) -> None:
        """``full``: the size of most batches, and the largest for which a graph is recorded ahead of others.

        ``number``: of this GPU among the machine's, where there are several to choose from.
        """
        self._setup(net, full, _Recorder(net, precision).slot)
        device = f"{torch.cuda.get_device_name()}, {precision}"[:200]
        self._info = NetInfo(net.name, net.sha256, net.features, device, why, UNSET if number is None else number)

    def _setup(self, net: Net, full: int, new_slot: Callable[[int, Batch], Slot]) -> None:
        self._net = net
        self._sizes = batch_sizes(full)
        self._new_slot = new_slot
        self._shapes: LruCache[tuple[int, ...], _Slots] = LruCache(KEPT_SHAPES)

    @classmethod
    def over(cls, net: Net, full: int, new_slot: Callable[[int, Batch], Slot], info: NetInfo) -> CudaDevice:
        """A device over other slots than the GPU's, for tests."""
        device = cls.__new__(cls)
        device._setup(net, full, new_slot)
        device._info = info
        return device

    @property
    def info(self) -> NetInfo:
        return self._info

    def submit(self, batch: Batch) -> _Running:
        height, width = batch.planes.shape[2:]
        self._net.check(height, width)
        size = fitting(len(batch), self._sizes)
        slots = self._shapes.get((size, height, width), lambda: _Slots(lambda: self._new_slot(size, batch)))
        return _Running(slots, batch)

    def close(self) -> None:
        """Nothing is held that the end of the process does not free."""


class _Slots:
    """The slots of one shape, made as they are needed; when ``SLOTS`` are on their way the oldest is waited for."""

    def __init__(self, make: Callable[[], Slot]) -> None:
        self._make = make
        self._idle: list[Slot] = []
        self._running: list[_Running] = []

    def take(self, running: _Running) -> Slot:
        if not self._idle and len(self._running) == SLOTS:
            self._running[0].result()
        slot = self._idle.pop() if self._idle else self._make()
        self._running.append(running)
        return slot

    def give_back(self, running: _Running, slot: Slot) -> None:
        self._running.remove(running)
        self._idle.append(slot)


class _Running:
    """A batch on its way."""

    def __init__(self, slots: _Slots, batch: Batch) -> None:
        self._slots = slots
        self._batch = batch
        self._result: Result | None = None
        self._slot = slots.take(self)
        self._slot.start(batch.planes, batch.global_inputs)

    def result(self, timeout: float | None = None) -> Result:
        if self._result is None:
            self._wait(timeout)
            n = len(self._batch)
            raw = RawOutputs(*(output[:n] for output in self._slot.outputs()))
            begin, end = self._slot.busy()
            evaluations = decode(raw, self._batch.positions)
            self._slots.give_back(self, self._slot)
            self._result = Result(evaluations, begin, end)
        return self._result

    def _wait(self, timeout: float | None) -> None:
        # CUDA cannot wait with a timeout; a batch takes milliseconds, so nobody's patience is tried meanwhile.
        if timeout is not None and timeout <= 0.0 and not self._slot.done():
            raise TimeoutError
        self._slot.wait()


@dataclass(frozen=True)
class _Streams:
    """The three lines in which batches wait: copies in, kernels, copies out."""

    copy_in: torch.cuda.Stream
    kernels: torch.cuda.Stream
    copy_out: torch.cuda.Stream


class _Recorder:
    """Records the net as graphs on the GPU."""

    def __init__(self, net: Net, precision: str) -> None:
        self._type = _TYPES[precision]
        module = copy.deepcopy(net.module).to("cuda", memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._module: Any = module
        self._streams = _Streams(torch.cuda.Stream(), torch.cuda.Stream(), torch.cuda.Stream())
        self._clock = _EventClock()
        torch.backends.cudnn.benchmark = True

    def slot(self, size: int, batch: Batch) -> Slot:
        """A slot for ``size`` positions of the shape of this batch."""
        shapes = (size, *batch.planes.shape[1:]), (size, *batch.global_inputs.shape[1:])
        return _GraphSlot(self._forward, shapes, self._streams, self._clock)

    def _forward(self, planes: Tensor, global_inputs: Tensor) -> list[Tensor]:
        # Autocast keeps in f32 what the net does in f32, as the last steps of its heads.
        halves = self._type is not torch.float32
        with torch.inference_mode(), torch.autocast("cuda", self._type, enabled=halves, cache_enabled=False):
            outputs = self._module(planes.contiguous(memory_format=torch.channels_last), global_inputs)
        return [output.float() for output in outputs]


class _EventClock:
    """Where device events stand on the machine's monotonic clock."""

    DRIFT_SECONDS = 30.0
    """After so long the two clocks are compared again."""

    def __init__(self) -> None:
        self._compare()

    def time_of(self, event: torch.cuda.Event) -> float:
        """When an event was that has happened."""
        if time.monotonic() - self._zero_time > self.DRIFT_SECONDS:
            self._compare()
        milliseconds: float = self._zero.elapsed_time(event)
        return self._zero_time + milliseconds / 1000.0

    def _compare(self) -> None:
        self._zero = torch.cuda.Event(enable_timing=True)
        self._zero.record()  # on the default stream, where nothing waits
        self._zero.synchronize()
        self._zero_time = time.monotonic()


class _GraphSlot:
    """See the module."""

    def __init__(
        self,
        forward: Callable[[Tensor, Tensor], list[Tensor]],
        shapes: tuple[tuple[int, ...], tuple[int, ...]],
        streams: _Streams,
        clock: _EventClock,
    ) -> None:
        self._streams, self._clock = streams, clock
        self._staging = [torch.zeros(shape, dtype=torch.float32).pin_memory() for shape in shapes]
        self._views = [tensor.numpy() for tensor in self._staging]
        self._inputs = [torch.zeros(shape, dtype=torch.float32, device="cuda") for shape in shapes]
        self._graph = torch.cuda.CUDAGraph()
        self._on_gpu = self._record(forward)
        self._results = [torch.empty(output.shape, dtype=torch.float32).pin_memory() for output in self._on_gpu]
        self._there, self._begun, self._ended, self._back = (
            torch.cuda.Event(enable_timing=True, blocking=True) for _ in range(4)
        )

    def start(self, planes: NDArray[np.float32], global_inputs: NDArray[np.float32]) -> None:
        for view, array in zip(self._views, (planes, global_inputs), strict=True):
            view[: len(array)] = array
        streams = self._streams
        with torch.cuda.stream(streams.copy_in):
            for on_gpu, staged in zip(self._inputs, self._staging, strict=True):
                on_gpu.copy_(staged, non_blocking=True)
            self._there.record(streams.copy_in)
        with torch.cuda.stream(streams.kernels):
            streams.kernels.wait_event(self._there)
            self._begun.record(streams.kernels)
            self._graph.replay()
            self._ended.record(streams.kernels)
        with torch.cuda.stream(streams.copy_out):
            streams.copy_out.wait_event(self._ended)
            for result, on_gpu in zip(self._results, self._on_gpu, strict=True):
                result.copy_(on_gpu, non_blocking=True)
            self._back.record(streams.copy_out)

    def done(self) -> bool:
        return bool(self._back.query())

    def wait(self) -> None:
        self._back.synchronize()

    def outputs(self) -> list[NDArray[np.float32]]:
        return [result.numpy() for result in self._results]

    def busy(self) -> tuple[float, float]:
        return self._clock.time_of(self._begun), self._clock.time_of(self._ended)

    def _record(self, forward: Callable[[Tensor, Tensor], list[Tensor]]) -> list[Tensor]:
        """Run the net a few times, which settles its algorithms, and then once more into the graph."""
        stream = self._streams.kernels
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                forward(*self._inputs)
        stream.synchronize()
        with torch.cuda.graph(self._graph, stream=stream):
            return forward(*self._inputs)
