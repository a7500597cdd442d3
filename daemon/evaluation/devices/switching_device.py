"""A device whose place another one takes, between two batches."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from daemon.evaluation.devices.evaluation_cache import CachedDevice
from daemon.gpu_client import Batch, Device, Pending, Result, take
from protocol.messages import NetInfo


class SwitchingDevice:
    """One device after another, of the same net. One thread submits and takes the results; any thread may ``offer``."""

    def __init__(self, device: Device) -> None:
        self._now = _InUse(device)
        self._next: _InUse | None = None
        self._why: str | None = None
        self._seen: dict[tuple[int, ...], Batch] = {}
        self._endings: list[Callable[[], None]] = []

    @property
    def info(self) -> NetInfo:
        """What the next batch is evaluated with."""
        info = (self._next or self._now).device.info
        return info if self._why is None else msgspec.structs.replace(info, why=self._why)

    def submit(self, batch: Batch) -> Pending[Result]:
        following, self._next = self._next, None
        if following is not None:
            self._now.retire()
            self._now = following
        shape = batch.planes.shape[1:]
        if shape not in self._seen or len(self._seen[shape]) < len(batch):
            self._seen[shape] = _copied(batch)
        return self._now.submit(batch)

    def offer(self, device: Device) -> None:
        """Evaluate with this one from the next batch on. It is closed with this device.

        What has been evaluated is shown to it first, so that it compiles now what it needs for boards of that size.
        """
        for batch in list(self._seen.values()):
            device.submit(batch).result()
        self._why, self._next = None, _InUse(device)

    def explain(self, why: str) -> None:
        """Give another reason why this device was chosen."""
        self._why = why

    def clear_evaluations(self) -> None:
        """Evaluate anew what is remembered, if anything is."""
        for one in (self._now, self._next):
            if one is not None and isinstance(one.device, CachedDevice):
                one.device.clear_evaluations()

    def when_closed(self, call: Callable[[], None]) -> None:
        """Call this before the devices are let go of."""
        self._endings.append(call)

    def close(self) -> None:
        for call in self._endings:
            call()
        self._now.device.close()
        if self._next is not None:
            self._next.device.close()


class _InUse:
    """A device with its open batches, closed when the last of them is done and no other comes."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self._open = 0
        self._retired = False

    def submit(self, batch: Batch) -> _Open:
        pending = self.device.submit(batch)
        self._open += 1
        return _Open(self, pending)

    def done(self) -> None:
        self._open -= 1
        self._close_if_over()

    def retire(self) -> None:
        self._retired = True
        self._close_if_over()

    def _close_if_over(self) -> None:
        if self._retired and not self._open:
            self.device.close()


class _Open:
    """A batch that a device is not done with."""

    def __init__(self, device: _InUse, pending: Pending[Result]) -> None:
        self._device: _InUse | None = device
        self._pending = pending

    def result(self, timeout: float | None = None) -> Result:
        try:
            result = self._pending.result(timeout)
        except TimeoutError:
            raise
        except BaseException:
            self._done()
            raise
        self._done()
        return result

    def _done(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            device.done()


def _copied(batch: Batch) -> Batch:
    positions = take(batch.positions, np.arange(len(batch)))
    return Batch(batch.planes.copy(), batch.global_inputs.copy(), positions)
