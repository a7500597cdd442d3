"""What is done in many trees with one call is, to the bit, what is done in one after the other."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import numpy as np
import pytest

from daemon.core import many_trees
from daemon.core.collisions import USUAL_DEPTH
from daemon.core.many_trees import TurnOfMany, UpdateOfMany
from daemon.replay.hashed_game import optimism_of, records_of
from protocol import messages as m
from tests.core.local import CLIENT, PHASES, Local, one_by_one

A, B = b"a", b"b"
SPEC: dict[str, Any] = {"num_moves": 7, "size": 1, "terminal_share": 0.08, "seed": 5}
LINE = 60_000

SETTINGS = [
    m.SearchSettings(),
    m.SearchSettings(noise_weight=0.25, root_temperature=1.3, forced_playouts=2.0, choice="pruned"),
    m.SearchSettings(root_selection="gumbel", policy=True),
    m.SearchSettings(collisions="virtual-loss", dynamic_score_utility=0.3, static_score_utility=0.1),
    m.SearchSettings(collisions="second-best", value_bias=0.45),
    m.SearchSettings(collisions="wu-uct", ownership=True),
    m.SearchSettings(collisions="blocking", cap=0.5, max_bytes=LINE),
]


class World(Local):
    """Sessions with each of the settings, and two searchers that hold a grant or wait. ``told``: all that was said."""

    def __init__(self, seed: int) -> None:
        super().__init__(SPEC | {"seed": seed})
        self.random = random.Random(seed)
        self.held: dict[bytes, m.Grant] = {}
        self.told: list[object] = []
        self.names = [f"{number}" for number in range(2 * len(SETTINGS))]
        for number, name in enumerate(self.names):
            settings = msgspec.structs.replace(SETTINGS[number % len(SETTINGS)], seed=number)
            self.ask(m.Open, name, "hashed", self.spec, settings=settings)
            self._search(name)
        for searcher in (A, B):
            self.greet(searcher)
            self.say(searcher, m.Select(self._batch_request()))

    def step(self) -> None:
        """One message of a searcher, or now and then of the client."""
        for searcher in (A, B):
            if (grant := self.take_grant(searcher)) is not None:
                self.held[searcher] = grant
        if self.random.random() < 0.15 or not self.held:
            self._ask(self.random.choice(self.names))
        else:
            searcher = self.random.choice(sorted(self.held))
            grant = self.held.pop(searcher)
            arrays = self.game.evaluate(records_of(grant), optimism_of(grant))
            self.say(searcher, m.Update(grant.grant, PHASES, **arrays, batch_request=self._batch_request()))
        while self.core.next_deadline() == 0.0:
            self.say(b"", m.Tick())
        counted = self.core.counters
        self.told.append((self.core.digests(), repr(counted), repr(self.core.tickets.live), repr(self.heard)))

    def _ask(self, name: str) -> None:
        record = self.core.sessions.by_name[name].record
        legal = self.game.legal(record)
        if self.random.random() < 0.5 and legal and len(record) < 4:
            self.ask(m.Play, name, self.random.choice(legal))
        self._search(name)

    def _search(self, name: str) -> None:
        limits = self.random.choice([m.Limits(visits=self.random.randrange(2, 90)), m.Limits(new_visits=30)])
        early = msgspec.structs.replace(limits, early=self.random.random() < 0.2)
        self.ask(m.Search, name, early)

    def _batch_request(self) -> m.BatchRequest:
        choose = self.random.choice
        return m.BatchRequest(choose([1, 7, 30]), choose([False, True]), choose([False, True]), choose([None, 2]))


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_one_after_the_other_gives(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    together, apart = World(seed), World(seed)
    calls = {"selected": 0, "updated": 0}

    def counted(name: str, kind: type[Any], reached: int) -> None:
        go_on = kind.go_on

        def counting(self: Any, first: int, *rest: int) -> Any:
            found = go_on(self, first, *rest)
            calls[name] += (found.reached if reached < 0 else found[reached]) - first
            return found

        monkeypatch.setattr(kind, "go_on", counting)

    counted("selected", TurnOfMany, -1)
    counted("updated", UpdateOfMany, 1)
    for _ in range(60):
        together.step()
    for _ in range(60):
        with monkeypatch.context() as patch:
            one_by_one(patch)
            apart.step()
    for number, (found, expected) in enumerate(zip(together.told, apart.told, strict=True)):
        assert found == expected, f"step {number}"
    assert calls["selected"] > 150
    assert calls["updated"] > 100


def fail(what: str) -> Local:
    """Three trees are searched, of which the second makes the kernel divide by 0."""
    local = Local(SPEC | {"terminal_share": 0.0})
    local.accepts_faults = True
    for name in ("bad", "t"):
        local.ask(m.Open, name, "hashed", local.spec)
    for name in ("s", "bad", "t"):
        local.ask(m.Search, name, m.Limits(visits=60))
    local.greet(A)
    grant = local.select(A, 6)
    while grant is not None and local.core.sessions.by_name["bad"].visits < 20:
        grant = local.update(A, grant, m.BatchRequest(6))
    assert grant is not None
    assert len(grant.parts) == 3
    tree = local.core.sessions.by_name["bad"].tree
    if what == "update":
        tree.visits[tree.first_child[0]] = -1
        tree.edge_visits[tree.first_child[0]] = 5
        tree.weight[tree.first_child[0]] = 0.0
        local.update(A, grant)
    else:
        local.update(A, grant)
        tree.weight[1:] = -1.0
        local.select(A, 6)
    return local


@pytest.mark.parametrize("what", ["select", "update"])
def test_a_tree_that_the_kernel_fails_at_costs_its_session(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    together = fail(what)
    one_by_one(monkeypatch)
    apart = fail(what)
    for local in (together, apart):
        assert list(local.core.sessions.by_name) == ["s", "t"]
        assert [fault.text.split()[0] for fault in local.core.faults] == ["ZeroDivisionError"]
    assert together.core.faults[0].step == apart.core.faults[0].step
    assert together.core.digests() == apart.core.digests()
    said = [[type(answer) for answer in local.heard[CLIENT]] for local in (together, apart)]
    assert said[0] == said[1]


def test_paths_that_are_longer_than_is_usual_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for depth in (USUAL_DEPTH, 1):
        monkeypatch.setattr(many_trees, "USUAL_DEPTH", depth)
        world = World(3)
        for _ in range(40):
            world.step()
        found.append(world.told)
    assert found[0] == found[1]


def test_an_array_that_lies_elsewhere_is_seen() -> None:
    local = Local(SPEC)
    session = local.session
    session.row.address_for(session)
    before = session.row._row.copy()
    session.configure(msgspec.structs.replace(session.settings, max_bytes=LINE))
    session.row.address_for(session)
    changed = np.flatnonzero(before != session.row._row)
    assert many_trees._MOST_BYTES in changed
    assert many_trees._ROOT_PRIORS in changed
    assert many_trees._TREE not in changed
