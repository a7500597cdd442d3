"""A game with clocks: which one runs, when it falls, and when none does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.web.play.driven import PASS, Driven, refused
from zhugo.bridges.gtp.clock import Left
from zhugo.web import messages
from zhugo.web.play import events as e

ABSOLUTE = messages.Clock("absolute", main=60)
BYOYOMI = messages.Clock("byoyomi", main=60, period=30, periods=2)


def left(game: Driven) -> tuple[float, float]:
    """Seconds, Black's and White's."""
    clocks = game.standing.clocks
    assert clocks is not None
    return clocks[0].seconds, clocks[1].seconds


def test_without_clocks_there_is_no_time() -> None:
    game = Driven().wait(1e6)
    assert game.standing.clocks is None
    assert game.standing.running is None
    assert game.game.deadline is None
    assert game.plays(12).stage == "engine"


def test_the_clock_runs_of_who_moves() -> None:
    game = Driven(clock=ABSOLUTE).wait(10)
    assert (left(game), game.standing.running) == ((50, 60), 1)
    game.plays(12)
    game.wait(5)
    assert (left(game), game.standing.running) == ((50, 55), -1)
    standing = game.engine_plays(7)
    assert [move.left and move.left.seconds for move in standing.moves] == [50, 55]


def test_the_engine_is_told_what_it_has() -> None:
    game = Driven(clock=ABSOLUTE, human=-1).wait(10)
    assert game.game.wanted is not None
    assert game.game.wanted.left == Left(60, 0, 0), "when it was asked"
    game.engine_plays(12)
    game.wait(5)
    game.plays(7)
    assert game.game.wanted is not None
    assert game.game.wanted.left == Left(50, 0, 0)


@pytest.mark.parametrize("human", [1, -1])
def test_who_has_no_time_left_has_lost(human: Any) -> None:
    game = Driven(clock=ABSOLUTE, human=human).wait(59)
    assert game.standing.stage != "over"
    assert game.game.deadline == game.now + 1
    game.wait(1)
    assert (game.standing.stage, game.standing.result) == ("over", "W+T")
    assert game.game.deadline is None


def test_a_move_that_comes_when_the_time_is_over_is_not_played() -> None:
    """Be the tick late, or the move in the same moment."""
    game = Driven(clock=ABSOLUTE)
    game.now += 60
    assert game.plays(12).result == "W+T"
    assert game.points == []
    other = Driven(clock=ABSOLUTE, human=-1)
    other.now += 60
    assert other.engine_plays(12).result == "W+T"


def test_a_tick_that_comes_early_changes_nothing() -> None:
    game = Driven(clock=ABSOLUTE)
    game.now += 59
    assert game.say(e.Tick()).stage == "person"
    assert left(game) == (1, 60)


def test_in_overtime_periods_go_by() -> None:
    game = Driven(clock=BYOYOMI).wait(95)
    assert game.standing.clocks is not None
    assert game.standing.clocks[0] == messages.ClockLeft(25, overtime=True, periods=1, stones=0)
    assert game.standing.clocks[1] == messages.ClockLeft(60, overtime=False, periods=2, stones=0)
    game.plays(12)
    assert game.standing.clocks[0].seconds == 30
    assert game.wait(0).game.deadline == game.now + 120


def test_a_pause_stops_them() -> None:
    game = Driven(clock=ABSOLUTE).wait(10)
    assert game.acts("pause").running is None
    game.wait(1000)
    assert left(game) == (50, 60)
    game.acts("go_on")
    game.wait(10)
    assert left(game) == (40, 60)


def test_undo_gives_no_time_back() -> None:
    game = Driven(clock=ABSOLUTE).wait(10)
    game.plays(12)
    game.wait(5)
    game.engine_plays(7)
    game.wait(20)
    game.acts("undo")
    assert left(game) == (30, 55)


def test_undo_does_not_make_a_period_whole() -> None:
    game = Driven(clock=BYOYOMI).wait(70)
    game.plays(12)
    game.engine_plays(7)
    game.wait(20)
    game.acts("undo")
    assert left(game) == (10, 60)


@pytest.mark.parametrize("what", ["judged", "warned", "counted", "away", "failed", "not yet there"])
def test_no_clock_runs(what: str) -> None:
    game = Driven(clock=ABSOLUTE, teaching=2.0 if what in ("judged", "warned") else None, there=what != "not yet there")
    game.plays(12)
    if what == "warned":
        game.engine_judges(10.0)
    elif what == "counted":
        game.acts("count")
    elif what == "away":
        game.say(e.EngineAway())
    elif what == "failed":
        game.say(e.EngineFails(game.number("move"), "why"))
    assert game.standing.running is None
    assert left(game.wait(1000)) == (60, 60)


def test_no_clock_runs_while_nobody_looks() -> None:
    game = Driven(clock=ABSOLUTE).wait(10)
    assert game.say(e.Watched(False)).running is None
    assert left(game.wait(1000)) == (50, 60)
    assert game.say(e.Watched(True)).running == 1
    assert left(game.wait(10)) == (40, 60)
    assert not game.game.handle(e.Watched(True), game.now), "that is no news"


def test_the_engine_moves_though_nobody_looks_and_it_costs_no_time() -> None:
    game = Driven(clock=ABSOLUTE)
    game.plays(12)
    game.say(e.Watched(False))
    game.wait(1000)
    assert game.engine_plays(7).stage == "person"
    assert left(game) == (60, 60)


def test_the_engine_s_clock_goes_on_when_it_is_back() -> None:
    game = Driven(clock=ABSOLUTE)
    game.plays(12)
    game.wait(10).say(e.EngineAway())
    game.wait(1000).say(e.EngineBack())
    assert game.game.wanted is not None
    assert game.game.wanted.left == Left(50, 0, 0)
    assert left(game.wait(10)) == (60, 40)


def test_the_person_s_clock_runs_though_the_engine_is_away() -> None:
    game = Driven(clock=ABSOLUTE)
    game.say(e.EngineAway())
    assert left(game.wait(10)) == (50, 60)


def test_none_runs_while_the_server_is_away() -> None:
    game = Driven(clock=BYOYOMI).wait(70)
    game.say(e.Tick())
    again = game.brought_back()
    assert again.standing.paused
    assert left(again.wait(1000)) == left(game) == (20, 60)
    again.acts("go_on")
    assert left(again.wait(5)) == (15, 60)


def test_a_move_goes_on_from_there_too() -> None:
    again = Driven(clock=ABSOLUTE).brought_back()
    assert again.plays(12).stage == "engine"
    assert not again.standing.paused


def test_passes_take_time_as_well() -> None:
    game = Driven(clock=ABSOLUTE).wait(10)
    game.plays(PASS)
    game.wait(10)
    game.engine_plays(PASS)
    assert left(game) == (50, 50)
    assert refused(game, e.PersonActs("pause")) == "the game is being counted: agree, or resume it"
