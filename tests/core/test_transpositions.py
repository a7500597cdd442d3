"""Positions that several orders of moves reach: one node has their statistics, and all else keeps its meaning."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from daemon.core import compaction
from daemon.core import search_tree as st
from daemon.core.checkpoint import load, save
from daemon.core.core_queries import find, moves_to
from daemon.core.scheduler import Scheduler
from daemon.core.search_tree import CROSSINGS, FREE_CROSSING, NODES, TRANSPOSED, Tree
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from tests.core.local import Local
from tests.core.test_sequential import RULES, tree_by_path

SPEC: dict[str, Any] = {"num_moves": 6, "size": 1, "terminal_share": 0.03, "leadless_share": 0.1, "transposes": True}
A, B = b"a", b"b"


def transpositions(tree: Tree) -> list[int]:
    return np.flatnonzero(tree.state[: tree.used[NODES]] == TRANSPOSED).tolist()


def search(local: Local, visits: int, leaves: int, rng: random.Random) -> None:
    """Two searchers with so many leaves at a time; now and then one of them dies. Invariants are checked throughout."""
    for name in (A, B):
        local.greet(name)
        local.say(name, m.Select(m.BatchRequest(leaves)))
    local.ask(m.Search, "s", m.Limits(visits=visits))
    while local.session.search is not None:
        while local.core.next_deadline() == 0.0:
            local.say(b"", m.Tick())
        name = rng.choice((A, B))
        grant = local.take_grant(name)
        if grant is None:
            continue
        if rng.random() < 0.1:
            local.say(name, m.Goodbye())
            local.greet(name)
            local.say(name, m.Select(m.BatchRequest(leaves)))
        else:
            local.update(name, grant, m.BatchRequest(leaves))
    for name in (A, B):
        local.say(name, m.Goodbye())


def graph_below(tree: Tree, node: int) -> dict[tuple[int, ...], dict[str, Any]]:
    """Of each way through the graph from a node what is there, and the edge that leads to it."""
    found: dict[tuple[int, ...], dict[str, Any]] = {}
    waiting: list[tuple[tuple[int, ...], int]] = [((), node)]
    while waiting:
        path, edge = waiting.pop()
        at = int(tree.original[edge]) if tree.state[edge] == TRANSPOSED else edge
        found[path] = {name: getattr(tree, name)[at].item() for name in (*st.SHOWN, "state", "value", "key")}
        if path:
            found[path] |= {name: getattr(tree, name)[edge].item() for name in ("prior", "edge_visits")}
        waiting += [((*path, int(tree.move[child])), int(child)) for child in st.children_of(tree, at)]
    return found


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("leaves", [1, 3, 16])
def test_everything_that_always_holds_holds_in_a_graph(rule: str, leaves: int) -> None:
    local = Local(SPEC, m.SearchSettings(collisions=rule))  # type: ignore[arg-type]
    search(local, 300, leaves, random.Random(5))
    assert local.session.visits == 300
    assert len(transpositions(local.session.tree)) > 10
    assert (local.session.tree.used[CROSSINGS] > 0) or leaves == 1


def test_a_position_that_is_met_again_costs_no_evaluations_until_its_edge_has_caught_up() -> None:
    graph, tree = Local(SPEC), Local(SPEC, m.SearchSettings(graph=False))
    for local in (graph, tree):
        local.search_alone(400)
    nodes = [int(local.session.tree.used[NODES]) - len(transpositions(local.session.tree)) for local in (graph, tree)]
    assert nodes[0] < 0.9 * nodes[1]
    t = graph.session.tree
    assert all(1 <= t.edge_visits[node] <= t.visits[node] for node in transpositions(t))


def test_a_cursor_that_is_played_to_another_order_of_moves_finds_the_position() -> None:
    local = Local(SPEC)
    local.search_alone(400)
    t = local.session.tree
    node = max(transpositions(t), key=lambda node: int(t.visits[node]))
    original, path = int(t.original[node]), []
    while t.parent[node] != st.NONE:
        path.append(int(t.move[node]))
        node = int(t.parent[node])
    local.ask(m.Goto, "s", path[::-1])
    session = local.session
    assert session.cursor == original == find(session.tree, path[::-1])
    visits = session.visits
    assert visits > 1
    local.search_alone(visits + 50)
    assert session.visits == visits + 50
    for _ in path:
        local.ask(m.Undo, "s")
    local.search_alone(session.visits + 50)


def test_a_cursor_whose_position_is_known_by_another_order_alone_is_by_itself() -> None:
    local = Local(SPEC)
    local.search_alone(400)
    tree = local.session.tree
    nodes = [node for node in range(int(tree.used[NODES])) if tree.state[node] == st.EXPANDED]
    backward = {node: moves_to(tree, node)[::-1] for node in nodes}
    known, line = next(
        (node, line)
        for node, line in backward.items()
        if find(tree, line) == st.NONE and all(move in local.game.legal(line[:at]) for at, move in enumerate(line))
    )
    assert isinstance(local.ask(m.Goto, "s", line)[0], m.Done)
    session = local.session
    local.search_alone(20)
    assert (session.visits, session.cursor != known) == (20, True)
    for _ in line:
        local.ask(m.Undo, "s")
        local.search_alone(session.visits + 30)


@pytest.mark.parametrize("step", [1, 7, 1 << 16])
@pytest.mark.parametrize("plies", [1, 2, 3])
def test_what_is_shared_stays_where_the_rest_is_dropped(step: int, plies: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "STEP", step)
    local = Local(SPEC)
    session = local.session
    local.search_alone(400)
    for _ in range(plies):
        children = st.children_of(session.tree, session.cursor)
        local.ask(m.Play, "s", int(session.tree.move[max(children, key=lambda c: int(session.tree.edge_visits[c]))]))
        local.search_alone(session.visits + 100)
    before, record = graph_below(session.tree, session.cursor), list(session.record)
    inside = len(transpositions(session.tree))
    assert session.compact()
    while session.compacting:
        local.core.check_invariants()
        session.tidy()
    local.core.check_invariants()
    assert graph_below(session.tree, session.cursor) == before
    assert 0 < len(transpositions(session.tree)) < inside
    assert session.cursor == find(session.tree, record)
    local.search_alone(session.visits + 100)


@pytest.mark.parametrize("seed", range(6))
def test_games_are_played_and_taken_back_in_little_memory(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "STEP", 5)
    rng = random.Random(seed)
    local = Local(SPEC, m.SearchSettings(max_bytes=60_000))
    for _ in range(25):
        session = local.session
        move = rng.choice([*session.tree.move[st.children_of(session.tree, session.cursor)].tolist(), 0])
        local.ask(*((m.Undo, "s") if rng.random() < 0.3 else (m.Play, "s", int(move))))
        search(local, session.visits + rng.randrange(1, 40), rng.choice((1, 2, 8)), rng)
        while local.core.next_deadline() == 0.0:
            local.say(b"", m.Tick())


def test_where_no_crossing_can_be_noted_a_selection_stops_at_a_leaf_that_comes_back() -> None:
    local = Local(SPEC)
    local.search_alone(300)
    local.greet(A)
    local.ask(m.Search, "s", m.Limits(visits=2000))
    session, grant = local.session, local.select(A, 8)
    while grant is not None and (session.tree.crossed[: session.tree.used[NODES]] == st.NONE).all():
        grant = local.update(A, grant, m.BatchRequest(8))
    while True:
        t = session.tree
        t.used[CROSSINGS], t.used[FREE_CROSSING] = t.used[NODES] + 100, st.NONE
        selected, *_ = session.select(8, 100, speculate=False)
        if selected.blocking != st.NONE and t.crossed[selected.blocking] != st.NONE:
            break
    assert t.state[selected.blocking] == st.IN_FLIGHT
    assert (t.edge_visits[: t.used[NODES]] <= t.visits[: t.used[NODES]]).all()


def test_a_saved_graph_goes_on_as_if_nothing_had_been() -> None:
    """More nodes than a fresh table of positions has places for."""
    one = Local(SPEC | {"num_moves": 9})
    one.search_alone(900)
    other = Local(SPEC | {"num_moves": 9})
    other.core = Scheduler(HashedReferee(), one.core.config)
    load(other.core, [bytes(frame) for frame in save(one.core)])
    for local in (one, other):
        local.search_alone(1200)
    assert int(one.session.tree.used[NODES]) > 512
    assert tree_by_path(one) == tree_by_path(other)
    assert one.core.digests() == other.core.digests()


def test_the_same_searches_make_the_same_graph() -> None:
    one, other = Local(SPEC), Local(SPEC)
    for local in (one, other):
        search(local, 300, 8, random.Random(3))
    assert tree_by_path(one) == tree_by_path(other)
