"""OpenSpiel's observation tensors as planes of a board.

Where OpenSpiel shows both players the same, the planes of the players' own things are put in the mover's order for the
games that are known here, for a net learns from fewer games what it sees from one side only.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PLAYERS = {"connect_four": (0, 1), "gomoku": (0, 1), "mnk": (2, 1), "tic_tac_toe": (2, 1)}
"""Of these games, the planes of the first and of the second player's pieces."""


@dataclass(frozen=True)
class Layout:
    """How one game's tensors are shown. tensor: their shape. shape: of the planes, [C, H, W]."""

    tensor: tuple[int, ...]
    shape: tuple[int, int, int]
    players: tuple[int, int] | None

    def fill(self, planes: NDArray[np.float32], tensors: NDArray[np.float32], second: NDArray[np.bool_]) -> None:
        """Write float32[n, *tensor] into float32[n, C, H, W]; ``second`` says where the second player is to move."""
        planes[:] = tensors.reshape(planes.shape)
        if self.players is not None:
            swapped = np.flatnonzero(second)[:, None], np.array(self.players)
            planes[swapped] = planes[swapped[0], np.array(self.players[::-1])]


class DotsAndBoxes(Layout):
    """Lines that can be drawn (two planes: across, down), the mover's boxes, the other's, and where there are boxes.

    OpenSpiel also tells who drew a line, which has no bearing on the game. Its tensor is [nobody's, first player's,
    second player's; dots, row by row; the line across from the dot, the line down from it, the box between them].
    """

    def fill(self, planes: NDArray[np.float32], tensors: NDArray[np.float32], second: NDArray[np.bool_]) -> None:
        _, _, dots_down, dots_across = planes.shape
        told = tensors.reshape(-1, 3, dots_down, dots_across, 3)
        planes[:] = 0.0
        planes[:, 0, :, :-1] = told[:, 0, :, :-1, 0]
        planes[:, 1, :-1] = told[:, 0, :-1, :, 1]
        boxes = told[:, 1:, :, :, 2]
        planes[:, 2:4] = np.where(second[:, None, None, None], boxes[:, ::-1], boxes)
        planes[:, 4, :-1, :-1] = 1.0


def layout(game: Any) -> Layout:
    """The layout of a ``pyspiel.Game``: [C, H, W] as it is, [H, W] one plane, [N] N planes of one point."""
    name, tensor = game.get_type().short_name, tuple(game.observation_tensor_shape())
    parameters = game.get_parameters()
    if name == "dots_and_boxes":
        return DotsAndBoxes(tensor, (5, parameters["num_rows"] + 1, parameters["num_cols"] + 1), None)
    shape = (1, 1, *tensor)[-3:] if len(tensor) > 1 else (tensor[0], 1, 1)
    if len(tensor) > 3:
        shape = (prod(tensor[:-2]), *tensor[-2:])
    if name == "gomoku":
        shape = _square(tensor)
    channels, height, width = shape
    return Layout(tensor, (channels, height, width), _PLAYERS.get(name))


def _square(tensor: tuple[int, ...]) -> tuple[int, int, int]:
    """Boards that come as a row of points."""
    channels, points = tensor
    side = isqrt(points)
    return (channels, side, side) if side * side == points else (channels, 1, points)
