"""Stones that a query sets up, put on the board one after another as KataGo puts them (``Board::setStone``).

Each captures what it takes the last liberty of, and a stone of the other color that stood there is replaced. So may
disappear what was set up without a liberty. A single stone without any is not put there at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from games.go.plain_board import PlainBoard

Color = Literal[1, -1]
Stones = dict[int, Color]


def placed(stones: Sequence[tuple[int, Color]], width: int, height: int) -> Stones:
    """What stands on the board, by point, after these (point, color)."""
    named = dict(stones)
    board = PlainBoard(width, height)
    for point, color in stones:
        board.stones[point] = color
    if len(named) == len(stones) and all(chain.liberties for chain in board.chains().values()):
        return named  # the usual: as each has a liberty at the end it had one all the way
    board = PlainBoard(width, height)
    for point, color in stones:
        _put(board, point, color)
    return {point: 1 if color > 0 else -1 for point, color in enumerate(board.stones) if color}


def _put(board: PlainBoard, point: int, color: Color) -> None:
    before = board.stones[point]
    if before == color:
        return
    board.stones[point] = color
    others = [board.chain(near) for near in board.beside(point) if board.stones[near] == -color]
    for chain in others:
        if not chain.liberties:
            _remove(board, chain.stones)
    own = board.chain(point)
    if not own.liberties:
        # KataGo takes a chain off that takes its own last liberty, but neither one stone nor the place of another
        _remove(board, own.stones if len(own.stones) > 1 and not before else {point})


def _remove(board: PlainBoard, stones: Iterable[int]) -> None:
    for stone in stones:
        board.stones[stone] = 0
