"""Positions that several orders of moves reach, which share one node's statistics: the tree is a graph then.

The first node that is expanded at a position is its *original*. A leaf that turns out to be at the same position
becomes a *transposition*: it keeps its own edge (move, prior, edge visits, edge pseudo-visits), has no priors and no
children, and shows the original's visits and means, which are written to it whenever the original's are made anew. So
whoever looks at a child need not ask which of them it is. This is Monte-Carlo graph search as KataGo does it
(docs/GraphSearch.md and cpp/search/search.cpp, ``maybeCatchUpEdgeVisits``):

- Where an edge has fewer visits than the position below it, a visit of the edge brings nothing new. It is counted on
  the path above, without the device: the edge *catches up*.
- Else a walk goes on below the original. It *crosses* a transposition; its path is no line of parents then, so a leaf
  in flight remembers what it crossed, in records of which the tree has a pool.

A visit is backed up along its own path alone. Other parents of a position on it hear of it with their next visit.
A position must never come back on a path: a game says keys only of positions of which that is true.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.core.kernels import inlined_kernel, kernel
from daemon.core.search_tree import (
    CROSSINGS,
    EXPANDED,
    FREE_CROSSING,
    LAST_CROSSING,
    NODES,
    NONE,
    TRANSPOSED,
    Tree,
)

_BEGUN, _LISTED = 1, 2
"""In ``temporary``, while nodes are listed."""

Positions = NDArray[np.int32]
"""int32[a power of two]: the table of originals, by key with open addressing; NONE where free."""


@inlined_kernel
def _place_of(t: Tree, positions: Positions, key: np.uint64) -> int:
    """Where the node of this key stands, or the free place for it."""
    last = np.uint64(len(positions) - 1)
    place = (key ^ (key >> np.uint64(32))) & last
    while positions[place] != NONE and t.key[positions[place]] != key:
        place = (place + np.uint64(1)) & last
    return int(place)


@kernel
def count_positions(t: Tree, positions: Positions) -> None:
    """Fill the table anew from the keys of the expanded nodes."""
    positions[:] = NONE
    for node in range(t.used[NODES]):
        if t.state[node] == EXPANDED and t.key[node] != 0:
            positions[_place_of(t, positions, t.key[node])] = node


@kernel
def settle(t: Tree, leaf: int, stays: bool, positions: Positions) -> None:
    """A leaf that has just been expanded, and has no visit, becomes a transposition, or an original.

    One that has children already, or that ``stays`` as a cursor, is by itself beside the original of its position.
    """
    key = t.key[leaf]
    if key == 0:
        return
    place = _place_of(t, positions, key)
    original = positions[place]
    if original == NONE:
        positions[place] = leaf
    elif stays or t.first_child[leaf] != NONE or t.to_play[leaf] != t.to_play[original]:
        t.key[leaf] = 0
    else:
        _transpose(t, leaf, original)


@kernel
def _transpose(t: Tree, leaf: int, original: int) -> None:
    t.state[leaf] = TRANSPOSED
    t.original[leaf] = original
    t.transposition[leaf] = t.transposition[original]
    t.transposition[original] = leaf
    t.value[leaf] = t.value[original]
    t.lead[leaf] = t.lead[original]
    t.score[leaf] = t.score[original]
    t.score_deviation[leaf] = t.score_deviation[original]
    t.own_weight[leaf] = t.own_weight[original]
    t.own_utility[leaf] = t.own_utility[original]
    t.pattern[leaf] = 0
    if t.prior[leaf] >= 0.0:
        t.visited_mass[t.parent[leaf]] += t.prior[leaf]
    _show(t, leaf, original)


@kernel
def show_transpositions(t: Tree, original: int) -> None:
    """Write an original's visits and means to its transpositions."""
    node = t.transposition[original]
    while node != NONE:
        _show(t, node, original)
        node = t.transposition[node]


@inlined_kernel
def _show(t: Tree, node: int, original: int) -> None:
    t.visits[node] = t.visits[original]
    t.weight[node] = t.weight[original]
    t.weight_squared[node] = t.weight_squared[original]
    t.mean_value[node] = t.mean_value[original]
    t.mean_utility[node] = t.mean_utility[original]
    t.mean_squared_utility[node] = t.mean_squared_utility[original]
    t.mean_score[node] = t.mean_score[original]
    t.mean_squared_score[node] = t.mean_squared_score[original]
    t.mean_lead[node] = t.mean_lead[original]
    t.lead_weight[node] = t.lead_weight[original]


@kernel
def list_children_first(t: Tree, order: NDArray[np.int32], waiting: NDArray[np.int32]) -> int:
    """Write all nodes but transpositions to ``order``, each behind what its edges lead to. Returns how many they are.

    ``waiting``: room for two places a node. An update must not be under way.
    """
    count, depth = 0, 1
    waiting[0] = 0
    while depth > 0:
        node = waiting[depth - 1]
        if t.temporary[node] == 0:
            t.temporary[node] = _BEGUN
            child = t.first_child[node]
            while child != NONE:
                below = t.original[child] if t.state[child] == TRANSPOSED else child
                if t.temporary[below] == 0:
                    waiting[depth] = below
                    depth += 1
                child = t.next_sibling[child]
            continue
        depth -= 1
        if t.temporary[node] == _BEGUN:
            t.temporary[node] = _LISTED
            order[count] = node
            count += 1
    for i in range(count):
        t.temporary[order[i]] = 0
    return count


@kernel
def transposition_to(t: Tree, node: int, original: int) -> int:
    """The child of this node that is a transposition of that one."""
    child = t.first_child[node]
    while t.original[child] != original:
        child = t.next_sibling[child]
    return int(child)


@kernel
def change_places(t: Tree, node: int, original: int) -> None:
    """Have a transposition and its original hang where the other one did, each with the other's edge."""
    _replace_child(t, node, original)
    _replace_child(t, original, node)
    t.parent[node], t.parent[original] = t.parent[original], t.parent[node]
    t.next_sibling[node], t.next_sibling[original] = t.next_sibling[original], t.next_sibling[node]
    t.move[node], t.move[original] = t.move[original], t.move[node]
    t.prior[node], t.prior[original] = t.prior[original], t.prior[node]
    t.edge_visits[node], t.edge_visits[original] = t.edge_visits[original], t.edge_visits[node]


@inlined_kernel
def _replace_child(t: Tree, node: int, other: int) -> None:
    """Point the link to a node at another one, if there still is one; a node that is dropped may be linked no more."""
    parent = t.parent[node]
    if t.first_child[parent] == node:
        t.first_child[parent] = other
        return
    newer = t.first_child[parent]
    while newer != NONE and t.next_sibling[newer] != node:
        newer = t.next_sibling[newer]
    if newer != NONE:
        t.next_sibling[newer] = other


@kernel
def unlink_transposition(t: Tree, node: int) -> None:
    """Take a transposition off its original's list, if it is on it; an original that is dropped may have none."""
    before = t.original[node]
    while before != NONE and t.transposition[before] != node:
        before = t.transposition[before]
    if before != NONE:
        t.transposition[before] = t.transposition[node]


@kernel
def move_transposition(t: Tree, node: int, to: int) -> int:
    """Have what points at a transposition, or at an original, point at another node. How many links that is."""
    count = 0
    if t.state[node] == TRANSPOSED:
        before = t.original[node]
        while t.transposition[before] != node:
            before = t.transposition[before]
            count += 1
        t.transposition[before] = to
    else:
        one = t.transposition[node]
        while one != NONE:
            t.original[one] = to
            one = t.transposition[one]
            count += 1
    return count


@inlined_kernel
def catches_up(t: Tree, node: int) -> bool:
    """Whether a visit of this node's edge only catches up with what is known below it."""
    is_met_twice = t.transposition[node] != NONE or t.state[node] == TRANSPOSED
    return bool(is_met_twice and t.edge_visits[node] < t.visits[node])


@kernel
def cross(t: Tree, node: int) -> bool:
    """Note that the walk under way goes on below this transposition's original. False where no record is left."""
    record = t.used[FREE_CROSSING]
    if record != NONE:
        t.used[FREE_CROSSING] = t.next_crossing[record]
    elif t.used[CROSSINGS] < t.used[NODES]:
        record = t.used[CROSSINGS]
        t.used[CROSSINGS] += 1
    else:
        return False
    t.crossing[record] = node
    t.next_crossing[record] = t.used[LAST_CROSSING]
    t.used[LAST_CROSSING] = record
    return True


@kernel
def leaf_that_crosses(t: Tree) -> int:
    """A leaf in flight whose path holds records; where none is left there is one, for a walk alone has enough."""
    leaf = 0
    while t.crossed[leaf] == NONE:
        leaf += 1
    return leaf


@kernel
def free_crossings(t: Tree, record: int) -> None:
    """Give a path's records back."""
    while record != NONE:
        following = t.next_crossing[record]
        t.next_crossing[record] = t.used[FREE_CROSSING]
        t.used[FREE_CROSSING] = record
        record = following


@kernel
def cross_alike(t: Tree, one: int, other: int) -> bool:
    """Whether two paths to one leaf cross the same transpositions, and so are the same."""
    while one != NONE and other != NONE and t.crossing[one] == t.crossing[other]:
        one, other = t.next_crossing[one], t.next_crossing[other]
    return one == other == NONE
