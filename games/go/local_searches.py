"""Searches of chains in zones: within one bound together, and each made once. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from games.go.board import EMPTY, WALL_POINT, first_liberty, next_liberty
from games.go.capture import CAPTURED, KEPT, UNKNOWN, first_move, new_capture_memory, search

NODES = 150_000
"""Bound of one search of a chain, which takes some 25 ms."""


class Answer(NamedTuple):
    """KEPT, CAPTURED or UNKNOWN; if who began has what he wants, the point on which he begins, None for a pass."""

    result: int
    first: int | None


class LocalSearches:
    """Searches by ``capture`` on boards of one game that differ in what has been taken off."""

    def __init__(self, nodes: int) -> None:
        """``nodes``: that may be searched in all."""
        self._nodes = nodes
        self._memory, self._undos = new_capture_memory()
        self._known: dict[tuple[Any, ...], Answer] = {}

    def search(
        self,
        board: Any,
        target: int,
        attacker_begins: bool,
        points: NDArray[np.int16],
        wins_kos: int = EMPTY,
        nodes: int = NODES,
    ) -> Answer:
        """Whether the chain at ``target`` is captured when stones are put on these points only, within ``nodes``."""
        key = (target, attacker_begins, wins_kos, nodes, points.tobytes(), _seen(board, points))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._searched(board, target, attacker_begins, points, wins_kos, nodes)
        return known

    def _searched(
        self, board: Any, target: int, attacker_begins: bool, points: NDArray[np.int16], wins_kos: int, nodes: int
    ) -> Answer:
        nodes = min(nodes, self._nodes)
        result = int(search(board, target, attacker_begins, points, wins_kos, nodes, self._memory, self._undos))
        self._nodes -= nodes - int(self._memory["nodes"])
        wanted = result != UNKNOWN and result == (CAPTURED if attacker_begins else KEPT)
        return Answer(result, first_move(points, self._memory) if wanted else None)


def _seen(board: Any, points: NDArray[np.int16]) -> bytes:
    """What a search on these points depends on: the stones there, those around, and the liberties of both."""
    stones, heads = board["stones"], board["head"]
    beside = np.unique(board["neighbours"][points, :4])
    around = np.unique(heads[beside[(beside != WALL_POINT) & (stones[beside] != EMPTY)]])
    liberties = []
    for head in around.tolist():
        liberty = first_liberty(board, head)
        while liberty >= 0:
            liberties.append(liberty)
            liberty = next_liberty(board, head, liberty)
        liberties.append(-1)
    return bytes(stones[points].tobytes() + np.array(liberties, np.int16).tobytes() + heads[beside].tobytes())
