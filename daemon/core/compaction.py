"""Dropping what hangs beside the line that is played, in place and in steps, for a large tree takes seconds.

Nodes are looked at in order; those that stay slide down into the places of those that go, and so keep their order: a
parent's index stays smaller than its children's. Then the rows of priors do the same, by their owners. All of a tree
that can be reached from its root is whole between two steps, so reports, cursor moves and whatever else only follows
links need not wait; only leaves may not be handed out meanwhile.

What is above the cursor becomes FRESH again and keeps one child; the cursor's subtree stays as it is. The cursor may
move between two steps: then less is dropped than could be.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.core.kernels import kernel
from daemon.core.search_tree import (
    COMPACTING,
    FREE_NODE,
    FREE_ROW,
    FRESH,
    NO_PRIOR,
    NODE_FIELDS,
    NODES,
    NONE,
    RENUMBERED,
    ROWS,
    SCAN_NODE,
    SCAN_ROW,
    STRIPPED,
    TOUCHED_NODES,
    TOUCHED_ROWS,
    Addresses,
    Tree,
    init_node,
    tree_at,
    tree_of,
)
from daemon.core.tree_memory import lengths_in_use

STEP = 1 << 14
"""Nodes, links and parts of rows that one step looks at: a few milliseconds, where none of them is in a cache."""

_ROW_PART = 32
"""Priors that take as long as a node."""

DROPPED = -2
"""As a parent: this node goes, and the scan has not come to it."""


def would_drop(tree: Tree, cursor_path: list[int]) -> bool:
    """Whether something hangs beside ``cursor_path``, the nodes from the root to the cursor, or counts above the
    cursor.
    """
    above = np.array(cursor_path[:-1], np.int32)
    newest = tree.first_child[above]
    return bool(np.any(tree.state[above] != FRESH) or np.any(tree.next_sibling[newest] != NONE))


def begin(tree: Tree) -> None:
    """Begin to drop. Nothing may be in flight, nor come there before the last ``step``."""
    for place in (SCAN_NODE, FREE_NODE, SCAN_ROW, FREE_ROW):
        tree.used[place] = 0
    tree.used[STRIPPED] = NONE
    tree.used[COMPACTING] = 1


def step(tree: Tree, cursor_path: list[int], nodes: Iterable[int]) -> tuple[list[int], dict[int, int]]:
    """Go on for a few milliseconds: the cursor path's indices then, and of each of ``nodes`` the new index or NONE."""
    line = np.array(cursor_path, np.int32)
    others = np.array(sorted(nodes), np.int32)
    before = others.tolist()
    _step(tree.addresses, line, others, STEP)
    return line.tolist(), dict(zip(before, others.tolist(), strict=True))


@kernel
def _step(a: Addresses, cursor_path: NDArray[np.int32], others: NDArray[np.int32], steps: int) -> None:
    t = tree_at(a)
    t.used[RENUMBERED] += 1
    if t.used[SCAN_NODE] < t.used[NODES]:
        steps = _scan_nodes(t, cursor_path, others, steps)
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
def _scan_nodes(t: Tree, cursor_path: NDArray[np.int32], others: NDArray[np.int32], steps: int) -> int:
    """Look at the next nodes; ``cursor_path`` and ``others``, in ascending order, follow theirs. The steps that are
    left.
    """
    node, free = t.used[SCAN_NODE], t.used[FREE_NODE]
    on_path = _first_from(cursor_path, node)
    other = _first_from(others, node)
    while node < t.used[NODES] and steps > 0:
        is_other = other < len(others) and others[other] == node
        is_on_path = on_path < len(cursor_path) and cursor_path[on_path] == node
        steps -= 1
        if t.parent[node] == DROPPED:
            steps -= _drop(t, node)
            if is_other:
                others[other] = NONE
        else:
            if free != node:
                steps -= _move(t, node, free)
            if is_other:
                others[other] = free
            if is_on_path:
                cursor_path[on_path] = free
                # The parent was the cursor when it was looked at, or this one may be stripped, too.
                if on_path + 1 < len(cursor_path) and (free == 0 or t.parent[free] == t.used[STRIPPED]):
                    steps -= _strip(t, free, cursor_path[on_path + 1])
                    t.used[STRIPPED] = free
            free += 1
        on_path += is_on_path
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
def _drop(t: Tree, node: int) -> int:
    """Let a node go, and later its children. How many there are."""
    count = 0
    child = t.first_child[node]
    while child != NONE:
        t.parent[child] = DROPPED
        child = t.next_sibling[child]
        count += 1
    if t.row[node] != NONE:
        t.owner[t.row[node]] = NONE
    return count


@kernel
def _strip(t: Tree, node: int, kept: int) -> int:
    """Make a node above the cursor FRESH again, with one child. How many children it had."""
    count = _drop(t, node)
    parent = t.parent[node]
    init_node(t, node, parent, t.move[node], NO_PRIOR)
    t.first_child[node] = kept
    t.parent[kept] = node
    t.next_sibling[kept] = NONE
    t.prior[kept] = NO_PRIOR
    t.edge_visits[kept] = 0
    return int(count)


@kernel
def _move(t: Tree, node: int, to: int) -> int:
    """Move a node, whose parent has moved, and all that points at it. How many links that are."""
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
    _copy_node(t, node, to)
    return count


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
    """A copy of what can be reached of the tree, as if a compaction were done, and the cursor path in it; both are what
    they are when none is under way.
    """
    if not tree.used[COMPACTING]:
        return tree, cursor_path
    parent, used = tree.parent, int(tree.used[NODES])
    kept = np.zeros(used, bool)
    kept[: tree.used[FREE_NODE]] = True
    for node in range(int(tree.used[SCAN_NODE]), used):
        kept[node] = parent[node] != DROPPED and (parent[node] == NONE or kept[parent[node]])
    old = np.flatnonzero(kept)
    new = np.full(used + 1, NONE, np.int32)  # the last place maps NONE to NONE
    new[old] = np.arange(len(old), dtype=np.int32)
    arrays = {name: array[:length].copy() for name, length, array in _in_use(tree)}
    for name in NODE_FIELDS:
        arrays[name] = arrays[name][old]
    for name in ("parent", "first_child", "next_sibling"):
        arrays[name] = new[arrays[name]]
    arrays["owner"] = new[arrays["owner"]]
    arrays["used"][NODES] = len(old)
    return tree_of(arrays), [int(new[node]) for node in cursor_path]


def _in_use(tree: Tree) -> list[tuple[str, int, NDArray[Any]]]:
    return [(name, length, getattr(tree, name)) for name, length in lengths_in_use(tree).items()]
