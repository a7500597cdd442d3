"""What a principal may have at a time, over all of its connections."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from daemon.core.bounds import Bounds
from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.core.shares import BURST
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from protocol.principals import Quota
from tests.core.club import SPEC, Club

CONFIG = Config(searcher_lease=1e6, client_lease=1e6)


WIDE = {"num_moves": 400, "size": 1}
"""A game whose trees have few nodes to the MiB."""


def club_of(spec: dict[str, Any] | None = None, **quota: Any) -> Club:
    """Anna has this quota; bob has none."""
    club = Club({"anna": ("client", Quota(**quota)), "bob": "client"}, CONFIG, spec)
    club.greet("anna 2")
    return club


def refused(answer: m.Outbound) -> str:
    assert isinstance(answer, m.Refused)
    assert answer.kind == "quota"
    return answer.reason


class TestSessionsAndSearches:
    def test_sessions_of_all_connections_count_together(self) -> None:
        club = club_of(sessions=2)
        club.open("anna", "one")
        club.open("anna 2", "two")
        assert refused(club.open("anna", "three")) == "2 sessions are the most that 'anna' may have"
        assert isinstance(club.open("anna", "two", share=True), m.Opened), "which is there already"
        assert isinstance(club.ask("anna", m.Reset, "one", "hashed", SPEC), m.Done)
        club.ask("anna", m.Close, "one")
        assert isinstance(club.open("anna 2", "three"), m.Opened)
        for number in range(5):
            assert isinstance(club.open("bob", f"{number}"), m.Opened)

    def test_searches_of_all_connections_count_together(self) -> None:
        club = club_of(searches=2)
        for peer, name in (("anna", "one"), ("anna 2", "two"), ("anna", "three")):
            club.open(peer, name)
        club.ask("anna", m.Search, "one")
        club.ask("anna 2", m.Search, "two")
        assert refused(club.ask("anna", m.Search, "three")) == "2 searches at a time are the most that 'anna' may have"
        club.hears("anna 2")
        club.ask("anna 2", m.Search, "two")
        (report,) = club.hears("anna 2")
        assert isinstance(report, m.Report)
        assert report.reason == "replaced"

    def test_a_refusal_for_a_quota_is_the_same_when_asked_again(self) -> None:
        club = club_of(sessions=1)
        club.open("anna", "one")
        club.greet("anna 3", token="0123456789abcdef")
        message = m.Open(7, "two", "hashed", SPEC)
        assert club.tell(club.sender("anna 3"), message) == club.tell(club.sender("anna 3"), message)
        (answer,) = club.tell(club.sender("anna 3"), message)
        assert refused(answer)

    def test_what_a_guest_searches_counts_for_the_owner(self) -> None:
        club = club_of(searches=1)
        club.open("anna", "one")
        club.open("anna", "two")
        club.ask("anna", m.Invite, "one", "a" * 32, "client")
        club.ask("bob", m.Join, "a" * 32)
        club.ask("bob", m.Search, "anna/one")
        assert refused(club.ask("anna", m.Search, "two"))

    def test_a_lower_quota_ends_nothing_and_lets_nothing_new_begin(self) -> None:
        club = club_of()
        for name in ("one", "two", "three"):
            club.open("anna", name)
        club.principals({"anna": ("client", Quota(sessions=2)), "bob": "client"})
        assert len(club.core.sessions.by_name) == 3
        club.ask("anna", m.Close, "three")
        assert refused(club.open("anna", "three"))

    def test_a_status_says_what_is_taken(self) -> None:
        club = club_of(sessions=3, searches=2, memory_mb=1)
        club.open("anna", "one")
        club.ask("anna", m.Search, "one")
        bounds = {each.name: (each.used, each.most) for each in club.ask("anna", m.AskStatus).bounds}
        assert bounds["sessions of anna"] == (1, 3)
        assert bounds["searches of anna"] == (1, 2)
        assert bounds["bytes of anna"][1] == 1 << 20
        assert not any("anna" in each.name for each in club.ask("bob", m.AskStatus).bounds)


class TestMemory:
    def test_all_trees_of_one_together(self) -> None:
        club = club_of(WIDE, memory_mb=1)
        assert club.open("anna", "one").max_bytes == 1 << 20
        assert club.open("bob", "one").max_bytes > 1 << 20
        club.open("anna", "two")
        for name in ("one", "two"):
            club.ask("anna", m.Search, name)
        club.work(100_000, leaves=256)
        ends = [each for each in club.hears("anna") if isinstance(each, m.Report)]
        assert [each.reason for each in ends] == ["memory", "memory"]
        held = [session.bytes_held() for session in club.core.sessions.by_name.values() if session.owner == "anna"]
        assert 0.8 * (1 << 20) < sum(held) <= 1 << 20

    def test_a_search_first_drops_what_hangs_beside_its_line(self) -> None:
        club = club_of(WIDE, memory_mb=1)
        club.open("anna", "one")
        club.ask("anna", m.Search, "one")
        club.work(100_000, leaves=256)
        before = club.core.sessions.by_name["anna/one"].bytes_held()
        club.ask("anna", m.Goto, "one", [2])
        club.ask("anna", m.Search, "one", m.Limits(new_visits=10))
        club.work(100, leaves=16)
        assert [each.reason for each in club.hears("anna") if isinstance(each, m.Report)][-1] == "visits"
        assert club.core.sessions.by_name["anna/one"].bytes_held() < before

    def test_nobody_else_makes_room_for_it(self) -> None:
        club = Club(
            {"anna": ("client", Quota(memory_mb=1)), "bob": "client"}, replace(CONFIG, bounds=Bounds(keep=0.0)), WIDE
        )
        club.open("bob", "idle")
        club.ask("bob", m.Search, "idle", m.Limits(visits=200))
        club.work(1000, leaves=64)
        assert not club.core.sessions.searches.running
        before = club.core.digests()["bob/idle"]
        club.open("anna", "one")
        club.ask("anna", m.Search, "one")
        club.work(100_000, leaves=256)
        assert club.core.digests()["bob/idle"] == before
        assert sorted(club.core.sessions.by_name) == ["anna/one", "bob/idle"]

    def test_a_quota_that_is_changed_holds_for_what_is_there(self) -> None:
        club = club_of(WIDE)
        club.open("anna", "one")
        club.ask("anna", m.Search, "one")
        club.principals({"anna": ("client", Quota(memory_mb=1)), "bob": "client"})
        club.work(100_000, leaves=256)
        assert club.core.sessions.by_name["anna/one"].bytes_held() <= 1 << 20

    def test_a_state_brings_the_sums_back(self) -> None:
        club = club_of(WIDE, memory_mb=1)
        club.open("anna", "one")
        club.ask("anna", m.Search, "one", m.Limits(visits=100))
        club.work(50)
        again = Scheduler(HashedReferee(), CONFIG)
        load(again, [bytes(frame) for frame in save(club.core)])
        again.check_invariants()
        assert again.sessions.budgets["anna"].total == club.core.sessions.budgets["anna"].total > 0


class TestVisitsPerSecond:
    def test_no_more_than_come_with_the_time(self) -> None:
        rate = 40.0
        club = club_of(visits_per_second=rate)
        club.open("anna", "one")
        club.ask("anna", m.Search, "one")
        for tenth in range(100):
            club.now = tenth / 10
            club.tell(b"", m.Tick())
            club.work(100, leaves=8)
            assert club.core.counters.visits <= rate * (BURST + club.now) + 1
        assert club.core.counters.visits >= rate * (BURST + club.now) - 8

    def test_the_core_says_when_to_look_again(self) -> None:
        club = club_of(visits_per_second=10.0)
        club.open("anna", "one")
        club.ask("anna", m.Search, "one", m.Limits(visits=100))
        ticks = 0
        while not any(isinstance(each, m.Report) for each in club.hears("anna")):
            club.work(1000, leaves=8)
            if (due := club.core.next_deadline()) is not None and due < 1e5:
                assert due >= club.now
                club.now = due
                ticks += 1
                club.tell(b"", m.Tick())
        assert 8.0 <= club.now <= 8.2
        assert ticks <= 10 * 9

    def test_others_are_not_held_up(self) -> None:
        club = club_of(visits_per_second=1.0)
        for peer in ("anna", "bob"):
            club.open(peer, "one")
            club.ask(peer, m.Search, "one")
        club.work(200, leaves=8)
        visits = club.visits()
        assert visits["anna/one"] <= BURST
        assert visits["bob/one"] > 300

    def test_whoever_had_none_left_when_the_rule_is_lifted_goes_on(self) -> None:
        club = club_of(visits_per_second=1.0)
        club.open("anna", "one")
        club.ask("anna", m.Search, "one", m.Limits(visits=50))
        club.work(200, leaves=8)
        club.principals({"anna": "client", "bob": "client"})
        club.work(200, leaves=8)
        assert club.visits()["anna/one"] == 50

    def test_the_right_to_search_is_in_a_state(self) -> None:
        club = club_of(visits_per_second=5.0)
        club.open("anna", "one")
        club.ask("anna", m.Search, "one")
        club.work(100, leaves=8)
        again = Scheduler(HashedReferee(), CONFIG)
        load(again, [bytes(frame) for frame in save(club.core)])
        again.check_invariants()
        assert again.sessions.shares.of == club.core.sessions.shares.of


@pytest.mark.parametrize("seconds", [0.0, 1.0, 1e6])
def test_time_alone_gives_no_more_than_a_burst(seconds: float) -> None:
    club = club_of(visits_per_second=20.0)
    club.open("anna", "one")
    club.ask("anna", m.Search, "one")
    club.work(100, leaves=8)
    club.now = seconds
    club.tell(b"", m.Tick())
    club.work(100, leaves=8)
    assert club.core.counters.visits <= 20.0 * (BURST + min(seconds, BURST)) + 1
