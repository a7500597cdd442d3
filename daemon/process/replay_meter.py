"""How long a restart would take: about as long as this process has worked since the newest part of its trace began."""

from __future__ import annotations

import time
from collections.abc import Callable


class ReplayMeter:
    """Says when the trace had better go on in another part, which begins with the state and has nothing to replay.

    A replay does again what the core did, so it takes as much of the processor. The process did more beside that, to
    encrypt and to send, say: the estimate is a bound rather than a mean.
    """

    def __init__(self, limit: float, clock: Callable[[], float] = time.process_time) -> None:
        """``limit``: seconds that a replay may take. ``clock``: seconds that the process has worked."""
        self._limit, self._clock = limit, clock
        self._began = clock()

    def begin(self, behind: float = 0.0) -> None:
        """A part began, of which this much is to be replayed already: seconds."""
        self._began = self._clock() - behind

    @property
    def is_long(self) -> bool:
        """Whether a replay of the part would take longer than it may."""
        return self._clock() - self._began >= self._limit
