"""Finds the better backend beside the search: has it measured, opens it, and has the device switch to it.

One process at a time measures, of all that this machine has running; the others see on disk what it finds, and take its
place when it ends.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import BinaryIO

from daemon.evaluation.devices import disk_cache, measurement_process
from daemon.evaluation.devices.backend_choice import Choice, plain_words
from daemon.evaluation.devices.backend_measurements import NetOnHardware
from daemon.evaluation.devices.backends import Backend
from daemon.evaluation.devices.open_device import is_ready
from daemon.evaluation.devices.switching_device import SwitchingDevice
from daemon.gpu_client import Device

LOOK_SECONDS = 1.0
LOCK = "measuring"


class BackgroundChoice:
    """Sees to the choice of a device until it is final, in a thread of its own."""

    def __init__(
        self,
        device: SwitchingDevice,
        chosen: Choice,
        subject: NetOnHardware,
        backends: Sequence[Backend],
        threads: int,
        open_chosen: Callable[[Choice], Device],
        tell: Callable[[str], None],
    ) -> None:
        """``chosen``: what ``device`` begins with. ``tell``: gets lines for people."""
        self._device, self._chosen, self._open, self._tell = device, chosen, open_chosen, tell
        self._subject, self._backends, self._threads = subject, backends, threads
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: BinaryIO | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="choice of the device", daemon=True)
        device.when_closed(self.close)
        self._thread.start()

    def close(self) -> None:
        """Leave the choice as it is."""
        self._ended.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            under_way = True
            while self._chosen.ahead and under_way and not self._ended.is_set():
                under_way = self._measuring()
                if under_way:
                    self._ended.wait(LOOK_SECONDS)
                if self._chosen.ahead:
                    self._look()
        except Exception as error:  # whatever it is, the search has a device and goes on
            self._give_up(str(error) or type(error).__name__)
        finally:
            self._stop_measuring()

    def _look(self) -> None:
        """Take what is better by now, if anything is."""
        chosen = self._subject.choose(self._backends, lambda one: is_ready(self._subject.sha256, one))
        if chosen.backend != self._chosen.backend:
            device = self._open(chosen)
            if device.info.sha256 != self._subject.sha256:
                device.close()
                raise RuntimeError("the net's file has changed")
            self._device.offer(device)
            self._tell(plain_words(chosen, "from now on"))
        elif not chosen.ahead:
            self._device.explain(chosen.why)
            self._tell(plain_words(chosen, "as before"))
        self._chosen = chosen

    def _measuring(self) -> bool:
        """See to the process that measures, if it is this one's turn; whether something may still come of it."""
        if self._process is None:
            self._lock = disk_cache.alone(LOCK)
            if self._lock is not None:
                self._process = measurement_process.start(self._subject, self._backends, self._threads)
            return True
        code = self._process.poll()
        if code:
            assert self._process.stderr is not None
            lines = self._process.stderr.read().decode(errors="replace").split("\n")
            self._give_up(next((line for line in reversed(lines) if line.strip()), f"exit code {code}"))
        return code is None

    def _stop_measuring(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            measurement_process.stop(process)
        if self._lock is not None:
            self._lock.close()

    def _give_up(self, reason: str) -> None:
        why = f"{self._chosen.backend}, since nothing else can be measured: {reason}"
        self._chosen = Choice(self._chosen.backend, why, trouble=reason)
        self._device.explain(why[:4000])
        self._tell(plain_words(self._chosen, "as before"))
