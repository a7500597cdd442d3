"""The ways to turn a board that change nothing but the numbers of inputs and moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games import Game
from games.go.game import Go
from games.openspiel.game import OpenSpielGame

Turn = Callable[[NDArray[Any]], NDArray[Any]]
"""Of the last two axes of an array, which are a board."""

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Symmetry:
    """Where everything comes from: new[i] = old[index[i]].

    inputs: of the planes, flattened. moves: of the move space. points: of the ownership; those of the board.
    """

    inputs: Indices
    moves: Indices
    points: Indices

    def of_planes(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Planes[n, C, H, W], turned."""
        turned: NDArray[np.float32] = planes.reshape(len(planes), len(self.inputs))[:, self.inputs].reshape(
            planes.shape
        )
        return turned

    def of_points(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Any other planes[n, C, H, W] of which every cell is a point of the board, turned."""
        flat = planes.reshape(*planes.shape[:2], len(self.points))
        turned: NDArray[np.float32] = flat[..., self.points].reshape(planes.shape)
        return turned


def symmetries(game: Game, features: str | None = None) -> list[Symmetry]:
    """Those of a game that are known here, the first of them leaving everything as it is; that one at least.

    ``features``: whose planes are turned, the game's own for None.
    """
    planes = game.feature_shapes(features or game.own_features)[0]
    if isinstance(game, Go):
        return [_of_cells(turn, planes, game.num_moves) for turn in _turns(game.height == game.width)]
    if isinstance(game, OpenSpielGame):
        kind = game.own_features.partition("(")[0]
        if kind == "dots_and_boxes":
            return list(_of_dots_and_boxes(planes))
        if kind == "connect_four":
            return [_of_columns(turn, planes) for turn in (_same, _mirror)]
        if kind == "hex":
            return [_of_cells(_same, planes, game.num_moves), _hex_upside_down(planes)]
        if kind in _BOARDS:
            return [_of_cells(turn, planes, game.num_moves) for turn in _BOARDS[kind]]
    return [_of_cells(_same, (1, 1, int(np.prod(planes))), game.num_moves)]


def _same(board: NDArray[Any]) -> NDArray[Any]:
    return board


def _mirror(board: NDArray[Any]) -> NDArray[Any]:
    return board[..., ::-1]


def _turned(board: NDArray[Any], quarters: int, mirrored: bool) -> NDArray[Any]:
    turned = np.rot90(board, quarters, axes=(-2, -1))
    return turned[..., ::-1] if mirrored else turned


def _turns(square: bool) -> list[Turn]:
    """The eight of a square, the four of another board; the first is none."""
    quarters = range(4) if square else (0, 2)
    return [partial(_turned, quarters=q, mirrored=mirrored) for mirrored in (False, True) for q in quarters]


_BOARDS: dict[str, Sequence[Turn]] = {
    "gomoku": _turns(True),
    "mnk": _turns(False),
    "othello": [partial(_turned, quarters=q, mirrored=m) for q, m in ((0, False), (2, False), (1, True), (3, True))],
    "tic_tac_toe": _turns(True),
}
"""Games of OpenSpiel whose moves are the cells of a board, and perhaps a pass behind them. Othello's four first stones
stand for half of the turns."""

_HEX_EDGES_CHANGED = (0, 2, 1, 3, 4, 5, 7, 6, 8)
"""OpenSpiel's planes of hex, those of stones at one edge for those at the other, of White's and of Black's."""


def _of_cells(turn: Turn, planes: Sequence[int], num_moves: int) -> Symmetry:
    """Moves are cells, row by row; those behind them stay."""
    inputs, points = _cells(turn, planes)
    return Symmetry(inputs, np.append(points, np.arange(len(points), num_moves))[:num_moves], points)


def _hex_upside_down(planes: Sequence[int]) -> Symmetry:
    """Half a turn; cells that are joined to one edge of their owner are then joined to the other."""
    inputs, points = _cells(partial(_turned, quarters=2, mirrored=False), planes)
    return Symmetry(inputs.reshape(planes)[list(_HEX_EDGES_CHANGED)].reshape(-1), points, points)


def _of_columns(turn: Turn, planes: Sequence[int]) -> Symmetry:
    """Moves are columns."""
    inputs, points = _cells(turn, planes)
    return Symmetry(inputs, turn(np.arange(planes[2])[None])[0], points)


def _cells(turn: Turn, planes: Sequence[int]) -> tuple[Indices, Indices]:
    """Of all planes, and of one."""
    inputs = turn(np.arange(int(np.prod(planes))).reshape(planes)).reshape(-1)
    return inputs, turn(np.arange(planes[1] * planes[2]).reshape(planes[1:])).reshape(-1)


def _of_dots_and_boxes(planes: Sequence[int]) -> Iterator[Symmetry]:
    """On a lattice of dots, lines and boxes, dots where both coordinates are even.

    The planes are those of ``games.openspiel.planes``; moves are the lines across, row by row, and then those down.
    """
    _, height, width = planes
    cells = np.arange(np.prod(planes)).reshape(planes)
    lines_across = height * (width - 1)
    moves = np.full((2 * height - 1, 2 * width - 1), -1)
    moves[::2, 1::2] = np.arange(lines_across).reshape(height, width - 1)
    moves[1::2, ::2] = lines_across + np.arange((height - 1) * width).reshape(height - 1, width)
    lines, *boxes = (np.full(moves.shape, -1) for _ in range(4))
    lines[::2, 1::2], lines[1::2, ::2] = cells[0, :, :-1], cells[1, :-1]
    for lattice, plane in zip(boxes, cells[2:], strict=True):
        lattice[1::2, 1::2] = plane[:-1, :-1]
    for turn in _turns(height == width):
        inputs = cells.reshape(-1).copy()
        for lattice in (lines, *boxes):
            inputs[lattice[lattice >= 0]] = turn(lattice)[lattice >= 0]
        yield Symmetry(inputs, turn(moves)[_in_order(moves)], np.zeros(0, np.intp))


def _in_order(numbers: NDArray[Any]) -> tuple[NDArray[np.intp], ...]:
    """Where 0, 1, 2 … stand in an array that has each once, and -1 elsewhere."""
    order = np.argsort(numbers, axis=None)[np.count_nonzero(numbers < 0) :]
    return np.unravel_index(order, numbers.shape)
