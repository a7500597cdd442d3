"""What clients may make a daemon keep and do, as its operator says: refused beyond, or room is made."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from daemon.core.bounds import Bounds
from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.invariants import check
from daemon.core.scheduler import Scheduler
from daemon.core.search_tree import BYTES_PER_NODE, bytes_per_row
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from tests.core.local import CLIENT, Local

SPEC = {"num_moves": 5, "size": 1, "terminal_share": 0.0}
KEEP = 60.0
OTHER = b"other"


def local(spec: dict[str, Any] | None = None, settings: m.SearchSettings | None = None, **bounds: Any) -> Local:
    config = Config(searcher_lease=1e6, client_lease=1e6, bounds=Bounds(**bounds))
    return Local(spec or SPEC, settings, config)


class AnyMoves:
    """A referee that lets everybody move as he likes."""

    def judge(self, _game: str, _spec: dict[str, Any], _record: list[int]) -> int:
        return 5


def moving(**options: Any) -> Local:
    """As ``local``, where any line may be played."""
    daemon = local(**options)
    daemon.core.sessions.referee = AnyMoves()
    return daemon


def refused(answers: list[m.Outbound]) -> str:
    (answer,) = answers
    assert isinstance(answer, m.Refused), answer
    return answer.reason


def opened(answers: list[m.Outbound]) -> m.Opened:
    (answer,) = answers
    assert isinstance(answer, m.Opened), answer
    return answer


def names(daemon: Local) -> set[str]:
    return set(daemon.core.sessions.by_name)


class TestRefused:
    """What one client may have."""

    def test_a_session_more(self) -> None:
        daemon = local(client_sessions=3)
        for name in ("a", "b"):
            opened(daemon.ask(m.Open, name, "hashed", SPEC))
        assert (
            refused(daemon.ask(m.Open, "c", "hashed", SPEC))
            == "3 sessions of one client are the most that this daemon takes"
        )
        daemon.say(OTHER, m.Hello(m.PROTOCOL_VERSION, "client", "other", 2))
        opened(daemon.say(OTHER, m.Open(1, "c", "hashed", SPEC)))
        assert refused(daemon.ask(m.Open, "c", "hashed", SPEC, share=True)), "to share one is to have one"
        opened(daemon.ask(m.Open, "a", "hashed", SPEC, share=True))
        daemon.ask(m.Close, "a")
        opened(daemon.ask(m.Open, "c", "hashed", SPEC, share=True))

    def test_a_watch_more(self) -> None:
        daemon = local(watches=2)
        assert daemon.ask(m.Watch, "s") == daemon.ask(m.Watch, "s") == []
        assert refused(daemon.ask(m.Watch, "s")) == "2 watches of one client are the most that this daemon takes"

    def test_a_search_more(self) -> None:
        daemon = local(searches=1)
        opened(daemon.ask(m.Open, "t", "hashed", SPEC))
        daemon.ask(m.Search, "s")
        assert "1 searches of one client at a time" in refused(daemon.ask(m.Search, "t"))
        daemon.ask(m.Search, "s")  # in place of the one that runs
        daemon.ask(m.Stop, "s")
        assert daemon.ask(m.Search, "t") == []

    def test_a_longer_record(self) -> None:
        daemon = moving(moves=4)
        assert "4 moves of a record" in refused(daemon.ask(m.Open, "t", "hashed", SPEC, [0] * 5))
        daemon.ask(m.Goto, "s", [0] * 4)
        assert "4 moves of a record" in refused(daemon.ask(m.Play, "s", 0))
        assert "4 moves of a record" in refused(daemon.ask(m.Goto, "s", [1] * 5))
        assert "4 moves of a record" in refused(daemon.ask(m.Reset, "s", "hashed", SPEC, [0] * 5))

    @pytest.mark.parametrize("role", ["client", "searcher"])
    def test_a_peer_more(self, role: Any) -> None:
        daemon = local(peers=2)
        for number in range(2 if role == "searcher" else 1):
            (welcome,) = daemon.say(b"%d" % number, m.Hello(m.PROTOCOL_VERSION, role, "p", 1))
            assert isinstance(welcome, m.Welcome)
        assert f"2 {role}s are here" in refused(daemon.say(b"x", m.Hello(m.PROTOCOL_VERSION, role, "p", 1)))
        (again,) = daemon.say(b"0", m.Hello(m.PROTOCOL_VERSION, role, "p", 1))
        assert isinstance(again, m.Welcome)


class TestReports:
    """Live reports come no more often, in all, than ``reports`` a second."""

    def count(self, daemon: Local, seconds: int) -> dict[int, int]:
        counts: dict[int, int] = {}
        end = daemon.now + seconds
        while (due := daemon.core.next_deadline()) is not None and due <= end:
            daemon.now = max(daemon.now, due)
            for report in daemon.core.handle(b"", m.Tick(), daemon.now):
                assert isinstance(report[1], m.Report)
                counts[report[1].request] = counts.get(report[1].request, 0) + 1
        daemon.now = end
        return counts

    def test_of_many_streams_each_comes_less_often(self) -> None:
        daemon = local(reports=50.0)
        daemon.ask(m.Search, "s")
        for _ in range(100):
            daemon.ask(m.Watch, "s", report_every=0.01)
        self.count(daemon, 2)
        counts = self.count(daemon, 10)
        assert len(counts) == 100
        assert 450 <= sum(counts.values()) <= 600
        assert max(counts.values()) - min(counts.values()) <= 1

    def test_one_stream_comes_as_often_as_it_was_asked_for(self) -> None:
        daemon = local(reports=50.0)
        daemon.ask(m.Search, "s", report_every=0.1)
        assert 98 <= sum(self.count(daemon, 10).values()) <= 101

    def test_nothing_is_due_for_the_watchers_of_a_session_that_rests(self) -> None:
        daemon = local()
        daemon.ask(m.Watch, "s", report_every=0.01)
        assert list(daemon.core.sessions.searches.deadlines()) == []
        daemon.ask(m.Search, "s")
        assert list(daemon.core.sessions.searches.deadlines())
        assert sum(self.count(daemon, 1).values()) > 50


class TestMemoryOfASession:
    """``max_bytes`` holds whatever fills it."""

    def test_it_has_no_more_than_all_trees_may_have_and_is_told(self) -> None:
        daemon = local(tree_bytes=1 << 20)
        told = opened(daemon.ask(m.Open, "t", "hashed", SPEC, settings=m.SearchSettings(max_bytes=2**53)))
        assert told.max_bytes == 1 << 20
        daemon.ask(m.Configure, "t", m.SearchSettings(max_bytes=2**53))
        assert daemon.core.sessions.by_name["t"].settings.max_bytes == 1 << 20
        assert (
            opened(daemon.ask(m.Open, "u", "hashed", SPEC, settings=m.SearchSettings(max_bytes=5000))).max_bytes == 5000
        )

    def test_cursor_moves_count_and_what_they_leave_behind_is_dropped(self) -> None:
        """20 of 2,000 moves each filled 4 MB under a cap of 100 kB."""
        most = 300 * BYTES_PER_NODE
        daemon = moving(settings=m.SearchSettings(max_bytes=most))
        for turn in range(200):
            line = [turn % 5, turn // 5 % 5, turn // 25 % 5, *[0] * 97]
            (done,) = daemon.ask(m.Goto, "s", line)
            assert isinstance(done, m.Done)
            assert daemon.session.bytes_held() <= most
        assert daemon.session.record == line

    def test_a_line_that_does_not_fit_at_all_is_refused(self) -> None:
        most = 100 * BYTES_PER_NODE
        daemon = moving(settings=m.SearchSettings(max_bytes=most))
        daemon.ask(m.Goto, "s", [0] * 99)
        expected = f"a line of 100 moves takes {101 * BYTES_PER_NODE:,} bytes, and the session has {most:,}"
        assert refused(daemon.ask(m.Goto, "s", [1] * 100)) == expected
        assert refused(daemon.ask(m.Play, "s", 0)) == expected
        assert daemon.session.record == [0] * 99
        assert isinstance(daemon.ask(m.Undo, "s", 99)[0], m.Done)
        small = m.SearchSettings(max_bytes=most)
        assert refused(daemon.ask(m.Open, "t", "hashed", SPEC, [1] * 100, small)) == expected

    def test_while_leaves_are_in_flight_moves_overdraw_a_little_at_most(self) -> None:
        most = 1100 * BYTES_PER_NODE
        daemon = moving(settings=m.SearchSettings(max_bytes=most))
        daemon.greet(b"a")
        daemon.ask(m.Search, "s")
        grant = daemon.select(b"a")
        assert grant is not None
        held = []
        for turn in range(20):
            answer = daemon.ask(m.Goto, "s", [turn % 5, turn // 5, *[0] * 998])[-1]
            held.append(daemon.session.bytes_held())
        assert isinstance(answer, m.Refused)
        assert "until its leaves are evaluated" in answer.reason
        assert held[-1] <= most + 1001 * BYTES_PER_NODE + (64 << 10)
        daemon.update(b"a", grant)
        assert isinstance(daemon.ask(m.Goto, "s", [4] * 999)[0], m.Done)
        assert daemon.session.bytes_held() <= most


def full(daemon: Local, name: str, visits: int, client: bytes = CLIENT) -> None:
    """Search a session, which stays there."""
    searcher = f"for {name}".encode()
    daemon.greet(searcher)
    daemon.say(client, m.Search(10**6, name, m.Limits(visits=visits)))
    grant = daemon.select(searcher)
    while grant is not None:
        grant = daemon.update(searcher, grant, m.BatchRequest(1))
    daemon.say(searcher, m.Goodbye())


class TestMemoryOfAll:
    """Room is made at the cost of who needs it least."""

    MOST = 318 * (BYTES_PER_NODE + bytes_per_row(5))

    def daemon(self) -> Local:
        daemon = local(tree_bytes=self.MOST, keep=KEEP)
        daemon.say(OTHER, m.Hello(m.PROTOCOL_VERSION, "client", "other", 2))
        return daemon

    def total(self, daemon: Local) -> int:
        return daemon.core.sessions.memory.total

    def test_who_searches_gets_the_memory_of_the_longest_unused(self) -> None:
        daemon = self.daemon()
        for name in ("old", "newer"):
            opened(daemon.say(OTHER, m.Open(1, name, "hashed", SPEC)))
            full(daemon, name, 100, OTHER)
            daemon.now += 10.0
        daemon.now += KEEP
        full(daemon, "s", 175)
        assert daemon.session.visits == 175
        assert names(daemon) == {"s", "newer"}
        closed = [heard for heard in daemon.heard[OTHER] if isinstance(heard, m.Closed)]
        assert closed == [m.Closed("old", "closed: it was not used for 80 s, and the 0 MiB for all trees are full")]
        assert self.total(daemon) <= self.MOST

    def test_they_are_compacted_before_any_is_closed(self) -> None:
        daemon = self.daemon()
        for name in ("old", "newer"):
            opened(daemon.say(OTHER, m.Open(1, name, "hashed", SPEC)))
            full(daemon, name, 125, OTHER)
            (report,) = [each for each in daemon.heard[OTHER] if isinstance(each, m.Report) and each.session == name]
            assert isinstance(daemon.say(OTHER, m.Play(2, name, report.children[-1].move))[0], m.Done)
        daemon.now += KEEP
        full(daemon, "s", 150)
        assert daemon.session.visits == 150
        assert names(daemon) == {"s", "old", "newer"}
        assert not any(isinstance(heard, m.Closed) for heard in daemon.heard[OTHER])

    def test_who_was_used_of_late_or_searches_is_never_closed(self) -> None:
        daemon = self.daemon()
        for name in ("used", "searches"):
            opened(daemon.say(OTHER, m.Open(1, name, "hashed", SPEC)))
            full(daemon, name, 100, OTHER)
        daemon.say(OTHER, m.Search(3, "searches"))
        daemon.now += KEEP
        daemon.say(OTHER, m.Query(4, "used"))
        daemon.say(OTHER, m.Stop(5, "searches"))
        full(daemon, "s", 1000)
        assert names(daemon) == {"s", "used", "searches"}
        (report,) = daemon.reports()
        assert report.reason == "memory"
        assert 0 < report.visits < 1000
        assert self.total(daemon) <= self.MOST

    def test_watchers_and_members_of_a_closed_session_are_told(self) -> None:
        daemon = self.daemon()
        opened(daemon.say(OTHER, m.Open(1, "old", "hashed", SPEC)))
        full(daemon, "old", 150, OTHER)
        daemon.ask(m.Open, "old", "hashed", SPEC, share=True)
        watch = daemon.requests + 1
        daemon.ask(m.Watch, "old")
        daemon.now += KEEP
        full(daemon, "s", 200)
        assert "old" not in names(daemon)
        for client in (CLIENT, OTHER):
            assert any(isinstance(heard, m.Closed) and heard.session == "old" for heard in daemon.heard[client])
        (last,) = [report for report in daemon.reports() if report.request == watch]
        assert last.reason == "closed"
        assert "no session" in refused(daemon.say(OTHER, m.Query(9, "old")))

    def test_a_session_for_which_there_is_no_room_waits_and_a_move_is_refused(self) -> None:
        daemon = self.daemon()
        full(daemon, "s", 1000)
        daemon.core.sessions.referee = AnyMoves()
        line = [0] * 200
        told = "the 0 MiB for all trees of this daemon are full"
        assert daemon.say(OTHER, m.Open(1, "t", "hashed", SPEC, line)) == [m.Queued(1, 1)]
        daemon.say(OTHER, m.Close(9, "t"))
        opened(daemon.say(OTHER, m.Open(1, "t", "hashed", SPEC)))  # searches leave some for that
        assert isinstance(daemon.say(OTHER, m.Goto(2, "t", line[:10]))[0], m.Done)
        assert refused(daemon.say(OTHER, m.Goto(3, "t", line))) == told

    def test_two_searches_share_what_there_is_and_both_end(self) -> None:
        daemon = self.daemon()
        opened(daemon.say(OTHER, m.Open(1, "t", "hashed", SPEC)))
        daemon.say(OTHER, m.Search(2, "t"))
        full(daemon, "s", 10**6)
        reasons = [
            heard.reason
            for client in (CLIENT, OTHER)
            for heard in daemon.heard[client]
            if isinstance(heard, m.Report) and heard.final
        ]
        assert reasons == ["memory", "memory"]
        assert self.total(daemon) <= self.MOST

    def test_it_is_the_same_after_a_checkpoint(self) -> None:
        daemon = self.daemon()
        opened(daemon.say(OTHER, m.Open(1, "old", "hashed", SPEC)))
        full(daemon, "old", 150, OTHER)
        again = Scheduler(HashedReferee(), Config.of(asdict(daemon.core.config)))
        load(again, [bytes(frame) for frame in save(daemon.core)])
        check(again.sessions, again.tickets, {CLIENT: "", OTHER: ""})
        assert again.config == daemon.core.config
        assert again.sessions.memory.total == self.total(daemon)
        assert again.sessions.by_name["old"].used_at == daemon.core.sessions.by_name["old"].used_at


class TestSessionsOfAll:
    def test_the_longest_unused_makes_place_for_another(self) -> None:
        daemon = local(sessions=3, keep=KEEP)
        for name in ("a", "b"):
            daemon.now += 1.0
            opened(daemon.ask(m.Open, name, "hashed", SPEC))
        assert isinstance(daemon.ask(m.Open, "c", "hashed", SPEC)[0], m.Queued)
        daemon.ask(m.Close, "c")
        daemon.now += KEEP - 1.0
        daemon.ask(m.Query, "s")
        assert daemon.ask(m.Open, "c", "hashed", SPEC)[0] == m.Closed(
            "a", "closed: it was not used for 60 s, and all 3 sessions are taken"
        )
        assert names(daemon) == {"s", "b", "c"}
        assert isinstance(daemon.ask(m.Open, "d", "hashed", SPEC)[0], m.Queued)


def test_the_status_says_how_full_each_bound_is() -> None:
    daemon = moving(watches=7, moves=9)
    daemon.ask(m.Goto, "s", [0, 1])
    daemon.ask(m.Watch, "s")
    (status,) = daemon.ask(m.AskStatus)
    assert isinstance(status, m.Status)
    shown = {bound.name: (bound.used, bound.most) for bound in status.bounds}
    assert shown["watches of a client"] == (1, 7)
    assert shown["moves of a record"] == (2, 9)
    assert shown["clients"] == (1, 1024)
    assert shown["bytes of all trees"] == (daemon.session.bytes_held(), 8 << 30)


def test_bounds_that_are_set_hold_from_then_on_and_are_kept() -> None:
    local = Local()
    local.say(b"", m.SetBounds(4, 2, 2, 5, 5, 3, 50.0, 1 << 30, 0.0))
    (refused,) = local.ask(m.Open, "long", "hashed", local.spec, record=[0, 1, 2, 3])
    assert isinstance(refused, m.Refused)
    assert refused.reason.startswith("3 moves of a record are the most")
    again = Scheduler(HashedReferee(), Config())
    load(again, [bytes(frame) for frame in save(local.core)])
    assert again.config.bounds == local.core.config.bounds
    assert (again.sessions.bounds.sessions, again.sessions.searches.bounds.searches) == (2, 5)
    assert again.sessions.memory.most == 1 << 30
