"""Of moves that come to the same by symmetry one is searched."""

from __future__ import annotations

import pytest

from games.go.coords import from_vertex
from games.go.game import Go
from games.go.position import Position
from games.go.symmetric_moves import symmetric_copies


def drawn(spec: dict[str, object], *moves: str) -> list[str]:
    """The board: ``+`` a point that is searched, ``.`` one that is left out, stones as usual."""
    game = Go.from_spec(spec)
    position = Position(game)
    for vertex in moves:
        position.play(from_vertex(vertex, game.width, game.height))
    copies, legal = set(symmetric_copies(position)), position.legal()
    rows = []
    for y in range(game.height):
        row = ""
        for x in range(game.width):
            point = y * game.width + x
            color = position.color_at(point)
            row += "X" if color > 0 else "O" if color < 0 else "." if point in copies else "+" if legal[point] else "#"
        rows.append(row)
    return rows


@pytest.mark.parametrize(
    ("spec", "moves", "rows"),
    [
        ({"size": 5}, [], ["....+", "...++", "..+++", ".....", "....."]),
        ({"size": 5}, ["C3"], ["....+", "...++", "..X++", ".....", "....."]),
        ({"size": [4, 3]}, [], ["..++", "..++", "...."]),
        ({"size": 5}, ["D4"], ["....+", "...X+", "..+++", ".++++", "+++++"]),
        ({"size": 5}, ["D4", "B2"], ["....+", "...X+", "..+++", ".O+++", "+++++"]),
        ({"size": 5}, ["D4", "B3"], ["+++++", "+++X+", "+O+++", "+++++", "+++++"]),
    ],
)
def test_boards(spec: dict[str, object], moves: list[str], rows: list[str]) -> None:
    assert drawn(spec, *moves) == rows
