"""Nodes beside the line that is played are dropped in steps, and between two steps the tree can be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from daemon.core import compaction
from daemon.core import search_tree as st
from daemon.core.core_queries import find, moves_to
from daemon.core.search_tree import NODES, Tree
from daemon.replay.simulation import simulate
from protocol import messages as m
from tests.core.local import CLIENT, PHASES, Local
from tests.core.test_sessions import likeliest_move

A = b"a"
SPEC = {"num_moves": 5, "size": 1, "terminal_share": 0.05}


@pytest.fixture(params=[1, 7, 1 << 16])
def step(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How much one step looks at."""
    monkeypatch.setattr(compaction, "STEP", request.param)
    return int(request.param)


def by_path(tree: Tree, below: int) -> dict[tuple[int, ...], dict[str, Any]]:
    """All that hangs below a node: of each path from there every number, its priors and its children's order."""
    links = ("parent", "first_child", "next_sibling", "row")
    found = {}
    waiting: list[tuple[tuple[int, ...], int]] = [((), below)]
    while waiting:
        path, node = waiting.pop()
        children = st.children_of(tree, node).tolist()
        numbers = {name: getattr(tree, name)[node].item() for name in st.NODE_FIELDS if name not in links}
        priors = None if tree.row[node] == st.NONE else tree.priors[tree.row[node]].tolist()
        found[path] = {**numbers, "priors": priors, "children": [int(tree.move[child]) for child in children]}
        waiting += [((*path, int(tree.move[child])), child) for child in children]
    for name in ("move", "prior", "edge_visits"):  # what the node is to its parent
        del found[()][name]
    return found


def filled(moves: int = 2, **settings: Any) -> Local:
    """A session that was searched, played so many moves, and searched again until its memory was full."""
    local = Local(SPEC, m.SearchSettings(**settings))
    local.search_alone(300)
    for _ in range(moves):
        local.ask(m.Play, "s", likeliest_move(local))
        local.search_alone(local.session.visits + 100)
    used = st.bytes_used(local.session.tree)
    local.ask(m.Configure, "s", m.SearchSettings(**settings, max_bytes=used))
    return local


def ticks(local: Local) -> Iterator[int]:
    """Let the core do what it has to, and count how often it is told to."""
    count = 0
    while local.core.next_deadline() == 0.0:
        local.say(b"", m.Tick())
        count += 1
        yield count


def test_what_stays_is_what_hung_below_the_cursor(step: int) -> None:
    local = filled()
    session = local.session
    before, record = by_path(session.tree, session.cursor), list(session.record)
    local.ask(m.Search, "s", m.Limits(new_visits=50))
    count = sum(1 for _ in ticks(local))
    assert (count > 20) == (step < 100)
    after = by_path(session.tree, session.cursor)
    assert after == before
    assert moves_to(session.tree, session.cursor) == record
    assert session.cursor_path == list(range(len(record) + 1)), "nothing hangs beside it"
    assert int(session.tree.used[NODES]) == len(record) + len(after)
    parents = session.tree.parent[1 : session.tree.used[NODES]]
    assert (parents < np.arange(1, len(parents) + 1)).all()
    assert [report.reason for report in local.reports()][3:] == []


def test_the_search_waits_for_the_memory_and_goes_on(step: int) -> None:
    local = filled()
    kept = local.session.visits
    local.ask(m.Search, "s", m.Limits(new_visits=50))
    assert local.session.compacting == (step < 100)
    local.greet(A)
    grant = local.select(A)
    while grant is not None:
        grant = local.update(A, grant, m.BatchRequest(1))
    assert local.session.visits == kept + 50
    assert local.reports()[-1].reason == "visits"
    assert st.bytes_used(local.session.tree) <= local.session.settings.max_bytes


@pytest.mark.usefixtures("step")
def test_the_tree_can_be_used_between_two_steps() -> None:
    """Reports, checks, cursor moves up, down and aside: everything but handing leaves out."""
    local = filled(moves=3)
    session = local.session
    visits, record = session.visits, list(session.record)
    local.ask(m.Search, "s", m.Limits(new_visits=50))
    for count in ticks(local):
        if count == 5:
            (report,) = [a for a in local.ask(m.Query, "s") if isinstance(a, m.Report)]
            assert (report.visits, sum(c.visits for c in report.children)) == (visits, visits - 1)
            assert isinstance(local.ask(m.AskCheck)[0], m.Done)
        if count == 10:
            local.ask(m.Undo, "s")
        if count == 15:
            local.ask(m.Goto, "s", record)
            assert session.visits == visits
        if count == 20:
            local.ask(m.Goto, "s", [*record[:1], (record[1] + 1) % 5])
        if count == 25:
            local.ask(m.Goto, "s", record)
            local.ask(m.Search, "s", m.Limits(new_visits=5))
    local.search_alone(session.visits + 5)
    assert local.reports()[-1].reason in ("visits", "memory")


@pytest.mark.usefixtures("step")
def test_ownership_and_noise_go_on() -> None:
    """What was seen of the cursor and its children is kept, and the noise at the cursor is not drawn anew."""
    settings = m.SearchSettings(ownership=True, noise_weight=0.25, seed=3)
    local = filled(ownership=True, noise_weight=0.25, seed=3)
    session = local.session
    local.ask(m.Configure, "s", settings)
    local.ask(m.Search, "s", m.Limits(new_visits=100))
    local.greet(A)
    for _ in range(20):
        grant = local.select(A)
        assert grant is not None
        line = grant.moves.tolist()
        arrays = local.game.evaluate([[*grant.parts[0].record, *line]])
        arrays["ownership"] = np.full((1, 4), line[0] / 10 if line else -1, np.float32)
        local.say(A, m.Update(grant.grant, PHASES, **arrays))
    noise = session.root_priors.copy()
    assert noise.any()
    seen = {tuple(moves_to(session.tree, node)): (own.count, own.mean) for node, own in session.ownership.items()}
    assert len(seen) > 1
    compaction.begin(session.tree, session.cursor_path)
    session.tidy()
    while session.compacting:
        local.core.check_invariants()
        session.tidy()
    now = {tuple(moves_to(session.tree, node)): (own.count, own.mean) for node, own in session.ownership.items()}
    assert now == seen
    assert session.node_of_priors == session.cursor
    assert local.select(A) is not None
    assert (session.root_priors == noise).all()


def test_a_session_may_be_closed_or_reset_meanwhile(step: int) -> None:
    for ending in (m.Close, m.Reset):
        local = filled()
        local.ask(m.Search, "s", m.Limits(new_visits=50))
        if ending is m.Reset:
            local.ask(m.Reset, "s", "hashed", SPEC)
            assert local.session.visits == 0
        else:
            local.ask(m.Close, "s")
        assert step > 100 or not local.core.sessions.compactions.sessions
        assert sum(1 for _ in ticks(local)) == 0
        assert CLIENT in local.heard


def test_a_session_that_nobody_searches_can_be_made_small(step: int) -> None:
    """As when others need the memory."""
    local = filled()
    local.ask(m.Configure, "s", m.SearchSettings())
    session, before = local.session, st.bytes_occupied(local.session.tree)
    kept = by_path(session.tree, session.cursor)
    assert local.core.sessions.compactions.begin(session)
    assert (sum(1 for _ in ticks(local)) > 20) == (step < 100)
    assert by_path(session.tree, session.cursor) == kept
    assert st.bytes_occupied(session.tree) == st.bytes_used(session.tree) < before
    assert not local.core.sessions.compactions.begin(session), "there is nothing more to drop"


def test_where_nothing_hangs_beside_the_line_nothing_is_looked_at() -> None:
    local = Local(SPEC, m.SearchSettings(max_bytes=20_000))
    local.search_alone(10_000)
    before = int(local.session.tree.used[st.RENUMBERED])
    local.search_alone(10_000)
    assert [report.reason for report in local.reports()] == ["memory", "memory"]
    assert int(local.session.tree.used[st.RENUMBERED]) == before


def test_every_number_of_a_node_moves_with_it() -> None:
    tree = Local(SPEC).session.tree
    for name, dtype in st.NODE_FIELDS.items():
        getattr(tree, name)[2] = dtype.type(7)
        getattr(tree, name)[1] = dtype.type(0)
    compaction._copy_node(tree, 2, 1)
    assert [name for name in st.NODE_FIELDS if getattr(tree, name)[1] != 7] == []


@pytest.mark.parametrize("seed", range(8))
def test_simulated_runs_hold_however_small_the_steps_are(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their sessions have little memory now and then; every invariant is checked after every event."""
    monkeypatch.setattr(compaction, "STEP", 3)
    simulate(1000 + seed)


def test_what_is_said_to_be_reachable_midway_is_what_is_left_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    local = filled(moves=3)
    session = local.session
    monkeypatch.setattr(compaction, "STEP", 11)
    compaction.begin(session.tree, session.cursor_path)
    tree, cursor_path = compaction.settled(session.tree, session.cursor_path)
    midway = []
    while session.compacting:
        session.tidy()
        tree, cursor_path = compaction.settled(session.tree, session.cursor_path)
        midway.append(by_path(tree, cursor_path[-1]))
        assert find(tree, moves_to(session.tree, session.cursor)) == cursor_path[-1]
    assert len(midway) > 20
    assert all(each == midway[-1] for each in midway)
