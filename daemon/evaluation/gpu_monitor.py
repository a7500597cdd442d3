"""What the GPUs of this machine are doing, whoever uses them: how busy they are, their memory and their power.

NVIDIA's management library is asked (``nvidia-ml-py``), which takes milliseconds: never between two batches. Where the
library, the driver or a GPU is missing there is nothing to read, and that is no error.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from msgspec import Struct

_GIB = 2**30

EVERY = 2.0
"""Seconds from one look to the next."""


class GpuUse(Struct, frozen=True):
    """One GPU. busy: share of the last moments in which it worked. used, memory: bytes. watts: that it draws.

    None where the GPU does not say.
    """

    number: int
    name: str
    busy: float | None = None
    used: int | None = None
    memory: int | None = None
    watts: float | None = None


class GpuReader(Protocol):
    """Says what the GPUs are doing now."""

    def read(self) -> Sequence[GpuUse]:
        """All of them, by number; none where there are none. Raises nothing."""


class Nvml:
    """NVIDIA's GPUs. The library is loaded at the first reading, and not tried again where that fails."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handles: Sequence[Any] | None = None

    def read(self) -> list[GpuUse]:
        with self._lock:
            if self._handles is None:
                self._handles = _handles()
            return [_use(number, handle) for number, handle in enumerate(self._handles)]


class GpuMonitor:
    """Reads every ``EVERY`` seconds in a thread of its own, so that others only look at what was read.

    A context manager. The thread ends at once where there are no GPUs.
    """

    def __init__(self, reader: GpuReader, every: float = EVERY) -> None:
        self._reader, self._every = reader, every
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._last: Sequence[GpuUse] = ()
        self._lap: list[Sequence[GpuUse]] = []
        self._thread = threading.Thread(target=self._look, name="gpu monitor", daemon=True)

    def now(self) -> Sequence[GpuUse]:
        """What was read last; none before that, and where there are no GPUs."""
        with self._lock:
            return self._last

    def lap(self) -> GpuUse | None:
        """All GPUs since the last lap as one; None where nothing was read. Another begins.

        busy: the mean; used: the most, of all together; watts: the mean, of all together.
        """
        with self._lock:
            read, self._lap = self._lap, []
        return _mean(read) if read else None

    def __enter__(self) -> GpuMonitor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            read = self._reader.read()
            if not read:
                return
            with self._lock:
                self._last = read
                self._lap.append(read)
            if self._ended.wait(self._every):
                return


def described(use: GpuUse) -> str:
    """In a few words: ``GPU 83%, 41.2 of 139.8 GiB, 412 W``, what it does not say left out."""
    said = []
    if use.busy is not None:
        said.append(f"{use.busy:.0%}")
    if use.used is not None:
        most = "" if use.memory is None else f" of {use.memory / _GIB:.1f}"
        said.append(f"{use.used / _GIB:.1f}{most} GiB")
    if use.watts is not None:
        said.append(f"{use.watts:.0f} W")
    return "GPU " + ", ".join(said)


def _mean(read: Sequence[Sequence[GpuUse]]) -> GpuUse:
    everyone = [use for uses in read for use in uses]
    busy = [use.busy for use in everyone if use.busy is not None]
    used = [sum(use.used or 0 for use in uses) for uses in read]
    watts = [sum(use.watts or 0.0 for use in uses) for uses in read]
    return GpuUse(
        0,
        everyone[0].name,
        sum(busy) / len(busy) if busy else None,
        max(used) or None,
        sum(use.memory or 0 for use in read[0]) or None,
        sum(watts) / len(watts) or None,
    )


def _handles() -> list[Any]:
    """Of the GPUs, by number; none where they cannot be asked."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
        return [pynvml.nvmlDeviceGetHandleByIndex(number) for number in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return []


def _use(number: int, handle: Any) -> GpuUse:
    import pynvml

    def asked(read: Callable[[Any], Any]) -> Any:
        """None for what this GPU, or this part of one, does not say."""
        with suppress(pynvml.NVMLError):
            return read(handle)
        return None

    name = asked(pynvml.nvmlDeviceGetName)
    rates, memory = asked(pynvml.nvmlDeviceGetUtilizationRates), asked(pynvml.nvmlDeviceGetMemoryInfo)
    milliwatts = asked(pynvml.nvmlDeviceGetPowerUsage)
    return GpuUse(
        number,
        name.decode() if isinstance(name, bytes) else name or "GPU",
        None if rates is None else rates.gpu / 100,
        None if memory is None else int(memory.used),
        None if memory is None else int(memory.total),
        None if milliwatts is None else milliwatts / 1000,
    )
