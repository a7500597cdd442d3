"""The server of the board as a browser sees it: who may come in, and what happens when something goes wrong."""

from __future__ import annotations

import base64
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from protocol.choices import Devices
from tests.daemons import PATIENCE
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions
from zhugo.web import messages as m
from zhugo.web.server.run import Given, Place, bound, serving

TOKEN = "a token"
OPTIONS = DaemonOptions(device=str(Devices.parse("emulated")), latency_ms=2.0, batch=4)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``http://host:port`` of a server with a daemon that makes evaluations up."""
    given = Given(home=tmp_path_factory.mktemp("home"))
    with serving(OPTIONS, given, Place("127.0.0.1", 0, TOKEN)) as (addresses, _wait):
        yield addresses[0].partition("/?")[0]


class Page:
    """A page without a browser. ``told``: every message so far."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.told: list[dict[str, Any]] = []
        self.ask("hello", name="Ann")

    def ask(self, kind: str, **fields: Any) -> None:
        self.connection.send(json.dumps({"type": kind, **fields}))

    def wait(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next message of this kind that has these fields."""
        while True:
            message = json.loads(self.connection.recv(timeout=PATIENCE))
            self.told.append(message)
            if message["type"] == kind and all(message[name] == value for name, value in fields.items()):
                return dict(message)

    def searched(self, node: int, visits: int) -> dict[str, Any]:
        """An analysis of a node with so many visits at least."""
        while True:
            found = self.wait("analysis", node=node)
            if found["visits"] >= visits:
                return found


@contextmanager
def opened(address: str, **headers: str) -> Iterator[Page]:
    """A page, connected."""
    with connect(socket_of(address), additional_headers=headers) as connection:
        yield Page(connection)


def socket_of(address: str, token: str = "a%20token") -> str:
    """Where a page connects."""
    return f"{address.replace('http', 'ws')}/socket?token={token}"


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Redirections are looked at, not followed."""


def get(address: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and what is there."""
    try:
        answer = build_opener(_Stays).open(Request(address + path, headers=headers), timeout=PATIENCE)
    except HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()
    with answer:
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/page/main.js", "/export/x.sgf", "/why?game=x"])
def test_nobody_gets_anything_without_the_token(address: str, path: str) -> None:
    status, headers, body = get(address, path)
    assert status == 403
    assert b"token" in body
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_token_goes_into_a_cookie_that_only_this_page_can_use(address: str) -> None:
    status, headers, _ = get(address, "/?token=a%20token&game=17")
    assert (status, headers["location"]) == (303, "/?game=17")
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=strict" in headers["set-cookie"]
    cookie = headers["set-cookie"].partition(";")[0]
    assert get(address, "/export/none.sgf", Cookie=cookie)[0] == 404
    assert get(address, "/export/none.sgf", Cookie=cookie + "x")[0] == 403


@pytest.mark.parametrize(
    "path", ["/page/../messages.py", "/page/%2e%2e/messages.py", "/page/..%2fmessages.py", "/page/no.js", "/etc/passwd"]
)
def test_only_the_parts_of_the_page_are_served(address: str, path: str) -> None:
    assert get(address, path + "?token=a%20token")[0] == 404


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_pages_from_elsewhere_cannot_connect(address: str, origin: str) -> None:
    with pytest.raises(InvalidStatus), opened(address, Origin=origin):
        pass


def test_nobody_connects_without_the_token(address: str) -> None:
    with pytest.raises(InvalidStatus), connect(socket_of(address, "wrong")):
        pass


def test_our_own_page_can(address: str) -> None:
    with opened(address, Origin=address) as page:
        assert page.wait("welcome")["levels"][0] == "20k"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("{", "no message: "),
        ('{"type":"fly"}', "no message: Invalid value 'fly'"),
        ('{"type":"go","node":-1}', "no message: Expected `int` >= 0"),
        ('{"type":"go","node":1,"more":1}', "no message: Object contains unknown field `more`"),
        ('{"type":"play_move","node":0,"point":' + "9" * 400 + "}", "no message: "),
        ("[" * 100_000, "no message: "),
        (b"\x00\x01", "a message is text"),
    ],
    ids=["cut off", "unknown", "negative", "too much", "huge number", "deep", "bytes"],
)
def test_a_bad_message_is_answered_with_a_line(address: str, frame: str | bytes, reason: str) -> None:
    with opened(address) as page:
        page.connection.send(frame)
        assert page.wait("failed")["reason"].startswith(reason)
        page.ask("new_game")
        page.wait("game")


def test_a_message_that_is_too_large_ends_the_connection_and_nothing_else(address: str) -> None:
    with opened(address) as page:
        page.wait("welcome")
        page.connection.send("x" * (m.MAX_FRAME + 1))
        with pytest.raises(ConnectionClosed):
            page.wait("never")
    with opened(address) as page:
        page.wait("welcome")


def test_an_analysis_goes_where_one_looks(address: str) -> None:
    with opened(address) as page:
        page.ask("new_game", width=9, height=9)
        page.ask("analyze", on=True)
        found = page.searched(0, 20)
        assert len(found["ownership"]) == 81
        assert found["candidates"][0]["loss"] == 0
        assert found["loss"] is None
        page.ask("play_move", node=0, point=40)
        assert page.searched(1, 20)["loss"] is not None
        page.ask("analyze", on=True, visits=1)
        assert page.wait("analysis", running=False)["node"] == 1


def test_whose_each_point_is_is_found_out_while_somebody_looks_at_it(address: str) -> None:
    with opened(address) as ann, opened(address) as ben:
        ann.ask("new_game", width=9, height=9)
        game = ann.wait("game")["game"]
        ann.ask("analyze", on=True, ownership=False)
        assert ann.searched(0, 20)["ownership"] == []
        ben.ask("join", game=game)
        ben.ask("analyze", on=True, ownership=True)
        seen = ben.searched(0, 20)
        while not seen["ownership"]:
            seen = ben.searched(0, 20)
        assert len(seen["ownership"]) == 81
        ben.ask("play_move", node=0, point=40)
        while ann.searched(0, 20)["ownership"]:
            pass
        assert len(ben.searched(1, 20)["ownership"]) == 81
        ann.ask("play_move", node=0, point=40)
        while not ann.searched(1, 20)["ownership"]:
            pass


def test_who_comes_to_a_search_that_has_ended_hears_of_it_and_keeps_what_is_wanted(address: str) -> None:
    with opened(address) as ann, opened(address) as ben:
        ann.ask("new_game", width=9, height=9)
        game = ann.wait("game")["game"]
        ann.ask("analyze", on=True, visits=30, ownership=False)
        ann.wait("analysis", running=False)
        ben.ask("join", game=game)
        ben.ask("analyze", on=True, visits=30, ownership=False)
        assert ben.wait("analysis", running=False)["visits"] >= 30
        ben.ask("analyze", on=True, only=[3], ownership=False)
        ben.searched(0, 31)
        ben.ask("play_move", node=0, point=40)
        assert ben.searched(1, 20)["ownership"] == []


def test_only_some_moves_are_searched(address: str) -> None:
    with opened(address) as page:
        page.ask("new_game", width=9, height=9)
        page.ask("analyze", on=True, only=[0, 1, 2], avoid=[1])
        assert {each["move"] for each in page.searched(0, 30)["candidates"]} <= {0, 2}


def test_two_pages_at_one_node_share_a_search(address: str) -> None:
    with opened(address) as ann, opened(address) as ben:
        ann.ask("new_game", width=9, height=9)
        game = ann.wait("game")["game"]
        ann.ask("analyze", on=True)
        ben.ask("join", game=game)
        ben.ask("analyze", on=True)
        seen = ben.searched(0, 40)["visits"]
        assert ann.searched(0, seen)["visits"] >= seen


def test_when_the_daemon_dies_the_page_is_told_and_the_search_goes_on(address: str) -> None:
    with opened(address) as page:
        page.ask("new_game", width=9, height=9)
        page.ask("play_move", node=0, point=40)
        page.ask("analyze", on=True)
        page.searched(1, 10)
        for child in psutil.Process(os.getpid()).children():
            if "daemon.tree_master" in child.cmdline():
                child.send_signal(signal.SIGKILL)
        page.wait("engine_state", there=False)
        page.ask("play_move", node=1, point=41)
        page.wait("engine_state", there=True)
        assert page.searched(2, 10)["visits"] >= 10


def test_a_game_is_taken_away_as_sgf(address: str) -> None:
    with opened(address) as page:
        page.ask("new_game", width=9, height=9, komi=6.5)
        game = page.wait("game")["game"]
        page.ask("play_move", node=0, point=40)
        page.wait("game_changed")
    status, headers, body = get(address, f"/export/{game}.sgf?token=a%20token")
    assert (status, headers["content-type"]) == (200, "application/x-go-sgf")
    assert "attachment" in headers["content-disposition"]
    assert b";B[ee]" in body
    assert b"KM[6.5]" in body
    assert get(address, f"/export/{game}.exe?token=a%20token")[0] == 404


def test_the_search_is_shown_decision_by_decision(address: str) -> None:
    with opened(address) as page:
        page.ask("new_game", width=9, height=9)
        game = page.wait("game")["game"]
        page.ask("analyze", on=True)
        page.searched(0, 20)
    status, headers, _ = get(address, f"/why?game={game}&token=a%20token")
    assert status == 303
    path, _, place = headers["location"].partition("#")
    assert place.startswith("session=")
    status, headers, body = get(address, f"{path}?token=a%20token")
    assert (status, b"<canvas" in body) == (200, True)
    assert headers["content-security-policy"].startswith("sandbox allow-scripts")
    assert get(address, "/why/999?token=a%20token")[0] == 404


def test_a_game_against_the_engine_is_played_and_goes_on_after_a_reload(address: str) -> None:
    with opened(address) as page:
        page.ask("new_game", width=5, height=5, opponent={"human": 1, "visits": 2})
        game = page.wait("game")["game"]
        assert page.wait("play")["state"] == "person"
        page.ask("play_move", node=0, point=12)
        there = page.wait("play", state="person", turn=1)
        assert there["node"] == 2
        assert page.wait("at", node=2)["game"] == game
    with opened(address) as page:
        page.ask("join", game=game)
        assert page.wait("play")["node"] == 2
        page.ask("act", what="undo")
        assert page.wait("play", undos=1)["node"] == 0
        page.ask("act", what="resign")
        assert page.wait("play", state="over")["result"] == "W+R"
    assert b"RE[W+R]" in get(address, f"/export/{game}.sgf?token=a%20token")[2]


def test_a_game_is_reviewed_whole(address: str) -> None:
    record = "(;SZ[7]KM[9]RU[Chinese];B[dd];W[ee];B[ed];W[de];B[fe];W[ff];B[cc];W[ce])"
    with opened(address) as page:
        page.ask("load", name="a.sgf", data=base64.b64encode(record.encode()).decode())
        game = page.wait("game")["game"]
        page.ask("review", visits=4)
        assert page.wait("review_state", running=False, done=9)["of"] == 9
        assert page.wait("summary")["black"]["moves"] == 4
    with opened(address) as page:
        page.ask("join", game=game)
        assert len(page.wait("reviewed")["positions"]) == 9


def test_a_port_that_is_taken_is_told() -> None:
    taken = bound("127.0.0.1", 0)
    with pytest.raises(UserError, match="cannot serve at"):
        bound("127.0.0.1", taken.getsockname()[1])
    taken.close()
