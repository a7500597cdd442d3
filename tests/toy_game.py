"""A game that can be written down: take one, two or three of a heap; who takes the last wins.

Spec: ``heap``. Move m takes m + 1. Planes: one, 1 x 2: what is left, and the player to move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from games import GameError, IllegalMove, Leaves, Positions, specs
from games.registry import Kind
from games.specs import Specification


class HeapSpec(Specification, frozen=True):
    CALLED: ClassVar[str] = "a specification of a heap"
    SAYS: ClassVar[dict[str, str]] = {"heap": "a number from 1 to 1000"}

    heap: Annotated[int, Meta(ge=1, le=1000)]


@dataclass(frozen=True)
class Heap:
    """One heap. A root is its record."""

    heap: int
    name: str = "heap"
    num_moves: int = 3
    own_features: str = "heap"

    @staticmethod
    def from_spec(spec: HeapSpec | dict[str, Any]) -> Heap:
        return Heap((spec if isinstance(spec, HeapSpec) else specs.read(spec, HeapSpec)).heap)

    @staticmethod
    def kind() -> Kind:
        return Kind(HeapSpec, Heap.from_spec)

    def spec(self) -> dict[str, Any]:
        return {"heap": self.heap}

    def root(self, record: Sequence[int]) -> list[int]:
        if sum(record) + len(record) > self.heap:
            raise IllegalMove("so much is not there")
        return list(record)

    def feature_shapes(self, features: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        if features == "none":
            raise GameError("a heap has no such features")
        return (1, 1, 2), (0,)

    def replay(
        self,
        leaves: Leaves,
        features: str,  # noqa: ARG002
        planes: NDArray[np.float32],
        global_inputs: NDArray[np.float32],  # noqa: ARG002
    ) -> Positions:
        n = len(leaves)
        paths = [leaves.moves[begin:end].tolist() for begin, end in zip(leaves.offsets, leaves.offsets[1:])]  # noqa: B905
        records = [[*leaves.roots[root], *path] for root, path in zip(leaves.root_of, paths, strict=True)]
        left = np.array([self.heap - sum(record) - len(record) for record in records])
        to_play = np.array([-1 if len(record) % 2 else 1 for record in records], np.int8)
        planes[:n, 0, 0, 0], planes[:n, 0, 0, 1] = left, to_play
        terminal = left == 0
        return Positions(
            to_play,
            terminal,
            np.where(terminal, -to_play, 0).astype(np.float32),
            np.where(terminal, -to_play * 0.5, 0).astype(np.float32),
            left[:, None] > np.arange(3),
        )
