"""A grant has a time of its own: whoever hangs with one keeps its leaves from nobody for long, signs of life or not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import pytest

from daemon.core.config import Config
from daemon.core.searcher_history import ALONE, KINDS, LONGEST, LONGEST_PAUSE, SEVERAL, Standing, seconds_for
from protocol import messages as m
from tests.core.local import CLIENT, PHASES, Local
from tests.core.test_sessions import refusals

A, B, C = b"a", b"b", b"c"
LEAST = Config().grant
LEAF = 1


def _tick(local: Local, now: float) -> None:
    """The clock reaches ``now``; everybody gives signs of life."""
    local.now = now
    for peer in list(local.core.peers):
        local.say(peer, m.Heartbeat())
    deadline = local.core.next_deadline()
    if deadline is not None and deadline <= now:
        local.say(b"", m.Tick())


def _told(local: Local, who: bytes, kind: type[m.Message]) -> list[m.Outbound]:
    heard = local.heard.get(who, [])
    local.heard[who] = [said for said in heard if not isinstance(said, kind)]
    return [said for said in heard if isinstance(said, kind)]


def _searching(*searchers: bytes, visits: int = 1000, collisions: Literal["capped", "blocking"] = "capped") -> Local:
    local = Local({"num_moves": 8, "size": 1}, m.SearchSettings(collisions=collisions))
    for searcher in searchers:
        local.greet(searcher)
    local.ask(m.Search, "s", m.Limits(visits=visits))
    return local


def _hold(local: Local, searcher: bytes, leaves: int = LEAF) -> m.Grant:
    grant = local.select(searcher, leaves)
    assert grant is not None
    return grant


class TestTheDeadline:
    def test_leaves_go_to_whoever_waits_and_the_searcher_is_told(self) -> None:
        local = _searching(A, B)
        held = _hold(local, A)
        assert local.select(B) is None
        _tick(local, LEAST * 0.99)
        assert _told(local, A, m.Revoked) == []
        local.heard.clear()
        _tick(local, LEAST)
        assert _told(local, A, m.Revoked) == [m.Revoked(held.grant)]
        (grant,) = _told(local, B, m.Grant)
        assert isinstance(grant, m.Grant)
        assert (grant.offsets.tolist(), grant.moves.tolist()) == (held.offsets.tolist(), held.moves.tolist())
        assert local.core.counters.revoked == 1
        assert local.core.counters.searcher_deaths == 0
        assert A in local.core.peers

    def test_it_is_longer_while_nobody_waits(self) -> None:
        local = _searching(A)
        held = _hold(local, A)
        _tick(local, ALONE * LEAST * 0.99)
        assert _told(local, A, m.Revoked) == []
        _tick(local, ALONE * LEAST)
        assert _told(local, A, m.Revoked) == [m.Revoked(held.grant)]
        assert local.session.in_flight == 0

    def test_whoever_begins_to_wait_later_gets_them_at_once(self) -> None:
        local = _searching(A, B)
        held = _hold(local, A)
        _tick(local, 2 * LEAST)
        assert local.select(B) is None
        _tick(local, 2 * LEAST)
        assert _told(local, A, m.Revoked) == [m.Revoked(held.grant)]
        assert _told(local, B, m.Grant)

    def test_a_search_ends_although_a_stranger_holds_all_that_it_may_visit(self) -> None:
        local = _searching(A, visits=30)
        for _ in range(4):
            local.update(A, _hold(local, A))
        local.greet(B)
        _hold(local, B, 4096)
        grant = local.select(A, 4)
        while grant is not None:
            grant = local.update(A, grant, m.BatchRequest(4))
        assert local.reports() == []
        _tick(local, LEAST)
        grant = local.take_grant(A)
        while grant is not None:
            grant = local.update(A, grant, m.BatchRequest(4))
        assert [(report.reason, report.visits) for report in local.reports()] == [("visits", 30)]

    def test_a_pause_of_everybody_is_not_of_its_time(self) -> None:
        local = _searching(A, B)
        held = _hold(local, A)
        assert local.select(B) is None
        local.now = 70.0
        local.say(b"", m.Paused(69.0))
        _tick(local, 69.0 + LEAST * 0.99)
        assert _told(local, A, m.Revoked) == []
        _tick(local, 69.0 + LEAST)
        assert _told(local, A, m.Revoked) == [m.Revoked(held.grant)]

    def test_an_update_that_is_refused_does_not_stop_the_clock(self) -> None:
        local = _searching(A, B)
        held = _hold(local, A)
        assert local.select(B) is None
        wrong = m.Update(held.grant, PHASES, **local.game.evaluate([[], []]))
        assert len(refusals(local.say(A, wrong))) == 1
        _tick(local, LEAST)
        assert _told(local, A, m.Revoked) == [m.Revoked(held.grant)]


class TestWhatComesLate:
    @pytest.mark.parametrize("failed", [False, True], ids=["Update", "Failed"])
    def test_it_counts_as_nothing_but_its_wish_is_taken(self, failed: bool) -> None:
        local = _searching(A, B)
        held = _hold(local, A)
        assert local.select(B) is None
        _tick(local, LEAST)
        grant = local.take_grant(B)
        assert grant is not None
        local.update(B, grant)
        before = local.core.digests()
        local.now = 3 * LEAST
        late: m.Update | m.Failed = m.Update(
            held.grant, PHASES, **local.game.evaluate([[]]), batch_request=m.BatchRequest(4)
        )
        if failed:
            late = m.Failed(held.grant, "it took too long", m.BatchRequest(4))
        answers = local.say(A, late)
        assert [type(answer) for answer in answers] == [m.Revoked, m.Grant]
        assert local.session.visits == 1
        assert local.reports() == []
        assert (local.core.counters.late, local.core.counters.refused) == (1, 0)
        assert local.core.tickets.live[A].leaves <= 2
        again = local.say(A, late)
        assert refusals(again) == [f"grant {held.grant} is not live: it was updated, or its lease is over"]
        assert local.core.digests() != before  # by the grant alone: its leaves are in flight

    def test_it_tells_how_much_time_such_a_batch_needs(self) -> None:
        local = _searching(A, B)
        held = _hold(local, A)
        assert local.select(B) is None
        _tick(local, LEAST)
        grant = local.take_grant(B)
        assert grant is not None
        local.update(B, grant)
        local.now = 8 * LEAST
        local.say(A, m.Failed(held.grant, "it took too long", m.BatchRequest(1)))
        assert local.core.tickets.live[A].seconds == SEVERAL * 8 * LEAST

    def test_a_searcher_that_asks_anew_instead_is_served(self) -> None:
        local = _searching(A)
        _hold(local, A)
        _tick(local, ALONE * LEAST)
        assert isinstance(local.say(A, m.Select(m.BatchRequest(1)))[0], m.Grant)


def _work(local: Local, searcher: bytes) -> None:
    """It works until there is nothing for it, or for five batches, in no time."""
    grant = local.take_grant(searcher)
    if searcher not in local.core.tickets.waiting and searcher not in local.core.tickets.live:
        grant = local.select(searcher)
    for more in (m.BatchRequest(1), m.BatchRequest(1), m.BatchRequest(1), m.BatchRequest(1), None):
        if grant is not None:
            grant = local.update(searcher, grant, more)


def _hang(local: Local) -> Iterator[tuple[float, float]]:
    """B asks again and again, and answers nothing, while A works: when B got a grant, when it was revoked."""
    while True:
        if B not in local.core.tickets.waiting:
            local.say(B, m.Select(m.BatchRequest(64)))
        while B not in local.core.tickets.live:
            _work(local, A)
            _tick(local, local.core.next_deadline() or local.now)
        began = local.now
        while B in local.core.tickets.live:
            _work(local, A)
            _tick(local, local.core.next_deadline() or local.now)
        yield began, local.now


def test_who_lets_grants_run_out_gets_smaller_ones_and_later_and_later() -> None:
    local = _searching(A, B, visits=2**40, collisions="blocking")  # so that one leaf stops all others
    stalls = _hang(local)
    sizes, pauses, last = [], [], None
    for _ in range(6):
        began, ended = next(stalls)
        if last is not None:
            pauses.append(began - last)
        last = ended
        sizes.append(ended - began)
        assert ended - began <= LEAST + 1e-9
    assert all(later >= earlier * 1.9 for earlier, later in pairwise(pauses))
    assert local.core.tickets.standings[B].leaves(64) == 1
    told = local.ask(m.AskStatus)[-1]
    assert isinstance(told, m.Status)
    assert told.revoked == 6
    (of_b,) = [one for one in told.searchers if one.name == "b"]
    assert of_b.misses == 6


class TestWhoIsHeldBack:
    def _missed(self) -> Local:
        """B let a grant run out, and asks again; A waits."""
        local = _searching(A, B)
        _hold(local, B)
        assert local.select(A) is None
        _tick(local, LEAST)
        assert local.select(B) is None
        return local

    def test_waits_until_its_time_has_come(self) -> None:
        local = self._missed()
        told = local.ask(m.AskStatus)[-1]
        assert isinstance(told, m.Status)
        assert [one.state for one in told.searchers] == ["working", "held back"]
        grant = local.take_grant(A)
        assert grant is not None
        local.update(A, grant)
        assert B in local.core.tickets.waiting
        _tick(local, 2 * LEAST)
        assert B in local.core.tickets.live

    @pytest.mark.parametrize("how", [m.Goodbye(), m.Hello(m.PROTOCOL_VERSION, "client", "no searcher any more", 1)])
    def test_is_served_when_there_is_nobody_else(self, how: m.AnyMessage) -> None:
        local = self._missed()
        local.say(A, how)
        assert B in local.core.tickets.live

    def test_is_served_when_the_others_are_no_better(self) -> None:
        local = self._missed()
        _tick(local, 2 * LEAST * 0.99)
        assert B not in local.core.tickets.live
        _tick(local, 100 * LEAST)
        assert B in local.core.tickets.live

    def test_does_not_get_out_of_it_by_another_greeting(self) -> None:
        local = self._missed()
        local.greet(B)
        assert local.select(B) is None
        assert local.core.tickets.standings[B].misses == 1

    def test_comes_after_those_who_kept_their_time(self) -> None:
        local = _searching(B)
        _hold(local, B)
        _tick(local, ALONE * LEAST)
        local.ask(m.Stop, "s")
        assert local.select(B) is None
        local.greet(A)
        assert local.select(A) is None
        local.now = 100 * LEAST
        local.ask(m.Search, "s", m.Limits(visits=50))
        assert A in local.core.tickets.live
        assert B not in local.core.tickets.live

    def test_is_as_good_as_any_after_an_update_in_time(self) -> None:
        local = _searching(B)
        _hold(local, B)
        _tick(local, ALONE * LEAST)
        local.update(B, _hold(local, B))
        assert local.core.tickets.standings[B].misses == 0


KIND, OTHER = "go 19", "go 9"


@pytest.mark.parametrize(
    ("own", "others", "least", "expected"),
    [
        ({}, [], 5.0, 5.0),
        ({KIND: 0.01}, [], 5.0, 5.0),
        ({KIND: 3.0}, [], 5.0, SEVERAL * 3.0),
        ({KIND: 1e6}, [], 5.0, LONGEST),
        ({KIND: 1e6}, [], 1e4, 1e4),
        ({OTHER: 30.0}, [], 5.0, 5.0),
        ({}, [{KIND: 3.0}, {KIND: 4.0}, {OTHER: 9.0}], 5.0, SEVERAL * 4.0),
        ({KIND: 2.0}, [{KIND: 40.0}], 5.0, SEVERAL * 2.0),
    ],
)
def test_how_long_a_grant_may_take(
    own: dict[str, float], others: list[dict[str, float]], least: float, expected: float
) -> None:
    standing = Standing(own)
    assert seconds_for(KIND, standing, [standing, *map(Standing, others)], least) == expected


def test_a_slow_first_batch_is_forgotten_in_time() -> None:
    standing = Standing()
    standing.finished(KIND, 60.0)
    for _ in range(60):
        standing.finished(KIND, 0.05)
    assert standing.slowest[KIND] < 0.2


def test_a_pause_has_an_end_however_often_somebody_fails() -> None:
    standing = Standing()
    for _ in range(2000):
        standing.missed(100.0, LEAST)
    assert standing.free_at == 100.0 + LONGEST_PAUSE
    assert standing.leaves(4096) == 1


def test_what_is_kept_of_a_searcher_is_bounded() -> None:
    standing = Standing()
    for size in range(3 * KINDS):
        standing.took(f"go {size}", 1.0)
    assert len(standing.slowest) == KINDS
    assert f"go {3 * KINDS - 1}" in standing.slowest


def test_the_master_is_told_when_to_look() -> None:
    local = _searching(A)
    _hold(local, A)
    assert local.core.next_deadline() == LEAST
    assert CLIENT in local.core.peers
