"""The trace of a daemon, which is its journal too: a header, then every event that its core handled.

``records`` says how that stands in a file. A trace may go on in further files, its parts: FILE, FILE.2, FILE.3 …. Each
later part begins with the whole state of the core and its digests, so it can be read without those before it.

That state is written while events go on in the part before, and these events stand in both: ``Header.after`` says where
the later part takes over. A reader of several parts leaves out what stands behind that byte: ``read_parts``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from glob import escape
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from msgspec import Struct

from protocol.errors import TraceError
from protocol.messages import PROTOCOL_VERSION
from protocol.next_part import UNFINISHED, NextPart, Written
from protocol.records import FIRST, LAST, NEXT, PIECE, Packed, RecordReader, RecordWriter, Unpacker, sync_names
from protocol.renamed import OLDER, renamed
from protocol.trace_lock import TraceLock

FORMAT = 3
"""Raised whenever an old program could misread a new trace."""

OLDEST_FORMAT = 2
"""The oldest that this program reads."""

MINOR = 0
"""Raised when a trace may hold more than before, of which an old program need know nothing."""

Frames = Sequence[bytes | memoryview]


class Header(Struct, frozen=True, tag="header", array_like=True):
    """What made the trace. ``config`` is that of the core; ``started`` is the wall clock's time, in seconds.

    ``part`` counts the files of one trace from 1, ``time`` is the core's clock when it began, ``after`` the byte of the
    part before at which it did, None for that part's end; all else is the same in each of them.
    """

    format: int
    protocol: int
    versions: dict[str, str]
    options: dict[str, Any]
    config: dict[str, Any]
    started: float
    minor: int = MINOR
    part: int = 1
    time: float = 0.0
    after: int | None = None


class Failed(Struct, frozen=True, array_like=True):
    """What went wrong in the core at an event, so that a replay takes the same course even if nothing goes wrong in it.

    ``steps``: those of the event's steps that failed, each with the reason. ``dropped``: why the event was not handled
    at all, or "". ``anew``: the core forgot everything and began anew, with these numbers (``Scheduler.numbers``).
    """

    steps: list[tuple[int, str]] = []
    dropped: str = ""
    anew: list[int] | None = None


class Event(Struct, frozen=True, tag="event", array_like=True):
    """One message that was handled, and what the core answered. ``time`` is the core's clock, in seconds.

    ``sender`` is b"" for the shell's own messages. ``outbound``: receiver and frames of each message, in order.
    """

    time: float
    sender: bytes
    inbound: list[bytes]
    outbound: list[tuple[bytes, list[bytes]]]
    failed: Failed | None = None


class End(Struct, frozen=True, tag="end", array_like=True):
    """The daemon ended in order, or a part begins; ``digests``: session -> digest of its tree. Events may follow it."""

    digests: dict[str, str]


_HEADER = msgspec.msgpack.Decoder(Header)
_DECODER = msgspec.msgpack.Decoder(Event | End)
_ENCODER = msgspec.msgpack.Encoder()


class TraceWriter:
    """Appends to one trace. A context manager."""

    durable = False
    """Whether files of the trace are on the disk, with their names, before anything is said to be in them."""

    def __init__(self, path: Path, header: Header, part_bytes: int | None = None, keep: int | None = None) -> None:
        """Start a new trace at ``path``; one that is there is replaced. Raises ``TraceError``, also if it is in use.

        ``part_bytes``: when a part is full; ``keep``: how many parts stay, the oldest go. None: one part; all of them.
        """
        self._lock = TraceLock(path, create=True)
        try:
            for old in _later_parts(path).values():
                old.path.unlink()
            _remove_unfinished(path)
            self._adopt(path, header, RecordWriter(path, _ENCODER.encode(header)), part_bytes, keep)
        except BaseException:
            self._lock.close()
            raise

    @classmethod
    def resume(
        cls,
        path: Path,
        end: int,
        part_bytes: int | None = None,
        keep: int | None = None,
        lock: TraceLock | None = None,
    ) -> TraceWriter:
        """Go on with the last part of the trace at ``path`` behind byte ``end``, where its last whole record ends.

        ``lock``: that of this trace, where it was taken before the trace was read; it goes with the writer.
        """
        last = parts(path)[-1]
        writer = cls.__new__(cls)
        writer._lock = lock or TraceLock(path)
        _remove_unfinished(path)
        writer._adopt(path, TraceReader(last).header, RecordWriter.resume(last, end), part_bytes, keep)
        writer._full = part_bytes  # of the whole file: or one that is resumed often would never be full
        return writer

    @classmethod
    def begin_again(
        cls,
        path: Path,
        header: Header,
        state: Frames,
        lock: TraceLock,
        part_bytes: int | None = None,
        keep: int | None = None,
    ) -> TraceWriter:
        """Go on with the trace at ``path`` in a part that begins with this state, to which its last events do not lead.

        ``header``: what of it says who writes. The part's number leaves a gap, so that nobody reads it behind others.
        Raises ``TraceError``.
        """
        last = TraceReader(parts(path)[-1]).header
        place = _part(path, last.part + 2)
        header = msgspec.structs.replace(header, started=last.started, part=last.part + 2, time=last.time)
        _remove_unfinished(path)
        part = NextPart(place, 0, place, _ENCODER.encode(header), durable=True)
        try:
            records = RecordWriter(part.unfinished, part.header)
            records.append_state(state)
            part.finish()
        except BaseException:
            part.discard()
            raise
        records.path = place
        lock.go_on_in(place)
        writer = cls.__new__(cls)
        writer._lock = lock
        writer._adopt(path, header, records, part_bytes, keep)
        return writer

    def _adopt(
        self, path: Path, header: Header, records: RecordWriter, part_bytes: int | None, keep: int | None
    ) -> None:
        self._path, self._header, self._records = path, header, records
        self._part_bytes, self._keep, self._time = part_bytes, keep, header.time
        self._full = None if part_bytes is None else records.size + part_bytes
        self._least = 0

    def be_durable(self) -> None:
        """From now on see to ``durable``. Raises ``TraceError``."""
        self.durable = True
        self.sync()
        sync_names(self._path.parent)

    def sync(self) -> None:
        """Have every event on the disk that was written so far. Any thread may call it. Raises ``TraceError``."""
        self._records.sync()

    @property
    def is_full(self) -> bool:
        """Whether it is time to go on in another part."""
        return self._full is not None and self._records.size >= self._full

    @property
    def has_enough(self) -> bool:
        """Whether the part has a tenth as much of events as of state: with less, a trace would be mostly states."""
        return self._records.size >= self._least

    @property
    def size(self) -> int:
        """Bytes of the part that is written."""
        return self._records.size

    def event(
        self,
        time: float,
        sender: bytes,
        inbound: Frames,
        outbound: Sequence[tuple[bytes, Frames]],
        failed: Failed | None = None,
    ) -> None:
        """Write one event down before its answers go out. Raises ``TraceError`` when the disk does not take it."""
        event = ("event", time, sender, inbound, outbound)
        self._records.append(_ENCODER.encode(event if failed is None else (*event, failed)))
        self._time = time

    def end(self, digests: Mapping[str, str]) -> None:
        """Write the record of an orderly end."""
        self._records.append(_ENCODER.encode(End(dict(digests))))

    def branch(self) -> NextPart:
        """The next part, which will begin with the core's state as it is now. It goes on here until ``go_on_in``."""
        self._records.begin_stream()
        begin = self._records.size
        header = msgspec.structs.replace(self._header, part=self._header.part + 1, time=self._time, after=begin)
        place = _part(self._path, header.part)
        return NextPart(self._records.path, begin, place, _ENCODER.encode(header), self.durable)

    def go_on_in(self, part: NextPart, written: Written) -> list[Path]:
        """Go on in the next part, which ``write_beginning`` has written so far. Raises ``TraceError``.

        Returns the parts that need not be kept any more, for the caller to remove: of a large file that takes long.
        """
        part.copy(written)
        part.finish()
        self._records.move(part.place)
        self._lock.go_on_in(part.place)
        # A part holds at least as much of events as of state, or a small one would be nothing but states.
        most = None if self._part_bytes is None else max(self._part_bytes, written.own)
        time = self._time
        self._adopt(self._path, _HEADER.decode(part.header), self._records, self._part_bytes, self._keep)
        self._time = time
        self._full = None if most is None else written.own + most
        self._least = written.own + written.own // 10
        return self._parts_to_forget(self._header.part)

    def put_off(self) -> None:
        """The next part could not be written: try again when as much as a part has been written here once more."""
        self._full = None if self._part_bytes is None else self._records.size + self._part_bytes

    def go_on(self, state: Frames, digests: Mapping[str, str]) -> None:
        """Go on in the next part, which begins with the core's state as it is now."""
        part = self.branch()
        for old in self.go_on_in(part, write_beginning(part, state, digests)):
            old.unlink()

    def _parts_to_forget(self, newest: int) -> list[Path]:
        """Those that are there and need not be kept, also before a gap."""
        last = 0 if self._keep is None else newest - self._keep
        return [old for number in range(1, last + 1) if (old := _part(self._path, number)).exists()]

    def close(self) -> None:
        """Close the file, which others may write then."""
        self._records.close()
        self._lock.close()

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def write_beginning(part: NextPart, state: Frames, digests: Mapping[str, str]) -> Written:
    """Write the core's state as it was where the part branched off, and what has come since. Raises ``TraceError``."""

    def write(records: RecordWriter) -> None:
        records.append_state(state)
        records.append(_ENCODER.encode(End(dict(digests))))

    return part.write(write)


class TraceReader:
    """Reads one file of a trace, record by record.

    ``header`` is there from the start; it and the events speak this program's protocol where that can be, ``written``
    is the one that they were written in. After an iteration ``end`` is the byte behind the last whole record, and
    ``torn`` the byte where a record begins that a crash cut short, or None. During it ``stream`` is the byte that
    ``since`` needs to come to the same record again. Raises ``TraceError``.
    """

    def __init__(self, path: Path, until: int | None = None, forgiving: bool = False) -> None:
        """``until``: where a later part takes over; this one is read no further. ``forgiving``: what a power cut left
        behind the last record is no damage.
        """
        self.path = path
        self._until = until
        self._records = RecordReader(path, forgiving)
        self._unpacker = Unpacker(self._records.size)
        self.stream = self._begin = self._records.end
        self.header = self._read_header(self._records.header)
        self.written = self.header.protocol
        self._is_renamed = self.written in OLDER
        if self._is_renamed:
            self.header = msgspec.structs.replace(self.header, protocol=PROTOCOL_VERSION)

    @property
    def end(self) -> int:
        """See the class."""
        return self._records.end

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._records.size

    @property
    def torn(self) -> int | None:
        """See the class."""
        return self._records.torn

    def __iter__(self) -> Iterator[tuple[int, Event | End]]:
        """Every event and end, with the byte where its record begins."""
        return self.since(self._begin)

    def since(self, stream: int) -> Iterator[tuple[int, Event | End]]:
        """As an iteration, but from the record at byte ``stream`` on, which must begin a stream."""
        self._records.go_to(stream)
        self._unpacker = Unpacker(self._records.size)
        while (self._until is None or self.end < self._until) and (packed := self._records.next()) is not None:
            if packed.kind == FIRST:
                self.stream = packed.byte
            if packed.kind in (FIRST, NEXT):
                record = self._decode(packed)
                if record is not None:
                    yield packed.byte, record
            elif packed.kind not in (PIECE, LAST) and not self._is_newer:
                raise TraceError(f"{self.path} holds an unknown record at byte {packed.byte}: of kind {packed.kind}")

    def state(self) -> list[bytes]:
        """The frames of the core's state that a later part begins with; none in the first."""
        self._records.go_to(self._begin)
        self._unpacker = Unpacker(self._records.size)
        frames, frame = [], bytearray()
        while (packed := self._records.next()) is not None and packed.kind in (PIECE, LAST):
            try:
                frame += self._unpacker.piece(packed)
            except ValueError as error:
                raise TraceError(f"{self.path} is damaged at byte {packed.byte}: {error}") from error
            if packed.kind == LAST:
                frames.append(bytes(frame))
                frame = bytearray()
        return frames

    @property
    def _is_newer(self) -> bool:
        """Whether a newer program may have written what this one does not know, and need not."""
        return self.header.minor > MINOR

    def _read_header(self, payload: bytes) -> Header:
        try:
            header = _HEADER.decode(payload)
        except (msgspec.DecodeError, RecursionError) as error:
            raise TraceError(f"{self.path} has no header at byte {self._begin}: {error}") from error
        if not OLDEST_FORMAT <= header.format <= FORMAT:
            raise TraceError(f"{self.path} is a trace of format {header.format}; this program reads format {FORMAT}")
        return header

    def _decode(self, packed: Packed) -> Event | End | None:
        try:
            payload = self._unpacker.unpack(packed)
        except ValueError as error:
            raise TraceError(f"{self.path} is damaged at byte {packed.byte}: {error}") from error
        try:
            record: Event | End = _DECODER.decode(payload)
        except (msgspec.DecodeError, RecursionError) as error:
            if self._is_newer:
                return None
            raise TraceError(f"{self.path} holds an unknown record at byte {packed.byte}: {error}") from error
        return _renamed(record, self.written) if self._is_renamed and isinstance(record, Event) else record


def _renamed(event: Event, written: int) -> Event:
    outbound = [(receiver, renamed(frames, written)) for receiver, frames in event.outbound]
    return msgspec.structs.replace(event, inbound=renamed(event.inbound, written), outbound=outbound)


def parts(path: Path) -> list[Path]:
    """The files of the trace at ``path``, in order: as many of the last ones as follow each other without a gap.

    Raises ``TraceError`` when nothing is there, or something else.
    """
    found = _later_parts(path)
    if path.exists() or not found:
        first = TraceReader(path)
        found = {number: reader for number, reader in found.items() if number > first.header.part}
        found[first.header.part] = first
    else:
        first = found[max(found)]
    found = {number: reader for number, reader in found.items() if reader.header.started == first.header.started}
    number = last = max(found)
    while number - 1 in found:
        number -= 1
    return [found[each].path for each in range(number, last + 1)]


def read_parts(path: Path) -> list[TraceReader]:
    """Readers of these files, each of which ends where the next one takes over. Raises ``TraceError`` as ``parts``."""
    readers = [TraceReader(part) for part in parts(path)]
    ends = [reader.header.after for reader in readers[1:]]
    return [TraceReader(reader.path, end) for reader, end in zip(readers, [*ends, None], strict=True)]


def _later_parts(path: Path) -> dict[int, TraceReader]:
    """What stands beside ``path`` under the name of a later part, and is one, by its number."""
    found = {}
    for sibling in path.parent.glob(f"{escape(path.name)}.*"):
        number = sibling.name.removeprefix(f"{path.name}.")
        with suppress(TraceError):
            if number.isdecimal() and (reader := TraceReader(sibling)).header.part == int(number) > 1:
                found[int(number)] = reader
    return found


def _remove_unfinished(path: Path) -> None:
    """Remove what a death left of parts that were being written."""
    for sibling in path.parent.glob(f"{escape(path.name)}.*{UNFINISHED}"):
        if sibling.name.removeprefix(f"{path.name}.").removesuffix(UNFINISHED).isdecimal():
            with suppress(OSError):  # then the writer of such a part will say why it cannot
                sibling.unlink()


def _part(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_name(f"{path.name}.{number}")
