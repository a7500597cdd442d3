"""Leaves in flight: locked under tickets, with the pseudo-visits that they cause on their paths.

Who gives pseudo-visits, and how many, says ``collisions``; here they are counted, and taken away again exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.core.kernels import kernel
from daemon.core.search_tree import FRESH, IN_FLIGHT, NONE, TICKETS, Tree


@kernel
def add_pseudo(t: Tree, leaf: int, origin: int, amount: int) -> None:
    """Add pseudo-visits that this leaf causes to every node from it up to ``origin``; a negative amount takes away."""
    t.caused[leaf] += amount
    node = leaf
    while True:
        t.pseudo[node] += amount
        if node == origin:
            return
        t.edge_pseudo[node] += amount
        node = t.parent[node]


@kernel
def lock(t: Tree, leaf: int, origin: int) -> None:
    """Put a leaf in flight, its path beginning at ``origin``."""
    t.state[leaf] = IN_FLIGHT
    t.origin[leaf] = origin
    t.pending[origin] += 1


@kernel
def unlock(t: Tree, leaf: int) -> None:
    """Undo ``lock``, whatever the leaf is now, and take away the pseudo-visits that it caused."""
    add_pseudo(t, leaf, t.origin[leaf], -t.caused[leaf])
    t.pending[t.origin[leaf]] -= 1
    t.origin[leaf] = NONE


@kernel
def release_leaves(t: Tree, leaves: NDArray[np.int32]) -> None:
    """Unlock leaves whose tickets died: no visit is counted, their pseudo-visits are taken away."""
    for leaf in leaves:
        if t.state[leaf] == IN_FLIGHT:
            unlock(t, leaf)
        t.state[leaf] = FRESH
    t.used[TICKETS] -= len(leaves)
