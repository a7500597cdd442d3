"""The wish that something ends, for threads that sleep in whatever way."""

from __future__ import annotations

import os
import threading


class Ending:
    """``descriptor`` becomes readable, and stays so, once ``end`` was called; any thread may call anything."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def end(self) -> None:
        """Let it end."""
        self._event.set()
        os.eventfd_write(self.descriptor, 1)

    def came(self) -> bool:
        """Whether it is to end."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, at most until it is to end: whether it is."""
        return self._event.wait(seconds)

    def close(self) -> None:
        """Nobody looks any more."""
        os.close(self.descriptor)


class Pauses:
    """Seconds between attempts, which grow."""

    FIRST, LONGEST = 0.5, 30.0

    def __init__(self) -> None:
        self._next = self.FIRST

    def next(self) -> float:
        """How long to wait now."""
        pause, self._next = self._next, min(self.LONGEST, 2.0 * self._next)
        return pause

    def begin_again(self) -> None:
        """It went well."""
        self._next = self.FIRST
