"""A recorded search of the hashed game: two searchers take turns at one device of a fixed latency."""

from __future__ import annotations

import heapq
from dataclasses import asdict
from pathlib import Path

from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import HashedGame, HashedReferee, records_of
from daemon.replay.step import step
from protocol import messages as m
from protocol.codec import decode, encode
from protocol.trace import FORMAT, Header, TraceWriter

SPEC = {"num_moves": 5, "size": 1}
BROAD = m.SearchSettings(exploration=3.0)
"""So that two searchers find work in a small tree."""

CLIENT = b"client"
SELECT, ENCODE, DEVICE, UPDATE, WIRE = 0.002, 0.003, 0.010, 0.001, 0.0005
"""Seconds: from the batch request to the work, encoding, on the device, from the device to the update, on the wire."""


class Daemon:
    """A core, its trace, and a world in which everything takes exactly as long as it says above."""

    def __init__(self, path: Path, settings: m.SearchSettings | None = None) -> None:
        self.core = Scheduler(HashedReferee(), Config())
        self.game = HashedGame.from_spec(SPEC)
        header = Header(FORMAT, m.PROTOCOL_VERSION, {}, {}, asdict(self.core.config), 0.0)
        self.writer = TraceWriter(path, header)
        self.now = 100.0
        self.device_free = 0.0
        self.due: list[tuple[float, bytes, m.Update]] = []
        self.say(CLIENT, m.Hello(m.PROTOCOL_VERSION, "client", "a client", 1))
        self.say(CLIENT, m.Open(1, "s", "hashed", SPEC, settings=settings or BROAD))

    def say(self, sender: bytes, message: m.AnyMessage) -> list[tuple[bytes, m.AnyMessage]]:
        """One event; grants set the searchers to work."""
        frames = encode(message)
        answers = step(self.core, sender, frames, self.now)
        self.writer.event(self.now, sender, frames, answers)
        heard = [(receiver, decode(answer)) for receiver, answer in answers]
        for receiver, answer in heard:
            if isinstance(answer, m.Grant):
                self._work(receiver, answer)
        return heard

    def _work(self, searcher: bytes, grant: m.Grant) -> None:
        encode_at = self.now + SELECT
        submit = encode_at + ENCODE
        begin = max(submit, self.device_free)
        self.device_free = end = begin + DEVICE
        phases = m.Phases(self.now, encode_at, submit, begin, end, end + UPDATE)
        update = m.Update(grant.grant, phases, **self.game.evaluate(records_of(grant)), batch_request=m.BatchRequest(4))
        heapq.heappush(self.due, (end + UPDATE + WIRE, searcher, update))

    def search(self, visits: int, searchers: tuple[bytes, ...] = (b"a", b"b"), net: m.NetInfo | None = None) -> None:
        """One search, to its end."""
        for searcher in searchers:
            self.say(searcher, m.Hello(m.PROTOCOL_VERSION, "searcher", searcher.decode(), 2, net))
            self.say(searcher, m.Select(m.BatchRequest(4)))
        self.say(CLIENT, m.Search(2, "s", m.Limits(visits=visits)))
        self.work_off()

    def work_off(self) -> None:
        """What the searchers were granted, and what they are granted then, until there is nothing left to do."""
        while self.due:
            self.now, searcher, update = heapq.heappop(self.due)
            self.say(searcher, update)

    def end(self) -> None:
        """An orderly end."""
        self.writer.end(self.core.digests())
        self.writer.close()


def record(
    path: Path, visits: int = 60, settings: m.SearchSettings | None = None, net: m.NetInfo | None = None
) -> Scheduler:
    """Write the trace of one search; the core that it was."""
    daemon = Daemon(path, settings)
    daemon.search(visits, net=net)
    daemon.end()
    return daemon.core
