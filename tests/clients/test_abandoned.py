"""A client that goes without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol import messages as m
from protocol.errors import ConnectionLost
from protocol.transport import Transport
from tests.daemons import LocalDaemon


class Replaced:
    """A connection in whose place another has come by the time that something is sent over it."""

    def __init__(self, replace: object) -> None:
        self._replace = replace
        self.ended: list[str] = []

    def send(self, _message: m.Inbound) -> None:
        assert callable(self._replace)
        self._replace()

    def receive(self, _timeout: float) -> m.AnyMessage | None:
        raise AssertionError

    connected = True

    def close(self) -> None:
        self.ended.append("closed")

    def abandon(self) -> None:
        self.ended.append("abandoned")


def test_the_connection_that_there_is_in_the_end_is_let_go(tmp_path: Path) -> None:
    """One that was made while the client went stayed open, and the one before it was let go twice."""
    with LocalDaemon(tmp_path) as daemon:
        client = daemon.client()
        last = Replaced(lambda: None)
        real: Transport = client._transport
        first = Replaced(lambda: setattr(client, "_transport", last))
        client._transport = first
        client.abandon()
        assert (first.ended, last.ended) == ([], ["abandoned"])
        with pytest.raises(ConnectionLost):
            client.status()
        real.close()
