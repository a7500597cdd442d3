"""One device for several searchers of a process: a thread of its own submits what they bring, and takes the results."""

from __future__ import annotations

import queue
import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress

from daemon.evaluation.devices.evaluation_cache import CachedDevice
from daemon.evaluation.devices.switching_device import SwitchingDevice
from daemon.gpu_client import Batch, Device, DeviceError, Pending, Result
from protocol.messages import NetInfo

LOOK = 0.001
"""Seconds after which a device with one batch is looked at again, for another one may have come for it."""

_Task = tuple[Batch, Future[Result]]


class SharedDevice:
    """See the module. Two batches are with the device where there are as many, so that it goes from one to the next."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._clearing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shared device", daemon=True)
        self._thread.start()

    @property
    def info(self) -> NetInfo:
        return self._device.info

    def submit(self, batch: Batch) -> Future[Result]:
        future: Future[Result] = Future()
        # The batch lives in its searcher's encoder until its result is there, and no longer.
        self._tasks.put((batch, future))
        return future

    def clear_evaluations(self) -> None:
        """Evaluate anew what is remembered, if anything is."""
        self._clearing.set()

    def close(self) -> None:
        self._tasks.put(None)
        self._thread.join()
        self._device.close()

    def _run(self) -> None:
        at_work: deque[tuple[Pending[Result], Future[Result]]] = deque()
        open_ = True
        while open_ or at_work:
            if open_ and len(at_work) < 2:
                task: _Task | None = None
                with suppress(queue.Empty):
                    task = self._tasks.get(block=not at_work)
                    open_ = task is not None
                if task is not None:
                    self._begin(task, at_work)
                    continue
            if at_work:
                self._look(at_work, None if len(at_work) > 1 or not open_ else LOOK)
        while True:
            try:
                left = self._tasks.get_nowait()
            except queue.Empty:
                return
            if left is not None:
                left[1].set_exception(DeviceError("the device is closed"))

    def _begin(self, task: _Task, at_work: deque[tuple[Pending[Result], Future[Result]]]) -> None:
        batch, future = task
        if self._clearing.is_set() and isinstance(self._device, CachedDevice | SwitchingDevice):
            self._clearing.clear()
            self._device.clear_evaluations()
        try:
            at_work.append((self._device.submit(batch), future))
        except Exception as error:  # it concerns this batch alone
            future.set_exception(error)

    def _look(self, at_work: deque[tuple[Pending[Result], Future[Result]]], timeout: float | None) -> None:
        pending, future = at_work[0]
        try:
            result = pending.result(timeout)
        except TimeoutError:
            return
        except Exception as error:
            at_work.popleft()
            future.set_exception(error)
        else:
            at_work.popleft()
            future.set_result(result)
