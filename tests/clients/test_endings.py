"""The end of a game as a controller sees it, with the bundled net; scores counted by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.unit.go.test_go_life import SEKI, turned
from zhugo.strength.match.program import Program
from zhugo.strength.match.sides import parse

ZHUGO = "bundled@50 --searchers 1 --batch 8 --device torch --precision f32"
COLUMNS = "ABCDEFGHJ"


@pytest.fixture(scope="module")
def zhugo() -> Iterator[Program]:
    running = parse(ZHUGO).start()
    try:
        running.greet()
        yield running
    finally:
        running.close()


def ask(program: Program, command: str) -> str:
    return program.ask(command, 600.0)


def show(program: Program, drawing: str, rules: str, komi: float) -> None:
    grid = np.array([row.split() for row in drawing.strip().splitlines()])
    size = len(grid)
    stones = [(mark, f"{COLUMNS[c]}{size - r}") for (r, c), mark in np.ndenumerate(grid) if mark != "."]
    for command in (f"boardsize {size}", "clear_board", f"kata-set-rules {rules}", f"komi {komi}"):
        ask(program, command)
    ask(program, "set_position " + " ".join(f"{'b' if mark == 'X' else 'w'} {vertex}" for mark, vertex in stones))


@pytest.mark.parametrize("symmetry", range(6))
def test_a_seki_is_one_however_the_board_is_turned(zhugo: Program, symmetry: int) -> None:
    swapped = symmetry % 2 == 1
    show(zhugo, turned(SEKI, symmetry, swapped), "chinese", -0.5 if swapped else 0.5)
    assert ask(zhugo, "final_score") == ("B+7.5" if swapped else "W+7.5")
    assert len(ask(zhugo, "final_status_list seki").split()) == 10
    assert ask(zhugo, "final_status_list dead") == ""


OPEN = """
. . . O X X .
. O . O O X .
. X O O X . .
. O O X X X .
O . O X X . X
O O X X . X .
O . O . . . .
"""
"""Black to move: D1 closes the wall."""


@pytest.mark.parametrize("rules", ["tromp-taylor", "chinese"])
def test_a_won_game_is_not_passed_away(zhugo: Program, rules: str) -> None:
    show(zhugo, OPEN, rules, 0.5)
    moves = []
    while moves[-2:] != ["pass", "pass"] and len(moves) < 20:
        moves.append(ask(zhugo, f"genmove {'bw'[len(moves) % 2]}").lower())
    assert moves[0] == "d1"
    assert ask(zhugo, "final_score") == "B+0.5"
    assert moves[-2:] == ["pass", "pass"]
    # White has B5 to capture only where it would count, and tries what may be tried where stones are not agreed dead
    assert (len(moves) == 4) == (rules == "chinese")


def test_under_tromp_taylor_nothing_is_dead(zhugo: Program) -> None:
    show(zhugo, OPEN, "tromp-taylor", 0.5)
    assert ask(zhugo, "final_status_list dead") == ""
    assert len(ask(zhugo, "final_status_list alive").split()) == OPEN.count("X") + OPEN.count("O")
