"""Dropping what hangs beside the line that is played, in place and in steps, for a large tree takes seconds.

First the line is made one of parents, and what is above the cursor becomes FRESH again and keeps one child each. Then
what hangs below the cursor is marked, link after link. Where a transposition there shows a node that hangs elsewhere,
the two change places, so that all that is shared is kept. Then nodes are looked at in order; those that are marked, or
were made since, slide down into the places of those that go. Then the rows of priors do the same, by their owners. All
of a tree that can be reached from its root is whole between two steps, so reports, cursor moves and whatever else only
follows links need not wait; only leaves may not be handed out meanwhile.

The cursor may move between two steps; what is kept is what hung below it when the compaction began.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from daemon.core.kernels import kernel
from daemon.core.search_tree import (
    COMPACTING,
    CROSSINGS,
    FIRST_NEW,
    FREE_CROSSING,
    FREE_NODE,
    FREE_ROW,
    FRESH,
    MARK_NODE,
    NO_PRIOR,
    NODES,
    NONE,
    RENUMBERED,
    ROWS,
    SCAN_NODE,
    SCAN_ROW,
    TOP_NODE,
    TOUCHED_NODES,
    TOUCHED_ROWS,
    TRANSPOSED,
    Addresses,
    Tree,
    init_node,
    tree_at,
    tree_of,
)
from daemon.core.transpositions import change_places, move_transposition, transposition_to, unlink_transposition
from daemon.core.tree_memory import lengths_in_use

STEP = 1 << 14
"""Nodes, links and parts of rows that one step looks at: a few milliseconds, where none of them is in a cache."""

_ROW_PART = 32
"""Priors that take as long as a node."""

KEPT = 0
"""In ``crossing``, of which no record is in use: the node stays."""


def would_drop(tree: Tree, cursor_path: list[int]) -> bool:
    """Whether something hangs beside ``cursor_path``, the nodes from the root to the cursor, or counts above the
    cursor.
    """
    above = np.array(cursor_path[:-1], np.int32)
    newest = tree.first_child[above]
    return bool(np.any(tree.state[above] != FRESH) or np.any(tree.next_sibling[newest] != NONE))


def begin(tree: Tree, cursor_path: list[int]) -> None:
    """Begin to drop. Nothing may be in flight, nor come there before the last ``step``."""
    used = tree.used
    for place in (SCAN_NODE, FREE_NODE, SCAN_ROW, FREE_ROW, CROSSINGS):
        used[place] = 0
    used[FREE_CROSSING] = NONE
    used[TOP_NODE] = used[MARK_NODE] = cursor_path[-1]
    used[FIRST_NEW] = used[NODES]
    used[COMPACTING] = 1
    _begin(tree.addresses, np.array(cursor_path, np.int32))


@kernel
def _begin(a: Addresses, cursor_path: NDArray[np.int32]) -> None:
    t = tree_at(a)
    t.crossing[: t.used[NODES]] = NONE
    t.crossing[0] = KEPT
    for i in range(1, len(cursor_path)):
        above, node = cursor_path[i - 1], cursor_path[i]
        if t.parent[node] != above:
            change_places(t, transposition_to(t, above, node), node)
        t.crossing[node] = KEPT
    for i in range(1, len(cursor_path)):
        _strip(t, cursor_path[i - 1], cursor_path[i])


def step(tree: Tree, cursor_path: list[int], nodes: Iterable[int]) -> tuple[list[int], dict[int, int]]:
    """Go on for a few milliseconds: the cursor path's indices then, and of each of ``nodes`` the new index or NONE."""
    line = np.array(cursor_path, np.int32)
    others = np.array(sorted({*nodes, *cursor_path}), np.int32)
    before = others.tolist()
    _step(tree.addresses, others, STEP)
    now = dict(zip(before, others.tolist(), strict=True))
    return [now[node] for node in line.tolist()], now


@kernel
def _step(a: Addresses, others: NDArray[np.int32], steps: int) -> None:
    t = tree_at(a)
    t.used[RENUMBERED] += 1
    steps = _mark(t, steps)
    if t.used[MARK_NODE] != NONE:
        return
    if t.used[SCAN_NODE] < t.used[NODES]:
        steps = _scan_nodes(t, others, steps)
        if steps <= 0 and t.used[SCAN_NODE] < t.used[NODES]:
            return
        t.used[TOUCHED_NODES] = max(t.used[TOUCHED_NODES], t.used[NODES])
        t.used[NODES] = t.used[FREE_NODE]
        t.used[SCAN_NODE] = t.used[NODES]
    _scan_rows(t, steps)
    if t.used[SCAN_ROW] == t.used[ROWS]:
        t.used[TOUCHED_ROWS] = max(t.used[TOUCHED_ROWS], t.used[ROWS])
        t.used[ROWS] = t.used[FREE_ROW]
        t.used[COMPACTING] = 0


@kernel
def _mark(t: Tree, steps: int) -> int:
    """Mark the next nodes below the one where the compaction began, a node before its children. The steps left."""
    node, top = t.used[MARK_NODE], t.used[TOP_NODE]
    while node != NONE and steps > 0:
        steps -= 1
        if t.state[node] == TRANSPOSED and not _hangs_below(t, t.original[node], top):
            original = t.original[node]
            change_places(t, node, original)
            node = original
        t.crossing[node] = KEPT
        following = t.first_child[node]
        while following == NONE and node != top:
            following = t.next_sibling[node]
            node = t.parent[node]
        node = following
    t.used[MARK_NODE] = node
    return steps


@kernel
def _hangs_below(t: Tree, node: int, top: int) -> bool:
    while node != top and node != NONE:
        node = t.parent[node]
    return bool(node == top)


@kernel
def _scan_nodes(t: Tree, others: NDArray[np.int32], steps: int) -> int:
    """Look at the next nodes; ``others``, in ascending order, follow theirs. The steps that are left."""
    node, free = t.used[SCAN_NODE], t.used[FREE_NODE]
    other = _first_from(others, node)
    while node < t.used[NODES] and steps > 0:
        is_other = other < len(others) and others[other] == node
        steps -= 1
        if t.crossing[node] != KEPT and node < t.used[FIRST_NEW]:
            _drop(t, node)
            if is_other:
                others[other] = NONE
        else:
            if free != node:
                steps -= _move(t, node, free)
            t.crossing[free] = NONE
            if is_other:
                others[other] = free
            free += 1
        other += is_other
        node += 1
    t.used[SCAN_NODE], t.used[FREE_NODE] = node, free
    return steps


@kernel
def _first_from(nodes: NDArray[np.int32], node: int) -> int:
    """The place of the first of ``nodes`` that is no smaller than ``node``."""
    place = 0
    while place < len(nodes) and nodes[place] < node:
        place += 1
    return place


@kernel
def _drop(t: Tree, node: int) -> None:
    if t.row[node] != NONE:
        t.owner[t.row[node]] = NONE
    if t.state[node] == TRANSPOSED:
        unlink_transposition(t, node)


@kernel
def _strip(t: Tree, node: int, kept: int) -> None:
    """Make a node above the cursor FRESH again, with one child."""
    _drop(t, node)
    init_node(t, node, t.parent[node], t.move[node], NO_PRIOR)
    t.crossing[node] = KEPT
    t.first_child[node] = kept
    t.next_sibling[kept] = NONE
    t.prior[kept] = NO_PRIOR
    t.edge_visits[kept] = 0


@kernel
def _move(t: Tree, node: int, to: int) -> int:
    """Move a node and all that points at it. How many links that are."""
    count = 0
    parent = t.parent[node]
    if t.first_child[parent] == node:
        t.first_child[parent] = to
    else:
        newer = t.first_child[parent]
        while t.next_sibling[newer] != node:
            newer = t.next_sibling[newer]
            count += 1
        t.next_sibling[newer] = to
    child = t.first_child[node]
    while child != NONE:
        t.parent[child] = to
        child = t.next_sibling[child]
        count += 1
    if t.row[node] != NONE:
        t.owner[t.row[node]] = to
    count += move_transposition(t, node, to)
    _copy_node(t, node, to)
    return int(count)


@kernel
def _copy_node(t: Tree, node: int, to: int) -> None:
    t.parent[to] = t.parent[node]
    t.first_child[to] = t.first_child[node]
    t.next_sibling[to] = t.next_sibling[node]
    t.move[to] = t.move[node]
    t.state[to] = t.state[node]
    t.to_play[to] = t.to_play[node]
    t.prior[to] = t.prior[node]
    t.row[to] = t.row[node]
    t.root_policy[to] = t.root_policy[node]
    t.untried[to] = t.untried[node]
    t.untried_prior[to] = t.untried_prior[node]
    t.visited_mass[to] = t.visited_mass[node]
    t.visits[to] = t.visits[node]
    t.edge_visits[to] = t.edge_visits[node]
    t.weight[to] = t.weight[node]
    t.weight_squared[to] = t.weight_squared[node]
    t.children_weight[to] = t.children_weight[node]
    t.mean_value[to] = t.mean_value[node]
    t.mean_utility[to] = t.mean_utility[node]
    t.mean_squared_utility[to] = t.mean_squared_utility[node]
    t.mean_score[to] = t.mean_score[node]
    t.mean_squared_score[to] = t.mean_squared_score[node]
    t.mean_lead[to] = t.mean_lead[node]
    t.lead_weight[to] = t.lead_weight[node]
    t.value[to] = t.value[node]
    t.lead[to] = t.lead[node]
    t.score[to] = t.score[node]
    t.score_deviation[to] = t.score_deviation[node]
    t.own_weight[to] = t.own_weight[node]
    t.own_utility[to] = t.own_utility[node]
    t.pattern[to] = t.pattern[node]
    t.bias_weight[to] = t.bias_weight[node]
    t.bias_error[to] = t.bias_error[node]
    t.pseudo[to] = t.pseudo[node]
    t.edge_pseudo[to] = t.edge_pseudo[node]
    t.caused[to] = t.caused[node]
    t.origin[to] = t.origin[node]
    t.pending[to] = t.pending[node]
    t.temporary[to] = t.temporary[node]
    t.key[to] = t.key[node]
    t.original[to] = t.original[node]
    t.transposition[to] = t.transposition[node]
    t.crossed[to] = t.crossed[node]
    t.crossing[to] = t.crossing[node]
    t.next_crossing[to] = t.next_crossing[node]


@kernel
def _scan_rows(t: Tree, steps: int) -> None:
    row, free = t.used[SCAN_ROW], t.used[FREE_ROW]
    while row < t.used[ROWS] and steps > 0:
        steps -= 1
        if t.owner[row] != NONE:
            if free != row:
                steps -= t.priors.shape[1] // _ROW_PART
                for move in range(t.priors.shape[1]):
                    t.priors[free, move] = t.priors[row, move]
                t.owner[free] = t.owner[row]
                t.row[t.owner[row]] = free
            free += 1
        row += 1
    t.used[SCAN_ROW], t.used[FREE_ROW] = row, free


def settled(tree: Tree, cursor_path: list[int]) -> tuple[Tree, list[int]]:
    """A copy of the tree as it is when the compaction is done, and the cursor path in it; both are what they are when
    none is under way.
    """
    if not tree.used[COMPACTING]:
        return tree, cursor_path
    copy = tree_of({name: getattr(tree, name)[:length].copy() for name, length in lengths_in_use(tree).items()})
    while copy.used[COMPACTING]:
        cursor_path, _ = step(copy, cursor_path, ())
    return copy, cursor_path
