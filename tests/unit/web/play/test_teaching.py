"""A teaching game: which moves are warned of, and what becomes of them."""

from __future__ import annotations

import pytest

from tests.unit.web.play.driven import ANY_LINE, PASS, Driven, refused
from zhugo.web import messages
from zhugo.web.play import events as e
from zhugo.web.play.standing import NO_POINTS


def taught() -> Driven:
    """The person has moved, and warnings are of 3 points."""
    game = Driven(teaching=3.0)
    game.plays(12)
    return game


def test_no_other_game_judges_moves() -> None:
    game = Driven()
    assert game.wanted() is None
    game.plays(12)
    assert game.wanted() == "move"


def test_the_engine_looks_at_the_position_before_the_person_moves() -> None:
    game = Driven(teaching=3.0)
    assert not game.game.handle(e.LookedAhead(game.number("look_ahead")), game.now), "that is nothing to tell"
    assert game.wanted() is None
    game.acts("hint")
    assert game.wanted() == "hint"


@pytest.mark.parametrize(("loss", "stage"), [(0.0, "engine"), (2.99, "engine"), (3.0, "warned"), (40.0, "warned")])
def test_a_move_is_warned_of_that_loses_so_much(loss: float, stage: str) -> None:
    game = taught()
    assert game.standing.stage == "engine"
    assert game.engine_judges(loss).stage == stage
    assert game.wanted() == ("move" if stage == "engine" else None)
    warned = game.standing.warned("g", 7)
    assert warned == (messages.Warned("g", 7, loss, [[1, 2]]) if stage == "warned" else None)


def test_it_may_be_taken_back() -> None:
    game = taught()
    game.engine_judges(10.0)
    standing = game.acts("undo")
    assert (standing.stage, standing.undos, game.points) == ("person", 1, [])
    assert standing.warned("g", 7) is None


def test_it_may_be_kept() -> None:
    game = taught()
    assert game.engine_judges(10.0).better == ANY_LINE
    standing = game.acts("keep")
    assert (standing.stage, standing.better, game.points) == ("engine", (), [12])
    assert game.wanted() == "move"


def test_it_must_be_one_of_the_two() -> None:
    game = taught()
    game.engine_judges(10.0)
    for event in (e.PersonMoves(3), e.PersonActs("hint"), e.PersonActs("count"), e.PersonActs("pause")):
        assert refused(game, event) == "take the move back, or keep it, first"
    assert game.acts("resign").result == "W+R", "one may always resign"


@pytest.mark.parametrize("what", ["keep", "agree", "resume", "toggle"])
def test_what_is_not_asked_is_not_answered(what: str) -> None:
    assert refused(Driven(), e.PersonActs(what)) == "it is your move"  # type: ignore[arg-type]


def test_the_last_pass_is_not_judged() -> None:
    game = Driven(teaching=3.0, human=-1)
    game.engine_plays(PASS)
    assert game.plays(PASS).stage == "counting"


def test_a_net_that_knows_no_points_says_so_and_is_not_asked_again() -> None:
    game = taught()
    assert game.engine_judges(None).said == NO_POINTS
    game.engine_plays(7)
    assert game.wanted() is None
    game.plays(11)
    assert game.wanted() == "move"


def test_a_move_that_is_taken_back_while_it_is_judged() -> None:
    game = taught()
    number = game.number("judge_move")
    game.acts("undo")
    assert not game.game.handle(e.MoveJudged(number, 10.0, ()), game.now)
    assert game.standing.stage == "person"


def test_a_warning_is_there_again_after_a_restart() -> None:
    game = taught()
    game.engine_judges(10.0)
    assert game.brought_back().standing.warned("g", 7) == game.standing.warned("g", 7)
    judged = taught().brought_back()
    assert judged.wanted() == "judge_move"
