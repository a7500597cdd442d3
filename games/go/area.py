"""Whose the points are when nobody moves any more: pass-alive chains and territory (Benson), and plain surroundings.

A *region* of a colour is a maximal connected set of points without a stone of that colour. It is *vital* to a chain
of the colour when every empty point of it (where suicide is legal: every point) is next to the chain.
Chains that can do with two vital regions whose other walls are as safe are *pass-alive*: no sequence of moves takes
them, though their owner always passes (D. Benson, Life in the game of Go, 1976).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.board import EMPTY, MAX_POINTS, Board, bit_of

_N = MAX_POINTS + 1

AREA_MEMORY = np.dtype(
    [
        ("region", np.int16, (_N,)),  # by point: its region, -1 on stones of the colour and on the wall
        ("order", np.int16, (_N,)),  # the points of all regions, region after region
        ("start", np.int16, (_N + 1,)),  # region i is order[start[i]:start[i + 1]]
        ("inner", np.int16, (_N,)),  # by region: points that touch no stone of the colour
        ("has_opponent", np.uint8, (_N,)),  # by region
        ("safe", np.uint8, (_N,)),  # by region: every chain around it may still be pass-alive
        ("vital", np.int16, (_N, 4)),  # by region: heads of the chains that it is vital to
        ("vitals", np.int8, (_N,)),  # by region: how many they are
        ("eyes", np.int16, (_N,)),  # by head: regions vital to the chain
        ("alive", np.uint8, (_N,)),  # by head
    ],
    align=True,
)
AreaMemory: TypeAlias = Any
"""One element of an array of dtype ``AREA_MEMORY``; nothing in it lasts."""


def new_area_memory(count: int = 1) -> NDArray[Any]:
    """Memory for the kernels here; one for every thread of kernels."""
    return np.zeros(count, dtype=AREA_MEMORY)


@njit(cache=True)
def _touches(b: Board, p: int, color: int) -> bool:
    for k in range(4):
        if b.stones[b.neighbours[p, k]] == color:
            return True
    return False


@njit(cache=True)
def _touches_chain(b: Board, p: int, head: int) -> bool:
    color = b.stones[head]
    for k in range(4):
        q = b.neighbours[p, k]
        if b.stones[q] == color and b.head[q] == head:
            return True
    return False


@njit(cache=True)
def _find_regions(b: Board, color: int, m: AreaMemory) -> int:
    """Flood every region of ``color``. Returns how many there are."""
    for p in range(MAX_POINTS + 1):
        m.region[p] = -1
    regions = 0
    filled = 0
    for seed in range(b.points):
        if b.stones[seed] != EMPTY or m.region[seed] >= 0:
            continue
        m.start[regions] = filled
        m.inner[regions] = 0
        m.has_opponent[regions] = 0
        m.safe[regions] = 1
        m.region[seed] = regions
        m.order[filled] = seed
        next_out = filled
        filled += 1
        while next_out < filled:
            p = m.order[next_out]
            next_out += 1
            if b.stones[p] != EMPTY:
                m.has_opponent[regions] = 1
            if not _touches(b, p, color):
                m.inner[regions] += 1
            for k in range(4):
                q = b.neighbours[p, k]
                if m.region[q] < 0 and (b.stones[q] == EMPTY or b.stones[q] == -color):
                    m.region[q] = regions
                    m.order[filled] = q
                    filled += 1
        regions += 1
    m.start[regions] = filled
    return regions


@njit(cache=True)
def _find_vital_chains(b: Board, region: int, color: int, suicide: bool, m: AreaMemory) -> None:
    """The chains that the region is vital to; they all touch its first point, which is empty."""
    count = 0
    seed = m.order[m.start[region]]
    for k in range(4):
        q = b.neighbours[seed, k]
        if b.stones[q] != color:
            continue
        head = b.head[q]
        known = False
        for i in range(count):
            known = known or m.vital[region, i] == head
        if not known and _is_vital(b, region, head, suicide, m):
            m.vital[region, count] = head
            count += 1
    m.vitals[region] = count
    for i in range(count):
        m.eyes[m.vital[region, i]] += 1


@njit(cache=True)
def _is_vital(b: Board, region: int, head: int, suicide: bool, m: AreaMemory) -> bool:
    for i in range(m.start[region], m.start[region + 1]):
        p = m.order[i]
        if b.stones[p] == EMPTY:
            if b.liberty_set[head, p >> 6] & bit_of(p) == 0:
                return False
        elif suicide and not _touches_chain(b, p, head):
            return False
    return True


@njit(cache=True)
def _spoil_regions(b: Board, head: int, m: AreaMemory) -> None:
    """The chain is not pass-alive, so no region that it borders is an eye of anybody."""
    p = head
    while True:
        for k in range(4):
            region = m.region[b.neighbours[p, k]]
            if region >= 0 and m.safe[region] != 0:
                m.safe[region] = 0
                for i in range(m.vitals[region]):
                    m.eyes[m.vital[region, i]] -= 1
        p = b.next_stone[p]
        if p == head:
            break


@njit(cache=True)
def find_pass_alive(b: Board, color: int, suicide: bool, m: AreaMemory) -> int:
    """Benson's algorithm for one colour: fills ``m`` (``alive``, and all by region). Returns the number of regions."""
    regions = _find_regions(b, color, m)
    for p in range(b.points):
        m.eyes[p] = 0
        m.alive[p] = b.stones[p] == color and b.head[p] == p
    for region in range(regions):
        _find_vital_chains(b, region, color, suicide, m)
    changed = True
    while changed:
        changed = False
        for p in range(b.points):
            if m.alive[p] != 0 and m.eyes[p] < 2:
                m.alive[p] = 0
                changed = True
                _spoil_regions(b, p, m)
    return regions


@njit(cache=True)
def mark_area(
    b: Board, color: int, suicide: bool, safe_big: bool, unsafe_big: bool, m: AreaMemory, area: NDArray[np.int8]
) -> None:
    """Write ``color`` into ``area``, int8[>= points], wherever it owns the point; other entries stay.

    Always: pass-alive chains, and regions walled in by those alone in which the opponent cannot live, since at most one
    point of them touches no wall. ``safe_big``: also regions of any size walled in by pass-alive chains alone without
    an opponent's stone. ``unsafe_big``: also every region without an opponent's stone, on entries still EMPTY. The
    marks, called for one colour then the other, are those of KataGo (cpp/game/board.cpp, calculateArea).
    """
    regions = find_pass_alive(b, color, suicide, m)
    present = False
    for p in range(b.points):
        if b.stones[p] == color:
            present = True
            if m.alive[b.head[p]] != 0:
                area[p] = color
    if not present:
        return
    for region in range(regions):
        safe = m.safe[region] != 0
        alone = m.has_opponent[region] == 0
        owned = safe and (m.inner[region] <= 1 or (safe_big and alone))
        if owned or (unsafe_big and alone):
            for i in range(m.start[region], m.start[region + 1]):
                p = m.order[i]
                if owned or area[p] == EMPTY:
                    area[p] = color


@njit(cache=True)
def pass_alive_area(b: Board, suicide: bool, m: AreaMemory, area: NDArray[np.int8]) -> None:
    """Fill ``area``, int8[>= points], with who owns each point for certain: BLACK, WHITE or EMPTY (nobody, not yet)."""
    for p in range(b.points):
        area[p] = EMPTY
    mark_area(b, 1, suicide, True, False, m, area)
    mark_area(b, -1, suicide, True, False, m, area)


@njit(cache=True)
def full_area(b: Board, suicide: bool, m: AreaMemory, area: NDArray[np.int8]) -> None:
    """Fill ``area``, int8[>= points], as area scoring does, stones alive unless pass-dead: BLACK, WHITE or EMPTY."""
    for p in range(b.points):
        area[p] = EMPTY
    mark_area(b, 1, suicide, True, True, m, area)
    mark_area(b, -1, suicide, True, True, m, area)
    for p in range(b.points):
        if area[p] == EMPTY:
            area[p] = b.stones[p]
