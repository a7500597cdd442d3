"""Means of a large tree are made anew in steps, between which everything goes on."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.core import backup_parameters, compaction
from daemon.core.checkpoint import load, save
from daemon.core.scheduler import Scheduler
from daemon.core.search_tree import NODES, STALE_NODES
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from tests.core.local import Local
from tests.core.test_sequential import tree_by_path

A = b"a"
SPEC: dict[str, Any] = {"num_moves": 9, "size": 1, "terminal_share": 0.05}
OTHERS = m.SearchSettings(static_score_utility=0.3, value_weight_exponent=0.5, noise_pruning=0.05)


def searched(visits: int = 400) -> Local:
    local = Local(SPEC)
    local.search_alone(visits)
    return local


def stale(local: Local) -> int:
    return int(local.session.tree.used[STALE_NODES])


def ticked(local: Local) -> int:
    """How many ticks it takes until nothing is to be done."""
    ticks = 0
    while local.core.next_deadline() == 0.0:
        local.say(b"", m.Tick())
        ticks += 1
    return ticks


def test_other_settings_make_the_same_means_in_steps_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, in_steps = searched(), searched()
    before = tree_by_path(at_once)
    at_once.ask(m.Configure, "s", OTHERS)
    monkeypatch.setattr(backup_parameters, "AT_ONCE", 50)
    in_steps.ask(m.Configure, "s", OTHERS)
    nodes = int(in_steps.session.tree.used[NODES])
    assert stale(at_once) == 0
    assert stale(in_steps) == nodes
    assert ticked(in_steps) == -(-nodes // 50)
    assert stale(in_steps) == 0
    assert tree_by_path(in_steps) == tree_by_path(at_once) != before


def test_a_search_goes_on_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_parameters, "AT_ONCE", 20)
    local = searched()
    local.greet(A)
    local.ask(m.Configure, "s", OTHERS)
    local.ask(m.Search, "s", m.Limits(new_visits=40))
    seen = set()
    messages = [m.Select(m.BatchRequest(1))]
    for _ in range(200):
        answers = local.say(A, messages.pop()) if messages else []
        grant = next((answer for answer in answers if isinstance(answer, m.Grant)), None)
        seen.add(stale(local))
        if grant is not None:
            local.heard[A] = []
            local.update(A, grant)
            messages = [m.Select(m.BatchRequest(1))]
        if len(local.reports()) > 1:
            break
    assert local.reports()[-1].new_visits == 40
    ticked(local)
    assert stale(local) == 0


def test_moving_the_cursor_moves_the_center_of_any_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_parameters, "AT_ONCE", 50)
    small, large = searched(40), searched(400)
    for local in (small, large):
        move = max(local.reports()[-1].children, key=lambda child: child.visits).move
        local.ask(m.Play, "s", move)
        local.greet(A)
        local.ask(m.Search, "s", m.Limits(new_visits=30))
        grant = local.select(A)
        while grant is not None:
            grant = local.update(A, grant, m.BatchRequest(1))
        ticked(local)
        assert local.session.backup_parameters.center_of == local.session.cursor
        assert stale(local) == 0


def test_a_compaction_comes_first_and_the_means_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_parameters, "AT_ONCE", 50)
    monkeypatch.setattr(compaction, "STEP", 100)
    local = searched()
    move = max(local.reports()[-1].children, key=lambda child: child.visits).move
    local.ask(m.Configure, "s", OTHERS)
    local.ask(m.Play, "s", move)
    local.core.sessions.compactions.begin(local.session)
    assert local.session.compacting
    ticked(local)
    assert stale(local) == 0
    assert local.session.tree.used[NODES] < 400


def test_a_checkpoint_between_two_steps_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_parameters, "AT_ONCE", 50)
    local = searched()
    local.ask(m.Configure, "s", OTHERS)
    for _ in range(3):
        local.say(b"", m.Tick())
    restored = Scheduler(HashedReferee(), local.core.config)
    load(restored, [bytes(frame) for frame in save(local.core)])
    assert 0 < restored.sessions.by_name["s"].tree.used[STALE_NODES] < 400
    while restored.next_deadline() == 0.0:
        restored.handle(b"", m.Tick(), 0.0)
    ticked(local)
    assert restored.digests() == local.core.digests()
