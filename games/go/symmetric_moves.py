"""Moves that come to the same by symmetry of the position."""

from __future__ import annotations

import numpy as np

from games.go.position import Position


def symmetric_copies(position: Position) -> list[int]:
    """Points where the player may move and that are another such point turned or mirrored, the position as it is.

    Of points that come to the same, all but one are listed: the one nearest to the upper right corner is not. Moves
    before do not count, but for what they forbid.
    """
    stones = position.stones
    legal = position.legal()[: stones.size].reshape(stones.shape)
    index = np.arange(stones.size).reshape(stones.shape)
    rank = _from_lower_left(stones.shape)
    best = np.arange(stones.size)
    for turned in (np.rot90(grid, quarters) for grid in (index, index.T) for quarters in range(4)):
        if turned.shape != stones.shape:
            continue
        same = (stones.reshape(-1)[turned] == stones).all() and (legal.reshape(-1)[turned] == legal).all()
        if same:
            image = turned.reshape(-1)
            best = np.where(rank[image] > rank[best], image, best)
    return np.flatnonzero(legal.reshape(-1) & (best != np.arange(stones.size))).tolist()


def _from_lower_left(shape: tuple[int, ...]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each point how far it is from the lower left corner; of two as far the one further right counts as more."""
    height, width = shape
    row, column = np.divmod(np.arange(height * width), width)
    return (height - 1 - row + column) * width + column
