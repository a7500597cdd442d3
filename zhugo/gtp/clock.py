"""How long to think: from GTP's time systems to seconds for one move. Pure; times are seconds.

There is main time first, then overtime in *periods*: within each, so many *stones* must be played. Canadian overtime
has one period after another of many stones; byo-yomi has a number of periods of one stone, of which one is lost when
it runs out. Fischer clocks have no overtime; each move adds to the main time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

LAG = 0.5
"""Kept back from every move unless set, for the controller and the way to it."""
SHARE_OF_PERIOD = 0.95
"""Of the time of an overtime stone, how much one move may use."""
LEAST_MOVES_LEFT = 20
LEAST_SECONDS = 0.05
MOST_SECONDS = 1e6
ENDLESS = 2**31
"""Periods of Canadian overtime."""


@dataclass(frozen=True)
class TimeSystem:
    """``main`` seconds, then ``periods`` of ``period`` seconds for ``stones`` moves each, if ``stones`` is not 0.

    ``increment`` comes on top after every move, up to ``most`` altogether. No move may take more than ``longest``.
    ``None`` as main time: no limit at all.
    """

    main: float | None = None
    period: float = 0.0
    stones: int = 0
    periods: int = 0
    increment: float = 0.0
    most: float = math.inf
    longest: float = math.inf

    @classmethod
    def canadian(cls, main: float, period: float, stones: int) -> TimeSystem:
        """GTP 2's own: a period without stones means no limit, no period means absolute time (section 4.2)."""
        if stones == 0:
            return cls() if period > 0 else cls(main)
        return cls(main, period, stones, ENDLESS)

    @classmethod
    def byoyomi(cls, main: float, period: float, periods: int) -> TimeSystem:
        """``periods`` times ``period`` seconds."""
        return cls(main, period, 1, periods) if period > 0 and periods > 0 else cls(main)


@dataclass(frozen=True)
class Left:
    """What a player has: ``stones`` is 0 in main time, else the moves to play in ``seconds``; periods, this one too."""

    seconds: float
    stones: int
    periods: int


@dataclass
class Clock:
    """The time system and what the players have left, by their own account until the controller says better."""

    system: TimeSystem = field(default_factory=TimeSystem)
    lag: float = LAG
    left: dict[int, Left] = field(default_factory=dict)

    def start(self, system: TimeSystem) -> None:
        """Begin anew with this system."""
        self.system = system
        self.left.clear()

    def tell(self, player: int, seconds: float, count: int) -> None:
        """``time_left``. ``count``: moves left in Canadian overtime, periods left in byo-yomi, 0 in main time."""
        system = self.system
        if count == 0 or system.stones == 0:
            self.left[player] = Left(seconds, 0, system.periods)
        elif system.periods == ENDLESS:
            self.left[player] = Left(seconds, count, ENDLESS)
        else:
            self.left[player] = Left(seconds, 1, count)

    def spend(self, player: int, seconds: float) -> None:
        """A move of ``player`` took so long: what there is left if the controller does not say."""
        if self.system.main is not None:
            self.left[player] = _after(self.system, self._left(player), seconds)

    def seconds_for(self, player: int, moves_played: int, points: int) -> float | None:
        """Seconds that the next move of ``player`` may take, None when there is no limit."""
        if self.system.main is None:
            return None
        left, system = self._left(player), self.system
        if left.stones == 0 and system.stones and left.seconds <= self.lag:
            left = Left(left.seconds + system.period, system.stones, left.periods)
        if left.stones:
            return self._of_stone(left.seconds, left.stones)
        moves_left = max(LEAST_MOVES_LEFT, (points * 3 // 4 - moves_played) // 2)
        seconds = max(0.0, left.seconds - self.lag) / moves_left
        if system.increment:
            seconds = max(seconds, min(seconds + system.increment * SHARE_OF_PERIOD, left.seconds - self.lag))
        if system.stones:
            # what overtime gives anyway is not saved up
            seconds = max(seconds, self._of_stone(system.period, system.stones))
        return max(LEAST_SECONDS, min(seconds, system.longest - self.lag, MOST_SECONDS))

    def _of_stone(self, seconds: float, stones: int) -> float:
        share = seconds / stones
        return max(LEAST_SECONDS, min(share * SHARE_OF_PERIOD, share - self.lag, MOST_SECONDS))

    def _left(self, player: int) -> Left:
        return self.left.get(player, Left(self.system.main or 0.0, 0, self.system.periods))


def _after(system: TimeSystem, left: Left, seconds: float) -> Left:
    """What is left after a move of so many seconds; a clock that has run out stays at its last moment.

    The move that ends main time is not counted among the stones of the overtime that it began.
    """
    rest = left.seconds - seconds
    stones = left.stones
    if left.stones == 0:
        if rest >= 0 or system.stones == 0:
            return replace(left, seconds=min(max(0.0, rest) + system.increment, system.most))
        stones, rest = system.stones + 1, rest + system.period
    periods = left.periods
    while rest <= 0 and 1 < periods < ENDLESS:
        rest, periods = rest + system.period, periods - 1
    if stones == 1 or system.stones == 1:
        return Left(system.period, system.stones, periods)
    return Left(max(0.0, rest), stones - 1, periods)
