"""The board's server without an engine: records are kept as ever, and what a search finds is said by the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import uvicorn

from protocol.client import Client
from protocol.errors import ConnectionLost
from tests.daemons import PATIENCE, ROOT
from zhugo.shared.tokens import Tokens
from zhugo.web import messages as m
from zhugo.web.open.library import FolderLibrary
from zhugo.web.open.service import Parts, Service
from zhugo.web.open.viewer import Viewer
from zhugo.web.server.app import app
from zhugo.web.server.run import bound
from zhugo.web.store.analyses import AnalysisStore
from zhugo.web.store.games import GameStore

TOKEN = "t"
_T = TypeVar("_T", bound=m.Message)


def nobody(_seconds: float | None) -> Client:
    """A daemon that is never there."""
    raise ConnectionLost("the engine is not there")


class Stage(Service):
    """``asked``: what pages asked for, in order. What has to do with the engine is noted, and nothing more."""

    server: uvicorn.Server

    def __init__(self, home: Path) -> None:
        library = FolderLibrary([ROOT / "games" / "records"])
        super().__init__(Parts(nobody, GameStore(home, print), AnalysisStore(home, print), library, "1"))
        self.asked: list[m.Asked] = []
        self.address = ""
        self._tells: dict[int, Callable[[m.Told], None]] = {}

    def enter(self, tell: Callable[[m.Told], None]) -> Viewer:
        viewer = super().enter(tell)
        self._tells[viewer.number] = tell
        return viewer

    def leave(self, viewer: Viewer) -> None:
        self._tells.pop(viewer.number, None)
        super().leave(viewer)

    def take(self, viewer: Viewer, asked: m.Asked) -> None:
        self.asked.append(asked)
        if not isinstance(asked, m.Analyze | m.Act | m.Review | m.Start):
            super().take(viewer, asked)

    def _review_told(self, message: m.Told) -> None:
        """How far a review is comes from the test alone: of a game that was opened a moment ago it is told late."""

    def tell(self, *messages: m.Told) -> None:
        """Say this to all pages."""
        for tell in list(self._tells.values()):
            for message in messages:
                tell(message)

    def heard(self, kind: type[_T]) -> _T:
        """The last message of this kind; it is waited for."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := [each for each in self.asked if isinstance(each, kind)]:
                return found[-1]
            time.sleep(0.01)
        raise AssertionError(f"no {kind.__name__} among {self.asked}")

    def wait_for(self, asked: m.Asked) -> None:
        """Until this is the last message of its kind."""
        deadline = time.monotonic() + PATIENCE
        while (last := self.heard(type(asked))) != asked:
            assert time.monotonic() < deadline, f"{last} instead of {asked}"
            time.sleep(0.01)

    def disconnect(self) -> None:
        """Break every connection; pages may come back."""
        for each in list(self.server.server_state.connections):
            each.transport.close()


@contextmanager
def staged(home: Path) -> Iterator[Stage]:
    """A stage that pages can be opened at: ``address`` names its token."""
    stage = Stage(home)
    listening = bound("127.0.0.1", 0)
    config = uvicorn.Config(
        app(stage, Tokens(TOKEN)), log_level="error", ws="websockets-sansio", ws_max_size=m.MAX_FRAME
    )
    stage.server = uvicorn.Server(config)
    stage.address = f"http://127.0.0.1:{listening.getsockname()[1]}/?token={TOKEN}"
    thread = threading.Thread(target=stage.server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        while not stage.server.started:
            time.sleep(0.01)
        yield stage
    finally:
        stage.server.should_exit = True
        thread.join(PATIENCE)
        stage.close()
        listening.close()
