"""When the engine resigns: lost by win rate and by points, for several moves, in a game of which a part is played."""

from __future__ import annotations

from typing import Any

import pytest

from games.go.game import Go
from games.go.position import Position
from protocol.messages import Limits
from tests.clients.fake_session import FakeSession
from zhugo.bridges.gtp.resign_rule import Estimate, GameProgress, Terms, black_advantage, handicap, resigns

TERMS = Terms(win_rate=0.05, turns=3, points=3.0, played=0.2)
EVEN = GameProgress(points=361, moves=150, handicap=0.0)
NINE = 8 * 15.0 + 7.0 - 0.5 - 9.0
"""Points of nine stones by Chinese rules: eight more than a first move, half a point of komi, nine points back."""


def lost(*leads: float, rate: float = 0.01) -> list[Estimate]:
    """Searches, each sure of losing, with these leads."""
    return [Estimate(rate, lead, lead) for lead in leads]


UNKNOWN = Estimate(0.01, None, None)
"""Of a net that knows no points."""


@pytest.mark.parametrize(
    ("estimates", "resigned"),
    [
        (lost(-30, -30, -30), True),
        (lost(-30, -30), False),
        ([], False),
        # the last three alone count
        ([Estimate(0.5, 0.0, 0.0), *lost(-30, -30, -30)], True),
        ([*lost(-30, -30, -30), Estimate(0.5, 0.0, 0.0)], False),
        ([Estimate(0.06, -30, -30), *lost(-30, -30)], False),
        ([*lost(-30, -30), Estimate(0.05, -30, -30)], False),
        # a close game is played out, however sure the search is
        (lost(-0.5, -0.5, -0.5), False),
        (lost(-2.5, -2.5, -2.5), False),
        (lost(-3, -3, -3), True),
        (lost(-30, -30, -2), False),
        # ahead on the board and lost by the search: it is at odds with itself
        (lost(10, 10, 10), False),
        # not settled: the last moves swung by more than is missing at best
        (lost(-10, -40, -40), False),
        (lost(-10, -20, -20), True),
        (lost(-40, -25, -30), True),
        (lost(-90, -35, -80), False),
        # one move still promises something
        ([Estimate(0.01, -30, -30), Estimate(0.01, -30, -30), Estimate(0.01, -30, 1.0)], False),
        # a net that knows no points has its win rate alone
        ([UNKNOWN] * 3, True),
        ([UNKNOWN] * 2, False),
    ],
)
def test_in_an_even_game(estimates: list[Estimate], resigned: bool) -> None:
    assert resigns(TERMS, EVEN, estimates) is resigned


@pytest.mark.parametrize(
    ("terms", "resigned"),
    [
        (Terms(0.0, 3), False),
        (Terms(0.05, 4), False),
        (Terms(0.05, 1), True),
        (Terms(0.05, 3, points=30.0), True),
        (Terms(0.05, 3, points=31.0), False),
        (Terms(0.05, 3, played=0.41), True),
        (Terms(0.05, 3, played=0.42), False),
    ],
)
def test_by_other_terms(terms: Terms, resigned: bool) -> None:
    assert resigns(terms, EVEN, lost(-30, -30, -30)) is resigned


@pytest.mark.parametrize(
    ("points", "moves", "resigned"),
    [(361, 6, False), (361, 72, False), (361, 73, True), (81, 16, False), (81, 17, True)],
)
def test_not_before_a_part_of_the_board_is_played(points: int, moves: int, resigned: bool) -> None:
    assert resigns(TERMS, GameProgress(points, moves, 0.0), lost(-30, -30, -30)) is resigned


@pytest.mark.parametrize(
    ("moves", "lead", "resigned"),
    [
        # the third move of a game with nine stones, as if everything were lost
        (5, -117.5, False),
        (5, -361.0, False),
        (72, -361.0, False),
        # where the schedule begins, it takes the whole handicap, 15 % more and 5 points
        (73, -100.0, False),
        (73, -138.0, False),
        (73, -140.0, True),
        # half the way later: half of it, 15 % and 5 points: -58.75 - 17.625 - 5
        (144, -80.0, False),
        (145, -82.0, True),
        # caught up, or so it should be: 15 % and 5 points
        (217, -22.0, False),
        (217, -23.0, True),
        (300, -22.0, False),
        (300, -23.0, True),
    ],
)
def test_a_handicap_is_caught_up_in_the_course_of_the_game(moves: int, lead: float, resigned: bool) -> None:
    progress = GameProgress(361, moves, handicap=NINE)
    assert NINE == 117.5
    assert resigns(TERMS, progress, lost(lead, lead, lead)) is resigned


@pytest.mark.parametrize(("moves", "resigned"), [(150, False), (216, False), (217, True)])
def test_a_handicap_without_points_to_judge_by_has_its_time(moves: int, resigned: bool) -> None:
    assert resigns(TERMS, GameProgress(361, moves, NINE), [UNKNOWN] * 3) is resigned


def test_terms_that_ask_for_more_hold_in_a_handicap_game_too() -> None:
    terms = Terms(0.05, 3, points=60.0, played=0.7)
    assert not resigns(terms, GameProgress(361, 300, NINE), lost(-50, -50, -50))
    assert not resigns(terms, GameProgress(361, 250, NINE), lost(-70, -70, -70))
    assert resigns(terms, GameProgress(361, 300, NINE), lost(-70, -70, -70))


def game(moves: str = "", size: int = 9, **spec: Any) -> Position:
    """A game after ``b C3 w D4 b pass``, on a board of that size."""
    position = Position(Go.from_spec({"size": size, "komi": 7.0, "rules": "chinese", **spec}))
    words = moves.split()
    for color, vertex in zip(words[::2], words[1::2], strict=True):
        columns = "ABCDEFGHJ"
        move = size * size if vertex == "pass" else (size - int(vertex[1:])) * size + columns.index(vertex[0])
        position.play_as(1 if color == "b" else -1, move)
    return position


@pytest.mark.parametrize(
    ("position", "stones"),
    [
        (game(), 0),
        (game("b C3 w G7 b G3"), 0),
        (game(black=[20, 60], to_play="white"), 2),
        (game(black=[20], to_play="white"), 0),
        (game("b C3 b G7 b G3 w E5 b C7"), 3),
        (game("b C3 w pass b G7 w pass b G3 w E5"), 3),
        (game("b C3 b G7 w E5", black=[20], to_play="black"), 3),
        # positions that somebody sets up
        (game("b C3 b G7 w E5 w D5 w F5"), 0),
        (game(black=[20, 60], white=[40], to_play="white"), 0),
        # who passes first gives nothing
        (game("b pass w E5 b C3"), 0),
    ],
)
def test_what_a_handicap_is(position: Position, stones: int) -> None:
    assert handicap(position)[0] == stones


@pytest.mark.parametrize(
    ("spec", "stones", "points"),
    [
        # KataGo, cpp/command/gtp.cpp: 15 points a stone by area, 14 by territory, 7 points of komi are fair
        ({"komi": 7.5}, 0, -0.5),
        ({"komi": 0.5}, 0, 6.5),
        ({"komi": 0.5, "rules": "japanese"}, 9, 8 * 14 + 6.5),
        ({"komi": 0.5, "rules": "chinese"}, 9, 8 * 15 + 6.5 - 9),
        ({"komi": 0.5, "rules": "aga"}, 9, 8 * 15 + 6.5 - 8),
        ({"komi": 0.5, "rules": "tromp-taylor"}, 2, 15 + 6.5),
    ],
)
def test_what_a_handicap_is_worth(spec: dict[str, Any], stones: int, points: float) -> None:
    assert black_advantage(game(**spec), stones) == pytest.approx(points)


@pytest.mark.parametrize(
    ("position", "player", "progress"),
    [
        (game("b C3 w G7 b pass"), -1, GameProgress(81, 3, 0.0)),
        # handicap stones are no moves, wherever they come from; White passes between them are none either
        (game("w E5 b C3", black=[20, 60], to_play="white"), -1, GameProgress(81, 2, 13.0)),
        (game("b C3 w pass b G7 w E5 b C7"), -1, GameProgress(81, 2, 13.0)),
        (game("b C3 w pass b G7 w E5 b C7"), 1, GameProgress(81, 2, -13.0)),
        # the stones of a position that was set up are
        (game("b C3", black=[20, 60], white=[40, 41]), 1, GameProgress(81, 5, 0.0)),
    ],
)
def test_how_far_a_game_is(position: Position, player: int, progress: GameProgress) -> None:
    assert GameProgress.of(position, player) == progress


def test_a_search_is_seen_from_the_players_side() -> None:
    session = FakeSession({"size": 9, "komi": 7.0}, [], value=0.9, lead=12.0)
    report = session.search(Limits(5)).report
    assert Estimate.of(report, 1) == Estimate(pytest.approx(0.95), 12.0, 12.0)
    assert Estimate.of(report, -1) == Estimate(pytest.approx(0.05), -12.0, -12.0)
