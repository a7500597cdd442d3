"""By how much an engine takes itself to be stronger in a game with a handicap.

The values of the tables were worked out from KataGo's formula by hand, and are what KataGo 1.17.2 says in "(PDA …)" of
its chat (two digits) for the same game: ``katago gtp -model b6c96.bin.gz -override-config
ogsChatToStderr=true,maxVisits=10``, with ``kata-set-rules``, ``komi``, ``fixed_handicap`` and ``genmove``.
"""

from __future__ import annotations

from typing import Any

import pytest

from games.go.game import Go
from games.go.handicap import fixed_handicap
from games.go.position import Position
from zhugo.bridges.gtp.playout_advantage import (
    CAP_PER_POINT,
    HandicapGame,
    MoveSearch,
    dynamic_advantage,
    last_before,
    with_search,
)

GAMES = [
    # size, rules, komi, stones: Black's advantage at first
    # 3 · 15 + 7 − 0.5 − 4 = 47.5 points; 0.045 · (47.5 − 4) = 1.9575
    (19, "chinese", 0.5, 4, -2.0),
    # 8 · 15 + 6.5 − 9 = 117.5 points; 5.1
    (19, "chinese", 0.5, 9, -2.75),
    # 14 + 6.5 = 20.5 points; 0.7425
    (19, "japanese", 0.5, 2, -0.75),
    # 2 · 15 + 6.5 − 2 = 34.5 points; 1.3725
    (19, "aga", 0.5, 3, -1.375),
    # 6.5 points; 0.1125
    (19, "chinese", 0.5, 0, -0.125),
    # 4 points; 0
    (19, "chinese", 3.0, 0, 0.0),
    (19, "chinese", 7.5, 0, 0.0),
    # 14.5 points; 0.4725
    (19, "chinese", -7.5, 0, -0.5),
    # it is Black who is 20.5 points behind
    (19, "chinese", 27.5, 0, 0.75),
    # a board of 81 points counts 3.06738 times: 0.045 · (6.5 − 2) · 3.06738 = 0.62
    (9, "tromp-taylor", 0.5, 0, -0.625),
    (9, "tromp-taylor", 5.5, 0, 0.0),
    # 36.5 points; 4.8
    (9, "tromp-taylor", 0.5, 3, -2.75),
    # 19.5 points from 4 / 1.76692 = 2.2638 on: 0.045 · 17.2362 · 1.76692 = 1.37
    (13, "chinese", 0.5, 2, -1.375),
    (7, "tromp-taylor", -10.0, 0, 0.0),
]


@pytest.mark.parametrize(("size", "rules", "komi", "stones", "expected"), GAMES)
def test_at_first_it_follows_from_the_handicap(
    size: int, rules: str, komi: float, stones: int, expected: float
) -> None:
    placed: dict[str, Any] = {"black": fixed_handicap(size, size, stones), "to_play": "white"} if stones else {}
    position = Position(Go.from_spec({"size": size, "rules": rules, "komi": komi, **placed}))
    assert dynamic_advantage(HandicapGame.of(position), CAP_PER_POINT, None) == expected


def test_moves_that_black_plays_in_a_row_are_a_handicap() -> None:
    game = Go.from_spec({"size": 19, "komi": 0.5})
    switch = game.points + 1
    position = Position(game, [60, switch, 72, switch, 288])
    assert dynamic_advantage(HandicapGame.of(position), CAP_PER_POINT, None) == -1.375


def test_a_cap_of_none_is_none() -> None:
    assert dynamic_advantage(HandicapGame(19, 19, 100.0), 0.0, None) == 0.0
    assert dynamic_advantage(HandicapGame(19, 19, 100.0), 0.0, MoveSearch(3, -1.0, 0.99)) == 0.0


STEPS = [
    # what White was told and his win rate after it: what he is told next
    (0.75, 0.04, 0.75),  # the cap
    (0.625, 0.04, 0.75),
    (0.5, 0.04, 0.625),
    (0.5, 0.06, 0.5),
    (0.5, 0.24, 0.5),
    (0.5, 0.26, 0.375),
    (0.125, 0.26, 0.0),
    (0.0, 0.99, 0.0),
    (0.0, 0.01, 0.125),
    (2.0, 0.1, 0.75),  # of a game that had a larger cap
]


@pytest.mark.parametrize("behind", [1, -1])
@pytest.mark.parametrize(("told", "win_rate", "then"), STEPS)
def test_then_it_keeps_the_win_rate_between_5_and_25_percent(
    told: float, win_rate: float, then: float, behind: int
) -> None:
    last = MoveSearch(1, behind * told, behind * (2 * win_rate - 1))
    game = HandicapGame(19, 19, -behind * 20.5)
    assert dynamic_advantage(game, CAP_PER_POINT, last) == behind * then


def test_while_white_has_no_stone_it_is_the_cap() -> None:
    game = HandicapGame(19, 19, 20.5, white_stones=False)
    assert dynamic_advantage(game, CAP_PER_POINT, MoveSearch(1, -0.5, 0.0)) == -0.75


def test_a_game_that_katago_played() -> None:
    """Two stones, Chinese rules, komi 0.5, KataGo for both: White's win rates, and what White was told."""
    rates = (0.3564, 0.3219, 0.2736, 0.2464, 0.2478, 0.2478, 0.2584, 0.2251, 0.2228)
    told = (0.75, 0.62, 0.50, 0.38, 0.38, 0.38, 0.38, 0.25, 0.25)
    last = None
    found = []
    for moves, rate in enumerate(rates):
        advantage = dynamic_advantage(HandicapGame(19, 19, 19.5, moves > 0), CAP_PER_POINT, last)
        found.append(-advantage)
        last = MoveSearch(moves, advantage, 1 - 2 * rate)
    assert found == pytest.approx(told, abs=0.0051)


def test_searches_are_kept_by_where_they_were() -> None:
    searches: list[MoveSearch] = []
    for moves in (0, 2, 4, 2):
        searches = with_search(searches, MoveSearch(moves, 0.0, 0.1 * moves))
    assert [search.moves for search in searches] == [0, 2]
    assert last_before(searches, 0) is None
    assert last_before(searches, 2) == MoveSearch(0, 0.0, 0.0)
    assert last_before(searches, 9) == MoveSearch(2, 0.0, 0.2)
