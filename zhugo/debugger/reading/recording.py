"""A trace, all its parts as one: every event that could be read, and where reading stopped."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from daemon.core.checkpoint import CheckpointError, peers
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.core.sessions import Referee
from daemon.replay.replay import first_core
from protocol import messages as m
from protocol.codec import Malformed, decode
from protocol.errors import TraceError
from protocol.trace import Event, Header, TraceReader, read_parts
from zhugo.debugger.reading.entries import Entries, Entry

__all__ = ["Entry", "Recording"]


@dataclass(frozen=True)
class Recording:
    """All of a trace that can be read. ``damage``: the one line on why reading stopped before the end, or None.

    ``torn``: the byte where a record begins that the death of the daemon cut short, which is no damage, or None.
    ``files``: its parts; ``times``: the core's clock at each entry, at an end that of the event before; ``hellos``: who
    said hello, in that order, before it began included. ``changes``: searchers that went over to another device, and
    which.
    """

    path: Path
    header: Header
    files: list[TraceReader]
    entries: Sequence[Entry]
    times: Sequence[float]
    hellos: list[tuple[bytes, m.Hello]]
    damage: str | None
    torn: int | None
    changes: list[tuple[bytes, m.NetInfo]] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> Recording:
        """Raises ``TraceError`` for a file that is no trace of a format that this program reads."""
        return _Loader(path).load()

    def core(self, referee: Referee, make: Callable[[Referee, Config], Scheduler] = Scheduler) -> Scheduler:
        """The core as it was before the first entry. Raises ``TraceError`` when this program can make none such."""
        return first_core(self.files[0], referee, make)

    def seconds(self, entry: Entry) -> float:
        """When it was, since the first event. An end is when the last event before it was."""
        return self.times[entry.number - 1] - self.times[0]

    def warnings(self) -> list[str]:
        """Lines about the file's state for the person who reads about this recording."""
        cut = f"the last record, at byte {self.torn}, was cut short by the daemon's death"
        return ([cut] if self.torn is not None else []) + ([self.damage] if self.damage else [])


class _Loader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._files = read_parts(path)
        self._entries = Entries()
        self._times = array("d")
        self._hellos = self._earlier(self._files[0])
        self._changes: list[tuple[bytes, m.NetInfo]] = []

    def load(self) -> Recording:
        """All records once, which also checks them."""
        damage = None
        try:
            for file in self._files:
                self._load(file)
        except TraceError as error:
            damage = str(error)
        last, header = self._files[-1], self._files[0].header
        torn = last.torn if damage is None else None
        return Recording(
            self._path, header, self._files, self._entries, self._times, self._hellos, damage, torn, self._changes
        )

    def _load(self, file: TraceReader) -> None:
        time = file.header.time
        for _, record in file:
            self._entries.add(file)
            if isinstance(record, Event):
                time = record.time
                match _of_a_peer(record):
                    case m.Hello() as hello:
                        self._hellos.append((record.sender, hello))
                    case m.DeviceChanged(net):
                        self._changes.append((record.sender, net))
            self._times.append(time)
        if file.torn is not None and file is not self._files[-1]:
            raise TraceError(f"{file.path} is damaged at byte {file.torn}: it ends there, and others go on behind it")

    def _earlier(self, first: TraceReader) -> list[tuple[bytes, m.Hello]]:
        """Who had said hello before the first part that is there."""
        if first.header.part == 1 or first.header.protocol != m.PROTOCOL_VERSION:
            return []
        try:
            return [(sender, peer.hello) for sender, peer in peers(first.state()).items()]
        except CheckpointError as error:
            raise TraceError(f"{first.path} does not begin with a whole state of its core: {error}") from error


class _Tag(msgspec.Struct):
    type: str


_TAG = msgspec.msgpack.Decoder(_Tag)


_OF_A_PEER = (m.Hello.__name__, m.DeviceChanged.__name__)


def _of_a_peer(event: Event) -> m.AnyMessage | None:
    """The message by which a peer says what it is, if this event is one; without a look into all others."""
    try:
        if event.inbound and _TAG.decode(event.inbound[0]).type in _OF_A_PEER:
            return decode(event.inbound)
    except (msgspec.DecodeError, UnicodeDecodeError, Malformed):
        pass
    return None
