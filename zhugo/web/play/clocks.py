"""The clock of a game, kept by the one who says that time is over. Pure; times are seconds.

The systems are those of ``bridges.gtp.clock``, which says how long to think. A clock is at its end when nothing is
left. The move in which the main time ends is the first of the stones, or in the first of the periods, of overtime.
"""

from __future__ import annotations

import math
from dataclasses import replace

from zhugo.bridges.gtp.clock import ENDLESS, Left, TimeSystem
from zhugo.web import messages

FLAG = 1e-6
"""With less than this nothing is left: sums of times are not exact."""


def system_of(clock: messages.Clock | None) -> TimeSystem | None:
    """The time system; None where time has no limit. Raises ``ValueError``, one line, for a clock without time."""
    if clock is None:
        return None
    match clock.system:
        case "absolute":
            system = TimeSystem(clock.main)
        case "byoyomi":
            system = TimeSystem.byoyomi(clock.main, clock.period, clock.periods)
        case "canadian":
            system = TimeSystem.canadian(clock.main, clock.period, clock.stones)
        case "fischer":
            # as tournaments have it, the first move gets its increment, too, where there is nothing else
            system = TimeSystem(clock.main or clock.period, increment=clock.period)
    if system.main is None:
        return None
    if falls_in(system, full(system)) <= FLAG:
        raise ValueError("a clock needs some time on it")
    return system


def full(system: TimeSystem) -> Left:
    """What a player begins with."""
    left = Left(system.main or 0.0, 0, system.periods)
    return left if left.seconds > FLAG or not system.stones else Left(system.period, system.stones, system.periods)


def falls_in(system: TimeSystem, left: Left) -> float:
    """After how many seconds of one move nothing is left."""
    seconds, periods = left.seconds, left.periods
    if left.stones == 0 and system.stones:
        seconds += system.period
    if system.stones and 1 < periods < ENDLESS:
        seconds += (periods - 1) * system.period
    return seconds


def ran(system: TimeSystem, left: Left, seconds: float) -> Left | None:
    """What is left after the clock ran so long within a move; None when that was too long."""
    if falls_in(system, left) - seconds <= FLAG:
        return None
    rest, stones, periods = left.seconds - seconds, left.stones, left.periods
    if stones == 0 and system.stones and rest <= FLAG:
        stones, rest = system.stones, rest + system.period
    while stones and rest <= FLAG and 1 < periods < ENDLESS:
        rest, periods = rest + system.period, periods - 1
    return Left(rest, stones, periods)


def moved(system: TimeSystem, left: Left) -> Left:
    """What is left for the next move, when one has been made with so much left."""
    if left.stones == 0:
        return replace(left, seconds=min(left.seconds + system.increment, system.most))
    if left.stones == 1:
        return Left(system.period, system.stones, left.periods)
    return replace(left, stones=left.stones - 1)


def shown(system: TimeSystem, left: Left) -> messages.ClockLeft:
    """As the page and the record have it: periods of byo-yomi that are left, or stones of the Canadian period."""
    endless = left.periods == ENDLESS
    seconds = min(left.seconds, 1e9) if math.isfinite(left.seconds) else 1e9
    return messages.ClockLeft(
        seconds=seconds,
        overtime=left.stones > 0,
        periods=0 if endless else left.periods,
        stones=(left.stones or system.stones) if endless else 0,
    )
