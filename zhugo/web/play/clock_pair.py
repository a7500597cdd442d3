"""Both players' clocks, of which one runs at a time, or none. Pure."""

from __future__ import annotations

from zhugo.bridges.gtp.clock import Left
from zhugo.web import messages
from zhugo.web.play import clocks

COLORS: tuple[messages.Color, messages.Color] = (1, -1)


class ClockPair:
    """The clocks of a game; none where its time is not limited."""

    def __init__(self, clock: messages.Clock | None, left: dict[messages.Color, Left], now: float) -> None:
        """``left``: what each player has now, empty without a clock; it is the caller's, and kept up to date for it.

        Raises ``ValueError`` for a clock without time.
        """
        self._system, self._left, self._now = clocks.system_of(clock), left, now

    @property
    def there(self) -> bool:
        """Whether time is limited."""
        return self._system is not None

    def deadline(self, running: messages.Color | None) -> float | None:
        """When the clock falls that runs."""
        if self._system is None or running is None:
            return None
        return self._now + clocks.falls_in(self._system, self._left[running])

    def run(self, running: messages.Color | None, now: float) -> bool:
        """Take what has gone by since the last event from the clock that runs. Returns whether it fell."""
        gone = max(0.0, now - self._now)
        self._now = max(self._now, now)
        if self._system is None or running is None:
            return False
        left = clocks.ran(self._system, self._left[running], gone)
        if left is not None:
            self._left[running] = left
        return left is None

    def moved(self, color: messages.Color) -> messages.ClockLeft | None:
        """A player has moved: what is left for the next move."""
        if self._system is None:
            return None
        self._left[color] = clocks.moved(self._system, self._left[color])
        return clocks.shown(self._system, self._left[color])

    def shown(self, running: messages.Color | None, now: float) -> tuple[messages.ClockLeft, messages.ClockLeft] | None:
        """Black's and White's at this moment, at which nothing else happens."""
        if self._system is None:
            return None
        left = dict(self._left)
        if running is not None:
            # at the very end it shows its last moment, until that is an event
            left[running] = clocks.ran(self._system, left[running], max(0.0, now - self._now)) or left[running]
        black, white = (clocks.shown(self._system, left[color]) for color in COLORS)
        return black, white
