"""The records of a trace as a sequence, read from its files on demand, so that few are in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import overload

from daemon.replay.step import understand
from protocol import messages as m
from protocol.codec import decode
from protocol.packing import PackingError, unpacked
from protocol.trace import End, Event, TraceReader

KEPT = 4
"""Streams whose records are held in memory: those that were wanted last."""


@dataclass(frozen=True)
class Entry:
    """One record. ``number`` counts from 1, ends included; ``byte`` is where it begins in the file ``file``."""

    number: int
    byte: int
    record: Event | End
    file: str = ""

    @cached_property
    def inbound(self) -> m.Inbound | None:
        """What the core was told, None at an end."""
        if not isinstance(self.record, Event):
            return None
        message = understand(self.record.sender, self.record.inbound)
        if isinstance(message, m.PackedUpdate):
            with suppress(PackingError):
                return unpacked(message)
        return message

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


@dataclass
class Entries(Sequence[Entry]):
    """What ``add`` was told of, in that order. Only one thread may read."""

    _streams: list[tuple[TraceReader, int]] = field(default_factory=list)  # and the byte where each begins
    _starts: list[int] = field(default_factory=list)  # the place of the first record of each
    _length: int = 0
    _held: OrderedDict[int, list[Entry]] = field(default_factory=OrderedDict)

    def add(self, reader: TraceReader) -> None:
        """One record more: the one that the reader has just read."""
        if not self._streams or self._streams[-1] != (reader, reader.stream):
            self._streams.append((reader, reader.stream))
            self._starts.append(self._length)
        self._length += 1

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Entry: ...

    @overload
    def __getitem__(self, place: slice) -> list[Entry]: ...

    def __getitem__(self, place: int | slice) -> Entry | list[Entry]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(self._length))]
        if not -self._length <= place < self._length:
            raise IndexError(place)
        place %= self._length
        stream = bisect_right(self._starts, place) - 1
        return self._stream(stream)[place - self._starts[stream]]

    def __iter__(self) -> Iterator[Entry]:
        for stream in range(len(self._streams)):
            yield from self._stream(stream)

    def _stream(self, stream: int) -> list[Entry]:
        """All records of one stream."""
        if stream not in self._held:
            self._held[stream] = list(self._read(stream))
            if len(self._held) > KEPT:
                self._held.popitem(last=False)
        self._held.move_to_end(stream)
        return self._held[stream]

    def _read(self, stream: int) -> Iterator[Entry]:
        reader, begin = self._streams[stream]
        start = self._starts[stream]
        end = self._starts[stream + 1] if stream + 1 < len(self._starts) else self._length
        for number, (byte, record) in zip(range(start + 1, end + 1), reader.since(begin), strict=False):
            yield Entry(number, byte, record, reader.path.name)
