"""The net that a daemon evaluates with: asked for over a connection of its own kind, before any hello."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from daemon.remote import net_cache
from protocol import messages as m
from protocol.errors import ConnectionLost, RefusedError
from protocol.transport import Transport

PART = 256 << 10
"""Bytes of a file that are asked for at a time."""

AHEAD = 8
"""So many requests are open, so that a slow answer does not keep the next one waiting."""

ANSWER_SECONDS = 60.0
"""How long an answer may take, with nothing else coming meanwhile."""

Progress = Callable[[int, int], None]
"""Is told how many bytes of how many are here."""


@dataclass(frozen=True)
class NetFacts:
    """The net of a daemon. ``sha256`` is empty where it has none, for its device is emulated."""

    sha256: str
    size: int


class Asking:
    """Requests for the net over one connection, on which no hello has been said."""

    def __init__(self, transport: Transport, ended: Callable[[], bool], patience: float = ANSWER_SECONDS) -> None:
        """``ended``: whether the person wants no more of it; then ``ConnectionLost`` is raised."""
        self._transport = transport
        self._ended = ended
        self._patience = patience
        self._number = 0

    def facts(self) -> NetFacts:
        """What the daemon evaluates with. Raises ``ConnectionLost`` and ``RefusedError``."""
        part = self._answer(self._ask("", 0, 0))
        return NetFacts(part.sha256, part.size)

    def fetch(self, facts: NetFacts, progress: Progress) -> Path:
        """The file of this net, from the cache or from the daemon.

        Raises what ``facts`` raises, ``OSError`` where it cannot be kept, ``NetDamaged`` where another one comes.
        """
        if (found := net_cache.find(facts.sha256)) is not None:
            return found
        with net_cache.growing(facts.sha256) as part:
            if (found := net_cache.find(facts.sha256)) is not None:  # by now
                part.remove()
                return found
            if part.size > facts.size:
                part.forget()
            for data in self._parts(facts, part.size):
                part.add(data)
                progress(part.size, facts.size)
            return part.finish()

    def _parts(self, facts: NetFacts, offset: int) -> Iterator[memoryview]:
        asked: deque[tuple[int, int]] = deque()  # number and offset
        ahead = offset
        while offset < facts.size:
            while len(asked) < AHEAD and ahead < facts.size:
                asked.append((self._ask(facts.sha256, ahead, PART), ahead))
                ahead += PART
            number, at = asked.popleft()
            part = self._answer(number)
            if part.offset != at or len(part.data) != min(PART, facts.size - at):
                raise net_cache.NetDamaged("the daemon's file of its net has another size now")
            yield part.data.data
            offset = at + len(part.data)

    def _ask(self, sha256: str, offset: int, length: int) -> int:
        self._number += 1
        self._transport.send(m.AskNet(self._number, sha256, offset, length))
        return self._number

    def _answer(self, number: int) -> m.NetPart:
        """Answers come in the order of the requests."""
        deadline = time.monotonic() + self._patience
        while (left := deadline - time.monotonic()) > 0.0 and not self._ended():
            match self._transport.receive(min(1.0, left)):
                case m.NetPart() as part if part.request == number:
                    return part
                case m.Refused(reason=reason):
                    raise RefusedError(reason)
        raise ConnectionLost("the daemon does not say what it evaluates with")


@contextmanager
def asking(connect: Callable[[], Transport], ended: Callable[[], bool]) -> Iterator[Asking]:
    """Over a connection that is closed behind it."""
    transport = connect()
    try:
        yield Asking(transport, ended)
    finally:
        transport.abandon()
