"""Counts of visits are as large as the limits of a search: known ends add visits without memory."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.core import search_tree as st
from daemon.core.bounds import Bounds
from daemon.core.config import Config
from daemon.core.core_queries import nodes_above
from daemon.core.pseudo_visits import add_pseudo, lock, unlock
from daemon.core.search_tree import MAX_VISITS, NODES
from daemon.core.tree_memory import TreeMemory
from protocol import messages as m
from tests.core.local import Local

A = b"a"


def visited(visits: int) -> Local:
    """A session over a game of two moves, searched, and then as if one of its ends had been backed up so often."""
    local = Local({"num_moves": 3, "size": 1, "terminal_share": 1.0})
    local.search_alone(20)
    tree = local.session.tree
    end = int(np.argmax(tree.edge_visits[: tree.used[NODES]] * (tree.state[: tree.used[NODES]] == st.TERMINAL)))
    more = visits - int(tree.visits[0])
    for node in nodes_above(tree, end):
        tree.visits[node] += more
        tree.edge_visits[node] += more if node else 0
    local.session.backup_parameters.begin_refresh(tree)
    local.core.check_invariants()
    return local


@pytest.mark.parametrize("bits", [31, 32, 52])
def test_visits_go_on_where_fewer_bits_would_end(bits: int) -> None:
    local = visited(2**bits - 50)
    local.search_alone(2**bits + 50)
    (_, report) = local.reports()
    assert (report.visits, report.reason) == (2**bits + 50, "visits")
    assert sum(child.visits for child in report.children) == 2**bits + 49


def test_a_search_without_limits_ends_where_doubles_end() -> None:
    local = visited(MAX_VISITS - 50)
    local.greet(A)
    local.ask(m.Search, "s", m.Limits())
    grant = local.select(A)
    while grant is not None:
        grant = local.update(A, grant, m.BatchRequest(1))
    assert [(r.visits, r.reason) for r in local.reports()][1:] == [(MAX_VISITS, "visits")]


def test_pseudo_visits_have_as_many_bits() -> None:
    tree = TreeMemory(3).tree
    leaf = st.add_child(tree, 0, 1)
    lock(tree, leaf, 0, st.NONE)
    for _ in range(3):
        add_pseudo(tree, leaf, 0, 2**31 - 1)
    counts = (tree.pseudo[0], tree.pseudo[leaf], tree.edge_pseudo[leaf], tree.caused[leaf])
    assert counts == (3 * (2**31 - 1),) * 4
    unlock(tree, leaf)
    for counts_of_both in (tree.pseudo, tree.edge_pseudo, tree.caused):
        assert not counts_of_both[:2].any()


def test_no_more_leaves_fit_than_an_int32_can_name() -> None:
    unbounded = Config(bounds=Bounds(tree_bytes=2**53))
    local = Local(settings=m.SearchSettings(max_bytes=2**53), config=unbounded)
    assert local.session.room() == st.MAX_NODES - 1
