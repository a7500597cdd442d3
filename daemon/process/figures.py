"""What a master knows of itself at one moment, and how other threads of its process ask for that."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from protocol.messages import Status

FRESH = 1.0
"""Seconds for which figures are good enough for everybody who asks, so that many who ask cost no more than one."""

PATIENCE = 1.0
"""Seconds in which the master's loop answers, or it is not well."""


@dataclass(frozen=True)
class Figures:
    """``status``: without its list of sessions. ``waiting``: bytes that wait for peers to read them; ``unfinished``: of
    messages that are not whole yet. ``searches``: that run. ``trace_failure``: why the trace is no longer written.
    ``trace_bytes``: of the trace's newest file. ``draining``: no new search is begun any more.
    """

    status: Status
    version: str
    searches: int
    connections: int
    waiting: int
    unfinished: int
    trace_failure: str
    trace_bytes: int
    draining: bool


class Questions:
    """Other threads ask, the master's thread answers when it comes to it; it never waits for them.

    ``descriptor`` becomes readable when somebody asks.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._answered = threading.Condition()
        self._asked = self._closed = False
        self._latest: Figures | None = None
        self._at = 0.0

    def ask(self, patience: float = PATIENCE) -> Figures | None:
        """Figures of now, or of the last second; None if the master does not answer so soon."""
        deadline = self._clock() + patience
        with self._answered:
            if not self._is_fresh():
                if not self._closed:
                    self._asked = True
                    os.eventfd_write(self.descriptor, 1)
                self._answered.wait_for(lambda: self._closed or self._is_fresh(), deadline - self._clock())
            return self._latest if self._is_fresh() and not self._closed else None

    def answer(self, make: Callable[[], Figures]) -> None:
        """For the master's thread, in every turn of its loop: answer who asks."""
        if not self._asked:
            return
        figures = make()
        with self._answered:
            os.eventfd_read(self.descriptor)
            self._asked, self._latest, self._at = False, figures, self._clock()
            self._answered.notify_all()

    def forget(self) -> None:
        """What was answered holds no longer."""
        with self._answered:
            self._latest = None

    def close(self) -> None:
        """Answer nobody any more."""
        with self._answered:
            self._closed = True
            self._answered.notify_all()
            os.close(self.descriptor)

    def _is_fresh(self) -> bool:
        return self._latest is not None and self._clock() - self._at < FRESH
