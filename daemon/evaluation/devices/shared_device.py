"""One device for several searchers of a process: a thread of its own submits what they bring, and takes the results."""

from __future__ import annotations

import queue
from collections import deque
from concurrent.futures import Future
from contextlib import suppress

from daemon.evaluation.devices.queued_device import QueuedDevice, Task
from daemon.gpu_client import Device, Pending, Result

LOOK = 0.001
"""Seconds after which a device with one batch is looked at again, for another one may have come for it."""


class SharedDevice(QueuedDevice):
    """See the module. Two batches are with the device where there are as many, so that it goes from one to the next."""

    def __init__(self, device: Device) -> None:
        super().__init__(device, "shared device")

    def serve(self) -> None:
        """See ``QueuedDevice``."""
        at_work: deque[tuple[Pending[Result], Future[Result]]] = deque()
        open_ = True
        while open_ or at_work:
            if open_ and len(at_work) < 2:
                task: Task | None = None
                with suppress(queue.Empty):
                    task = self.tasks.get(block=not at_work)
                    open_ = task is not None
                if task is not None:
                    self._begin(task, at_work)
                    continue
            if at_work:
                self._look(at_work, None if len(at_work) > 1 or not open_ else LOOK)

    def _begin(self, task: Task, at_work: deque[tuple[Pending[Result], Future[Result]]]) -> None:
        batch, future = task
        self.clear_if_asked()
        try:
            at_work.append((self.device.submit(batch), future))
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
