"""Which stones of a finished game live: from a search's mean ownership to a verdict on every chain. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

SETTLED = 0.8
"""A point counts as settled when its mean ownership is at least this far to one side."""
SEKI = 0.4
"""A chain that is not dead, but whose points belong to its owner by less than this on average, stands in seki."""


class Life(Enum):
    """GTP's words for a chain at the end of the game."""

    ALIVE = "alive"
    DEAD = "dead"
    SEKI = "seki"


def chains(stones: NDArray[np.int8]) -> list[list[int]]:
    """The chains of a board, int8[height, width], each its points in order, in the order of their first points."""
    height, width = stones.shape
    flat = stones.reshape(-1)
    seen = np.zeros(len(flat), np.bool_)
    found = []
    for first in np.flatnonzero(flat):
        if seen[first]:
            continue
        seen[first] = True
        chain, todo = [], [int(first)]
        while todo:
            point = todo.pop()
            chain.append(point)
            for near in neighbours(point, height, width):
                if flat[near] == flat[first] and not seen[near]:
                    seen[near] = True
                    todo.append(near)
        found.append(sorted(chain))
    return found


def neighbours(point: int, height: int, width: int) -> list[int]:
    """The points beside ``point``."""
    row, column = divmod(point, width)
    beside = ((row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column))
    return [r * width + c for r, c in beside if 0 <= r < height and 0 <= c < width]


def judge(stones: NDArray[np.int8], ownership: Sequence[float]) -> list[tuple[Life, list[int]]]:
    """Every chain with its fate. ``ownership``: +1 Black's to -1 White's, one number a point.

    A chain is dead when its points go to the other side on average, and in seki when they are nearly nobody's.
    """
    owner = np.asarray(ownership, np.float32)
    flat = stones.reshape(-1)
    verdicts = []
    for chain in chains(stones):
        mean = float(owner[chain].mean()) * int(flat[chain[0]])
        verdicts.append((Life.DEAD if mean < 0 else Life.SEKI if mean < SEKI else Life.ALIVE, chain))
    return verdicts


def dead_points(verdicts: Sequence[tuple[Life, list[int]]]) -> list[int]:
    """The points of all dead chains."""
    return sorted(point for life, chain in verdicts if life is Life.DEAD for point in chain)


def settled(ownership: Sequence[float]) -> bool:
    """Whether every point has its owner beyond reasonable doubt."""
    return bool(np.all(np.abs(np.asarray(ownership)) >= SETTLED))
