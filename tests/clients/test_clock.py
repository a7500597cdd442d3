"""Seconds for a move, from GTP's clock: in every time system it lasts, and overtime is used."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhugo.gtp.clock import ENDLESS, LAG, Clock, TimeSystem

seconds = st.floats(1.5, 4000.0)
SYSTEMS = st.one_of(
    st.builds(TimeSystem.canadian, st.just(0.0) | seconds, st.floats(60.0, 900.0), st.integers(1, 25)),
    st.builds(TimeSystem.byoyomi, st.just(0.0) | seconds, st.floats(1.5, 60.0), st.integers(1, 5)),
    st.builds(
        TimeSystem,
        seconds,
        increment=st.floats(1.5, 60.0),
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
                return
        self.period -= used
        while self.period < 0 and 1 < self.periods < ENDLESS:
            self.period, self.periods = self.period + self.system.period, self.periods - 1
        assert self.period >= 0, f"overtime lacks {-self.period} s"
        self.stones -= 1
        if self.stones == 0:
            self.period, self.stones = self.system.period, self.system.stones

    def left(self) -> tuple[float, int]:
        """What ``time_left`` says."""
        if not self.in_overtime:
            return self.main, 0
        return self.period, self.stones if self.periods == ENDLESS else self.periods


@pytest.mark.parametrize("tells", [True, False], ids=["told what is left", "told nothing"])
@settings(max_examples=150, deadline=None)
@given(system=SYSTEMS, slow=st.floats(0.0, 0.8))
def test_no_game_is_lost_on_time(tells: bool, system: TimeSystem, slow: float) -> None:
    """However much of the lag the controller uses up, over a game longer than any."""
    clock, referee = Clock(), Referee(system)
    clock.start(system)
    for played in range(0, 500, 2):
        if tells:
            clock.tell(1, *referee.left())
        limit = clock.seconds_for(1, played, 361)
        assert limit is not None
        used = limit + slow * LAG
        referee.take(used)
        clock.spend(1, used)


@pytest.mark.parametrize("system", [TimeSystem(), TimeSystem.canadian(0, 10, 0)])
def test_without_a_clock_there_is_no_limit(system: TimeSystem) -> None:
    clock = Clock()
    clock.start(system)
    clock.spend(1, 100.0)
    assert clock.seconds_for(1, 0, 361) is None


@pytest.mark.parametrize("main", [0.0, 1.0, 30.0, 600.0, 3600.0])
def test_absolute_time_lasts_for_the_whole_game(main: float) -> None:
    clock = Clock()
    clock.start(TimeSystem.canadian(main, 0, 0))
    left = main
    for played in range(0, 500, 2):
        clock.tell(1, left, 0)
        limit = clock.seconds_for(1, played, 361)
        assert limit is not None
        assert 0 < limit <= max(0.05, left)
        left = max(0.0, left - limit)


@pytest.mark.parametrize("main", [0.0, 0.3, 5.0])
@pytest.mark.parametrize(
    ("system", "a_move"),
    [
        (TimeSystem.byoyomi(0, 30, 3), 30.0),
        (TimeSystem.byoyomi(0, 5, 1), 5.0),
        (TimeSystem.canadian(0, 300, 25), 12.0),
        (TimeSystem.canadian(0, 10, 1), 10.0),
    ],
)
def test_overtime_is_used_and_never_played_at_once(system: TimeSystem, a_move: float, main: float) -> None:
    clock = Clock()
    clock.start(system)
    clock.tell(-1, main, 0)
    assert 0.8 * a_move <= (clock.seconds_for(-1, 100, 361) or 0.0) < a_move
    clock.tell(-1, system.period, system.stones if system.periods == ENDLESS else 1)
    assert 0.8 * a_move <= (clock.seconds_for(-1, 100, 361) or 0.0) < a_move


def test_an_increment_is_used() -> None:
    clock = Clock()
    clock.start(TimeSystem(60.0, increment=10.0))
    clock.tell(1, 20.0, 0)
    assert 9.0 < (clock.seconds_for(1, 100, 361) or 0.0) < 20.0


def test_a_larger_lag_leaves_less_to_the_search() -> None:
    system = TimeSystem.byoyomi(0, 10, 3)
    assert (Clock(system, lag=3.0).seconds_for(1, 0, 361) or 0.0) == pytest.approx(7.0)
