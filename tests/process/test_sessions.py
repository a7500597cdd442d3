"""What a client sees, over sockets and within one process: the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from protocol.errors import ConnectionLost, RefusedError
from protocol.messages import Limits, Restriction, SearchSettings
from tests.daemons import PATIENCE, LocalDaemon, RealDaemon

Daemon = LocalDaemon | RealDaemon
GO5 = {"size": 5, "komi": 0.5}


@pytest.fixture(params=[LocalDaemon, RealDaemon], ids=["in process", "over sockets"])
def daemon(request: pytest.FixtureRequest, directory: Path) -> Iterator[Daemon]:
    make: Callable[[Path], Daemon] = request.param
    with make(directory) as running:
        yield running


def test_a_life_of_a_session(daemon: Daemon) -> None:
    with daemon.client() as client:
        session = client.open("game", "go", GO5)
        report = session.search(Limits(visits=60)).result(PATIENCE)
        assert report.final
        assert report.reason == "visits"
        assert report.visits >= 60
        assert report.chosen == report.children[0].move
        assert sum(child.visits for child in report.children) == report.visits - 1

        session.play(12)
        assert session.query().record == [12]
        with pytest.raises(RefusedError, match="occupied"):
            session.play(12)
        session.undo()
        kept = session.query()
        assert (kept.record, kept.visits) == ([], report.visits)
        session.goto([12, 7])
        assert session.search(Limits(visits=2)).result(PATIENCE).to_play == 1
        session.reset("go", {"size": [7, 5]})
        assert session.query().visits == 0
        client.check()
        session.close()
        with pytest.raises(RefusedError, match="no session"):
            session.query()


def test_reports_come_while_it_searches_until_it_is_stopped(daemon: Daemon) -> None:
    with daemon.client() as client:
        session = client.open("game", "go", GO5)
        search = session.search(report_every=0.02)
        first, second = search.next(PATIENCE), search.next(PATIENCE)
        assert not first.final
        assert first.visits <= second.visits
        session.stop()
        assert search.result(PATIENCE).reason == "stopped"
        assert list(search)[-1].final


def test_two_clients_see_one_live_tree(daemon: Daemon) -> None:
    with daemon.client("one") as one, daemon.client("two") as two:
        mine = one.open("game", "go", GO5)
        with pytest.raises(RefusedError, match="open already"):
            two.open("game", "go", GO5)
        yours = two.open("game", "go", {"size": 19}, share=True)
        assert yours.shared
        assert yours.spec == GO5
        watch = yours.watch(0.02)
        search = mine.search()
        assert watch.next(PATIENCE).session == "game"
        yours.play(6)
        assert search.result(PATIENCE).reason == "moved"
        assert mine.query().record == [6]
        assert watch.next(PATIENCE)
        search = mine.search()
        while (report := watch.next(PATIENCE)).final:
            pass
        mine.close()
        assert search.result(PATIENCE).reason == "closed"
        while not (report := watch.next(PATIENCE)).final:
            pass
        assert report.reason == "left"
        assert not watch.over
        assert yours.search(Limits(new_visits=5)).result(PATIENCE).reason == "visits"
        assert yours.query().record == [6]
        yours.close()
        assert list(watch)[-1].reason == "closed"


UNPLAYABLE: list[tuple[str, dict[str, object], list[int], str]] = [
    ("chess", {}, [], "unknown game"),
    ("go", {"size": 77}, [], "77"),
    ("go", {"size": 5, "koomi": 1}, [], "koomi"),
    ("go", {"size": 5}, [3, 3], "occupied"),
    ("go", {"size": 5}, [27], "27"),
]


def test_what_cannot_be_played_is_refused_with_the_reason(daemon: Daemon) -> None:
    with daemon.client() as client:
        for game, spec, record, reason in UNPLAYABLE:
            with pytest.raises(RefusedError, match=reason):
                client.open("game", game, spec, record)


def test_a_search_obeys_its_restrictions_and_settings(daemon: Daemon) -> None:
    with daemon.client() as client:
        session = client.open("game", "go", GO5, settings=SearchSettings(ownership=True))
        only = Restriction(1, [12, 13], 1, allow=True)
        report = session.search(Limits(visits=30), restrictions=[only], max_children=5).result(PATIENCE)
        assert {child.move for child in report.children if child.visits} <= {12, 13}
        assert len(report.ownership) == 25


def test_the_status_counts_what_was_done(daemon: Daemon) -> None:
    with daemon.client() as client:
        client.open("game", "go", GO5).search(Limits(visits=50)).result(PATIENCE)
        status = client.status()
        assert status.visits >= 50
        assert status.batches > 0
        assert 0 < status.mean_batch <= 8
        assert {searcher.name for searcher in status.searchers} <= {"searcher 0", "searcher 1"}
        assert [session.session for session in status.sessions] == ["game"]


def test_the_loss_of_the_daemon_ends_every_wait(daemon: Daemon) -> None:
    client = daemon.client()
    session = client.open("game", "go", GO5)
    search, watch = session.search(), session.watch()
    daemon.kill()
    with pytest.raises(ConnectionLost, match="gone"):
        search.result(PATIENCE)
    with pytest.raises(ConnectionLost, match="gone"):
        list(watch)
    with pytest.raises(ConnectionLost, match="gone"):
        session.query()
    client.close()
