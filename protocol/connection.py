"""One peer's connection to the master, and how much all of them may take."""

from __future__ import annotations

import select
import socket
from dataclasses import dataclass

from protocol.outbox import Outbox
from protocol.zmtp import Incoming


@dataclass(frozen=True)
class Capacity:
    """The bounds that ``server`` speaks of; all but ``connections`` in bytes."""

    connections: int = 1088
    unfinished: int = 256 << 20
    waiting: int = 32 << 20
    waiting_in_all: int = 256 << 20


@dataclass(eq=False)
class Connection:
    """One peer's. ``where``: its address. ``heard``: when something came last. ``polled``: what the system is asked to
    tell of it.

    ``takes_nothing``: writing to it failed, so it is only read from, to the end of what it sent before it went.
    ``gone``: all of that was read, and some messages are still to be taken.
    """

    peer: bytes
    where: str
    socket: socket.socket
    incoming: Incoming
    born: float
    heard: float
    outbox: Outbox
    polled: int = select.EPOLLIN
    is_stranger: bool = True
    takes_nothing: bool = False
    gone: bool = False
    waiting: int = 0
    unfinished: int = 0
    """What of it is in the sums of all."""
