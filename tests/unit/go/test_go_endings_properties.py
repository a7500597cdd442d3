"""What holds of every judged end: over random late positions on boards of all shapes, under all rules."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from games.go import life
from games.go.game import Go
from games.go.life import Fate, Judgement
from games.go.position import Position
from games.go.rules import NAMED
from tests.unit.go.drawn import Drawn, diagram
from tests.unit.go.test_go_life import is_eye, turned

NODES = 60_000
"""Of the searches of a judgement: what comes to this bound must come to it however the board is turned."""


@cache
def late_positions() -> list[tuple[str, str]]:
    """Drawings, and who is to move: games of random moves on boards of all shapes at some late moment."""
    found = []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        width, height = (int(side) for side in rng.integers(3, 8, 2))
        if seed % 3 == 0:
            height = width
        position = Position(Go.from_spec({"size": [width, height], "rules": "tromp-taylor"}))
        for _ in range(int(width * height * rng.uniform(0.6, 1.8))):
            moves = [p for p in np.flatnonzero(position.legal()[:-1]).tolist() if not is_eye(position, p)]
            position.play(int(rng.choice(moves)) if moves else width * height)
            if position.is_over:
                break
        if len(np.unique(position.stones)) == 3:  # stones of one colour alone are a handicap
            found.append((diagram(position), "black" if position.to_play > 0 else "white"))
    return found


def judged(drawing: str, to_play: str, rules: str) -> Judgement:
    position = Drawn(drawing, to_play, rules).position
    if not NAMED[rules].takes_dead_off:
        return life.by_the_rules(position)
    return life.judge(position, None, NODES)


def dead(judgement: Judgement) -> str:
    """The board with the dead marked."""
    marks = np.array(list(diagram(judgement.position).replace(" ", "").replace("\n", "")))
    marks[judgement.points(Fate.DEAD)] = "d"
    return "\n".join(" ".join(row) for row in marks.reshape(judgement.position.stones.shape))


@pytest.mark.parametrize("rules", sorted(NAMED))
def test_every_stone_has_a_fate_and_the_list_gives_the_score(rules: str) -> None:
    for drawing, to_play in late_positions():
        judgement = judged(drawing, to_play, rules)
        position = judgement.position
        listed = [judgement.points(fate) for fate in Fate]
        assert sorted(p for points in listed for p in points) == np.flatnonzero(position.stones).tolist()
        if NAMED[rules].takes_dead_off:
            again = life.with_dead(position, judgement.points(Fate.DEAD))
            assert (again.lead, again.points(Fate.SEKI)) == (judgement.lead, judgement.points(Fate.SEKI))


@pytest.mark.parametrize("rules", ["chinese", "japanese", "tromp-taylor", "stone-scoring"])
def test_turned_boards_and_changed_colours_give_the_same(rules: str) -> None:
    for drawing, to_play in late_positions():
        judgement = judged(drawing, to_play, rules)
        for symmetry in range(8):
            swapped = symmetry % 2 == 1
            mover = to_play if not swapped else "white" if to_play == "black" else "black"
            other = judged(turned(drawing, symmetry, swapped), mover, rules)
            assert other.lead == (-judgement.lead if swapped else judgement.lead)
            assert dead(other) == turned(dead(judgement), symmetry, swapped)
