"""Evaluations of a game without rules in which every move is legal and none ends it: everything is a hash of the moves.

A move's worth is drawn for it; a position's value is that of all moves so far. The policy knows the worth of the next
moves in part, and errs in part. So the made-up net has what a real one does: likely moves are mostly good, and values
of near positions are near.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Path = tuple[int, ...]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Kind:
    """worth: of one move, standard deviation before tanh. knows, errs: what of the worth, and of noise, stands in the
    logits of the policy.
    """

    worth: float
    knows: float
    errs: float


KINDS = {"sharp": Kind(0.25, 1.2, 1.6), "flat": Kind(0.25, 0.15, 0.25)}


@dataclass(frozen=True)
class _Node:
    hash: int
    advantage: float
    value: float
    children: NDArray[np.uint64]
    worths: NDArray[np.float64]
    priors: NDArray[np.uint16]


class MadeUpNet:
    """Remembers every position, so that many searches of one tree cost little more than one."""

    def __init__(self, kind: Kind, num_moves: int = 82) -> None:
        self.kind, self.num_moves = kind, num_moves
        self._known: dict[tuple[int, Path], _Node] = {}

    def evaluate(self, leaves: Sequence[tuple[int, Path]]) -> dict[str, Any]:
        """The arrays of an ``Update`` for these positions: the tree's seed and the moves of each."""
        nodes = [self._node(leaf) for leaf in leaves]
        value = np.array([node.value for node in nodes], np.float32)
        return {
            "to_play": np.array([1 - 2 * (len(path) % 2) for _, path in leaves], np.int8),
            "terminal": np.zeros(len(nodes), np.uint8),
            "value": value,
            "lead": 10 * value,
            "priors": np.array([node.priors for node in nodes], np.uint16),
            "ownership": np.zeros((0, 0), np.float32),
        }

    def _node(self, leaf: tuple[int, Path]) -> _Node:
        if (node := self._known.get(leaf)) is None:
            node = self._known[leaf] = self._made(*leaf)
        return node

    def _made(self, seed: int, path: Path) -> _Node:
        if path:
            parent, move = self._node((seed, path[:-1])), path[-1]
            hashed, advantage = int(parent.children[move]), parent.advantage + float(parent.worths[move])
        else:
            hashed, advantage = seed, 0.0
        side = 1 - 2 * (len(path) % 2)
        children = _mixed(np.uint64(hashed) + np.arange(1, self.num_moves + 1, dtype=np.uint64) * _GOLDEN)
        worth = _normal(children)
        logits = self.kind.knows * side * worth + self.kind.errs * _normal(_mixed(children))
        weights = np.exp(logits - logits.max())
        priors = (weights / weights.sum()).astype(np.float16).view(np.uint16)
        return _Node(hashed, advantage, float(np.tanh(advantage)), children, self.kind.worth * worth, priors)


def _normal(hashes: NDArray[np.uint64]) -> NDArray[np.float64]:
    """About normal, mean 0 and deviation 1: the sum of four numbers of 16 bits."""
    parts = [((hashes >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.float64) for shift in (0, 16, 32, 48)]
    total: NDArray[np.float64] = (np.sum(parts, axis=0) / 65536.0 - 2.0) * np.sqrt(3.0)
    return total


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64's finalizer (Steele, Lea, Flood 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
