"""Whose open land is. Pure.

An empty region that both colours touch is nobody's by the letter, and that is right for dame and for liberties that a
seki shares. One open point in a wall makes the same of a whole territory. If play went on, the *border*, the points
that touch stones of both colours, would be filled. Whoever alone touches what lies behind it then has it.

What both touch even so was not played out. There each point is *claimed* by whom a search gives it to, or by whose
stones are nearer. What the claims of two colours touch of each other, or of a stone, stays nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.go.board import EMPTY, WALL_POINT

CLAIM = 0.5
"""A point is claimed by whom it belongs to by at least this much."""

_FAR = WALL_POINT + 1


def neighbours_of(board: Any) -> list[list[int]]:
    """For each point those beside it."""
    around: list[list[int]] = board["neighbours"][: int(board["points"]), :4].tolist()
    return [[q for q in row if q != WALL_POINT] for row in around]


def regions(points: Iterable[int], neighbours: list[list[int]]) -> Iterator[set[int]]:
    """The connected parts of a set of points."""
    left = set(points)
    while left:
        region = set[int]()
        waiting = [left.pop()]
        while waiting:
            p = waiting.pop()
            region.add(p)
            found = left.intersection(neighbours[p])
            left -= found
            waiting += found
        yield region


def divided(board: Any, owners: NDArray[np.int8], ownership: Sequence[float] | None) -> NDArray[np.int8]:
    """``owners``, int8[points], whose each point is by the letter, with the open regions of the board divided.

    ownership: what is thought of each point, from the top left, +1 Black's to -1 White's; None: nearer stones decide.
    """
    stones: list[int] = board["stones"][: len(owners)].tolist()
    neighbours = neighbours_of(board)
    touched = [{stones[q] for q in beside} - {EMPTY} for beside in neighbours]
    open_points = np.flatnonzero((board["stones"][: len(owners)] == EMPTY) & (owners == EMPTY)).tolist()
    claims = _claims(stones, neighbours, ownership)
    result = owners.copy()
    for region in regions((p for p in open_points if len(touched[p]) < 2), neighbours):
        around = set[int]().union(*(touched[p] for p in region))
        for p in region:
            disputed = any(
                stones[q] == -claims[p] or (stones[q] == EMPTY and claims[q] == -claims[p]) for q in neighbours[p]
            )
            result[p] = next(iter(around)) if len(around) == 1 else EMPTY if disputed else claims[p]
    return result


def closing_captures(board: Any, before: NDArray[np.int8], dead: Iterable[Sequence[int]]) -> dict[int, int]:
    """The liberties of dead chains that are beside living stones of their colour; for each the colour of the captor.

    board: without the dead. before, int8[points]: the stones with them. Left out is what would leave the living stones
    without a liberty.
    """
    neighbours = neighbours_of(board)
    stones, head, liberties = board["stones"], board["head"], board["liberties"]
    closed: dict[int, int] = {}
    taken: dict[int, int] = {}
    for chain in dead:
        color = int(before[chain[0]])
        for p in sorted({q for point in chain for q in neighbours[point] if before[q] == EMPTY} - closed.keys()):
            living = {int(head[q]) for q in neighbours[p] if stones[q] == color}
            if living and all(int(liberties[one]) - taken.get(one, 0) > 1 for one in living):
                closed[p] = -color
                taken.update({one: taken.get(one, 0) + 1 for one in living})
    return closed


def last_liberties(board: Any, owners: NDArray[np.int8], seki: Iterable[int]) -> list[int]:
    """The points of their own that chains must be connected at when all dame are filled, in order.

    board: without the dead. owners: int8[points], as ``divided``. seki: stones in seki, of which nobody asks that.
    """
    points = len(owners)
    neighbours = neighbours_of(board)
    stones, head = board["stones"][:points].tolist(), board["head"][:points].tolist()
    own: dict[int, set[int]] = {}
    linked: list[set[int]] = []
    """Chains that are connected by dame, which their owner takes in time."""
    for p in range(points):
        if stones[p] != EMPTY:
            own.setdefault(head[p], set())
            continue
        for color in (1, -1):
            around = {head[q] for q in neighbours[p] if stones[q] == color}
            if owners[p] == color:
                for one in around:
                    own.setdefault(one, set()).add(p)
            elif owners[p] == EMPTY and len(around) > 1:
                beside = [group for group in linked if not group.isdisjoint(around)]
                linked = [group for group in linked if group not in beside]
                linked.append(around.union(*beside))
    alone = set(own).difference(*linked)
    groups = [*({one} for one in alone), *linked]
    last = [set[int]().union(*(own.get(chain, set()) for chain in group)) for group in groups if group.isdisjoint(seki)]
    return sorted({next(iter(liberties)) for liberties in last if len(liberties) == 1})


def _claims(stones: list[int], neighbours: list[list[int]], ownership: Sequence[float] | None) -> list[int]:
    """Who claims each point, EMPTY for nobody."""
    if ownership is None:
        black, white = (_distances(stones, neighbours, color) for color in (1, -1))
        return [(w > b) - (w < b) for b, w in zip(black, white, strict=True)]
    return [(one >= CLAIM) - (one <= -CLAIM) for one in ownership]


def _distances(stones: list[int], neighbours: list[list[int]], color: int) -> list[int]:
    """From each empty point to the next stone of a colour, over empty points."""
    distances = [0 if stone == color else _FAR for stone in stones]
    front = [p for p, stone in enumerate(stones) if stone == color]
    distance = 0
    while front:
        distance += 1
        front = list({q for p in front for q in neighbours[p] if stones[q] == EMPTY and distances[q] == _FAR})
        for q in front:
            distances[q] = distance
    return distances
