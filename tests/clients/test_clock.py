"""Seconds for a move, from GTP's clock: in every time system it lasts, and what it gives is used."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhugo.bridges.gtp.clock import ENDLESS, LAG, Budget, Clock, Left, TimeSystem

seconds = st.floats(0.3, 4000.0)
SYSTEMS = st.one_of(
    st.builds(TimeSystem.canadian, st.just(0.0) | seconds, st.floats(1.0, 900.0), st.integers(1, 25)),
    st.builds(TimeSystem.byoyomi, st.just(0.0) | seconds, st.floats(0.2, 60.0), st.integers(1, 5)),
    st.builds(TimeSystem, seconds),
    st.builds(
        TimeSystem,
        seconds,
        increment=st.floats(0.2, 60.0),
        most=st.just(math.inf) | st.floats(4000.0, 5000.0),
        longest=st.just(math.inf) | st.floats(1.0, 60.0),
    ),
)


@dataclass
class Referee:
    """The controller's own clock for one player, by the letter of each system. Raises when the time is over."""

    system: TimeSystem

    def __post_init__(self) -> None:
        self.main = self.system.main or 0.0
        self.in_overtime = False
        self.period, self.stones, self.periods = self.system.period, self.system.stones, self.system.periods

    def take(self, used: float) -> None:
        """One move."""
        assert used <= self.system.longest, f"{used} s for one move"
        if not self.in_overtime:
            self.main -= used
            if self.main >= 0:
                self.main = min(self.main + self.system.increment, self.system.most)
                return
            assert self.system.stones, f"main time lacks {-self.main} s"
            self.in_overtime, used, self.main = True, -self.main, 0.0
            if self.system.stones > 1:
                self.period -= used
                assert self.period >= 0, f"overtime lacks {-self.period} s"
                return
        self.period -= used
        while self.period < 0 and 1 < self.periods < ENDLESS:
            self.period, self.periods = self.period + self.system.period, self.periods - 1
        assert self.period >= 0, f"overtime lacks {-self.period} s"
        self.stones -= 1
        if self.stones == 0 or self.system.periods < ENDLESS:
            self.period, self.stones = self.system.period, self.system.stones

    def left(self) -> tuple[float, int]:
        """What ``time_left`` says."""
        if not self.in_overtime:
            return self.main, 0
        return self.period, self.stones if self.periods == ENDLESS else self.periods


@pytest.mark.parametrize("tells", [True, False], ids=["told what is left", "told nothing"])
@pytest.mark.parametrize("late", [True, False], ids=["as late as can be", "in time"])
@settings(max_examples=100, deadline=None)
@given(system=SYSTEMS, lag=st.sampled_from([0.0, 0.3, 1.0, 5.0]), points=st.sampled_from([81, 361]))
def test_no_game_is_lost_on_time(tells: bool, late: bool, system: TimeSystem, lag: float, points: int) -> None:
    """Over a game longer than any, whatever the lag, and though every answer goes out as late as it may."""
    clock, referee = Clock(lag=lag), Referee(system)
    clock.start(system)
    for played in range(0, 500, 2):
        if tells:
            clock.tell(1, *referee.left())
        budget = clock.budget(1, played, points)
        assert budget is not None
        assert 0 <= budget.aim <= budget.latest
        used = budget.latest if late else budget.aim
        if referee.main <= 0 and not system.stones:
            return  # absolute time that is used up to the last bit
        referee.take(used)
        clock.spend(1, used)


@pytest.mark.parametrize("system", [TimeSystem(), TimeSystem.canadian(0, 10, 0)])
def test_without_a_clock_there_is_no_limit(system: TimeSystem) -> None:
    clock = Clock()
    clock.start(system)
    clock.spend(1, 100.0)
    assert clock.budget(1, 0, 361) is None


B3 = TimeSystem.byoyomi(60, 30, 3)
BLITZ = TimeSystem.byoyomi(1, 1, 3)
C25 = TimeSystem.canadian(600, 300, 25)
F5 = TimeSystem(5.0, increment=1.0)


@pytest.mark.parametrize(
    ("system", "left", "lag", "played", "budget"),
    [
        # a period less the lag; half of one that is shorter than twice the lag
        (B3, (30, 3), 1.0, 100, (29.0, 29.25)),
        (B3, (30, 1), 1.0, 100, (29.0, 29.25)),
        (B3, (30, 1), 0.0, 100, (29.9, 29.925)),
        (B3, (30, 1), 20.0, 100, (15.0, 18.75)),
        (BLITZ, (1, 1), 1.0, 100, (0.5, 0.625)),
        (BLITZ, (0.2, 1), 1.0, 100, (0.1, 0.125)),
        # a period that has nearly run out is given up while there are others
        (B3, (2, 3), 1.0, 100, (31.0, 31.25)),
        (B3, (2, 1), 1.0, 100, (1.0, 1.25)),
        (B3, (-4, 2), 1.0, 100, (25.0, 25.25)),
        # main time is spread, yet no move gets less than overtime would give; its end is used up with a period
        (B3, (60, 0), 1.0, 0, (29.0, 41.0)),
        (B3, (10, 0), 1.0, 0, (39.0, 39.25)),
        (B3, (0, 0), 1.0, 0, (29.0, 29.25)),
        (BLITZ, (1, 0), 1.0, 0, (1.0, 1.25)),
        (TimeSystem.byoyomi(3600, 10, 3), (3600, 0), 1.0, 0, (3600 / 135, 729.0)),
        # Canadian: a share of the period for each stone
        (C25, (300, 25), 1.0, 100, (11.0, 600 / 26 - 1)),
        (C25, (12, 1), 1.0, 100, (11.0, 11.25)),
        (C25, (10, 10), 1.0, 100, (0.5, 20 / 11 / 2)),
        (C25, (600, 0), 1.0, 0, (11.0, 600 / 5)),
        (TimeSystem.canadian(0, 5, 5), (5, 5), 1.0, 0, (0.5, 5 / 6)),
        # absolute: the rest by the moves to come
        (TimeSystem(300.0), (300, 0), 1.0, 0, (299 / 135, 299 / 5)),
        (TimeSystem(300.0), (20, 0), 1.0, 250, (19 / 20, 19 / 5)),
        (TimeSystem(300.0), (2, 0), 1.0, 250, (1 / 20, 1 / 20 + 0.25)),
        (TimeSystem(3.0), (3, 0), 1.0, 0, (2 / 135, 2 / 5)),
        (TimeSystem(300.0), (0.5, 0), 1.0, 250, (0.25 / 20, 0.25 / 20 + 0.25 / 4)),
        (TimeSystem(300.0), (0.02, 0), 1.0, 250, (0.0, 0.0)),
        (TimeSystem(300.0), (0, 0), 1.0, 250, (0.1, 0.2)),
        # Fischer: the increment and a part of the rest
        (F5, (5, 0), 1.0, 0, ((1 + 3 / 135) / 2, 1.6)),
        (F5, (1, 0), 1.0, 0, (0.5, 0.625)),
        (TimeSystem(60.0, increment=10.0), (70, 0), 1.0, 0, (9 + 59 / 135, 10 + 59 / 5)),
        (TimeSystem(60.0, increment=10.0, most=65.0), (65, 0), 1.0, 0, (10.0, 10 + 54 / 5)),
        (TimeSystem(60.0, increment=10.0, longest=5.0), (60, 0), 1.0, 0, (4.0, 4.25)),
    ],
)
def test_what_a_move_may_take(
    system: TimeSystem, left: tuple[float, int], lag: float, played: int, budget: tuple[float, float]
) -> None:
    clock = Clock(lag=lag)
    clock.start(system)
    clock.tell(-1, *left)
    said = clock.budget(-1, played, 361)
    assert said is not None
    assert (said.aim, said.latest) == pytest.approx(budget)


@pytest.mark.parametrize(("searched", "plain", "least", "most"), [(0.012, 0.004, 100, 135), (0.2, 0.01, 1, 30)])
def test_absolute_time_goes_into_quick_looks_as_far_as_it_lasts(
    searched: float, plain: float, least: int, most: int
) -> None:
    """135 moves in 3 s, on a machine where an answer takes so long with and without a search."""
    clock, left, looks = Clock(), 3.0, 0
    clock.start(TimeSystem(3.0))
    for played in range(0, 270, 2):
        clock.tell(1, left, 0)
        budget = clock.budget(1, played, 361)
        assert budget is not None
        took = max(budget.aim, searched) if budget.aim else plain
        looks += budget.aim > 0
        clock.spend(1, took)
        left -= took
    assert left > 0.5, "most of the lag is still there"
    assert least <= looks <= most


def test_it_begins_with_the_system_that_was_set() -> None:
    clock = Clock(lag=1.0)
    clock.start(TimeSystem.byoyomi(0, 4, 1))
    assert clock.budget(1, 0, 361) == Budget(3.0, 3.25)
    assert Clock().lag == LAG == 1.0, "KataGo's own"


@pytest.mark.parametrize(
    ("system", "used", "left"),
    [
        (TimeSystem(60.0), 10.0, Left(50.0, 0, 0)),
        (TimeSystem(5.0, increment=1.0), 2.0, Left(4.0, 0, 0)),
        (TimeSystem(5.0, increment=3.0, most=5.5), 1.0, Left(5.5, 0, 0)),
        (BLITZ, 1.5, Left(1.0, 1, 3)),
        (BLITZ, 2.5, Left(1.0, 1, 2)),
        (BLITZ, 3.5, Left(1.0, 1, 1)),
        (TimeSystem.canadian(10, 300, 25), 12.0, Left(298.0, 25, ENDLESS)),
    ],
)
def test_it_keeps_the_account_itself_where_nobody_says(system: TimeSystem, used: float, left: Left) -> None:
    clock = Clock()
    clock.start(system)
    clock.spend(1, used)
    assert clock.left[1] == left
