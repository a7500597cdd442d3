"""The board for holders of keys, over https: who may look, who may change, and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from protocol.keys import KeyFolder, read_credentials
from protocol.principals import Quota
from tests.certificate import certificate, trusting
from tests.clients.web.test_server import OPTIONS, Page
from tests.daemons import PATIENCE
from zhugo.shared.encryption import Certificate
from zhugo.web.server.run import Given, Place, serving

LOOKS_ON = "this key lets you look on, and not change games or search"
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("new_game", {}),
    ("play_move", {"node": 1, "point": 3}),
    ("edit", {"node": 1, "what": "delete"}),
    ("remove", {"game": "any"}),
    ("analyze", {"on": True}),
    ("review", {}),
    ("start", {"opponent": {"human": 1}}),
    ("load", {"name": "a.sgf", "data": ""}),
]


class Club:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = KeyFolder(path / "keys", make=True)
        for name, role in (("ann", "client"), ("ben", "observer"), ("box", "searcher")):
            self.folder.create(name, role, Quota(), path / f"{name}.key")  # type: ignore[arg-type]
        self.certificate = Certificate(*certificate(path))
        self.trusting = trusting(self.certificate.certificate)
        self.address = ""

    def token(self, name: str) -> str:
        return read_credentials(self.path / f"{name}.key").token

    @contextmanager
    def page(self, token: str) -> Iterator[Page]:
        address = f"{self.address.replace('https', 'wss')}/socket?token={token}"
        with connect(address, ssl=self.trusting, open_timeout=PATIENCE) as connection:
            yield Page(connection)


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Club]:
    made = Club(tmp_path_factory.mktemp("club"))
    place = Place("127.0.0.1", 0, None, made.folder.path, made.certificate)
    with serving(OPTIONS, Given(home=made.path / "home"), place) as (addresses, _wait):
        made.address = addresses[0].rstrip("/")
        assert made.address.startswith("https://127.0.0.1:")
        assert "token" not in made.address
        yield made


def test_an_observer_looks_on_and_changes_nothing(club: Club) -> None:
    with club.page(club.token("ann")) as ann, club.page(club.token("ben")) as ben:
        ann.ask("new_game", width=5, height=5)
        game = ann.wait("game")["game"]
        ben.ask("join", game=game)
        ben.wait("at")
        ann.ask("play_move", node=0, point=12)
        assert ben.wait("game_changed")["nodes"]
        for kind, fields in CHANGES:
            ben.ask(kind, **fields)
            failed = ben.wait("failed")
            assert (failed["about"], failed["reason"]) == (kind, LOOKS_ON)
        ben.ask("go", node=0)
        assert ben.wait("at")["node"] == 0


def test_nobody_else_gets_in(club: Club) -> None:
    for token in ("", "wrong", club.token("box")):
        with pytest.raises(InvalidStatus), club.page(token):
            pass


def test_a_key_that_ends_takes_its_pages_with_it(club: Club) -> None:
    old = club.token("ann")
    with club.page(old) as ann, club.page(club.token("ben")) as ben:
        ben.wait("welcome")
        club.folder.rotate("ann", club.path / "ann.key")
        with pytest.raises(ConnectionClosed):
            ann.wait("never")
        with pytest.raises(InvalidStatus), club.page(old):
            pass
        with club.page(club.token("ann")) as again:
            again.wait("welcome")
        ben.ask("browse")
        assert ben.wait("library")["entries"] == []
