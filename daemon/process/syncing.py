"""The thread that has a trace on the disk every second, while the master writes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from protocol.errors import TraceError

Fsync = Literal["always", "interval", "never"]
"""When the trace is on the disk, so that a power cut cannot take it: before a client is told of an event; within about
a second; when the system sees fit. The death of a process takes nothing in any case.
"""

SECONDS = 1.0


class Syncing:
    """Runs from its making to ``end``."""

    def __init__(self, sync: Callable[[], None], seconds: float = SECONDS) -> None:
        """``sync`` raises ``TraceError`` when the disk does not take it; then it is called no more."""
        self._sync = sync
        self._seconds = seconds
        self._error: TraceError | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fsync", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise what went wrong in the thread, if anything did."""
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """Sync no more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            try:
                self._sync()
            except TraceError as error:
                self._error = error
                return
