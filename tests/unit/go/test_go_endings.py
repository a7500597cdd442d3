"""Endings in which something was left to play, on drawn boards of games against GNU Go; scores counted by hand.

Two differ from KataGo's (1500 visits, a small net): W+10 for the ko stone by territory, W+45 where White kills below,
which rests on the exact search and the line that is written beside it.
"""

from __future__ import annotations

import pytest

from games.go import life
from games.go.life import Fate
from games.go.rules import parse
from tests.unit.go.drawn import Drawn
from tests.unit.go.test_go_life import turned

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

TO_MOVE = {
    # name: (drawing, rules, score when Black moves, and when White does)
    "a stone in a large eye": (LARGE_EYE, "chinese", "B+63", "B+19"),
    # White, to move, kills at the lower left, too: B2 B1 A2 B3 D1 D2 C1
    "no two eyes in six points": (NO_TWO_EYES, "chinese", "W+45", "W+81"),
    "a ko stone, by area": (KO_STONE, "chinese", "W+7", "W+11"),
    # 11 points and White's 19; the ko is worth the prisoner D9, and E9 and D9 are filled
    "a ko stone, by territory": (KO_STONE, "japanese", "W+8", "W+9"),
    # 28 points, G8 counting two, and White's 8; Black fills A2, or White takes A1 and connects there
    "a stone in atari": (ATARI, "japanese", "B+20", "B+19"),
}


@pytest.mark.parametrize("name", TO_MOVE)
def test_what_is_left_goes_to_who_moves(name: str) -> None:
    drawing, rules, black_first, white_first = TO_MOVE[name]
    for to_play, score in (("black", black_first), ("white", white_first)):
        position = Drawn(drawing, to_play, rules).position
        thought = None
        if name == "a stone in atari":
            # the centre is too large to be searched; a net is clear about it, and wrong of A1, which is searched
            thought = [0.9 * stone for stone in position.stones.reshape(-1).tolist()]
            thought[15] = 0.9
        assert life.judge(position, thought).score == score


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
