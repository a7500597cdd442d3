"""Endings on drawn boards, however they are turned and whoever is to move; scores counted by hand, komi 0.

Drawn are ends of games against GNU Go in which something was left to play, and the kinds that people know by name. GNU
Go's score is the same where it plays the size and has not filled a dame. Of the games two differ from KataGo's (1500
visits, a small net): W+10 for the ko stone by territory, W+45 where White kills below, which rests on the exact search
and the line that is written beside it.
"""

from __future__ import annotations

import numpy as np
import pytest

from games.go import life
from games.go.coords import from_vertex
from games.go.life import Fate
from games.go.rules import parse
from tests.unit.go.drawn import Drawn
from tests.unit.go.test_go_life import fates, turned

LARGE_EYE = """
. . X . O X X . .
. . . O O O X . .
O O O O X X . X .
O X O O O X X . X
O X X O O X . X O
X . . X X . X O O
. X . . X . X O .
. . . . X X X O O
. . . . . . X O .
"""
"""White lives at B9 with a ko that has threats for him alone; Black kills at B8."""

NO_TWO_EYES = """
. . . O X X X . .
. . . O O O X . .
. . O O X X X . O
. . X O O X X . X
O O O O X X O X X
O X X O O O O O O
X . X X O X O . .
. . X . X X O . .
. . . . X O O . .
"""
"""Black has six empty points at the upper right, and no move that makes two eyes of them."""

KO_STONE = """
. . O X . X . X .
. . . O X X . O .
O O O O O X X X X
O X X O X X X O X
O O X O X X O O O
O X X O O O . O .
X . X X O X O . .
. X . X O . . . .
. . X O O . . . .
"""
"""Whoever plays E9 has it and D9."""

ATARI = """
. . . . . . . . .
. . . X X X O X .
. . X . X O X . .
. X . X O O X . .
. . X O O X X X X
. . X O O O O O O
X X X X X O . O .
. X O O O . O . .
X O O O . O O . .
"""
"""A1 has one liberty."""

SACRIFICE = """
. O O X . . O X .
. O X X X O . X O
. O O X X O O O .
. . O O X O . X O
. O X X X X X X X
O O X X O O X O X
O X . X . O O O .
O X X X X X O . X
O O O O O X O O .
"""
"""White takes H9 whoever begins, and dies of it: Black plays into the eye that this gives."""

SACRIFICE_IN_CORNER = """
. . X O O . . . .
. . X X O . O . O
X . X O . O . O .
. X X X O O O O O
X . X X X O X O X
. . . . X X X X X
X . X . X O O O O
. X X X X O . X O
. . . . O . O X .
"""
"""The same with H2; D7 is in atari."""

TO_MOVE = {
    # name: (drawing, rules, score when Black moves, and when White does)
    # 45 points of Black's, counting dead stones twice, and White's six
    "stones that are taken and kill": (SACRIFICE, "japanese", "B+39", "B+39"),
    # White has 22 points, and D7 and E7 when he moves
    "stones that are taken and kill in a corner": (SACRIFICE_IN_CORNER, "chinese", "B+37", "B+33"),
    "a stone in a large eye": (LARGE_EYE, "chinese", "B+63", "B+19"),
    # White, to move, kills at the lower left, too: B2 B1 A2 B3 D1 D2 C1
    "no two eyes in six points": (NO_TWO_EYES, "chinese", "W+45", "W+81"),
    "a ko stone, by area": (KO_STONE, "chinese", "W+7", "W+11"),
    # 11 points and White's 19; the ko is worth the prisoner D9, and E9 and D9 are filled
    "a ko stone, by territory": (KO_STONE, "japanese", "W+8", "W+9"),
    # 28 points, G8 counting two, and White's 8; Black fills A2, or White takes A1 and connects there
    "a stone in atari": (ATARI, "japanese", "B+20", "B+19"),
}

SURE_ELSEWHERE = {
    "a stone in atari": {"G8": 0.9},
    "stones that are taken and kill": dict.fromkeys(("F8", "F7", "G7", "H7", "F6", "G9", "J8", "J6", "H9", "H8"), 0.5),
    "stones that are taken and kill in a corner": dict.fromkeys(
        ("F3", "G3", "H3", "J3", "J2", "F2", "G1", "E1", "H2", "H1", "D7"), 0.0
    ),
}


@pytest.mark.parametrize("name", TO_MOVE)
def test_what_is_left_goes_to_who_moves(name: str) -> None:
    drawing, rules, black_first, white_first = TO_MOVE[name]
    for to_play, score in (("black", black_first), ("white", white_first)):
        position = Drawn(drawing, to_play, rules).position
        thought = None
        if name in SURE_ELSEWHERE:
            # the rest is too large to be searched; a net is clear about it, and wrong or in doubt where it is searched
            thought = [0.9 * stone for stone in position.stones.reshape(-1).tolist()]
            for vertex, value in SURE_ELSEWHERE[name].items():
                thought[from_vertex(vertex, 9, 9)] = value
        assert life.judge(position, thought).score == score


DRAGON = """
. O O X . X X O .
. O X X X O X O .
. O X O O O X O .
. O X O . O X O .
O O X O O O X O O
. O X O . O X O .
. O X O O O X O .
. O X O X X X O .
. O X X . X O O .
"""
"""Black's two chains have two eyes together, each of them false; White lives inside and outside."""

LAST_LIBERTY = """
. . X O O O .
X X . X X O O
. X X O . O .
. . X O O O .
"""
"""When White has filled the dame C is in atari, so Black fills the point behind it."""

HALF_POINT = """
. . X O . . .
. . X O . . .
. X X O O . .
. X O . O . .
. X X O O . .
. . X O . . .
. . X O . . .
"""

TWO_KOS = """
. . X O . . .
. X X O O . .
. X O . O . .
. X X O O . .
. X . X O . .
. X X O O . .
. . X O . . .
"""


def in_rows(*rows: tuple[int, str]) -> str:
    return "\n".join(row for count, row in rows for _ in range(count))


KINDS = {
    # name: (drawing, Japanese, Chinese, a stone of every chain that is dead, and of those in seki), whoever moves
    "an eye each and one shared liberty": (". X . O .\nX X X O O", "0", "B+1", "", "B2 D2"),
    # 11 points outside; by area the eyes count, and D5 stays nobody's
    "the same inside Black's area": (
        ". X . O . O X .\nX X O O O O X .\nO O O X X X X .\nX X X X X X X X\n. . . . . . . .",
        "B+11",
        "B+19",
        "",
        "B5 D5",
    ),
    "two shared liberties, and one side has an eye": (
        ". X . . O O X .\nX X O O O O X .\nO O O X X X X .\nX X X X X X X X\n. . . . . . . .",
        "B+32",
        "B+40",
        "E5",
        "",
    ),
    # White's eye is false, but by two liberties to one Black could not take him if he had one
    "one shared liberty, and one side has an eye": (
        ". X . . O X . .\nX X O O O X . .\nO O O X X X . .\nX X X X . . . .\n"
        ". . . . . . . .\n. . . . . . . .\n. . . . . . . .\n. . . . . . . .",
        "B+59",
        "B+64",
        "E8",
        "",
    ),
    "a dragon with two heads": (DRAGON, "W+16", "W+29", "", ""),
    "an eye of two points": (
        ". . O X . .\nO O O X . .\nX X X X . .\n. . . . . .\n. . . . . .\n. . . . . .",
        "B+34",
        "B+36",
        "C6",
        "",
    ),
    "the last liberty": (LAST_LIBERTY, "B+2", "B+1", "", ""),
    "three dame": (". X . O . .\nX X . O O O\n. X X . O .", "W+1", "W+1", "", ""),
    "two kos for two": (TWO_KOS, None, "W+7", None, ""),
    # whoever plays at the gap first, the other answers beside it: both walls end at the edge
    "13x13, walls open at the edge": (
        in_rows((12, ". . . . . X O . . . . . ."), (1, ". . . . . . . . . . . . .")),
        "W+13",
        "W+13",
        "",
        "",
    ),
    "13x13, a wall with a gap": (
        in_rows((6, ". . . . . X O . . . . . ."), (1, ". . . . . . O . . . . . ."), (6, ". . . . . X O . . . . . .")),
        "W+13",
        "W+14",
        "",
        "",
    ),
    "19x19, a wall with a gap": (
        in_rows(
            (9, ". . . . . . . . . . X O . . . . . . ."),
            (1, ". . . . . . . . . . X . . . . . . . ."),
            (9, ". . . . . . . . . . X O . . . . . . ."),
        ),
        "B+57",
        "B+58",
        "",
        "",
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds_of_endings_however_the_board_is_turned(name: str) -> None:
    drawing, japanese, chinese, dead, seki = KINDS[name]
    for symmetry in range(8):
        swapped, to_play = symmetry % 2 == 1, "black" if symmetry < 4 else "white"
        for rules, score in (("japanese", japanese), ("chinese", chinese)):
            if score is None:
                continue
            judgement = life.judge(Drawn(turned(drawing, symmetry, swapped), to_play, rules).position, None)
            assert judgement.score == for_colors(score, swapped)
            if symmetry == 0 and dead is not None:
                assert (fates(judgement, Fate.DEAD), fates(judgement, Fate.SEKI)) == (
                    set(dead.split()),
                    set(seki.split()),
                )


FIRST_HAS_IT = {
    # name: (drawing, Chinese when Black moves, and when White does)
    "an eye of three in a row": (
        in_rows((1, ". . . O X ."), (1, "O O O O X ."), (1, "X X X X X ."), (3, ". . . . . .")),
        "B+36",
        "B+20",
    ),
    "an eye of four in a pyramid": (
        in_rows(
            (1, ". . . O X . ."), (1, "O . O O X . ."), (1, "O O O X X . ."), (1, "X X X X . . ."), (3, ". . . . . . .")
        ),
        "B+49",
        "B+27",
    ),
    "an eye of five": (
        in_rows(
            (2, ". . O X . . ."), (1, ". O O X . . ."), (1, "O O X X . . ."), (1, "X X X . . . ."), (2, ". . . . . . .")
        ),
        "B+49",
        "B+27",
    ),
    # who takes the ko connects, since nobody has a threat
    "a half-point ko": (HALF_POINT, "W+5", "W+9"),
}


@pytest.mark.parametrize("name", FIRST_HAS_IT)
def test_who_moves_has_what_is_open_however_the_board_is_turned(name: str) -> None:
    drawing, black_first, white_first = FIRST_HAS_IT[name]
    for symmetry in range(8):
        black_moves, swapped = symmetry % 2 == 1, symmetry // 2 % 2 == 1
        to_play = "black" if black_moves != swapped else "white"
        judgement = life.judge(Drawn(turned(drawing, symmetry, swapped), to_play).position, None)
        assert judgement.score == for_colors(black_first if black_moves else white_first, swapped)


def test_a_half_point_ko_by_territory() -> None:
    # 11 points of Black's and 18 of White's; Black takes a prisoner and fills, White fills
    for to_play, score in (("black", "W+6"), ("white", "W+7")):
        assert life.judge(Drawn(HALF_POINT, to_play, "japanese").position, None).score == score


def test_a_board_whose_loser_stopped_early_is_counted_for_its_owner() -> None:
    """19x19: Black's wall has a gap of two at the edge, and White two stones behind it that nobody has to capture."""
    rows = [". . . . . . . . . . . . X O . . . . ."] * 17 + [". . . . . . . . . . . . . . . . . . ."] * 2
    rows[4] = ". . . O . . . . . . . . X O . . . . ."
    rows[12] = ". . . O . . . . . . . . X O . . . . ."
    thought = np.tile([0.95] * 13 + [-0.95] * 6, 19)
    for rules, score in (("chinese", "B+133"), ("japanese", "B+135")):
        drawn = Drawn("\n".join(rows), "white", rules)
        judgement = life.judge(drawn.position, thought.tolist())
        assert len(judgement.points(Fate.DEAD)) == 2
        assert judgement.score == score


def for_colors(score: str, swapped: bool) -> str:
    return score.translate(str.maketrans("BW", "WB")) if swapped else score


PASS_ALIVE = """
. . . X
X X . .
O X X X
O O X .
. X . X
"""
"""White's three stones can only make suicide, where that is allowed."""


@pytest.mark.parametrize("symmetry", range(8))
def test_without_an_agreement_only_pass_dead_stones_come_off_and_only_without_suicide(symmetry: int) -> None:
    for suicide, score, dead in ((False, "B+20", 3), (True, "B+13", 0)):
        rules = parse(f"koSIMPLEscoreAREAtaxNONEsui{suicide:d}")
        for swapped in (False, True):
            judgement = life.by_the_rules(Drawn(turned(PASS_ALIVE, symmetry, swapped), rules=rules).position)
            assert judgement.score == (score.replace("B", "W") if swapped else score)
            assert len(judgement.points(Fate.DEAD)) == dead
