"""As many searches as may go on at a time; others wait for their turn, and know their place."""

from __future__ import annotations

from dataclasses import replace

from daemon.core.bounds import Bounds
from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import HashedReferee
from daemon.replay.simulation import CONFIG, simulate
from protocol import messages as m
from protocol.search_handle import SearchHandle
from tests.core.club import Club

ONE = Config(searcher_lease=1e6, client_lease=1e6, bounds=Bounds(running_searches=1))


def club_of(names: str) -> Club:
    """Everybody is a client with as many sessions as letters of the name."""
    club = Club(dict.fromkeys(names.split(), "client"), ONE)
    for name in names.split():
        for letter in name:
            club.open(name, letter)
    return club


def places(club: Club, peer: str) -> list[int]:
    return [each.position for each in club.hears(peer) if isinstance(each, m.Queued)]


def test_a_search_waits_and_knows_its_place() -> None:
    club = club_of("anna bob carl")
    for peer, session in (("anna", "a"), ("bob", "b"), ("carl", "c")):
        club.ask(peer, m.Search, session, m.Limits(new_visits=20))
    assert [places(club, peer) for peer in ("anna", "bob", "carl")] == [[], [1], [2]]
    club.now = 5.0
    club.work(40)
    ends = {peer: [one for one in club.hears(peer) if isinstance(one, m.Report)] for peer in ("anna", "bob", "carl")}
    assert {peer: [(one.reason, one.new_visits) for one in told] for peer, told in ends.items()} == {
        peer: [("visits", 20)] for peer in ("anna", "bob", "carl")
    }


def test_whoever_has_fewer_goes_first() -> None:
    club = club_of("anna bob")
    for peer, session in (("anna", "a"), ("anna", "n"), ("bob", "b"), ("bob", "o")):
        club.ask(peer, m.Search, session)
    assert [each.owner for each in club.core.sessions.searches.running] == ["anna"]
    assert places(club, "bob")[0] == 1, "anna has one already"
    club.now = 5.0
    club.ask("anna", m.Stop, "a")
    assert [each.name for each in club.core.sessions.searches.running] == ["anna/n"], "nobody has any: first come"


def test_live_goes_before_review_but_for_one_in_seventeen() -> None:
    club = club_of("anna bob carl")
    for number in range(18):
        club.open("carl", f"{number}")
    club.ask("anna", m.Search, "a")
    club.ask("bob", m.Search, "b", priority="review")
    for number in range(18):
        club.ask("carl", m.Search, f"{number}")
    began, last = [], "anna/a"
    for _ in range(17):
        owner, _, name = last.partition("/")
        club.ask(owner, m.Stop, name)
        (last,) = (each.name for each in club.core.sessions.searches.running)
        began.append(last)
    assert began == [*(f"carl/{number}" for number in range(16)), "bob/b"]


def test_places_are_told_when_they_change_and_not_too_often() -> None:
    club = club_of("anna bob carl dora")
    for peer in ("anna", "bob", "carl", "dora"):
        club.ask(peer, m.Search, peer[0])
    club.hears("dora")
    club.ask("bob", m.Stop, "b")
    assert places(club, "dora") == []
    assert club.core.next_deadline() == 1.0
    club.now = 1.0
    club.tell(b"", m.Tick())
    assert places(club, "dora") == [2]
    assert club.core.next_deadline() != 1.0


def test_all_that_ends_a_search_ends_the_wait() -> None:
    for end in (m.Stop(99, "b"), m.Close(99, "b"), m.Goodbye(), m.Play(99, "b", 2)):
        club = club_of("anna bob")
        club.ask("anna", m.Search, "a")
        club.ask("bob", m.Search, "b")
        club.tell(club.sender("bob"), end)
        assert club.core.sessions.searches.queue.waiting == []
        assert club.core.next_deadline() is None or club.core.next_deadline() > 1e5  # type: ignore[operator]


def test_the_time_of_a_search_counts_from_its_beginning() -> None:
    club = club_of("anna bob")
    club.ask("anna", m.Search, "a", m.Limits(seconds=10.0))
    club.ask("bob", m.Search, "b", m.Limits(seconds=10.0))
    for club.now in (10.0, 15.0, 20.0):
        club.tell(b"", m.Tick())
    (report,) = [each for each in club.hears("bob") if isinstance(each, m.Report)]
    assert (report.reason, report.elapsed) == ("time", 10.0)


def test_the_queue_is_in_a_state() -> None:
    club = club_of("anna bob carl")
    for peer in ("anna", "bob", "carl"):
        club.ask(peer, m.Search, peer[0])
    again = Scheduler(HashedReferee(), ONE)
    load(again, [bytes(frame) for frame in save(club.core)])
    again.check_invariants()
    club.core = again
    club.now = 5.0
    club.ask("anna", m.Stop, "a")
    assert places(club, "carl")[-1] == 1


def test_a_higher_bound_lets_more_begin() -> None:
    club = club_of("anna bob")
    for peer in ("anna", "bob"):
        club.ask(peer, m.Search, peer[0])
    bounds = vars(replace(ONE.bounds, running_searches=0))
    club.tell(b"", m.SetBounds(**bounds))
    assert len(club.core.sessions.searches.running) == 2


def test_a_handle_has_the_place_and_goes_on_waiting() -> None:
    handle = SearchHandle(lambda get, timeout: get(timeout), until_closed=False)
    handle.put(m.Queued(3, 2))
    assert (handle.position, handle.over) == (2, False)


def test_seeds_with_two_searches_at_a_time() -> None:
    config = replace(CONFIG, bounds=Bounds(running_searches=2))
    for seed in range(8):
        simulate(seed, config=config)
        simulate(seed, config=config, club=True)
