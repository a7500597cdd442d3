"""The last moves, as far as a net is told of them."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.board import Board


@njit(cache=True)
def known_moves(b: Board, most: int) -> int:
    """How many of the last moves a net is told, at most ``most``: as far back as the players took turns."""
    known = 0
    player = -b.to_play
    while known < most and b.recent_players[known] == player:
        player = -player
        known += 1
    return known


@njit(cache=True)
def fill_recent(
    b: Board, known: int, planes: NDArray[np.float32], plane: int, values: NDArray[np.float32], value: int
) -> None:
    """Set 1 where the last ``known`` moves were played, the latest in ``plane``; for passes, from ``value`` on."""
    for ago in range(known):
        move = b.recent_moves[ago]
        if move < b.points:
            planes[plane + ago, move] = 1.0
        else:
            values[value + ago] = 1.0
