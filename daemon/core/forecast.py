"""Which leaves a search is likely to want next: a look ahead that takes no ticket and leaves the tree as it was.

Walks count one temporary visit on their paths, as those of speculation do: each leaf, and each leaf in flight, is taken
to turn out like its parent. So the order is that in which a search would come to these leaves if every evaluation were
its parent's value. Walks that end on a leaf that was found before, on one under a ticket, or on a known end only count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.core.collisions import RETRIES, USUAL_DEPTH, HowToWalk, speculate_on
from daemon.core.gumbel import HalvingNumbers
from daemon.core.kernels import kernel
from daemon.core.search_tree import (
    FRESH,
    NODES,
    STALE,
    Addresses,
    Tree,
    measure_paths,
    tree_at,
    write_paths,
)
from daemon.core.selection import puct_at

Paths = tuple[NDArray[np.int32], NDArray[np.uint16]]
"""n paths from the cursor: path i is ``moves[offsets[i]:offsets[i + 1]]``. offsets: int32[n + 1]."""

_GIVEN = np.int16(0x7FFF)


def forecast_paths(
    t: Tree,
    cursor: int,
    wanted: int,
    how: HowToWalk,
    root_priors: NDArray[np.float32],
    halving: HalvingNumbers,
    avoid: NDArray[np.int32],
) -> Paths:
    """The paths to up to ``wanted`` leaves, those first that are likely to be wanted first.

    There must be room for so many nodes, which are made and taken away again. Paths together have ``USUAL_DEPTH`` moves
    for each leaf that is wanted; those that go beyond are left out.
    """
    offsets, moves = np.zeros(wanted + 1, np.int32), np.empty(wanted * USUAL_DEPTH, np.uint16)
    places = np.empty(wanted * (2 + RETRIES), np.int32)
    found = _forecast(t.addresses, cursor, how.numbers, root_priors, halving, avoid, places, offsets, moves)
    return offsets[: found + 1], moves[: offsets[found]]


@kernel
def _forecast(
    a: Addresses,
    cursor: int,
    how: NDArray[np.float64],
    root_priors: NDArray[np.float32],
    halving: HalvingNumbers,
    avoid: NDArray[np.int32],
    places: NDArray[np.int32],
    offsets: NDArray[np.int32],
    moves: NDArray[np.uint16],
) -> int:
    """Write the paths of the leaves that are found, as many as ``moves`` has room for; returns how many these are.

    ``places``: to work in, for each leaf and each walk.
    """
    t, p = tree_at(a), puct_at(how, 4)
    wanted = len(offsets) - 1
    leaves, ends = places[:wanted], places[wanted:]
    nodes = t.used[NODES]
    found = speculate_on(t, cursor, p, root_priors, halving, avoid, leaves, ends, True)
    for leaf in leaves[:found]:
        t.state[leaf] = FRESH
    offsets[0] = 0
    measure_paths(t, cursor, leaves[:found], offsets)
    while offsets[found] > len(moves):
        found -= 1
    write_paths(t, leaves[:found], offsets, moves)
    for node in range(t.used[NODES] - 1, nodes - 1, -1):
        _take_away(t, node)
    return int(found)


@kernel
def _take_away(t: Tree, node: int) -> None:
    """Undo ``add_child`` for the newest node of all, which has no children."""
    parent = t.parent[node]
    t.first_child[parent] = t.next_sibling[node]
    if t.prior[node] >= 0.0:
        t.priors[t.row[parent], t.move[node]] &= _GIVEN
    t.untried[parent] = STALE
    t.used[NODES] = node
