"""How long this process could not run: stopped, by Ctrl-Z say, or without a free processor.

Peers that were silent meanwhile were most likely stopped with it. The machine's monotonic clock goes on in a pause, but
for that of a suspended machine, which is none.
"""

from __future__ import annotations

import time
from collections.abc import Callable

JITTER = 0.1
"""Seconds that any sleep may take too long, and any piece of work wait for a processor; they are left out."""

WORTH_TELLING = 1.0
"""Seconds of pauses that are told of together: leases are longer."""


class PauseMeter:
    """Told of every sleep of a thread, it adds up what else went by: beyond the sleep, and beyond the work between."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, worked: Callable[[], float] = time.thread_time
    ) -> None:
        """``worked``: seconds that the calling thread has had a processor."""
        self._clock = clock
        self._worked = worked
        self._untold = 0.0
        self._woke, self._woke_worked = clock(), worked()
        self._slept, self._patience = self._woke, 0.0

    def works(self) -> None:
        """The thread is at work, and about to look at its clock."""
        now, worked = self._clock(), self._worked()
        self._count(now - self._woke - (worked - self._woke_worked))
        self._woke, self._woke_worked = now, worked

    def sleeps(self, patience: float) -> None:
        """The thread is about to sleep for up to so many seconds."""
        self.works()
        self._slept, self._patience = self._woke, max(0.0, patience)

    def wakes(self) -> None:
        """It goes on."""
        self._woke, self._woke_worked = self._clock(), self._worked()
        self._count(self._woke - self._slept - self._patience)

    def news(self) -> float:
        """Seconds of pauses that were not told yet, 0 while they are few."""
        if self._untold < WORTH_TELLING:
            return 0.0
        told, self._untold = self._untold, 0.0
        return told

    def _count(self, gap: float) -> None:
        if gap > JITTER:
            self._untold += gap
