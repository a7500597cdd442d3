"""Whose turn it is, what the engine is asked for, undo, hints and how a game ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from games.game import GameError
from games.go.game import REASONS, Go
from games.go.position import Position
from tests.unit.go.drawn import Drawn
from tests.unit.web.play.driven import NOTHING, PASS, SPEC, Driven, refused
from zhugo.web import messages
from zhugo.web.play import events as e
from zhugo.web.play.game import Game
from zhugo.web.play.standing import AWAY, ILLEGAL


@pytest.mark.parametrize(
    ("human", "spec", "before", "turn", "stage"),
    [
        (1, SPEC, [], None, "person"),
        (-1, SPEC, [], None, "engine"),
        # behind moves of a record
        (1, SPEC, [(1, 12)], None, "engine"),
        (-1, SPEC, [(1, 12)], None, "person"),
        # the record says that Black moves again
        (1, SPEC, [(1, 12)], 1, "person"),
        (1, SPEC, [(1, 12), (1, 13)], None, "engine"),
        # White begins a handicap game
        (1, {**SPEC, "black": [6, 18], "to_play": "white"}, [], None, "engine"),
    ],
)
def test_who_begins(human: Any, spec: Any, before: Any, turn: Any, stage: str) -> None:
    game = Driven(spec, before, turn, human=human)
    assert game.standing.stage == stage
    assert game.wanted() == ("move" if stage == "engine" else None)
    assert game.standing.turn == (human if stage == "person" else -human)
    assert game.points == []


def test_both_move_in_turn() -> None:
    game = Driven()
    assert game.plays(12).stage == "engine"
    assert game.game.wanted is not None
    assert game.game.wanted.record == (12,)
    assert game.engine_plays(7).stage == "person"
    assert [(move.color, move.point) for move in game.standing.moves] == [(1, 12), (-1, 7)]
    assert game.wanted() is None


def test_a_game_goes_on_from_the_middle_of_a_record() -> None:
    game = Driven(before=[(1, 12), (1, 13), (-1, PASS)])
    assert game.game.record == [12, PASS + 1, 13, PASS]
    game.plays(7)
    assert game.game.wanted is not None
    assert game.game.wanted.record == (12, PASS + 1, 13, PASS, 7)
    assert game.points == [7], "the moves of this game alone"


def test_moves_of_a_record_may_break_rules_that_it_was_not_played_by() -> None:
    ko = Drawn(". X O . .\nX . X O .\n. X O . .\n. . . . .\n. . . . .", to_play="white", rules="chinese")
    # White takes the ko, and Black takes it back at once
    game = Driven(ko.spec, [(-1, 6), (1, 7)], human=-1)
    assert game.standing.stage == "person"
    assert refused(game, e.PersonMoves(6)) == "this move is illegal: ko"


@pytest.mark.parametrize(
    ("point", "why"),
    [(12, "occupied"), (-1, "off the board"), (26, "off the board"), (0, "suicide"), (400, "off the board")],
)
def test_illegal_moves_are_refused(point: int, why: str) -> None:
    surrounded = {**SPEC, "white": [1, 5], "black": [12]}
    assert refused(Driven(surrounded), e.PersonMoves(point)) == f"this move is illegal: {why}"


def test_there_are_words_for_every_reason() -> None:
    assert set(ILLEGAL) == set(REASONS.values())


def test_nobody_moves_out_of_turn() -> None:
    game = Driven(human=-1)
    assert refused(game, e.PersonMoves(3)) == "it is the engine's turn"


@pytest.mark.parametrize("answer", ["late", "of another kind"])
def test_an_answer_to_what_is_not_asked_any_more_is_dropped(answer: str) -> None:
    game = Driven()
    game.plays(12)
    number = game.number("move")
    game.acts("undo")
    game.plays(13)
    before = game.game.saved()
    event = e.EngineMoves(number, 7) if answer == "late" else e.LookedAhead(game.number("move") + 1)
    assert not game.game.handle(event, game.now)
    assert game.game.saved() == before


@pytest.mark.parametrize(
    ("human", "played", "left", "stage"),
    [
        (1, [12, 7], [], "person"),
        (1, [12], [], "person"),
        (1, [12, 7, 11, 6], [12, 7], "person"),
        (1, [12, 7, 11], [12, 7], "person"),
        (-1, [12, 7], [12], "person"),
        (-1, [12, 7, 11], [12], "person"),
        (1, [PASS, 3], [], "person"),
        # also out of the count
        (1, [12, 7, PASS, PASS], [12, 7], "person"),
    ],
)
def test_undo_takes_back_to_the_last_choice(human: Any, played: list[int], left: list[int], stage: str) -> None:
    game = Driven(human=human)
    for move in played:
        game.engine_plays(move) if game.standing.stage == "engine" else game.plays(move)
    standing = game.acts("undo")
    assert (game.points, standing.stage, standing.undos) == (left, stage, 1)
    assert game.game.record == left
    assert game.wanted() is None


def test_there_may_be_nothing_to_take_back() -> None:
    game = Driven(human=-1)
    assert refused(game, e.PersonActs("undo")) == "there is no move of yours to take back"
    game.engine_plays(12)
    assert refused(game, e.PersonActs("undo")) == "there is no move of yours to take back"


def test_a_hint_is_there_until_the_next_move() -> None:
    game = Driven()
    candidate = messages.Candidate(7, 50, 0.5, 1.0, 0.3, 0.0, [7, 8])
    assert game.acts("hint").hint == ()
    assert game.say(e.Hinted(game.number("hint"), (candidate,))).hint == (candidate,)
    assert game.wanted() is None
    assert game.plays(12).hint == ()
    assert refused(game, e.PersonActs("hint")) == "it is the engine's turn"


@pytest.mark.parametrize(
    ("ending", "result"),
    [
        (lambda game: game.acts("resign"), "W+R"),
        (lambda game: (game.plays(12), game.acts("resign"))[-1], "W+R"),
        (lambda game: (game.plays(12), game.engine_plays(None))[-1], "B+R"),
        (lambda game: game.acts("end"), ""),
    ],
)
def test_how_it_ends_before_the_count(ending: Any, result: str) -> None:
    game = Driven()
    standing = ending(game)
    assert (standing.stage, standing.result) == ("over", result)
    assert game.wanted() is None
    for event in (e.PersonMoves(3), *(e.PersonActs(what) for what in ("undo", "resign", "count", "resume", "end"))):
        assert refused(game, event) == "the game is over"  # type: ignore[arg-type]


def test_two_passes_end_it_with_a_count() -> None:
    game = Driven()
    game.plays(PASS)
    assert game.engine_plays(PASS).stage == "counting"
    assert refused(game, e.PersonActs("agree")) == "the engine still looks at what is dead"
    assert game.engine_counts().count == NOTHING
    assert game.wanted() is None
    standing = game.acts("agree")
    assert (standing.stage, standing.result, standing.count) == ("over", "W+7.5", NOTHING)


def test_a_pass_before_the_game_is_none_of_its_passes() -> None:
    game = Driven(before=[(1, PASS)], human=-1)
    assert game.plays(PASS).stage == "engine", "the engine has not agreed that it is over"


def test_the_button_is_taken_before_a_pass_ends_anything() -> None:
    game = Driven({**SPEC, "rules": "aga-button"})
    game.plays(PASS)
    assert game.engine_plays(PASS).stage == "person"
    assert game.plays(PASS).stage == "counting"


def test_the_person_may_have_it_counted_at_any_time() -> None:
    game = Driven()
    game.plays(12)
    assert game.acts("count").stage == "counting"
    assert game.wanted() == "judge_end"


@pytest.mark.parametrize("last", ["person", "engine"])
def test_play_that_is_resumed_ends_with_two_passes_anew(last: str) -> None:
    game = Driven(human=1 if last == "engine" else -1)
    if last == "engine":
        game.plays(PASS)
        game.engine_plays(PASS)
    else:
        game.engine_plays(PASS)
        game.plays(PASS)
    game.engine_counts()
    standing = game.acts("resume")
    assert (standing.stage, standing.count, standing.result) == ("person" if last == "engine" else "engine", None, "")
    if last == "person":
        assert game.engine_plays(PASS).stage == "person", "one pass since then"
    assert game.plays(PASS).stage == ("engine" if last == "engine" else "counting")
    if last == "engine":
        assert game.engine_plays(PASS).stage == "counting"


def test_play_that_is_resumed_goes_on_with_moves() -> None:
    game = Driven()
    game.plays(PASS)
    game.engine_plays(PASS)
    game.acts("resume")
    assert game.plays(12).stage == "engine"
    assert game.game.wanted is not None
    assert game.game.wanted.record == (PASS, PASS, 12)
    assert game.engine_plays(7).stage == "person"
    game.plays(PASS)
    assert game.engine_plays(PASS).stage == "counting"


def test_without_an_engine_the_game_waits_and_says_so() -> None:
    game = Driven(there=False)
    assert game.plays(12).said == ""
    assert game.say(e.EngineAway()).said == AWAY
    number = game.number("move")
    assert game.say(e.EngineBack()).said == ""
    assert game.number("move") > number, "it is asked again"
    assert not game.game.handle(e.EngineBack(), game.now), "that is no news"


def test_an_engine_that_fails_is_asked_again_when_the_person_says_so() -> None:
    game = Driven()
    game.plays(12)
    assert game.say(e.EngineFails(game.number("move"), "the net does not play 5x5")).said == "the net does not play 5x5"
    assert game.wanted() is None
    assert game.acts("go_on").said == ""
    assert game.engine_plays(7).stage == "person"


def test_an_engine_that_plays_what_is_illegal_has_failed() -> None:
    game = Driven()
    game.plays(12)
    assert game.engine_plays(12).said == "the engine played an illegal move"
    assert game.points == [12]


def test_nothing_goes_on_in_a_pause() -> None:
    game = Driven()
    game.plays(12)
    assert game.acts("pause").paused
    assert game.wanted() is None
    assert not game.acts("go_on").paused
    assert game.wanted() == "move"
    game.engine_plays(7)
    game.acts("pause")
    assert not game.plays(11).paused, "a move ends it"


@pytest.mark.parametrize(
    ("spec", "before"),
    [({"size": 30}, []), (SPEC, [(1, 12), (-1, 12)]), (SPEC, [(1, 26)]), (SPEC, [(0, 3)]), (SPEC, [(1, -1)])],
)
def test_a_game_that_cannot_be(spec: Any, before: Any) -> None:
    with pytest.raises(GameError):
        Game.begun(spec, before, messages.Opponent(), 0.0)


@pytest.mark.parametrize(
    "saved", [{}, {"spec": SPEC}, [], None, {"spec": SPEC, "before": [], "opponent": {"human": 3}}]
)
def test_what_is_no_saved_game(saved: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is msgspec's
        Game.brought_back(saved, 0.0)


EVENTS = st.one_of(
    st.integers(-1, 26).map(e.PersonMoves),
    st.builds(
        e.PersonActs, st.sampled_from(["undo", "hint", "keep", "count", "toggle", "agree", "resume"]), st.just(3)
    ),
    st.builds(e.PersonActs, st.sampled_from(["pause", "go_on"])),
    st.sampled_from([e.EngineAway(), e.EngineBack(), e.Tick()]),
    st.sampled_from(["answer", "fail"]),
)


def answered(game: Driven, event: Any, at: int) -> e.Event | None:
    """What the engine says of whatever it is asked for."""
    wanted = game.game.wanted
    if event not in ("answer", "fail"):
        return event  # type: ignore[no-any-return]
    if wanted is None:
        return None
    if event == "fail":
        return e.EngineFails(wanted.number, "why")
    legal = [move for move in range(26) if Position(Go.from_spec(SPEC), wanted.record).why_illegal(move) is None]
    answers: dict[str, e.Event] = {
        "move": e.EngineMoves(wanted.number, legal[at % len(legal)]),
        "judge_move": e.MoveJudged(wanted.number, float(at % 5), ()),
        "judge_end": e.EndJudged(wanted.number, NOTHING),
        "hint": e.Hinted(wanted.number, ()),
        "look_ahead": e.LookedAhead(wanted.number),
    }
    return answers[wanted.kind]


@given(
    st.lists(st.tuples(EVENTS, st.integers(0, 20)), max_size=40),
    st.sampled_from([None, messages.Clock("byoyomi", main=30, period=10, periods=2)]),
    st.sampled_from([None, 2.0]),
)
def test_whatever_happens(happening: list[tuple[Any, int]], clock: Any, teaching: Any) -> None:
    """The record is always what was played; a saved game is the same game; nothing is asked for that has no use."""
    game = Driven(clock=clock, teaching=teaching)
    for at, (event, seconds) in enumerate(happening):
        game.now += seconds
        what = answered(game, event, at)
        if what is None:
            continue
        before = game.game.wanted
        try:
            told = game.game.handle(what, game.now)
        except e.Refused:
            continue
        standing = game.standing
        assert told or game.game.wanted is before or isinstance(what, e.LookedAhead)
        assert game.game.record == game.points
        assert (standing.result != "") <= (standing.stage == "over")
        assert (standing.count is not None) <= (standing.stage in ("counting", "over"))
        assert (standing.running is not None) <= (standing.stage in ("person", "engine"))
        kinds = {"person": ("hint", "look_ahead"), "engine": ("move", "judge_move"), "counting": ("judge_end",)}
        assert game.game.wanted is None or game.game.wanted.kind in kinds[standing.stage]
        saved = json.loads(json.dumps(game.game.saved()))
        again = Game.brought_back(saved, 0.0)
        assert again.record == game.game.record
        assert (again.stage, again.turn) == (game.game.stage, game.game.turn)
        standing.play("game", 3)
