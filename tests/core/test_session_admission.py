"""As many sessions as there is room for; others wait for their turn, and know their place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daemon.core import session_admission
from daemon.core.bounds import Bounds
from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import HashedReferee
from daemon.replay.replay import replay
from daemon.replay.simulation import CONFIG, simulate
from protocol import messages as m
from protocol.principals import Quota
from tests.core.club import Club
from tests.core.test_storeroom import BOUNDS, Stocked

FEW = Config(searcher_lease=1e6, client_lease=1e6, bounds=Bounds(sessions=2, keep=100.0))


def club_of(names: str, config: Config = FEW, **others: Any) -> Club:
    return Club({**dict.fromkeys(names.split(), "client"), **others}, config)


def full(names: str = "anna bob carl", **others: Any) -> Club:
    """Anna has the two sessions that there may be."""
    club = club_of(names, **others)
    for name in ("one", "two"):
        assert isinstance(club.open("anna", name), m.Opened)
    club.hears("anna")
    return club


def names(club: Club) -> list[str]:
    return sorted(club.core.sessions.by_name)


def waiting(club: Club) -> list[str]:
    return [opening.key for opening in club.core.sessions.admission.queue.waiting]


def places(club: Club, peer: str) -> list[int]:
    return [each.position for each in club.hears(peer) if isinstance(each, m.Queued)]


def test_an_open_waits_and_knows_its_place() -> None:
    club = full()
    assert club.open("bob", "b").position == 1
    assert club.open("carl", "c").position == 2
    club.now = 5.0
    club.hears("carl")
    club.ask("anna", m.Close, "one")
    assert names(club) == ["anna/two", "bob/b"]
    assert [type(each) for each in club.hears("bob")][-2:] == [m.Queued, m.Opened]
    assert places(club, "carl") == [1]


def test_who_comes_later_waits_behind() -> None:
    """Also where there is a place, but not the memory that the first one needs."""
    club = club_of("anna bob", replace(FEW, bounds=Bounds(sessions=9, tree_bytes=30_000, keep=100.0)))
    club.open("anna", "one", record=[2, 0])
    held = club.core.sessions.memory.total
    most = held + held // 2
    club.tell(b"", m.SetBounds(**vars(replace(FEW.bounds, sessions=9, tree_bytes=most))))
    assert club.open("bob", "long", record=[2, 0]).position == 1
    assert club.open("bob", "short").position == 2
    club.tell(b"", m.SetBounds(**vars(replace(FEW.bounds, sessions=9, tree_bytes=10 * held))))
    assert names(club) == ["anna/one", "bob/long", "bob/short"]


def test_whoever_has_fewer_goes_first() -> None:
    club = full()
    club.open("anna", "three")
    club.open("bob", "b")
    assert waiting(club) == ["anna/three", "bob/b"]
    club.now = 5.0
    club.ask("anna", m.Close, "one")
    assert names(club) == ["anna/two", "bob/b"]


def test_live_goes_before_review_but_for_one_in_seventeen() -> None:
    club = full()
    club.open("bob", "r", priority="review")
    for number in range(18):
        club.open("carl", f"{number}")
    came, last = [], "anna/one"
    for _ in range(17):
        before = set(names(club))
        owner, _, name = last.partition("/")
        club.ask(owner, m.Close, name)
        (last,) = set(names(club)) - before
        came.append(last)
    assert came == [*(f"carl/{number}" for number in range(16)), "bob/r"]


def test_a_session_that_nobody_uses_makes_room_when_its_time_has_come() -> None:
    club = full()
    club.now = 30.0
    club.ask("anna", m.Query, "two")
    club.open("bob", "b")
    assert club.core.next_deadline() == 100.0
    club.now = 100.0
    club.tell(b"", m.Tick())
    assert names(club) == ["anna/two", "bob/b"]
    assert isinstance(club.hears("anna")[-1], m.Closed)
    assert club.core.next_deadline() > 1e5  # type: ignore[operator]


@pytest.mark.parametrize(
    ("end", "told"), [(m.Close(99, "b"), [m.Refused, m.Done]), (m.Goodbye(), []), (m.Principals([]), [m.NotGreeted])]
)
def test_all_that_ends_a_wait(end: m.AnyMessage, told: list[type]) -> None:
    club = full()
    club.open("bob", "b")
    club.hears("bob")
    club.tell(b"" if isinstance(end, m.Principals) else club.sender("bob"), end)
    assert waiting(club) == []
    assert [type(each) for each in club.hears("bob")] == told


def test_a_quota_is_refused_at_once_and_counts_what_waits() -> None:
    club = full("anna", bob=("client", Quota(sessions=2)))
    assert isinstance(club.open("bob", "b"), m.Queued)
    assert isinstance(club.open("bob", "c"), m.Queued)
    refused = club.open("bob", "d")
    assert (refused.kind, refused.reason) == ("quota", "2 sessions are the most that 'bob' may have")


def test_memory_of_a_key_is_refused_where_it_does_not_help_to_wait() -> None:
    club = full("anna", bob=("client", Quota(memory_mb=0)))
    club.ask("anna", m.Close, "one")
    assert isinstance(club.open("bob", "b"), m.Refused)
    assert waiting(club) == []


def test_what_one_client_may_be_in_counts_what_it_waits_for() -> None:
    club = club_of("anna bob", replace(FEW, bounds=replace(FEW.bounds, client_sessions=3)))
    answers = [club.open("anna", name) for name in "abcd"]
    assert [type(each) for each in answers] == [m.Opened, m.Opened, m.Queued, m.Refused]


def test_there_are_not_more_who_wait_than_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_admission, "WAITING", 2)
    club = full()
    assert isinstance(club.open("bob", "a"), m.Queued)
    assert isinstance(club.open("bob", "b"), m.Queued)
    assert club.open("carl", "c").reason == "2 requests wait for a session already, the most that may"


def test_two_connections_wait_for_the_same_session() -> None:
    club = full()
    club.greet("bob 2")
    assert club.open("bob", "b").position == 1
    assert club.open("bob 2", "b").reason == "session 'b' is being opened already; share it"
    assert club.open("bob 2", "b", share=True).position == 1
    club.tell(club.sender("bob"), m.Goodbye())
    club.ask("anna", m.Close, "one")
    (opened,) = club.hears("bob 2")[-1:]
    assert isinstance(opened, m.Opened)


def test_what_is_sent_on_without_waiting_waits_in_order() -> None:
    club = full()
    club.open("bob", "b")
    assert isinstance(club.ask("bob", m.Play, "b", 2), m.Queued)
    assert isinstance(club.ask("bob", m.Query, "b"), m.Queued)
    assert club.ask("carl", m.Query, "bob/b").reason == "no session 'bob/b' is open here"
    club.hears("bob")
    club.ask("anna", m.Close, "one")
    opened, done, report = club.hears("bob")
    assert [type(each) for each in (opened, done)] == [m.Opened, m.Done]
    assert isinstance(report, m.Report)
    assert report.record == [2]


def test_whose_key_may_less_meanwhile_is_refused_at_its_turn() -> None:
    club = full()
    club.open("bob", "b")
    club.principals({"anna": "client", "bob": "observer", "carl": "client"})
    club.ask("anna", m.Close, "one")
    assert names(club) == ["anna/two"]
    assert club.hears("bob")[-1].kind == "forbidden"  # type: ignore[union-attr]


class TestOfOneWhoComesBack:
    TOKEN = "0123456789abcdef"

    def wait(self) -> Club:
        club = full()
        club.greet("bob 1", token=self.TOKEN)
        club.open("bob 1", "b")
        club.hears("bob 1")
        return club

    def test_it_waits_where_it_waited(self) -> None:
        club = self.wait()
        (welcome,) = club.greet("bob 2", token=self.TOKEN)
        assert isinstance(welcome, m.Welcome)
        asked = m.Open(club.requests, "b", "hashed", club.spec)
        assert club.tell(club.sender("bob 2"), asked) == [m.Queued(club.requests, 1)]
        assert len(waiting(club)) == 1
        club.ask("anna", m.Close, "one")
        (opened,) = club.hears("bob 2")[-1:]
        assert isinstance(opened, m.Opened)

    def test_it_is_told_again_what_came_meanwhile(self) -> None:
        club = self.wait()
        request = club.requests
        club.ask("anna", m.Close, "one")
        again = club.tell(club.sender("bob 1"), m.Open(request, "b", "hashed", club.spec))
        assert [type(each) for each in again] == [m.Opened]


class TestWithAStore:
    """Anna's session is stored, and all places are taken by Bob, who uses his."""

    @pytest.fixture
    def club(self, tmp_path: Path) -> Stocked:
        club = Stocked(tmp_path / "store")
        club.fill()
        club.hears("anna")
        return club

    def test_what_is_asked_of_a_stored_session_waits_for_its_place(self, club: Stocked) -> None:
        assert isinstance(club.ask("anna", m.Play, "old", 0), m.Queued)
        assert isinstance(club.ask("anna", m.Query, "old"), m.Queued)
        club.hears("anna")
        club.ask("bob", m.Close, "one")
        done, report = club.hears("anna")
        assert isinstance(done, m.Done)
        assert isinstance(report, m.Report)
        assert report.record == [2, 0]

    def test_it_is_closed_all_the_same(self, club: Stocked) -> None:
        club.ask("anna", m.Play, "old", 0)
        club.hears("anna")
        assert isinstance(club.ask("anna", m.Close, "old"), m.Done)
        assert [type(each) for each in club.hears("anna")] == [m.Refused, m.Done]
        assert (waiting(club), club.files()) == ([], 0)

    def test_it_goes_meanwhile(self, club: Stocked) -> None:
        club.ask("anna", m.Play, "old", 0)
        record = club.core.sessions.storeroom.records["anna/old"]
        club.hears("anna")
        club.tell(b"", m.StoreLost(record.serial, "the disk is full"))
        refused, closed = club.hears("anna")
        assert isinstance(refused, m.Refused)
        assert refused.reason == "the session is gone: lost: the disk is full"
        assert isinstance(closed, m.Closed)

    def test_one_that_is_kept_is_waited_for_and_found(self, club: Stocked) -> None:
        club.tell(club.sender("anna"), m.Goodbye())
        club.greet("anna")
        assert isinstance(club.open("anna", "old", share=True), m.Queued)
        club.ask("bob", m.Close, "one")
        opened = club.hears("anna")[-1]
        assert isinstance(opened, m.Opened)
        assert opened.record == [2]


def test_who_waits_is_in_a_state() -> None:
    club = full()
    club.open("bob", "b", priority="review")
    club.open("carl", "c")
    again = Scheduler(HashedReferee(), FEW)
    load(again, [bytes(frame) for frame in save(club.core)])
    again.check_invariants()
    assert again.next_deadline() == club.core.next_deadline()
    club.core = again
    club.ask("anna", m.Close, "one")
    assert names(club) == ["anna/two", "carl/c"]


def test_a_status_says_how_many_wait() -> None:
    club = full()
    club.open("bob", "b")
    rows = {row.name: (row.used, row.most) for row in club.ask("bob", m.AskStatus).bounds}
    assert rows["requests that wait for a session"] == (1, session_admission.WAITING)


@pytest.mark.parametrize("bounds", [Bounds(sessions=2, keep=0.5), replace(BOUNDS, keep=0.2, keep_stored=1.0)])
def test_seeds_with_few_places(bounds: Bounds, tmp_path: Path) -> None:
    config = replace(CONFIG, bounds=bounds)
    queued = sum(simulate(seed, config=config, club=True).queued for seed in range(8))
    assert queued > 20
    trace = tmp_path / "trace"
    simulate(1, config=config, club=True, trace=trace)
    assert replay(trace, HashedReferee()).difference is None
