"""How long to think: from GTP's time systems to seconds for one move. Pure; times are seconds.

There is main time first, then overtime in *periods*: within each, so many *stones* must be played. Canadian overtime
has one period after another of many stones; byo-yomi has a number of periods of one stone, of which one is lost when
it runs out. Fischer clocks have no overtime; each move adds to the main time.

Of every stretch of time that must not run out the *lag* is kept back: for the controller, the way to it, and delays of
this process. Where the lag is more than half of the time, half of it is kept back, as in KataGo (lagBuffer), so that a
period shorter than the lag is still used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

LAG = 1.0
"""Kept back from every move unless set; KataGo's own default."""
OWN_DELAY = 0.1
"""Kept back where no lag is asked for: answers take a moment to be made."""
LATE = 0.25
"""The part of the time kept back that a late answer may still use."""
LEAST_MOVES_LEFT = 20
MOST_OF_MAIN = 0.2
"""The part of main time that one move may use at most, to have any result."""
LEAST_OF_PERIOD = 0.25
"""When less than this part of a period is left, the next period is begun rather than moving at once."""
QUICK = 0.001
"""With less of absolute time for a move there is no search: a move by the rules alone may still be in time."""
MOST_SECONDS = 1e6
ENDLESS = 2**31
"""Periods of Canadian overtime."""


@dataclass(frozen=True)
class Budget:
    """What one move may take, in seconds from the moment at which the command was read.

    ``aim``: when a search ends that has found something. ``latest``: when the answer goes out, whatever there is. Both
    are 0 where there is no time for a search. ``kept``: what is not used of it is there for later moves.
    """

    aim: float
    latest: float
    kept: bool = False


_FALLEN = Budget(0.1, 0.2)
"""For a move after the flag has fallen: it does not matter, or the game is lost."""


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
    debt: dict[int, float] = field(default_factory=dict)
    """Of absolute time: what answers took beyond their shares, which later answers save again."""
    _shares: dict[int, float] = field(default_factory=dict)

    def start(self, system: TimeSystem) -> None:
        """Begin anew with this system."""
        self.system = system
        for account in (self.left, self.debt, self._shares):
            account.clear()

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
        if player in self._shares:
            self.debt[player] = max(0.0, self.debt.get(player, 0.0) + seconds - self._shares.pop(player))
        if self.system.main is not None:
            self.left[player] = _after(self.system, self._left(player), seconds)

    def budget(self, player: int, moves_played: int, points: int) -> Budget | None:
        """What the next move of ``player`` may take, None when there is no limit."""
        system = self.system
        if system.main is None:
            return None
        left = _in_current_period(system, self._left(player))
        moves_left = max(LEAST_MOVES_LEFT, (points * 3 // 4 - moves_played) // 2)
        if left.stones:
            budget = self._of_overtime(left)
        elif system.stones:
            budget = self._of_main_before_overtime(left.seconds, moves_left)
        else:
            budget = self._of_all_time(player, left.seconds, moves_left)
        longest = min(MOST_SECONDS, system.longest)
        aim, latest = min(budget.aim, self._usable(longest)), min(budget.latest, self._latest(longest))
        return Budget(aim, latest, budget.kept)

    def _of_overtime(self, left: Left) -> Budget:
        seconds, system = left.seconds, self.system
        if seconds <= 0:
            return _FALLEN
        given_up = self._usable(seconds) < LEAST_OF_PERIOD * self._usable(system.period)
        if 1 < left.periods < ENDLESS and given_up:
            seconds += system.period
        share = seconds / left.stones
        # of several stones one may cost more than its share, if need be
        latest = max(self._latest(share), self._usable(2 * seconds / (left.stones + 1)))
        return Budget(self._usable(share), latest, kept=left.stones > 1)

    def _of_main_before_overtime(self, main: float, moves_left: int) -> Budget:
        period, stones = self.system.period, self.system.stones
        # what overtime gives anyway is not saved up
        aim = max(main / moves_left, self._usable(period / stones))
        # the move that ends main time may not count among the stones of the period that it begins
        last = (main + period) / (stones + 1 if stones > 1 else 1)
        if aim >= main - self._kept(main):
            return Budget(self._usable(last), self._latest(last), kept=stones > 1)
        part = main * MOST_OF_MAIN
        entering = min(self._latest(last), part + self._usable(period / stones))
        return Budget(aim, max(aim + LATE * self._kept(main), part, entering), kept=True)

    def _of_all_time(self, player: int, main: float, moves_left: int) -> Budget:
        """Of absolute or Fischer time, which must never run out."""
        if main <= 0:
            return _FALLEN
        increment, usable = self.system.increment, self._usable(main)
        spare = self._usable(main - increment)
        if increment:
            aim = self._usable(increment + spare / moves_left)
        else:
            self._shares[player] = usable / moves_left
            aim = usable / moves_left - self.debt.get(player, 0.0)
            if aim < QUICK:
                return Budget(0.0, 0.0)
        # more than the most altogether would be lost
        aim = max(aim, min(main / 2, main + increment - self.system.most))
        latest = max(aim + LATE * self._kept(main), increment + spare * MOST_OF_MAIN)
        return Budget(min(aim, usable), min(latest, self._latest(main)), kept=main + increment < self.system.most)

    def _usable(self, seconds: float) -> float:
        """Of a stretch of time that must not run out, what is not kept back."""
        return max(0.0, seconds - self._kept(seconds))

    def _latest(self, seconds: float) -> float:
        """When an answer goes out at the latest within such a stretch."""
        return max(0.0, seconds - (1.0 - LATE) * self._kept(seconds))

    def _kept(self, seconds: float) -> float:
        return max(0.0, min(max(self.lag, OWN_DELAY), seconds / 2))

    def _left(self, player: int) -> Left:
        return self.left.get(player, Left(self.system.main or 0.0, 0, self.system.periods))


def _in_current_period(system: TimeSystem, left: Left) -> Left:
    """The same, where a controller lets time go below zero before it says that another period has begun."""
    stones, seconds, periods = left.stones, left.seconds, left.periods
    if stones == 0 and system.stones and seconds < 0:
        stones, seconds = system.stones, seconds + system.period
    while stones and seconds <= 0 and 1 < periods < ENDLESS and system.period > 0:
        seconds, periods = seconds + system.period, periods - 1
    return Left(seconds, stones, periods)


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
