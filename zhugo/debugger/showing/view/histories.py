"""Every change of a tree's numbers, kept so that the page can read any node at any moment.

Behind every event the tree is compared with what it was before. So whatever changed is kept, be it a fault or not, and
nothing here has to know how a search changes a tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.core import search_tree as st
from daemon.core.search_tree import Tree

Arrays = dict[str, NDArray[Any]]

KINDS: dict[str, dict[str, tuple[type[np.generic], float]]] = {
    "value": {
        "visits": (np.int64, 0),
        "weight": (np.float64, 0.0),
        "mean_value": (np.float64, 0.0),
        "mean_utility": (np.float64, 0.0),
        "begun": (np.int64, 0),
    },
    "pseudo": {"pseudo": (np.int64, 0)},
    "state": {"state": (np.uint8, st.FRESH)},
    "prior": {"prior": (np.float32, st.NO_PRIOR)},
}
"""History -> its columns, each with its type and what a new node has. ``begun``: the searches that began at the node,
those of its visits that did not come through its parent."""

POLICIES = 1000
"""Nodes of a tree, the most visited ones, that keep the policy of all their moves."""


def _columns(tree: Tree, used: int) -> Arrays:
    names = ("visits", "weight", "mean_value", "mean_utility", "pseudo", "state", "prior")
    columns: Arrays = {name: getattr(tree, name)[:used] for name in names}
    return columns | {"begun": tree.visits[:used] - tree.edge_visits[:used]}


@dataclass
class _History:
    """The changes of some columns of all nodes, in order of events."""

    before: Arrays
    nodes: list[NDArray[np.int32]] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    values: dict[str, list[NDArray[Any]]] = field(default_factory=dict)

    def follow(self, now: Arrays, event: int) -> None:
        changed = np.zeros(len(next(iter(now.values()))), bool)
        for name, before in self.before.items():
            changed |= before[: len(changed)] != now[name]
        nodes = np.flatnonzero(changed).astype(np.int32)
        if not len(nodes):
            return
        self.nodes.append(nodes)
        self.events.append(event)
        for name, before in self.before.items():
            before[nodes] = now[name][nodes]
            self.values.setdefault(name, []).append(before[nodes])

    def arrays(self, used: int) -> Arrays:
        """Sorted by node, then event: how many changes each node has; of each change its event and its values."""
        nodes = _joined(self.nodes, np.int32)
        events = np.repeat(np.array(self.events, np.int32), [len(each) for each in self.nodes])
        order = np.argsort(nodes, kind="stable")
        count = np.bincount(nodes, minlength=used).astype(np.int32)
        columns = {
            name: _packable(_joined(self.values.get(name, []), before.dtype)[order])
            for name, before in self.before.items()
        }
        return {"count": count, "event": events[order], **columns}


def _joined(parts: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *parts])


def _packable(column: NDArray[Any]) -> NDArray[Any]:
    """Counts as the page can hold them: it knows no longer whole numbers than of 32 bits, but doubles."""
    if column.dtype != np.int64:
        return column
    return column.astype(np.int32 if column.max(initial=0) < 2**31 else np.float64)


class TreeHistory:
    """One tree from the event that it was first seen in to the end, or to where nodes were dropped from it."""

    def __init__(self) -> None:
        self._tree: Tree | None = None
        self._used = self._renumbered = 0
        self._born: list[tuple[int, int]] = []  # event, new nodes
        self._histories = {
            kind: _History({name: np.zeros(0, dtype) for name, (dtype, _) in columns.items()})
            for kind, columns in KINDS.items()
        }

    def is_of(self, tree: Tree) -> bool:
        """Whether this tree is the one that was seen before, grown perhaps: the nodes that it had are the same ones."""
        return self._tree is None or self._renumbered == tree.used[st.RENUMBERED]

    def follow(self, tree: Tree, event: int) -> None:
        """How the tree is behind this event."""
        used = int(tree.used[st.NODES])
        if used > self._used:
            self._born.append((event, used - self._used))
            self._make_room(used)
        self._tree, self._used, self._renumbered = tree, used, int(tree.used[st.RENUMBERED])
        now = _columns(tree, used)
        for history in self._histories.values():
            history.follow(now, event)

    def _make_room(self, used: int) -> None:
        for kind, history in self._histories.items():
            for name, before in history.before.items():
                if len(before) < used:
                    dtype, first = KINDS[kind][name]
                    history.before[name] = np.full(2 * used, first, dtype)
                    history.before[name][: self._used] = before[: self._used]

    def arrays(self) -> Arrays:
        """By name: the nodes, their histories, and the policies of the most visited ones."""
        tree, used = self._tree, self._used
        assert tree is not None
        found: Arrays = {
            "parent": tree.parent[:used],
            "move": tree.move[:used],
            "to_play": tree.to_play[:used],
            "born": np.repeat(*(np.array(each, np.int32) for each in zip(*self._born, strict=True))),
        }
        for kind, history in self._histories.items():
            found |= {f"{kind}.{name}": array for name, array in history.arrays(used).items()}
        return found | _policies(tree, used)


def _policies(tree: Tree, used: int) -> Arrays:
    """float32[n, num_moves] of the most visited nodes as they are at the end; negative where a move is illegal."""
    with_row = np.flatnonzero(tree.row[:used] != st.NONE)
    order = np.argsort(-tree.visits[with_row], kind="stable")[:POLICIES]
    nodes = np.sort(with_row[order]).astype(np.int32)
    policies = tree.priors[tree.row[nodes]].view(np.float16).astype(np.float32)
    policies[~(policies >= 0.0)] = st.NO_PRIOR
    for policy, node in zip(policies, nodes, strict=True):
        children = st.children_of(tree, int(node))
        inside = children[tree.move[children] < tree.priors.shape[1]]
        policy[tree.move[inside]] = tree.prior[inside]
    return {"policy.node": nodes, "policy.prior": policies}
