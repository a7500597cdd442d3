"""When a daemon that was told to end does so: its searches may come to their own ends first, up to a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

Step = Literal["begin", "end", "over"]
"""What is to be done now: begin no search any more; end those that run, and then the daemon; end it."""


class DrainClock:
    """See the module. ``seconds``: for how long searches may go on, 0 for not at all."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._is_told = False
        self.deadline: float | None = None
        """When searches are ended, on this clock; None before the daemon was told to end."""

    def begin(self, seconds: float | None = None) -> None:
        """The daemon is to end. ``seconds``: in place of those from the beginning. Only the first call counts."""
        if self.deadline is None:
            self.seconds = self.seconds if seconds is None else seconds
            self.deadline = self._clock() + self.seconds

    def step(self, searches: int, times: int) -> Step | None:
        """What to do now, while so many searches run. ``times``: signals to end that came; the second hurries."""
        if self.deadline is None:
            return None
        if not searches or not self.seconds:
            return "over"
        if self._clock() >= self.deadline or times > 1:
            return "end"
        if not self._is_told:
            self._is_told = True
            return "begin"
        return None
