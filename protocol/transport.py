"""How messages travel between one peer and the master."""

from __future__ import annotations

import queue
import socket
from contextlib import suppress
from typing import Protocol

from protocol.errors import ConnectionLost
from protocol.keys import Credentials
from protocol.messages import AnyMessage, Inbound
from protocol.sockets import Dealer


class Transport(Protocol):
    """One peer's connection to a master, over sockets or within the process."""

    def send(self, message: Inbound) -> None:
        """Hand a message over, without waiting for anything; any thread may. Raises ``ConnectionLost``."""

    def receive(self, timeout: float) -> AnyMessage | None:
        """The next message, or None after at most ``timeout`` seconds; one thread at a time.

        Raises ``ConnectionLost`` when no more will come.
        """

    @property
    def connected(self) -> bool:
        """Whether somebody is at the other end, as far as is known."""

    def close(self) -> None:
        """Let go; what was sent before still goes out. Only when no thread receives any more."""

    def abandon(self) -> None:
        """As ``close``, but what has not gone out by now never does."""


class SocketTransport:
    """A DEALER that the receiving thread owns; what other threads send passes through a queue and wakes it."""

    def __init__(self, address: str, credentials: Credentials | None = None) -> None:
        """``credentials``: the key to show.

        Raises ``AddressError``; that nobody listens there shows only in answers that do not come.
        """
        self._wake_in, self._wake_out = socket.socketpair()
        try:
            self._dealer = Dealer(address, self._wake_out.fileno(), credentials)
        except BaseException:
            self._close_wake()
            raise
        self._outgoing: queue.SimpleQueue[Inbound] = queue.SimpleQueue()

    def send(self, message: Inbound) -> None:
        self._outgoing.put(message)
        try:
            self._wake_in.send(b"\0")
        except OSError as error:
            raise ConnectionLost("the connection is closed") from error

    def receive(self, timeout: float) -> AnyMessage | None:
        self._flush()
        message = self._dealer.receive(timeout)
        self._flush()
        return message

    @property
    def connected(self) -> bool:
        return self._dealer.connected

    def close(self) -> None:
        with suppress(ConnectionLost):  # a peer that closes does not wait for answers
            self._flush()
        self._dealer.close()
        self._close_wake()

    def abandon(self) -> None:
        self._dealer.abandon()
        self._close_wake()

    def _flush(self) -> None:
        while True:
            try:
                message = self._outgoing.get_nowait()
            except queue.Empty:
                return
            self._wake_out.recv(1)
            self._dealer.send(message)

    def _close_wake(self) -> None:
        self._wake_in.close()
        self._wake_out.close()
