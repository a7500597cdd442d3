"""A session for which the daemon has no room yet: whoever opens it waits, knows its place, and may give it up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.core.bounds import Bounds
from daemon.core.config import Config
from games.go import sgf
from protocol.client import Client, Opening, Session
from protocol.errors import ConnectionLost, RefusedError
from protocol.messages import Limits
from tests.daemons import PATIENCE, LocalDaemon, eventually
from zhugo.review.positions import Work, search_games
from zhugo.web.open.live_searches import Found, LiveSearches, Target
from zhugo.web.open.views import searched

SPEC = {"size": 5}
RECORD = b"(;SZ[5];B[cc];W[bb];B[dd];W[dc])"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LocalDaemon]:
    """With place for two sessions, of which none is closed to make room."""
    with LocalDaemon(tmp_path, config=Config(bounds=Bounds(sessions=2, keep=1e6))) as made:
        yield made


@pytest.fixture
def client(daemon: LocalDaemon) -> Iterator[Client]:
    with daemon.client(reconnect=PATIENCE) as made:
        yield made


@pytest.fixture
def taken(client: Client) -> list[Session]:
    """Both places are."""
    return [client.open(name, "go", SPEC) for name in ("one", "two")]


def waiting(daemon: LocalDaemon) -> int:
    return daemon.core.sessions.admission.requests


def came(opening: Opening) -> Session:
    found: list[Session] = []

    def is_there() -> bool:
        if (session := opening.poll(0.05)) is not None:
            found.append(session)
        return bool(found)

    eventually(is_there, "it is there")
    return found[0]


def test_it_waits_and_hears_of_its_place(daemon: LocalDaemon, client: Client, taken: list[Session]) -> None:
    places: list[int] = []

    def queued(place: int) -> None:
        places.append(place)
        if place == 2:
            taken[0].close()
        else:
            taken[1].close()

    before = client.begin_open("before", "go", SPEC)
    assert client.open("b", "go", SPEC, queued=queued).query().visits == 0
    assert places in ([2], [2, 1])
    assert came(before).name == "before"
    assert waiting(daemon) == 0


def test_it_may_take_longer_than_an_answer(daemon: LocalDaemon, taken: list[Session]) -> None:
    with Client(daemon.connect(), answer_timeout=0.2) as hasty:
        opening = hasty.begin_open("b", "go", SPEC)
        eventually(lambda: waiting(daemon) == 1, "it waits")
        threading.Timer(0.7, taken[0].close).start()
        assert opening.result().name == "b"


def test_who_gives_it_up_is_not_waited_for(daemon: LocalDaemon, client: Client, taken: list[Session]) -> None:
    opening = client.begin_open("b", "go", SPEC)
    eventually(lambda: waiting(daemon) == 1, "it waits")
    threading.Timer(0.2, opening.cancel).start()
    with pytest.raises(RefusedError, match="nobody waits for this session any more"):
        opening.result()
    eventually(lambda: waiting(daemon) == 0, "it does not")

    def interrupted(_place: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.open("b", "go", SPEC, queued=interrupted)
    eventually(lambda: waiting(daemon) == 0, "an interrupt ends it")
    taken[0].close()
    assert client.open("b", "go", SPEC).name == "b", "its name is free"


def test_it_ends_with_the_connection(daemon: LocalDaemon, taken: list[Session]) -> None:
    other = daemon.client()
    opening = other.begin_open("b", "go", SPEC)
    eventually(lambda: waiting(daemon) == 1, "it waits")
    other.close()
    with pytest.raises(ConnectionLost):
        opening.result()
    eventually(lambda: waiting(daemon) == 0, "it does not")
    assert len(taken) == 2


def test_it_waits_where_it_waited_behind_a_cut(daemon: LocalDaemon, taken: list[Session]) -> None:
    with daemon.client(reconnect=PATIENCE) as other:
        opening = other.begin_open("b", "go", SPEC)
        eventually(lambda: waiting(daemon) == 1, "it waits")
        daemon.cut()
        assert other.status().sessions != []
        assert waiting(daemon) == 1
        taken[0].close()
        assert came(opening).query().visits == 0


def test_a_refusal_comes_at_once(client: Client) -> None:
    with pytest.raises(RefusedError, match="no such game"):
        client.open("b", "no such game", SPEC)


def test_what_is_opened_again_behind_a_restart_waits_too(daemon: LocalDaemon) -> None:
    """A daemon that knows nothing any more, and has less room: who comes back is not lost for that."""
    from daemon.core.scheduler import Scheduler
    from daemon.process.referee import GamesReferee

    with daemon.client(reconnect=PATIENCE) as one, daemon.client(reconnect=PATIENCE) as two:
        sessions = [client.open(name, "go", SPEC) for client, name in ((one, "one"), (two, "two"))]
        daemon.kill()
        daemon.restart(Scheduler(GamesReferee(), Config(bounds=Bounds(sessions=1, keep=1e6))))
        eventually(lambda: waiting(daemon) == 1, "one of them waits")
        (there,) = daemon.core.sessions.by_name
        first, second = sessions if there == "one" else sessions[::-1]
        first.close()
        assert second.query().record == []


def test_a_review_finishes_what_it_has_to_make_room_for_the_rest(client: Client) -> None:
    client.open("one", "go", SPEC)
    work = Work(sgf.parse(RECORD), Limits(visits=5))
    search_games(client, [work], lambda _: None)
    assert work.failure is None
    assert work.is_ready


def test_a_page_says_that_it_waits(daemon: LocalDaemon, taken: list[Session]) -> None:
    told: list[Found] = []
    place = searched(sgf.parse(RECORD).segments[0])
    with daemon.client() as other:
        live = LiveSearches(lambda: other, told.append)
        live.want(1, Target("game", 0, visits=10), place)
        eventually(lambda: bool(told), "the page is told")
        assert told[0].failure == (
            "the daemon has no room for another game yet; this one is the next of those that wait"
        )
        live.want(1, Target("game", 1, visits=10), place)
        taken[0].close()
        eventually(lambda: told[-1].report is not None and not told[-1].running, "it is searched")
        assert (told[-1].target.node, waiting(daemon)) == (1, 0)
        live.want(2, Target("another", 0, visits=10), place)
        eventually(lambda: waiting(daemon) == 1, "it waits")
        live.close()
        eventually(lambda: waiting(daemon) == 0, "a page that is closed does not wait")
