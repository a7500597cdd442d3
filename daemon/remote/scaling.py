"""How many searchers there should be, by what the core has for them to do."""

from __future__ import annotations

from dataclasses import dataclass

GROW_SECONDS, SHRINK_SECONDS = 5.0, 60.0
"""For so long every searcher has had work while something was searched, and one more comes; or one has had none, and it
goes.
"""


@dataclass(frozen=True)
class Load:
    """What a core has to do. ``searches``: that run; ``without_work``: searchers that wait, parked or idle."""

    searches: int
    without_work: int


class Scaler:
    """Between ``least`` and ``most``; a look at a time, whose clock is the caller's."""

    def __init__(self, least: int, most: int, at_first: int) -> None:
        self.least, self.most = least, most
        self.wanted = min(most, max(least, at_first))
        self._busy_since: float | None = None
        self._idle_since: float | None = None

    def look(self, load: Load, there: int, now: float) -> int:
        """How many there should be from now on. ``there``: how many work now."""
        busy = load.searches > 0 and load.without_work == 0 and there >= self.wanted
        idle = load.without_work > 0
        self._busy_since = (self._busy_since if self._busy_since is not None else now) if busy else None
        self._idle_since = (self._idle_since if self._idle_since is not None else now) if idle else None
        if self._busy_since is not None and now - self._busy_since >= GROW_SECONDS:
            self.wanted, self._busy_since = min(self.most, self.wanted + 1), now
        elif self._idle_since is not None and now - self._idle_since >= SHRINK_SECONDS:
            self.wanted, self._idle_since = max(self.least, self.wanted - 1), now
        return self.wanted
