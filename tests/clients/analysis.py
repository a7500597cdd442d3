"""A client of the analysis protocol to test with, in the process of the engine, over a daemon in threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.daemons import PATIENCE, LocalDaemon, eventually
from zhugo.bridges.analysis.absent import Absent
from zhugo.bridges.analysis.conversation import Conversation
from zhugo.bridges.analysis.engine import Engine
from zhugo.bridges.analysis.settings import Settings

SMALL = {"rules": "chinese", "boardXSize": 5, "boardYSize": 5, "moves": [], "maxVisits": 8}
"""A query that is answered soon, but for its id."""
ENDLESS = {**SMALL, "maxVisits": 10_000_000}


class Talk:
    """One client's side: what it sends, and the answers in the order in which they came."""

    def __init__(self, engine: Engine, settings: Settings | None = None, absent: Absent | None = None) -> None:
        self.engine = engine
        self.answers: list[dict[str, Any]] = []
        self._came = threading.Condition()
        self.conversation = Conversation(engine, settings or Settings(), self._take, absent)

    def send(self, **query: Any) -> None:
        self.conversation.take(json.dumps(query).encode())

    def line(self, line: bytes) -> None:
        self.conversation.take(line)

    def wait(self, that: Callable[[dict[str, Any]], Any] = bool, **expected: Any) -> dict[str, Any]:
        """The first answer, from the beginning, with these fields, and of which ``that`` holds."""

        def fits(answer: dict[str, Any]) -> bool:
            return all(answer.get(name) == value for name, value in expected.items()) and bool(that(answer))

        with self._came:
            assert self._came.wait_for(lambda: any(map(fits, self.answers)), PATIENCE), f"no {expected}"
            return next(filter(fits, self.answers))

    def ask(self, **query: Any) -> dict[str, Any]:
        """Send a query of one turn and wait for its last answer."""
        self.send(**query)
        return self.wait(id=query["id"], isDuringSearch=False)

    def finals(self, query_id: str) -> list[int]:
        """The turns of a query that had their last answer."""
        return [a["turnNumber"] for a in self.answers if a.get("id") == query_id and a.get("isDuringSearch") is False]

    def _take(self, answer: dict[str, Any]) -> None:
        with self._came:
            self.answers.append(json.loads(json.dumps(answer)))
            self._came.notify_all()


@contextmanager
def engine(directory: Path, at_once: int | None = 4, **daemon: Any) -> Iterator[Engine]:
    """An engine over a daemon of its own; at the end no session may be left."""
    with LocalDaemon(directory, **daemon) as local, local.client() as client:
        made = Engine(client, at_once)
        yield made
        made.terminate(lambda _task: True)
        made.drain()
        eventually(lambda: client.status().sessions == [], "sessions are closed")
        client.check()
