"""A client whose connection, lease or daemon is lost comes back, and whoever waits for something just waits longer."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.process.referee import GamesReferee
from daemon.replay.step import SHELL
from protocol import messages as m
from protocol.client import Client, Session
from protocol.errors import ConnectionLost, RefusedError, SessionLost
from protocol.messages import Limits, SearchSettings
from tests.daemons import PATIENCE, LocalDaemon, eventually

GO5 = {"size": 5, "komi": 0.5}
HOW = SearchSettings(cap=0.5, ownership=True)

Accident = Callable[[LocalDaemon], None]


def cut(daemon: LocalDaemon) -> None:
    """The connections break."""
    daemon.cut()


def resumed(daemon: LocalDaemon) -> None:
    """The daemon is killed, and resumed with all that it knew."""
    frames = [bytes(frame) for frame in stopped(daemon)]
    core = Scheduler(GamesReferee(), daemon.core.config)
    load(core, frames)
    daemon.restart(core)


def begun_anew(daemon: LocalDaemon) -> None:
    """The daemon is killed, and another begins that knows nothing."""
    daemon.kill()
    daemon.restart(Scheduler(GamesReferee(), daemon.core.config))


def given_up(daemon: LocalDaemon) -> None:
    """Nothing was heard of anybody for too long."""
    daemon.tell(SHELL, m.Tick(), time.monotonic() + daemon.core.config.client_lease + 1.0)


def stopped(daemon: LocalDaemon) -> list[bytes]:
    daemon.kill()
    return [bytes(frame) for frame in save(daemon.core)]


ACCIDENTS = pytest.mark.parametrize("accident", [cut, resumed, begun_anew, given_up])
KEEPING = pytest.mark.parametrize("accident", [cut, resumed])
LOSING = pytest.mark.parametrize("accident", [begun_anew, given_up])


def open_game(client: Client, share: bool = False) -> Session:
    return client.open("game", "go", GO5, [12], HOW, share)


@ACCIDENTS
def test_the_game_and_how_it_is_searched_stay(directory: Path, accident: Accident) -> None:
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=PATIENCE) as client:
        session = open_game(client)
        session.play(7)
        session.configure(HOW2 := SearchSettings(cap=0.7, ownership=True))
        accident(daemon)
        assert session.query().record == [12, 7]
        assert daemon.core.sessions.by_name["game"].settings == HOW2
        session.undo()
        with pytest.raises(RefusedError, match="occupied"):
            session.play(12)
        assert session.search(Limits(visits=20)).result(PATIENCE).visits == 20
        assert session.record == [12]
        client.check()


@KEEPING
def test_the_tree_stays(directory: Path, accident: Accident) -> None:
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=PATIENCE) as client:
        session = open_game(client)
        session.search(Limits(visits=60)).result(PATIENCE)
        accident(daemon)
        assert session.query().visits == 60


@ACCIDENTS
def test_a_search_comes_to_the_end_that_was_asked_for(directory: Path, accident: Accident) -> None:
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=PATIENCE) as client:
        search = open_game(client).search(Limits(visits=400), report_every=0.01)
        while search.next(PATIENCE).visits < 100:
            pass
        accident(daemon)
        report = search.result(PATIENCE)
        assert (report.reason, report.visits) == ("visits", 400)
        assert [each.final for each in search][-1:] == [True]


@ACCIDENTS
def test_an_endless_search_goes_on_until_it_is_stopped(directory: Path, accident: Accident) -> None:
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=PATIENCE) as client:
        session = open_game(client)
        watch, search = session.watch(0.01), session.search()
        watch.next(PATIENCE)
        accident(daemon)
        seen = session.query().visits
        while watch.next(PATIENCE).visits < seen + 20:
            pass
        session.stop_soon()
        assert search.result(PATIENCE).reason == "stopped"


@LOSING
def test_of_a_search_that_is_begun_anew_the_time_that_it_had_is_taken_off(directory: Path, accident: Accident) -> None:
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=PATIENCE) as client:
        search = open_game(client).search(Limits(seconds=1e6), report_every=0.01)
        eventually(lambda: search.next(PATIENCE).elapsed > 0.5, "it searches for a while")
        accident(daemon)
        eventually(lambda: "game" in daemon.core.sessions.by_name, "the session is there again")
        anew = daemon.core.sessions.by_name["game"]
        eventually(lambda: anew.search is not None and anew.search.limits.seconds != 1e6, "the search goes on")
        assert anew.search is not None
        assert anew.search.limits.seconds is not None
        assert 1e6 - PATIENCE < anew.search.limits.seconds < 1e6 - 0.5
        assert search.next(PATIENCE).elapsed > 0.5
        client.shutdown()


@ACCIDENTS
def test_moves_that_are_under_way_are_played_once(directory: Path, accident: Accident) -> None:
    """An accident at another moment of each ten moves."""
    moves = list(range(100))
    with LocalDaemon(directory, searchers=0) as daemon, daemon.client(reconnect=PATIENCE) as client:
        session = client.open("game", "go", {"size": 19})

        def interfere(seconds: float) -> None:
            time.sleep(seconds)
            accident(daemon)

        with ThreadPoolExecutor() as pool:
            for first in range(0, len(moves), 10):
                under_way = pool.submit(interfere, first * 0.0002)
                for move in moves[first : first + 10]:
                    session.play(move)
                under_way.result()
        assert session.record == session.query().record == moves


@ACCIDENTS
def test_many_threads_get_one_answer_each(directory: Path, accident: Accident) -> None:
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=PATIENCE) as client:

        def review(number: int) -> int:
            session = client.open(f"game {number}", "go", GO5, [number])
            try:
                return session.search(Limits(visits=30)).result(PATIENCE).visits
            finally:
                session.close()

        with ThreadPoolExecutor(4) as pool:
            visits = [pool.submit(review, number) for number in range(16)]
            for _ in range(5):
                time.sleep(0.05)
                accident(daemon)
            assert [each.result(PATIENCE) for each in visits] == [30] * 16
        assert client.status().sessions == []
        client.check()


@ACCIDENTS
def test_two_that_share_a_session_find_it_where_the_last_of_them_went(directory: Path, accident: Accident) -> None:
    with (
        LocalDaemon(directory) as daemon,
        daemon.client("one", PATIENCE) as one,
        daemon.client("two", PATIENCE) as two,
    ):
        mine, yours = open_game(one, share=True), open_game(two, share=True)
        yours.goto([12, 7, 8])
        accident(daemon)
        mine.query()
        eventually(lambda: mine.query().record == [12, 7, 8], "who moved it last is back")
        assert yours.query().record == [12, 7, 8]


def test_it_says_when_the_daemon_goes_and_when_it_is_back(directory: Path) -> None:
    said: list[str] = []
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=PATIENCE, tell=said.append) as client:
        open_game(client)
        for _ in range(2):
            resumed(daemon)
            client.status()
    assert [text.split(";")[0] for text in said] == ["the daemon went away", "the daemon is back"] * 2


def test_a_daemon_that_stays_away_is_given_up(directory: Path) -> None:
    lost: list[ConnectionLost] = []
    with LocalDaemon(directory) as daemon:
        client = daemon.client(reconnect=0.5)
        client.when_lost(lost.append)
        session = open_game(client)
        search = session.search()
        daemon.kill()
        for wait in (lambda: search.result(PATIENCE), session.query, client.status):
            with pytest.raises(ConnectionLost, match="did not come back"):
                wait()
        assert [str(error) for error in lost] == ["the daemon is gone, and did not come back"]
        client.close()


def test_a_client_can_leave_while_the_daemon_is_away(directory: Path) -> None:
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=1e6) as client:
        open_game(client)
        daemon.kill()


def test_a_daemon_that_was_told_to_end_is_not_waited_for(directory: Path) -> None:
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=1e6) as client:
        session = open_game(client)
        client.shutdown()
        daemon.kill()
        with pytest.raises(ConnectionLost, match="gone"):
            session.query()


def test_who_takes_a_session_meanwhile_keeps_it_and_the_rest_goes_on(directory: Path) -> None:
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=PATIENCE) as client:
        session, another = open_game(client), client.open("another", "go", GO5)
        search = session.search()
        daemon.kill()
        core = Scheduler(GamesReferee(), Config())
        core.handle(b"thief", m.Hello(m.PROTOCOL_VERSION, "client", "thief", 1), time.monotonic())
        core.handle(b"thief", m.Open(1, "game", "go", GO5), time.monotonic())
        daemon.restart(core)
        for wait in (lambda: search.result(PATIENCE), session.query):
            with pytest.raises(SessionLost, match="'game' could not be restored: session 'game' is open already"):
                wait()
        assert another.query().record == []
        core.handle(b"thief", m.Goodbye(), time.monotonic())
        assert open_game(client).query().record == [12]


def test_a_daemon_of_an_older_state_is_brought_to_where_the_game_is(directory: Path) -> None:
    with LocalDaemon(directory) as daemon, daemon.client(reconnect=PATIENCE) as client:
        session = open_game(client)
        session.search(Limits(visits=40)).result(PATIENCE)
        pondering = session.search()
        session.query()
        frames = [bytes(frame) for frame in save(daemon.core)]
        session.stop()
        pondering.result(PATIENCE)
        session.play(7)
        session.configure(SearchSettings(cap=0.9))
        later = client.open("later", "go", GO5, [3])
        daemon.kill()
        core = Scheduler(GamesReferee(), daemon.core.config)
        load(core, frames)
        daemon.restart(core)
        assert session.query().record == [12, 7]
        assert later.query().record == [3]
        assert core.sessions.searches.running == []
        assert core.sessions.by_name["game"].settings == SearchSettings(cap=0.9)
        session.undo()
        assert session.query().visits >= 40


def test_without_a_way_back_the_loss_is_for_good(directory: Path) -> None:
    with LocalDaemon(directory) as daemon:
        client = daemon.client()
        session = open_game(client)
        daemon.cut()
        with pytest.raises(ConnectionLost, match="gone"):
            session.query()
        client.close()


def test_whoever_was_given_up_needs_no_way_back(directory: Path) -> None:
    with LocalDaemon(directory) as daemon, daemon.client() as client:
        session = open_game(client)
        session.play(7)
        given_up(daemon)
        assert session.query().record == [12, 7]
