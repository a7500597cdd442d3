"""A query that is under way, and where its answers go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from zhugo.bridges.analysis.answers import Answer

Send = Callable[[Answer], None]
"""Takes an answer for one client, from any thread, and does not wait for it to be read."""


class Request:
    """Answers go to ``send``; while that is None, the client being away, the last ones of its ``turns`` are kept."""

    def __init__(self, query: Mapping[str, Any], send: Send, turns: Iterable[int]) -> None:
        self.query = query
        self.send: Send | None = send
        self._owed = set(turns)
        self._kept: list[Answer] = []
        self._lock = threading.Lock()

    def answer(self, answer: Answer) -> None:
        """Say it, or keep it if the client must not miss it."""
        with self._lock:
            if self.send is None:
                if answer.get("isDuringSearch") is not True:
                    self._kept.append(answer)
                return
            if answer.get("isDuringSearch") is False:
                self._owed.discard(answer["turnNumber"])
            self.send(answer)

    def leave(self) -> None:
        """The client is away."""
        with self._lock:
            self.send = None

    def resume(self, send: Send) -> set[int]:
        """From now on answers go to ``send``, and those that were kept; of these turns it gets, or got, the last."""
        with self._lock:
            self.send = send
            promised = set(self._owed)
            for answer in self._kept:
                self._owed.discard(answer.get("turnNumber", -1))
                send(answer)
            self._kept.clear()
            return promised
