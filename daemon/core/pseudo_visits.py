"""Leaves in flight: locked under tickets, with the pseudo-visits that they cause on their paths.

Who gives pseudo-visits, and how many, says ``collisions``; here they are counted, and taken away again exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.core.kernels import kernel
from daemon.core.search_tree import FRESH, IN_FLIGHT, NONE, TICKETS, Tree, edge_above
from daemon.core.transpositions import free_crossings


@kernel
def add_pseudo(t: Tree, leaf: int, origin: int, amount: int) -> None:
    """Add pseudo-visits that this leaf in flight causes to every node of its path; a negative amount takes away."""
    t.caused[leaf] += amount
    node, crossed = leaf, t.crossed[leaf]
    while True:
        t.pseudo[node] += amount
        if node == origin:
            return
        edge, crossed = edge_above(t, node, crossed)
        if edge != node:
            t.pseudo[edge] += amount
        t.edge_pseudo[edge] += amount
        node = t.parent[edge]


@kernel
def lock(t: Tree, leaf: int, origin: int, crossed: int) -> None:
    """Put a leaf in flight, its path beginning at ``origin`` and having these crossings."""
    t.state[leaf] = IN_FLIGHT
    t.origin[leaf] = origin
    t.crossed[leaf] = crossed
    t.pending[origin] += 1


@kernel
def unlock(t: Tree, leaf: int) -> None:
    """Undo ``lock``, whatever the leaf is now, and take away the pseudo-visits that it caused."""
    add_pseudo(t, leaf, t.origin[leaf], -t.caused[leaf])
    t.pending[t.origin[leaf]] -= 1
    t.origin[leaf] = NONE
    free_crossings(t, t.crossed[leaf])
    t.crossed[leaf] = NONE


@kernel
def release_leaves(t: Tree, leaves: NDArray[np.int32]) -> None:
    """Unlock leaves whose tickets died: no visit is counted, their pseudo-visits are taken away."""
    for leaf in leaves:
        if t.state[leaf] == IN_FLIGHT:
            unlock(t, leaf)
        t.state[leaf] = FRESH
    t.used[TICKETS] -= len(leaves)
