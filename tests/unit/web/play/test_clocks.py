"""A clock by each system: what is left, when it falls, and that it is the same clock as GTP's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhugo.bridges.gtp.clock import ENDLESS, Clock, Left, TimeSystem
from zhugo.web import messages
from zhugo.web.play import clocks

ABSOLUTE = messages.Clock("absolute", main=60)
BYOYOMI = messages.Clock("byoyomi", main=60, period=30, periods=3)
CANADIAN = messages.Clock("canadian", main=60, period=300, stones=25)
FISCHER = messages.Clock("fischer", main=60, period=5)


def after(clock: messages.Clock, *moves: float) -> messages.ClockLeft | None:
    """What is left after moves that took so long, None when the time was over in the last of them."""
    system = clocks.system_of(clock)
    assert system is not None
    left = clocks.full(system)
    for at, seconds in enumerate(moves):
        ran = clocks.ran(system, left, seconds)
        if ran is None:
            assert at == len(moves) - 1
            return None
        left = clocks.moved(system, ran)
    return clocks.shown(system, left)


def main_time(seconds: float, periods: int = 0, stones: int = 0) -> messages.ClockLeft:
    return messages.ClockLeft(seconds, overtime=False, periods=periods, stones=stones)


def overtime(seconds: float, periods: int = 0, stones: int = 0) -> messages.ClockLeft:
    return messages.ClockLeft(seconds, overtime=True, periods=periods, stones=stones)


@pytest.mark.parametrize(
    ("clock", "moves", "left"),
    [
        (ABSOLUTE, [], main_time(60)),
        (ABSOLUTE, [10, 20], main_time(30)),
        (ABSOLUTE, [10, 49.5], main_time(0.5)),
        (ABSOLUTE, [10, 50], None),
        # five seconds for every move, the last ones too
        (FISCHER, [10], main_time(55)),
        (FISCHER, [1, 1], main_time(68)),
        (FISCHER, [59.5, 5], main_time(5.5)),
        (FISCHER, [60], None),
        # a period comes back whole when a move was made in it; one that ran out does not
        (BYOYOMI, [10], main_time(50, periods=3)),
        (BYOYOMI, [70], overtime(30, periods=3)),
        (BYOYOMI, [70, 29, 29], overtime(30, periods=3)),
        (BYOYOMI, [95], overtime(30, periods=2)),
        (BYOYOMI, [70, 31], overtime(30, periods=2)),
        (BYOYOMI, [70, 61], overtime(30, periods=1)),
        (BYOYOMI, [70, 61, 29], overtime(30, periods=1)),
        (BYOYOMI, [70, 61, 30], None),
        (BYOYOMI, [149], overtime(30, periods=1)),
        (BYOYOMI, [150], None),
        # the move in which main time ends is the first of the stones
        (CANADIAN, [10], main_time(50, stones=25)),
        (CANADIAN, [70], overtime(290, stones=24)),
        (CANADIAN, [70, *[10] * 23], overtime(60, stones=1)),
        (CANADIAN, [70, *[10] * 24], overtime(300, stones=25)),
        (CANADIAN, [70, 290], None),
        # without main time overtime runs from the start
        (messages.Clock("byoyomi", main=0, period=30, periods=3), [], overtime(30, periods=3)),
        (messages.Clock("canadian", main=0, period=300, stones=2), [299], overtime(1, stones=1)),
        (messages.Clock("fischer", main=0, period=5), [], main_time(5)),
    ],
)
def test_what_is_left(clock: messages.Clock, moves: list[float], left: messages.ClockLeft | None) -> None:
    assert after(clock, *moves) == left


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [(ABSOLUTE, 60), (FISCHER, 60), (BYOYOMI, 150), (CANADIAN, 360)],
)
def test_when_it_falls_within_one_move(clock: messages.Clock, seconds: float) -> None:
    system = clocks.system_of(clock)
    assert system is not None
    assert clocks.falls_in(system, clocks.full(system)) == seconds


@pytest.mark.parametrize(
    ("clock", "system"),
    [
        (None, None),
        # as GTP has it: a period for no stones is no limit
        (messages.Clock("canadian", main=60, period=300, stones=0), None),
        (messages.Clock("canadian", main=60, period=0, stones=0), TimeSystem(60)),
        (messages.Clock("byoyomi", main=60, period=30, periods=0), TimeSystem(60)),
        (BYOYOMI, TimeSystem(60, 30, 1, 3)),
        (CANADIAN, TimeSystem(60, 300, 25, ENDLESS)),
        (FISCHER, TimeSystem(60, increment=5)),
    ],
)
def test_the_time_system(clock: messages.Clock | None, system: TimeSystem | None) -> None:
    assert clocks.system_of(clock) == system


@pytest.mark.parametrize("kind", ["absolute", "byoyomi", "fischer"])
def test_a_clock_without_time_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="needs some time"):
        clocks.system_of(messages.Clock(kind, main=0))  # type: ignore[arg-type]


seconds = st.integers(1, 4000).map(lambda halves: halves / 2)
SYSTEMS = st.one_of(
    st.builds(TimeSystem, seconds),
    st.builds(TimeSystem, seconds, increment=seconds),
    st.builds(TimeSystem.byoyomi, st.just(0.0) | seconds, seconds, st.integers(1, 4)),
    st.builds(TimeSystem.canadian, st.just(0.0) | seconds, seconds, st.integers(1, 8)),
)
MOVES = st.lists(seconds, max_size=12)


class SlowClock:
    """A clock that goes half a second at a time, written apart. ``over``: nothing is left."""

    def __init__(self, system: TimeSystem) -> None:
        self.system, self.over = system, False
        self.halves = round(2 * (system.main or 0))
        self.in_overtime = self.halves == 0 and system.stones > 0
        self.periods, self.stones = system.periods, system.stones
        if self.in_overtime:
            self.halves = round(2 * system.period)

    def tick(self) -> None:
        self.halves -= 1
        if self.halves > 0 or self.over:
            return
        if not self.in_overtime and self.system.stones:
            self.in_overtime = True
        elif self.in_overtime and 1 < self.periods < ENDLESS:
            self.periods -= 1
        else:
            self.over = True
        self.halves = round(2 * self.system.period)

    def move(self) -> None:
        if not self.in_overtime:
            self.halves += round(2 * self.system.increment)
            return
        self.stones -= 1
        if self.stones == 0:
            self.stones, self.halves = self.system.stones, round(2 * self.system.period)

    def left(self) -> Left:
        return Left(self.halves / 2, self.stones if self.in_overtime else 0, self.periods)


@given(SYSTEMS, MOVES)
def test_it_goes_as_a_clock_that_ticks(system: TimeSystem, moves: list[float]) -> None:
    slow, left = SlowClock(system), clocks.full(system)
    for took in moves:
        for _ in range(round(2 * took)):
            slow.tick()
        ran = clocks.ran(system, left, took)
        assert (ran is None) == slow.over
        assert slow.over == (clocks.falls_in(system, left) <= took)
        if ran is None:
            return
        assert ran == slow.left()
        slow.move()
        left = clocks.moved(system, ran)
        assert left == slow.left()


@given(SYSTEMS, seconds, seconds)
def test_looking_at_it_in_between_changes_nothing(system: TimeSystem, first: float, second: float) -> None:
    left = clocks.full(system)
    once, halfway = clocks.ran(system, left, first + second), clocks.ran(system, left, first)
    assert once == (None if halfway is None else clocks.ran(system, halfway, second))


@given(SYSTEMS, MOVES)
def test_it_is_the_clock_that_the_engine_thinks_by(system: TimeSystem, moves: list[float]) -> None:
    """But for the move that ends main time, which GTP's own account does not count among the stones it begins."""
    other, left = Clock(), clocks.full(system)
    other.start(system)
    for took in moves:
        ran = clocks.ran(system, left, took)
        if ran is None:
            return
        entered = left.stones == 0 and ran.stones > 0
        other.tell(1, left.seconds, 0 if not left.stones else left.stones if left.periods == ENDLESS else left.periods)
        other.spend(1, took)
        left = clocks.moved(system, ran)
        theirs = other.left[1]
        if entered and system.stones > 1:
            assert theirs == Left(ran.seconds, system.stones, ENDLESS)
            continue
        assert (theirs.stones, theirs.periods) == (left.stones, left.periods)
        assert math.isclose(theirs.seconds, left.seconds, abs_tol=1e-6)
