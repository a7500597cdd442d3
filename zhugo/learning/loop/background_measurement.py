"""Measures, beside a run of learning, how fast and how exact nets of its architecture are in less than f32.

Measurements are kept by architecture and machine, and later games choose by them (``zhugo.shared.backend``): no game
waits.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from daemon.evaluation.devices import disk_cache, measurement_process
from daemon.evaluation.devices.backend_measurements import NetOnHardware, hardware_of
from daemon.evaluation.devices.backends import Backend
from daemon.evaluation.devices.background import LOCK
from protocol.choices import DeviceName, Precision
from zhugo.shared.backend import to_choose_from


class BackgroundMeasurement:
    """One process at most, of low priority. A context manager: its end ends it."""

    def __init__(self, device: DeviceName, precision: Precision) -> None:
        """The settings of the run's games."""
        self._device, self._precision = device, precision
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: BinaryIO | None = None

    def begin(self, net: Path, number: int) -> None:
        """Have the net that plays in this iteration measured, beside it: if not all is known of its architecture, and
        in iterations 2, 4, 8 …, for nets become others when they learn. Raises ``NetError`` and ``DeviceError``."""
        if self.busy or len(self._backends) < 2:
            return
        subject = NetOnHardware.of(net, hardware_of(self._backends))
        again = number > 1 and number.bit_count() == 1
        if all(map(subject.own if again else subject.known, self._backends)):
            return
        self._lock = disk_cache.alone(LOCK)
        if self._lock is None:
            return  # another process measures: there will be other iterations
        self._process = measurement_process.start(subject, self._backends, threads=1)

    @cached_property
    def _backends(self) -> Sequence[Backend]:
        return () if self._device == "emulated" else to_choose_from(self._device, self._precision)

    @property
    def busy(self) -> bool:
        """Whether a net is being measured."""
        if self._process is not None and self._process.poll() is not None:
            self._end()
        return self._process is not None

    def __enter__(self) -> BackgroundMeasurement:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            measurement_process.stop(process)
        if self._lock is not None:
            self._lock.close()
