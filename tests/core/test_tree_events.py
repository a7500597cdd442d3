"""A core with a listener does the same as one without, and its tree events add up."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from daemon.core import search_tree as st
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.core.tree_events import TreeEvent, What
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from tests.core.local import Local

RULES = ("capped", "uncapped", "blocking", "second-best", "virtual-loss", "wu-uct")
VISITS = 60


class Twins(Local):
    """Every message goes to a core without a listener and to one with."""

    def __init__(self, settings: m.SearchSettings) -> None:
        self.tree_events: list[TreeEvent] = []
        self.told: Counter[What] = Counter()
        self.twin = Scheduler(HashedReferee(), Config(searcher_lease=10.0, client_lease=1e6), self.listener)
        super().__init__({"num_moves": 5, "size": 1}, settings)

    def listener(self, tree_event: TreeEvent) -> None:
        self.told[tree_event.what] += int(tree_event.amount) if tree_event.what in ("given", "taken") else 1

    def say(self, sender: bytes, message: m.AnyMessage) -> list[m.Outbound]:
        answers = super().say(sender, message)
        self.twin.handle(sender, message, self.now)
        assert self.twin.digests() == self.core.digests()
        return answers


def search(twins: Twins, speculate: bool) -> None:
    """Two searchers in double-buffer step, until one of them dies and the other ends the search."""
    twins.greet(b"a")
    twins.greet(b"b")
    twins.ask(m.Search, "s", m.Limits(visits=VISITS))
    batch_request = m.BatchRequest(4, speculate)
    grants: dict[bytes, Any] = {who: twins.select(who, 4, speculate) for who in (b"a", b"b")}
    for turn in range(3 * VISITS):
        who = (b"a", b"b")[turn % 2] if turn < 20 else b"a"
        if turn == 20:
            twins.say(b"b", m.Goodbye())
        grant = grants.get(who) or twins.take_grant(who)
        if grant is not None:
            grants[who] = twins.update(who, grant, batch_request)
            twins.heard.pop(who, None)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("speculate", [False, True])
def test_a_core_with_a_listener_does_the_same(rule: Any, speculate: bool) -> None:
    twins = Twins(m.SearchSettings(collisions=rule, noise_weight=0.25, seed=3))
    search(twins, speculate)
    assert twins.core.counters.visits >= VISITS
    assert twins.twin.counters == twins.core.counters


@pytest.mark.parametrize("rule", RULES)
def test_tree_events_add_up(rule: Any) -> None:
    twins = Twins(m.SearchSettings(collisions=rule))
    search(twins, speculate=True)
    counters, told = twins.core.counters, twins.told
    assert told["backed up"] + told["updated"] == counters.visits
    assert told["collided"] == counters.collisions > 0
    assert told["speculative"] == counters.speculative
    assert told["ticket"] + told["speculative"] == counters.leaves
    assert told["no ticket"] == 0
    left = int(twins.session.tree.caused[: twins.session.tree.used[st.NODES]].sum())
    assert told["given"] - told["taken"] == left
    assert told["parked"] == told["woken"]
