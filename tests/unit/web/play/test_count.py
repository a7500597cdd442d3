"""The count to agree on, on drawn boards: dead stones, land and points by hand, and the result that follows."""

from __future__ import annotations

import subprocess

import pytest

from games.go import life
from tests.unit.go.drawn import Drawn
from tests.unit.go.test_go_gnugo import find_gnugo
from tests.unit.web.play.driven import Driven, refused
from zhugo.web.play import events as e
from zhugo.web.play.count import count_of, counted, toggled
from zhugo.web.play.standing import AS_IT_STANDS, OTHERWISE, UNSURE

BOARD = """
. X O . .
O X O . .
X X O O O
. X X X O
. X . X O
"""
"""The white stone on the left is dead. Black has 9 stones and 5 points with it, White 7 and 4."""


@pytest.mark.parametrize(
    ("rules", "komi", "dead", "black", "white", "result"),
    [
        # area: stones and land
        ("chinese", 0.0, [5], 14, 11, "B+3"),
        ("chinese", 7.5, [5], 14, 18.5, "W+4.5"),
        ("chinese", 3.0, [5], 14, 14, "0"),
        # alive it makes the corner nobody's
        ("chinese", 0.0, [], 12, 12, "0"),
        # territory: land, and a prisoner
        ("japanese", 0.0, [5], 6, 4, "B+2"),
        ("japanese", 6.5, [5], 6, 10.5, "W+4.5"),
        # a stone says it of its whole chain
        ("chinese", 0.0, [1], 0, 25, "W+25"),
    ],
)
def test_points_of_both(rules: str, komi: float, dead: list[int], black: float, white: float, result: str) -> None:
    count = counted(Drawn(BOARD, rules=rules, komi=komi).position, dead)
    assert (count.black, count.white, count.result) == (black, white, result)


def test_land_is_what_has_no_living_stone_on_it() -> None:
    count = counted(Drawn(BOARD).position, [5])
    assert count.dead == [5]
    assert count.black_land == [0, 5, 15, 20, 22]
    assert count.white_land == [3, 4, 8, 9]
    assert count.unsure == []


@pytest.mark.parametrize("rules", ["chinese", "japanese", "aga", "aga-button", "stone-scoring", "ancient-territory"])
@pytest.mark.parametrize("dead", [[], [5]])
def test_the_difference_of_both_is_the_lead(rules: str, dead: list[int]) -> None:
    position = Drawn(BOARD, rules=rules, komi=6.5).position
    judgement = life.with_dead(position, dead)
    count = count_of(judgement)
    assert count.black - count.white == judgement.lead
    # and Black's are those that White has on the board with the colours changed
    mirrored = Drawn(BOARD.translate(str.maketrans("XO", "OX")), rules=rules, komi=6.5).position
    assert count_of(life.with_dead(mirrored, dead)).white - 6.5 == count.black


def test_the_button_is_half_a_point_of_who_has_it() -> None:
    drawn = Drawn(BOARD, rules="aga-button")
    drawn.position.play(25)
    count = counted(drawn.position, [5])
    assert (count.black, count.white) == (14.5, 11)
    drawn = Drawn(BOARD, rules="aga-button", to_play="white")
    drawn.position.play(25)
    count = counted(drawn.position, [5])
    assert (count.black, count.white) == (14, 11.5)


def test_prisoners_of_the_game_count_by_territory() -> None:
    drawn = Drawn(". X .\nX . .\n. . .", rules="japanese", to_play="white")
    # White throws a stone in at the lower right, and Black takes it
    for move in (8, 5, 9, 7):
        drawn.position.play(move)
    count = counted(drawn.position, [])
    assert (count.black, count.white) == (6, 0)


@pytest.mark.parametrize(
    ("dead", "point", "then"),
    [(set(), 5, {5}), ({5}, 5, set()), ({5}, 6, {5, 1, 6, 10, 11, 16, 17, 18, 21, 23})],
)
def test_a_chain_is_dead_or_alive_as_a_whole(dead: set[int], point: int, then: set[int]) -> None:
    assert toggled(Drawn(BOARD).position, dead, point) == then


SETTLED = """
. . X X O . .
. . X X O . .
. . X X O . .
O . X X O . X
. . X X O . .
. . X X O . .
. . X X O . .
"""
"""A dead stone of each. Black has 14 stones and 14 points, White 7 and 14."""


@pytest.mark.parametrize(
    ("rules", "black", "white", "result"), [("chinese", 28, 21.5, "B+6.5"), ("japanese", 15, 15.5, "W+0.5")]
)
def test_gnu_go_counts_the_same(rules: str, black: float, white: float, result: str) -> None:
    drawn = Drawn(SETTLED, rules=rules, komi=0.5)
    count = counted(drawn.position, [21, 27])
    assert (count.black, count.white, count.result) == (black, white, result)
    stones = [f"play {color} {drawn.game.vertex(point)}" for color in ("black", "white") for point in drawn.spec[color]]
    lines = ["boardsize 7", "komi 0.5", *stones, "final_status_list dead", "final_score", "quit"]
    done = subprocess.run(
        [find_gnugo(), "--mode", "gtp", f"--{rules}-rules"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    *_, dead, score, _quit = [answer.removeprefix("= ").strip() for answer in done.stdout.split("\n\n") if answer]
    assert sorted(dead.split()) == sorted(drawn.game.vertex(point) for point in count.dead)
    assert score == count.result


@pytest.mark.parametrize("point", [0, -1, 25, 26, 1000])
def test_where_there_is_no_stone(point: int) -> None:
    with pytest.raises(ValueError, match="there is no stone"):
        toggled(Drawn(BOARD).position, set(), point)


def counting(rules: str = "chinese") -> Driven:
    """The game is counted, and the engine thinks that the stone on the left is dead."""
    drawn = Drawn(BOARD, rules=rules)
    game = Driven(drawn.spec)
    game.acts("count")
    game.engine_counts(count_of(life.with_dead(drawn.position, [5])))
    return game


def test_the_person_says_what_is_dead_and_the_count_follows() -> None:
    game = counting()
    assert game.standing.said == ""
    standing = game.acts("toggle", 5)
    assert standing.count is not None
    assert (standing.count.dead, standing.count.result) == ([], "0")
    assert standing.said == OTHERWISE
    assert refused(game, e.PersonActs("toggle", 0)) == "there is no stone"
    assert refused(game, e.PersonActs("toggle")) == "there is no stone"
    assert game.acts("agree").result == "0", "the person has the last word"


def test_back_at_what_the_engine_thinks_it_is_the_engine_s_count() -> None:
    game = counting()
    own = game.standing.count
    game.acts("toggle", 5)
    standing = game.acts("toggle", 5)
    assert (standing.count, standing.said) == (own, "")


def test_the_engine_says_when_it_is_not_sure() -> None:
    drawn = Drawn(BOARD)
    game = Driven(drawn.spec)
    game.acts("count")
    sure = count_of(life.with_dead(drawn.position, [5]))
    game.engine_counts(type(sure)(sure.dead, sure.black_land, sure.white_land, 14, 11, "B+3", [5]))
    assert game.standing.said == UNSURE
    standing = game.acts("toggle", 5)
    assert standing.said == UNSURE, "what it is not sure of it does not dispute"
    assert standing.count is not None
    assert standing.count.unsure == [5]
    assert game.acts("toggle", 3 + 5 * 3).said == OTHERWISE


def test_rules_that_take_nothing_off_leave_nothing_to_say() -> None:
    assert refused(counting("tromp-taylor"), e.PersonActs("toggle", 5)) == AS_IT_STANDS


def test_the_count_is_there_again_after_a_restart() -> None:
    game = counting()
    game.acts("toggle", 5)
    again = game.brought_back()
    assert again.standing == game.standing
    assert again.wanted() is None
    assert again.acts("toggle", 5).said == ""
