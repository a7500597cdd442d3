"""Stones that a query sets up, put on the board one after another as KataGo puts them (``Board::setStone``).

Each captures what it takes the last liberty of, and a stone of the other color that stood there is replaced. So may
disappear what was set up without a liberty. A single stone without any is not put there at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

Color = Literal[1, -1]
Stones = dict[int, Color]


def placed(stones: Sequence[tuple[int, Color]], width: int, height: int) -> Stones:
    """What stands on the board, by point, after these (point, color)."""
    board = dict(stones)
    if len(board) == len(stones) and _all_live(board, width, height):
        return board  # the usual: as each has a liberty at the end it had one all the way
    board = {}
    for point, color in stones:
        _put(board, point, color, width, height)
    return board


def _put(board: Stones, point: int, color: Color, width: int, height: int) -> None:
    before = board.get(point)
    if before == color:
        return
    board[point] = color
    captured = [
        near
        for near in _beside(point, width, height)
        if board.get(near, color) != color and not _lives(board, near, width, height)
    ]
    for near in captured:
        _remove(board, _chain(board, near, width, height))
    if _lives(board, point, width, height):
        return
    chain = _chain(board, point, width, height)
    # KataGo takes a chain off that takes its own last liberty, but neither one stone nor the place of another
    _remove(board, chain if len(chain) > 1 and before is None else {point})


def _all_live(board: Stones, width: int, height: int) -> bool:
    seen: set[int] = set()
    for point in board:
        if point not in seen:
            if not _lives(board, point, width, height):
                return False
            seen |= _chain(board, point, width, height)
    return True


def _lives(board: Stones, point: int, width: int, height: int) -> bool:
    """Whether the chain of a stone has a liberty."""
    chain = _chain(board, point, width, height)
    return any(near not in board for stone in chain for near in _beside(stone, width, height))


def _chain(board: Stones, point: int, width: int, height: int) -> set[int]:
    """The stones connected to the one at ``point``; none where there is none."""
    if point not in board:
        return set()
    chain, edge = {point}, [point]
    while edge:
        stone = edge.pop()
        new = [near for near in _beside(stone, width, height) if board.get(near) == board[point] and near not in chain]
        chain.update(new)
        edge += new
    return chain


def _remove(board: Stones, chain: Iterable[int]) -> None:
    for stone in chain:
        del board[stone]


def _beside(point: int, width: int, height: int) -> Iterator[int]:
    row, column = divmod(point, width)
    if row > 0:
        yield point - width
    if column > 0:
        yield point - 1
    if column < width - 1:
        yield point + 1
    if row < height - 1:
        yield point + width
