"""A trace file in memory: every event that could be read, and where reading stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from daemon.step import understand
from protocol import messages as m
from protocol.codec import decode
from protocol.errors import TraceError
from protocol.trace import End, Event, Header, TraceReader


@dataclass(frozen=True)
class Entry:
    """One record. ``number`` counts from 1, ends included; ``byte`` is where it begins in the file."""

    number: int
    byte: int
    record: Event | End

    @cached_property
    def inbound(self) -> m.Inbound | None:
        """What the core was told, None at an end."""
        return understand(self.record.sender, self.record.inbound) if isinstance(self.record, Event) else None

    @cached_property
    def outbound(self) -> list[tuple[bytes, m.AnyMessage]]:
        """What it answered, and to whom."""
        if isinstance(self.record, End):
            return []
        return [(receiver, decode(frames)) for receiver, frames in self.record.outbound]

    @property
    def sender(self) -> bytes:
        """Who told it; b"" is the shell, and stands at an end, too."""
        return self.record.sender if isinstance(self.record, Event) else b""


@dataclass(frozen=True)
class Recording:
    """All of a trace that can be read. ``damage``: the one line on why reading stopped before the end, or None.

    ``torn``: the byte where a record begins that the death of the daemon cut short, which is no damage, or None.
    """

    path: Path
    header: Header
    entries: list[Entry]
    damage: str | None
    torn: int | None

    @classmethod
    def load(cls, path: Path) -> Recording:
        """Raises ``TraceError`` for a file that is no trace of a format that this program reads."""
        reader = TraceReader(path)
        entries: list[Entry] = []
        damage = None
        try:
            entries.extend(Entry(number, byte, record) for number, (byte, record) in enumerate(reader, 1))
        except TraceError as error:
            damage = str(error)
        return cls(path, reader.header, entries, damage, reader.torn)

    def seconds(self, entry: Entry) -> float:
        """When it was, since the first event. An end is when the last event before it was."""
        return self.times[entry.number - 1] - self.times[0]

    @cached_property
    def times(self) -> list[float]:
        """The core's clock at each entry."""
        return list(self._clock())

    def _clock(self) -> Iterator[float]:
        time = 0.0
        for entry in self.entries:
            if isinstance(entry.record, Event):
                time = entry.record.time
            yield time

    def warnings(self) -> list[str]:
        """What whoever reads about this recording should know of the file's state."""
        cut = f"the last record, at byte {self.torn}, was cut short by the daemon's death"
        return ([cut] if self.torn is not None else []) + ([self.damage] if self.damage else [])
