"""Two clocks: leases are of time in which one could be heard, all else is of time as it passes."""

from __future__ import annotations

import pytest

from daemon.core.checkpoint import load, save
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from tests.core.local import CLIENT, Local

A = b"a"
LEASE = 10.0


def _tick(local: Local, now: float) -> None:
    local.now = now
    local.say(b"", m.Tick())


def _greeted() -> Local:
    local = Local()
    local.greet(A)
    return local


@pytest.mark.parametrize("silent", [0.0, 4.0, 9.9])
@pytest.mark.parametrize("pause", [0.5, 70.0, 1e6])
def test_nobodys_lease_runs_out_in_a_pause(silent: float, pause: float) -> None:
    local = _greeted()
    local.now = silent + pause
    local.say(b"", m.Paused(pause))
    _tick(local, local.now + (LEASE - silent) * 0.99)
    assert A in local.core.peers
    _tick(local, local.now + LEASE * 0.02)
    assert A not in local.core.peers
    assert local.core.counters.searcher_deaths == 0


def test_a_pause_is_no_life_sign() -> None:
    """Many pauses with silence between add nothing to the silence that is allowed."""
    local = _greeted()
    for _ in range(9):
        local.now += 101.0
        local.say(b"", m.Paused(100.0))
        _tick(local, local.now)
        assert A in local.core.peers
    local.now += 101.0
    local.say(b"", m.Paused(100.0))
    _tick(local, local.now)
    assert A not in local.core.peers


def test_a_pause_that_is_told_late_lengthens_no_lease() -> None:
    local = _greeted()
    local.now = 70.0
    local.say(A, m.Heartbeat())
    local.say(b"", m.Paused(69.0))
    _tick(local, 70.0 + LEASE)
    assert A not in local.core.peers


@pytest.mark.parametrize("pause", [0.5, 70.0])
def test_a_searchs_time_goes_on_in_a_pause(pause: float) -> None:
    local = _greeted()
    local.ask(m.Search, "s", m.Limits(seconds=5.0))
    local.now = 4.0 + pause
    local.say(b"", m.Paused(pause))
    deadline = local.core.next_deadline()
    assert deadline is not None
    assert deadline <= 5.0
    _tick(local, max(local.now, 5.0))
    (report,) = local.reports()
    assert (report.reason, report.elapsed) == ("time", max(4.0 + pause, 5.0))


def test_a_report_that_a_pause_made_late_comes_at_once_and_only_once() -> None:
    local = _greeted()
    local.ask(m.Search, "s", report_every=1.0)
    local.heard.clear()
    local.now = 70.5
    local.say(b"", m.Paused(70.0))
    _tick(local, 70.5)
    assert [type(said) for said in local.heard.pop(CLIENT)] == [m.Report]
    _tick(local, 71.0)
    assert CLIENT not in local.heard
    _tick(local, 71.5)
    assert [type(said) for said in local.heard.pop(CLIENT)] == [m.Report]


def test_a_pause_is_in_a_checkpoint() -> None:
    local = _greeted()
    local.now = 70.0
    local.say(b"", m.Paused(65.0))
    made = Scheduler(HashedReferee(), local.core.config)
    load(made, [bytes(frame) for frame in save(local.core)])
    assert made.peers[A].deadline == local.core.peers[A].deadline == 65.0 + LEASE
