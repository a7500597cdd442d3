"""A daemon that ends lets its searches come to their ends, and the next one goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.core import checkpoint
from daemon.core.scheduler import Scheduler
from daemon.process.drain import DrainClock
from daemon.replay.hashed_game import GAME, HashedReferee
from protocol import messages as m
from tests.core.local import CLIENT, Local


@pytest.fixture
def local() -> Local:
    """A searcher waits for work."""
    made = Local()
    made.greet(b"s1")
    return made


def test_no_search_begins_and_those_that_run_go_on(local: Local) -> None:
    local.ask(m.Search, "s", m.Limits(visits=3))
    local.say(b"", m.Drain("begin"))
    (refused,) = local.ask(m.Search, "s", m.Limits(visits=3))
    assert isinstance(refused, m.Refused)
    assert refused.reason == "this daemon ends and begins no search any more; connect again for the next one"
    *_, done = local.ask(m.Play, "s", local.game.legal([])[0])
    assert done == m.Done(local.requests)


def test_what_runs_comes_to_its_own_end(local: Local) -> None:
    local.ask(m.Search, "s", m.Limits(visits=2))
    local.say(b"", m.Drain("begin"))
    grant = local.select(b"s1")
    while grant is not None:
        grant = local.update(b"s1", grant, m.BatchRequest(1))
    last = local.heard[CLIENT][-1]
    assert isinstance(last, m.Report)
    assert (last.final, last.reason, last.visits) == (True, "visits", 2)


def test_at_the_deadline_it_ends_with_its_last_report(local: Local) -> None:
    local.ask(m.Search, "s", m.Limits(visits=1000))
    local.say(b"", m.Drain("begin"))
    local.say(b"", m.Drain("end"))
    last = local.heard[CLIENT][-1]
    assert isinstance(last, m.Report)
    assert (last.final, last.reason) == (True, "stopped")


def test_what_waits_is_begun_by_the_next_daemon(local: Local) -> None:
    local.say(b"", m.SetBounds(**vars(replace(local.core.config.bounds, running_searches=1))))
    local.ask(m.Search, "s", m.Limits(visits=2))
    local.ask(m.Open, "waits", GAME, local.spec)
    request = local.requests + 1
    local.ask(m.Search, "waits", m.Limits(visits=1))
    local.say(b"", m.Drain("begin"))
    grant = local.select(b"s1")
    while grant is not None:
        grant = local.update(b"s1", grant, m.BatchRequest(1))
    searches = local.core.sessions.searches
    assert searches.running == [], "nothing keeps the daemon any more"
    local.say(b"", m.Drain("end"))
    core = Scheduler(HashedReferee(), local.core.config)
    checkpoint.load(core, [bytes(frame) for frame in checkpoint.save(local.core)])
    core.check_invariants()
    local.core = core
    assert not [each for each in local.heard[CLIENT] if isinstance(each, m.Report) and each.request == request]
    local.say(b"", m.Drain("over"))
    assert [each.name for each in core.sessions.searches.running] == ["waits"]


def test_the_next_daemon_begins_searches_again(local: Local) -> None:
    local.say(b"", m.Drain("begin"))
    core = Scheduler(HashedReferee(), local.core.config)
    checkpoint.load(core, [bytes(frame) for frame in checkpoint.save(local.core)])
    assert core.draining
    core.handle(b"", m.Drain("over"), 1.0)
    assert core.handle(CLIENT, m.Search(99, "s", m.Limits(visits=1000)), 2.0) == []


def test_a_shutdown_that_drains_closes_nothing(local: Local) -> None:
    local.ask(m.Search, "s", m.Limits(visits=1000))
    (done,) = local.ask(m.Shutdown, 30.0)
    assert done == m.Done(local.requests)
    assert list(local.core.sessions.by_name) == ["s"]


def test_the_clock_of_a_drain() -> None:
    now = 100.0
    clock = DrainClock(30.0, lambda: now)
    assert clock.step(2, 0) is None
    clock.begin()
    clock.begin(5.0)
    assert [clock.step(2, 1), clock.step(2, 1)] == ["begin", None]
    now = 129.0
    assert clock.step(2, 1) is None
    assert clock.step(2, 2) == "end"
    now = 130.0
    assert clock.step(2, 1) == "end"
    assert clock.step(0, 1) == "over"


def test_without_seconds_it_ends_at_once() -> None:
    clock = DrainClock(0.0, lambda: 100.0)
    clock.begin()
    assert clock.step(2, 1) == "over"
