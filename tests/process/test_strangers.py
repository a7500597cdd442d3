"""Searchers that nobody knows join a daemon and do not do their work: a search goes on with the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from protocol import messages as m
from protocol.errors import ConnectionLost
from protocol.sockets import Dealer
from tests.daemons import PATIENCE, RealDaemon, eventually


class Stranger:
    """Gives signs of life and takes grants; ``insists``: asks again whenever one is taken from it."""

    def __init__(self, address: str, insists: bool) -> None:
        self.told: list[m.AnyMessage] = []
        self._insists = insists
        self._over = False
        self._queue = Dealer(address)
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def granted(self) -> int:
        return sum(isinstance(message, m.Grant) for message in self.told)

    def close(self) -> None:
        self._over = True
        self._thread.join()

    def _live(self) -> None:
        with suppress(ConnectionLost):
            self._queue.send(m.Hello(m.PROTOCOL_VERSION, "searcher", "stranger", 1))
            while not self._over:
                message = self._queue.receive(0.1)
                if message is not None:
                    self.told.append(message)
                if isinstance(message, m.Welcome) or (self._insists and isinstance(message, m.Revoked)):
                    self._queue.send(m.Select(m.BatchRequest(m.MAX_LEAVES)))
                self._queue.send(m.Heartbeat())
        self._queue.close()


@contextmanager
def stranger(address: str, insists: bool) -> Iterator[Stranger]:
    one = Stranger(address, insists)
    try:
        yield one
    finally:
        one.close()


@pytest.mark.parametrize("insists", [False, True], ids=["hangs", "asks again and again"])
def test_searches_end_with_a_stranger_that_never_answers(directory: Path, insists: bool) -> None:
    with RealDaemon(directory, "--searchers", "1", "--grant", "0.5") as daemon, daemon.client() as client:
        eventually(lambda: len(client.status().searchers) == 1, "the daemon's own searcher greets")
        with stranger(daemon.address, insists) as hung:
            eventually(lambda: len(client.status().searchers) == 2, "the stranger greets")
            session = client.open("game", "go", {"size": 9})
            search = session.search(report_every=0.05)
            eventually(lambda: hung.granted() > 0, "the stranger has leaves")
            eventually(lambda: any(isinstance(told, m.Revoked) for told in hung.told), "they are taken from it")
            before = session.query().visits
            eventually(lambda: session.query().visits > before + 50, "the search goes on")
            session.stop()
            assert search.result(PATIENCE).reason == "stopped"
            for record in ([40], [40, 41]):
                session.goto(record)
                assert session.search(m.Limits(new_visits=100)).result(PATIENCE).reason == "visits"
            status = client.status()
            assert status.revoked >= 1
            assert status.searcher_deaths == 0
            assert max(one.misses for one in status.searchers) == status.revoked
            client.check()
