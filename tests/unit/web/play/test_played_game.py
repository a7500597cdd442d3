"""A game that goes on by itself, on a whole daemon in this process with an emulated device."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.process.referee import GamesReferee
from games.go.game import Go
from games.go.position import Position
from protocol.client import Client
from protocol.errors import ConnectionLost
from protocol.messages import SessionStatus
from tests.clients.test_gtp_human import HUMAN, file_of
from tests.daemons import PATIENCE, LocalDaemon, eventually
from tests.unit.go.drawn import Drawn
from tests.unit.web.play.driven import PASS, SPEC
from zhugo.shared.local_net import LocalNet
from zhugo.web import messages
from zhugo.web.play import EngineAccess, PlayedGame, Refused, Standing, engine_player, levels
from zhugo.web.play.standing import AWAY

ENDLESS = 10_000_000
"""Visits of a search that does not end by itself."""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDaemon]:
    with LocalDaemon(tmp_path_factory.mktemp("daemon")) as running:
        yield running


class Heard:
    """What a game tells, and the game."""

    def __init__(self, connect: Callable[[], Client], saved: Any = None, **how: Any) -> None:
        self.all: queue.SimpleQueue[Standing] = queue.SimpleQueue()
        self.clients: list[Client] = []

        def connected() -> Client:
            self.clients.append(connect())
            return self.clients[-1]

        access = EngineAccess(connected, human_net=how.pop("human_net", None))
        if saved is not None:
            self.game = PlayedGame.bring_back(saved, access, self.all.put)
            return
        spec, before, turn = how.pop("spec", SPEC), how.pop("before", []), how.pop("turn", None)
        self.game = PlayedGame.begin(spec, before, messages.Opponent(**how), access, self.all.put, turn)

    def until(self, *stages: str, such: Callable[[Standing], Any] = lambda _standing: True) -> Standing:
        """What it tells first that is so."""
        while True:
            standing = self.all.get(timeout=PATIENCE)
            if standing.stage in stages and such(standing):
                return standing

    def __enter__(self) -> Heard:
        return self

    def __exit__(self, *_: object) -> None:
        self.game.close()
        for client in self.clients:
            client.close()


def points(standing: Standing) -> list[int]:
    return [move.point for move in standing.moves]


def test_a_whole_game_to_an_agreed_count(daemon: LocalDaemon) -> None:
    with Heard(daemon.client, visits=4) as heard:
        standing = heard.game.standing()
        for _ in range(4):
            position = Position(Go.from_spec(SPEC), points(standing))
            heard.game.play(int(position.legal()[:25].argmax()))
            standing = heard.until("person")
        assert [move.color for move in standing.moves] == [1, -1] * 4
        heard.game.play(PASS)
        if heard.until("person", "counting").stage == "person":
            heard.game.act(messages.Act("count"))
        counting = heard.until("counting", such=lambda one: one.count is not None)
        assert counting.count is not None
        assert counting.count.black + counting.count.white <= 25 + 7.5
        heard.game.act(messages.Act("agree"))
        assert heard.until("over").result == counting.count.result


def test_it_begins_when_the_engine_is_to_move_and_there_is_a_handicap(daemon: LocalDaemon) -> None:
    spec = {**SPEC, "black": [6, 18], "to_play": "white"}
    with Heard(daemon.client, spec=spec, human=1, visits=4) as heard:
        standing = heard.until("person")
        assert [move.color for move in standing.moves] == [-1]


def test_it_goes_on_from_a_record_that_is_odd(daemon: LocalDaemon) -> None:
    """Black moves twice, and the ko is taken back at once, which these rules do not allow."""
    ko = Drawn(". X O . .\nX . X O .\n. X O . .\n. . . . .\n. . . . .", to_play="white")
    with Heard(daemon.client, spec=ko.spec, before=[(-1, 6), (1, 7), (-1, 6), (1, 24), (1, 23)], visits=4) as heard:
        standing = heard.until("person")
        assert [move.color for move in standing.moves] == [-1]
        free = next(point for point in range(15, 25) if point not in (23, 24, standing.moves[0].point))
        heard.game.play(free)
        assert len(heard.until("person", such=lambda one: len(one.moves) == 3).moves) == 3
        heard.game.act(messages.Act("undo"))
        assert len(heard.until("person").moves) == 1


def test_rules_that_the_net_does_not_know_count_at_the_end_all_the_same(daemon: LocalDaemon) -> None:
    board = Drawn(". X O .\nX X O O\n. X O .", rules="japanese", komi=0.5)
    with Heard(daemon.client, spec=board.spec, visits=4) as heard:
        heard.game.act(messages.Act("count"))
        count = heard.until("counting", such=lambda one: one.count).count
        assert count is not None
        assert (count.dead, count.black, count.white, count.result) == ([], 2, 2.5, "W+0.5")


def test_undo_while_it_thinks(daemon: LocalDaemon) -> None:
    with Heard(daemon.client, visits=ENDLESS) as heard:
        heard.game.play(12)
        heard.until("engine")
        client = daemon.client()
        eventually(lambda: any(one.searching for one in client.status().sessions), "it thinks")
        heard.game.act(messages.Act("undo"))
        assert points(heard.until("person")) == []
        eventually(lambda: not any(one.searching for one in client.status().sessions), "it stops")
        client.close()
        heard.game.play(7)
        heard.until("engine")
        heard.game.act(messages.Act("resign"))
        assert heard.until("over").result == "W+R"


def test_the_tree_is_kept_from_move_to_move_and_when_moves_are_taken_back(daemon: LocalDaemon) -> None:
    with Heard(daemon.client, visits=40) as heard, daemon.client() as client:

        def session() -> SessionStatus:
            [ours] = [one for one in client.status().sessions if one.session.startswith("play ")]
            return ours

        eventually(lambda: not client.status().sessions, "games before are gone")
        heard.game.play(3)  # on one half of the board: no moves come to the same
        first = heard.until("person")
        known = session()
        heard.game.act(messages.Act("undo"))
        heard.game.play(3)
        again = heard.until("person", such=lambda one: len(one.moves) == 2)
        assert points(again) == points(first)
        assert session().nodes == known.nodes, "nothing had to be searched again"


def test_a_hint_has_lines(daemon: LocalDaemon) -> None:
    with Heard(daemon.client, visits=4, level="15k") as heard:
        heard.game.act(messages.Act("hint"))
        hint = heard.until("person", such=lambda one: one.hint).hint
        assert hint[0].pv[0] == hint[0].move
        assert hint[0].loss == 0.0
        assert sum(candidate.visits for candidate in hint) > 40, "of the engine's best, whatever its level"


def test_a_mistake_is_warned_of_and_taken_back(daemon: LocalDaemon) -> None:
    """The emulated net thinks of every position as its hash has it: some moves are mistakes."""
    with Heard(daemon.client, visits=4, teaching=0.2) as heard:
        standing, point = heard.game.standing(), 0
        while standing.stage != "warned":
            heard.game.play(point)
            standing = heard.until("person", "warned")
            point += 1
            if standing.stage == "person":
                heard.game.act(messages.Act("undo"))
                heard.until("person", such=lambda one: not one.moves)
        assert standing.loss >= 0.2
        assert all(line and line[0] != point - 1 for line in standing.better)
        assert standing.better
        heard.game.act(messages.Act("undo"))
        assert points(heard.until("person")) == []
        heard.game.play(point - 1)
        assert heard.until("warned").loss == pytest.approx(standing.loss, abs=1.0), "it is known already"
        heard.game.act(messages.Act("keep"))
        assert len(heard.until("person").moves) == 2


def test_the_engine_keeps_to_its_clock(daemon: LocalDaemon) -> None:
    with Heard(daemon.client, clock=messages.Clock("byoyomi", main=0, period=1.0, periods=30)) as heard:
        heard.game.play(12)
        standing = heard.until("person", "over")
        assert standing.result == ""
        assert standing.clocks is not None
        assert standing.moves[-1].left is not None
        assert standing.moves[-1].left.overtime


def test_a_clock_falls_by_itself(daemon: LocalDaemon) -> None:
    with Heard(daemon.client, clock=messages.Clock("absolute", main=0.2)) as heard:
        assert heard.until("over").result == "W+T"
        with pytest.raises(Refused, match="the game is over"):
            heard.game.play(12)


def test_a_level_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="a level is a rank"):
        Heard(lambda: pytest.fail("nobody asks"), level="30k")


def test_a_level_that_needs_a_net_which_imitates_people(daemon: LocalDaemon) -> None:
    with Heard(daemon.client, level="9d", human=-1) as heard:
        assert heard.until("engine", such=lambda one: one.said).said == "a level is a rank from 20k to 4d, not 9d"


def test_with_such_a_net_it_plays_as_people_of_that_rank_do(daemon: LocalDaemon, tmp_path: Path) -> None:
    net = LocalNet(file_of(HUMAN, tmp_path))
    with Heard(daemon.client, level="9d", human=-1, human_net=net) as heard:
        assert len(heard.until("person").moves) == 1
        with pytest.raises(ValueError, match="a level is a rank from 20k to 9d"):
            Heard(daemon.client, level="10d")


def test_an_engine_that_breaks_can_be_asked_again(
    daemon: LocalDaemon, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("by nought")

    with Heard(daemon.client, visits=4) as heard, monkeypatch.context() as patched:
        patched.setattr(engine_player, "choose_move", breaks)
        heard.game.play(12)
        assert heard.until("engine", such=lambda one: one.said).said == "by nought"
        assert "ZeroDivisionError" in capsys.readouterr().err
        patched.undo()
        heard.game.act(messages.Act("go_on"))
        assert len(heard.until("person").moves) == 2


def test_the_ranks_that_there_are() -> None:
    assert levels(human=False)[0] == levels(human=True)[0] == "20k"
    assert (levels(human=False)[-1], levels(human=True)[-1]) == ("4d", "9d")
    assert levels(human=False)[19:21] == ["1k", "1d"]


def test_it_goes_on_where_another_process_left_it(daemon: LocalDaemon) -> None:
    with Heard(daemon.client, visits=4) as heard:
        heard.game.play(12)
        before = heard.until("person")
        saved = heard.game.saved()
    with Heard(daemon.client, saved) as again:
        assert again.game.standing() == before
        again.game.play(next(point for point in range(25) if point not in points(before)))
        assert points(again.until("person"))[:2] == points(before)
    with Heard(daemon.client, visits=ENDLESS) as heard:
        heard.game.play(12)
        saved = heard.game.saved()
    saved["opponent"]["visits"] = 4
    with Heard(daemon.client, saved) as again:
        assert len(again.until("person").moves) == 2, "the engine's move, which had not come"


def test_a_closed_game_leaves_nothing_behind(daemon: LocalDaemon) -> None:
    client = daemon.client()
    heard = Heard(lambda: client, visits=ENDLESS)
    heard.game.play(12)
    eventually(lambda: bool(daemon.core.sessions.by_name), "it thinks")
    heard.game.close()
    heard.game.act(messages.Act("undo"))
    threads = ("play-engine", "play-clock")
    eventually(lambda: not any(thread.name in threads for thread in threading.enumerate()), "its threads end")
    assert not daemon.core.sessions.by_name, "its session is closed"
    assert client.status(), "and not the client, which is not its own"
    client.close()


def test_the_daemon_dies_and_comes_back(tmp_path: Path) -> None:
    with LocalDaemon(tmp_path) as daemon:
        dead = threading.Event()

        def connect() -> Client:
            if dead.is_set():
                raise ConnectionLost("nobody is there")
            return daemon.client()

        with Heard(connect, visits=ENDLESS) as heard:
            heard.game.play(12)
            eventually(lambda: bool(daemon.core.sessions.by_name), "it thinks")
            dead.set()
            daemon.kill()
            assert heard.until("engine", such=lambda one: one.said).said == AWAY
            daemon.restart(Scheduler(GamesReferee(), Config()))
            dead.clear()
            assert heard.until("engine").said == ""
            eventually(lambda: bool(daemon.core.sessions.by_name), "it thinks again")
            heard.game.act(messages.Act("undo"))
            assert points(heard.until("person")) == []


def test_it_waits_for_a_client_that_waits_for_its_daemon(tmp_path: Path) -> None:
    clock = messages.Clock("byoyomi", main=0, period=0.2, periods=20)
    with LocalDaemon(tmp_path) as daemon:
        client = daemon.client(reconnect=PATIENCE)
        with Heard(lambda: client, human=-1, clock=clock) as heard:
            begun = points(heard.until("person"))
            heard.game.act(messages.Act("pause"))
            daemon.kill()
            eventually(lambda: client.is_away, "it is missed")
            heard.game.play(next(point for point in range(25) if point not in begun))
            assert heard.until("engine", such=lambda one: one.said).said == AWAY
            assert heard.game.standing().running is None
            daemon.restart(daemon.core)
            standing = heard.until("person", "over")
            assert (len(standing.moves), standing.result) == (3, "")


def test_what_is_told_may_ask_the_game(daemon: LocalDaemon) -> None:
    """From the thread that tells, while others act: nobody waits for another."""
    lock, seen = threading.RLock(), []
    games: list[PlayedGame] = []

    def told(standing: Standing) -> None:
        with lock:
            games[0].saved()
            seen.append(points(games[0].standing()) or standing.stage)

    with lock:
        games.append(PlayedGame.begin(SPEC, [], messages.Opponent(visits=4), EngineAccess(daemon.client), told))
        games[0].play(12)
    eventually(lambda: games[0].standing().stage == "person", "the engine moves")
    with lock:
        games[0].act(messages.Act("undo"))
    eventually(lambda: "person" in seen, "all is told")
    games[0].close()
