"""Endings that have names, drawn: kos, seki that hold a ko or eyes, stones that cannot be connected.

Scores counted by hand, komi 0. GNU Go, which plays square boards, has the same by territory and for the fates.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from games.go import life
from games.go.life import Fate
from tests.unit.go.drawn import Drawn
from tests.unit.go.test_go_endings import for_colors
from tests.unit.go.test_go_life import fates, turned


class End(NamedTuple):
    """A drawing; for Black and for White to move: scores by the rules, and a stone of each dead chain. Then the rest.

    as_it_stands: under Tromp-Taylor. seki: a stone of each chain in it, whoever moves.
    """

    drawing: str
    japanese: tuple[str, str]
    chinese: tuple[str, str]
    dead: tuple[str, str]
    as_it_stands: str
    seki: str = ""


DOUBLE_KO_SEKI = """
. X O X . X O .
. X O O X X O .
. X X O X X O .
. X X O . X O .
. X X O X X O .
. X O O X X O .
. X O . O X O .
"""

TEN_THOUSAND_YEAR_KO = """
. X X O . .
X O X O . .
O O X O . .
. . X O . .
X X X O . .
O O O O . .
. . . . . .
"""

KO_IN_SEKI = """
. X O X . X O .
. X O O X X O .
. X X O X X O .
. X X O . X O .
. X X O X X O .
. X O O X X O .
. X O . X . O .
"""

ONE_SIDED_EYES = """
. X . O . X .
X X O O O X X
O O X X X O O
. O X X X O .
O O X . X O O
. O X X X O .
O O X . X O O
"""

SNAPBACK = """
X . . O O .
X O O X O .
X X X X O .
. . . X O .
. . . X O .
. . . X O .
"""

ONE_THREAT = """
. . X O . . . O X .
. . X O . . . O X .
. X X O O . . O X .
. X O . O . . O X .
. X X O O . . O X X
. . X O . . . O O O
. . X O . . . . . .
"""

NO_THREAT = """
. . X O . . . O X .
. . X O . . . O X X
. X X O O . . O X .
. X O . O . . O X X
. X X O O . . O X X
. . X O . . . O O O
. . X O . . . . . .
"""

A_THREAT_EACH = """
. O X . . X O . . . O X .
. O X . . X O . . . O X .
. O X . X X O O . . O X .
. O X . X O . O . . O X .
O O X . X X O O . . O X X
X X X . . X O . . . O O O
. . . . . X O . . . . . .
"""

CONNECT_AND_DIE = """
. X X . X X O O
X O O O O O O O
X X X X X O . O
. . . . X O O .
. . . . X O . .
. . . . X O . .
"""

CONNECT_IN_TIME = """
. X X . X X . O
X O O O O O O O
X X X X X O . O
. . . . X O O .
. . . . X O . .
. . . . X O . .
"""

ENDS = {
    # 30 points against 25, seven and seven: who takes one ko loses the other, and the shared liberty takes nobody
    "a double ko seki": End(DOUBLE_KO_SEKI, ("0", "0"), ("B+5", "B+5"), ("", ""), "B+5", "C7 F7"),
    # A7 decides what White's corner is: Black connects there; White takes it and connects. Both leave a seki
    "a ten-thousand-year ko": End(
        TEN_THOUSAND_YEAR_KO, ("W+18", "W+19"), ("W+20", "W+24"), ("", "A6"), "W+20", "B7 B6"
    ),
    "a ko in a seki of two liberties": End(KO_IN_SEKI, ("0", "W+1"), ("B+7", "B+3"), ("", "D7"), "B+7", "C7 F7"),
    # White takes neither liberty, nor does Black, whose chains have an eye each
    "a seki with eyes on one side": End(ONE_SIDED_EYES, ("W+2", "W+2"), ("W+1", "W+1"), ("", ""), "W+1", "B7 D7 F7"),
    # Black throws in at C6 and takes three; White connects there, and B6 is a dame
    "a snapback": End(SNAPBACK, ("B+8", "B+3"), ("B+10", "B+3"), ("B5", ""), "B+4"),
    # Black takes, White threatens two eyes of four, Black answers, White retakes and connects
    "a half-point ko and a threat for White": End(ONE_THREAT, ("W+6", "W+6"), ("W+10", "W+10"), ("", ""), "W+10"),
    "a half-point ko without a threat": End(NO_THREAT, ("W+7", "W+8"), ("W+6", "W+10"), ("C4", ""), "W+10"),
    "a half-point ko and a threat each": End(A_THREAT_EACH, ("W+6", "W+7"), ("W+5", "W+9"), ("F4", ""), "W+9"),
    # D6 would only make more stones of it; A6 saves the rest
    "stones that die when they are connected": End(CONNECT_AND_DIE, ("B+2", "B+2"), ("0", "0"), ("E6", "E6"), "B+5"),
    # with G6 they do; Black connects at D6 first, and fills A6 when White has taken the dame G6
    "stones that must be connected in time": End(CONNECT_IN_TIME, ("B+6", "B+1"), ("B+6", "0"), ("", "E6"), "B+6"),
}


@pytest.mark.parametrize("name", ENDS)
def test_endings_that_have_names_however_the_board_is_turned(name: str) -> None:
    end = ENDS[name]
    for symmetry in range(8):
        swapped, white_moves = symmetry % 2 == 1, symmetry % 4 >= 2
        to_play = "white" if white_moves != swapped else "black"
        judgement = life.judge(Drawn(turned(end.drawing, symmetry, swapped), to_play).position, None)
        assert judgement.score == for_colors(end.chinese[white_moves], swapped)


@pytest.mark.parametrize("name", ENDS)
def test_endings_that_have_names_under_three_rule_sets(name: str) -> None:
    end = ENDS[name]
    for to_play, score, dead in zip(("black", "white"), end.japanese, end.dead, strict=True):
        judgement = life.judge(Drawn(end.drawing, to_play, "japanese").position, None)
        assert (judgement.score, fates(judgement, Fate.DEAD)) == (score, set(dead.split()))
        assert fates(judgement, Fate.SEKI) == set(end.seki.split())
    assert life.by_the_rules(Drawn(end.drawing, rules="tromp-taylor").position).score == end.as_it_stands
