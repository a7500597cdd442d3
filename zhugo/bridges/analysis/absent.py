"""Clients that were cut off: their queries go on for a while, since they send them again when they are back.

A client that is back sends its unanswered queries once more, each with its id. Such a query is not searched anew: its
search goes on, or its answers, kept meanwhile, are sent.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from zhugo.bridges.analysis.engine import Engine
from zhugo.bridges.analysis.request import Request, Send

GRACE_SECONDS = 30.0
"""How long a client may stay away; KaTrain gives up after 21."""


class Absent:
    """The queries of clients that are away. All methods may be called from any thread."""

    def __init__(self, engine: Engine, grace: float = GRACE_SECONDS) -> None:
        self._engine = engine
        self._grace = grace
        self._requests: list[Request] = []
        self._lock = threading.Lock()

    def keep(self, send: Send) -> None:
        """The client behind ``send`` is away."""
        requests = self._engine.requests(lambda request: request.send is send)
        for request in requests:
            request.leave()
        with self._lock:
            self._requests += requests
        if requests:
            timer = threading.Timer(self._grace, self._give_up, [requests])
            timer.daemon = True
            timer.start()

    def claim(self, query: Mapping[str, Any], send: Send) -> set[int]:
        """The turns of this very query that were left under way; ``send`` gets their answers."""
        with self._lock:
            claimed = next((request for request in self._requests if request.query == query), None)
            if claimed is None:
                return set()
            self._requests.remove(claimed)
        return claimed.resume(send)

    def _give_up(self, requests: list[Request]) -> None:
        with self._lock:
            left = [request for request in requests if request in self._requests]
            self._requests = [request for request in self._requests if request not in left]
        self._engine.terminate(lambda task: task.request in left)
