"""Which stones of a finished game live: from a search's mean ownership to a verdict on every chain. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np

from games.go.position import Position

SETTLED = 0.8
"""A point counts as settled when its mean ownership is at least this far to one side."""
SEKI = 0.4
"""A chain that is not dead, but whose points belong to its owner by less than this on average, stands in seki."""


class Life(Enum):
    """GTP's words for a chain at the end of the game."""

    ALIVE = "alive"
    DEAD = "dead"
    SEKI = "seki"


Verdict = tuple[Life, list[int]]
"""A chain, its points in order, and its fate."""


def judge(position: Position, ownership: Sequence[float]) -> list[Verdict]:
    """Every chain with its fate. ``ownership``: one number a point from the top left, +1 Black's to -1 White's.

    A chain is dead when its points go to the other side on average, and in seki when they are nearly nobody's.
    """
    owner = np.asarray(ownership, np.float32)
    stones = position.stones.reshape(-1)
    verdicts: list[Verdict] = []
    seen: set[int] = set()
    for point in np.flatnonzero(stones).tolist():
        if point in seen:
            continue
        chain = position.chain(point)
        seen.update(chain)
        own = float(owner[chain].mean()) * int(stones[point])
        verdicts.append((Life.DEAD if own < 0 else Life.SEKI if own < SEKI else Life.ALIVE, chain))
    return verdicts


def dead_points(verdicts: Sequence[Verdict]) -> list[int]:
    """The points of all dead chains."""
    return sorted(point for life, chain in verdicts if life is Life.DEAD for point in chain)


def settled(ownership: Sequence[float]) -> bool:
    """Whether every point has its owner beyond reasonable doubt."""
    return bool(np.all(np.abs(np.asarray(ownership)) >= SETTLED))
