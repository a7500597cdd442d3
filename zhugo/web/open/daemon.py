"""The daemon behind the page: its client, its state once a second, and its return when it is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from protocol.client import Client
from protocol.errors import ConnectionLost, ProtocolError
from protocol.messages import Status
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions
from zhugo.shared.private_daemon import starting
from zhugo.web import messages as m

POLL_SECONDS = 1.0
AGAIN_SECONDS = 1.0
"""Between the end of a daemon and the attempt to start another, or to find it again."""


class Daemon:
    """Keeps a client of a daemon, one of its own or the one that ``options`` name.

    ``failed`` gets the error with which the first start ended.
    """

    def __init__(self, options: DaemonOptions, name: str = "web") -> None:
        self._options, self._name = options, name
        self.failed: Future[Exception] = Future()
        self._lock = threading.Lock()
        self._client: Future[Client] = Future()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, told: Callable[[m.EngineState], None]) -> None:
        """Begin to start it, in the background. ``told`` hears of its state, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, args=[told], name="web daemon", daemon=True)
        self._thread.start()

    def client(self, timeout: float | None = None) -> Client:
        """The client of the daemon that runs; waits for it. Raises ``ConnectionLost`` when none comes in time."""
        end = None if timeout is None else time.monotonic() + timeout
        while not self._closing.is_set():
            with self._lock:
                future = self._client
            try:
                return future.result(0.2 if end is None else max(0.0, min(0.2, end - time.monotonic())))
            except FutureTimeout:
                if end is not None and time.monotonic() >= end:
                    break
        raise ConnectionLost("the engine is not there yet")

    def stop(self) -> None:
        """Nobody gets a client any more; those who wait for one learn of it."""
        self._closing.set()

    def close(self) -> None:
        """End it, if it is our own, and the connection."""
        self.stop()
        if self._thread is not None:
            self._thread.join()

    def _run(self, told: Callable[[m.EngineState], None]) -> None:
        first = True
        while not self._closing.is_set():
            told(m.EngineState(False, "starting" if first else "away"))
            try:
                with starting(self._options, self._name) as connect:
                    client = connect()
                    first = False
                    self._serve(client, told)
            except (ProtocolError, UserError) as error:
                if first:
                    self.failed.set_result(error)
                    return
                told(m.EngineState(False, str(error)))
            with self._lock:
                if self._client.done():
                    self._client = Future()
            self._closing.wait(AGAIN_SECONDS)

    def _serve(self, client: Client, told: Callable[[m.EngineState], None]) -> None:
        """Tell of the daemon until it is gone. Raises ``ProtocolError`` then."""
        lost = threading.Event()
        client.when_lost(lambda _error: lost.set())
        with self._lock:
            self._client.set_result(client)
        before = None
        while not self._closing.is_set():
            status = client.status()
            told(engine_state(before, status, self._options.trace is not None))
            before = status
            if lost.wait(POLL_SECONDS) or self._closing.is_set():
                break
        if not self._closing.is_set():
            raise ConnectionLost("the engine is gone")


def engine_state(before: Status | None, now: Status, trace: bool) -> m.EngineState:
    """What the page shows of the daemon; rates are those since ``before``, 0 without it."""
    known = [searcher.net for searcher in now.searchers if searcher.net is not None]
    old = now if before is None else before
    seconds = now.uptime - old.uptime

    def rate(new: int, old: int) -> float:
        return max(0.0, (new - old) / seconds) if seconds > 0 else 0.0

    return m.EngineState(
        there=bool(known),
        note="" if known else "loading",
        net=known[0].name if known else "",
        device=known[0].device if known else "",
        busy=min(1.0, (now.device_seconds - old.device_seconds) / seconds) if seconds > 0 else 0.0,
        mean_batch=(now.leaves - old.leaves) / batches if (batches := now.batches - old.batches) > 0 else 0.0,
        visits_per_second=rate(now.visits, old.visits),
        evaluations_per_second=rate(now.leaves - now.cached, old.leaves - old.cached),
        collisions_per_second=rate(now.collisions, old.collisions),
        parked=now.parked_share,
        trace=trace,
    )
