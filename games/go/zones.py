"""Parts of the board that can be searched by themselves. Pure.

The *zone* of a chain is what its life depends on: itself, the empty points that it is connected with, and the chains
around them that are not safe whatever happens in the zone, with all that these depend on in turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.go.board import EMPTY, WALL_POINT, first_liberty, next_liberty

LARGEST = 40
"""Zones of more points are not searched; they are no longer followed to their end."""

OUTSIDE = 2
"""Liberties outside of a zone with which a chain that borders it cannot be captured there."""


class Zone:
    """Points that depend on each other: empty ones, and the stones of chains that may live or die."""

    def __init__(self, board: Any, certain: NDArray[np.int8], point: int) -> None:
        """The zone of the chain at ``point``. ``certain``: whose points are, whatever is played, by ``area``."""
        self._board = board
        self._certain = certain
        self.points: set[int] = set()
        self._around: dict[int, int] = {}
        """Heads of the chains that border the zone, and a stone of each."""
        self._flood(point)
        while self.is_small:
            held = next((head for head in self._around if not self._stays(head)), None)
            if held is None:
                break
            self._flood(self._around.pop(held))

    @property
    def is_small(self) -> bool:
        """Whether it can be searched."""
        return len(self.points) <= LARGEST

    def _flood(self, point: int) -> None:
        """Add the chain at a point, and the empty points that it is connected with."""
        stones, neighbours, heads = self._board["stones"], self._board["neighbours"], self._board["head"]
        waiting = [point]
        color, head = stones[point], heads[point]
        while waiting:
            p = waiting.pop()
            if p in self.points:
                continue
            self.points.add(p)
            for q in neighbours[p, :4].tolist():
                if q == WALL_POINT or q in self.points:
                    continue
                if stones[q] == EMPTY or (stones[q] == color and heads[q] == head):
                    waiting.append(q)
                else:
                    self._around[int(heads[q])] = q

    def _stays(self, head: int) -> bool:
        """Whether this chain around the zone is safe whatever happens in it."""
        stone = self._around[head]
        if self._certain[stone] == self._board["stones"][stone]:
            return True
        outside = 0
        liberty = first_liberty(self._board, head)
        while liberty >= 0 and outside < OUTSIDE:
            outside += liberty not in self.points
            liberty = next_liberty(self._board, head, liberty)
        return outside >= OUTSIDE


def parts(board: Any, certain: NDArray[np.int8], points: Iterable[int]) -> list[list[Zone]]:
    """The zones of the chains at ``points`` that can be searched, small ones first; those that overlap together."""
    found: list[list[Zone]] = []
    known: list[set[int]] = []
    for zone in sorted((Zone(board, certain, point) for point in points), key=lambda zone: len(zone.points)):
        if not zone.is_small or zone.points in known:
            continue
        known.append(zone.points)
        beside = [part for part in found if any(not zone.points.isdisjoint(one.points) for one in part)]
        found = [part for part in found if part not in beside]
        found.append([*(one for part in beside for one in part), zone])
    return found
