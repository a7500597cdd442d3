"""A device that several threads bring batches to, and a thread of its own serves."""

from __future__ import annotations

import queue
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future

from daemon.evaluation.devices.evaluation_cache import CachedDevice
from daemon.evaluation.devices.switching_device import SwitchingDevice
from daemon.gpu_client import Batch, Device, DeviceError, Result
from protocol.messages import NetInfo

Task = tuple[Batch, Future[Result]]


class QueuedDevice(ABC):
    """See the module. ``device``: closed with this one."""

    def __init__(self, device: Device, name: str) -> None:
        """``name``: of the thread."""
        self.device = device
        self.tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._clearing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def info(self) -> NetInfo:
        return self.device.info

    def submit(self, batch: Batch) -> Future[Result]:
        future: Future[Result] = Future()
        # The batch lives in its searcher's encoder until its result is there, and no longer.
        self.tasks.put((batch, future))
        return future

    def clear_evaluations(self) -> None:
        """Evaluate anew what is remembered, if anything is."""
        self._clearing.set()

    def close(self) -> None:
        self.tasks.put(None)
        self._thread.join()
        self.device.close()

    @abstractmethod
    def serve(self) -> None:
        """Take ``tasks`` and have them evaluated, until there is a None among them, and what was taken is done."""

    def clear_if_asked(self) -> None:
        """To be called before batches go to the device."""
        if self._clearing.is_set() and isinstance(self.device, CachedDevice | SwitchingDevice):
            self._clearing.clear()
            self.device.clear_evaluations()

    def _run(self) -> None:
        self.serve()
        while not self.tasks.empty():
            if (left := self.tasks.get()) is not None:
                refuse(left)


def refuse(task: Task) -> None:
    """It is not evaluated any more."""
    task[1].set_exception(DeviceError("the device is closed"))
