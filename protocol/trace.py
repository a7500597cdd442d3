"""The trace of a daemon, which is its journal too: a header, then every event that its core handled.

    file    magic, header record, records …
    record  length of the payload (u32), crc32 of these four bytes (u32), crc32 of the payload (u32), payload
    payload msgpack of one of the structs below

Each event is written by one unbuffered ``write``, so it survives the death of its process; a record that such a death
cut short ends the trace and is no damage. Everything else that does not fit is: ``TraceError`` names the byte.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from msgspec import Struct

from protocol.errors import TraceError

FORMAT = 1
_MAGIC = b"zhugo trace\n"
_PREFIX = struct.Struct("<III")
_LARGEST_RECORD = 1 << 30

Frames = Sequence[bytes | memoryview]


class Header(Struct, frozen=True, tag="header", array_like=True):
    """What made the trace. ``config`` is that of the core; ``started`` is the wall clock's time, in seconds."""

    format: int
    protocol: int
    versions: dict[str, str]
    options: dict[str, Any]
    config: dict[str, Any]
    started: float


class Event(Struct, frozen=True, tag="event", array_like=True):
    """One message that was handled, and what the core answered. ``time`` is the core's clock, in seconds.

    ``sender`` is b"" for the shell's own messages. ``outbound``: receiver and frames of each message, in order.
    """

    time: float
    sender: bytes
    inbound: list[bytes]
    outbound: list[tuple[bytes, list[bytes]]]


class End(Struct, frozen=True, tag="end", array_like=True):
    """The daemon ended in order; ``digests``: session -> digest of its tree. A resumed daemon goes on behind it."""

    digests: dict[str, str]


_DECODER = msgspec.msgpack.Decoder(Header | Event | End)
_ENCODER = msgspec.msgpack.Encoder()


class TraceWriter:
    """Appends to one trace file. A context manager."""

    def __init__(self, path: Path, header: Header) -> None:
        """Start a new trace at ``path``; one that is there is replaced. Raises ``TraceError``."""
        self._path = path
        self._fd = self._open(os.O_CREAT | os.O_TRUNC)
        self._write(_MAGIC + _record(_ENCODER.encode(header)))

    @classmethod
    def resume(cls, path: Path, end: int) -> TraceWriter:
        """Go on with the trace at ``path`` behind byte ``end``, where its last whole record ends."""
        writer = cls.__new__(cls)
        writer._path = path
        writer._fd = writer._open(0)
        os.ftruncate(writer._fd, end)
        os.lseek(writer._fd, end, os.SEEK_SET)
        return writer

    def event(self, time: float, sender: bytes, inbound: Frames, outbound: Sequence[tuple[bytes, Frames]]) -> None:
        """Write one event down before its answers go out. Raises ``TraceError`` when the disk does not take it."""
        self._write(_record(_ENCODER.encode(("event", time, sender, inbound, outbound))))

    def end(self, digests: Mapping[str, str]) -> None:
        """Write the record of an orderly end."""
        self._write(_record(_ENCODER.encode(End(dict(digests)))))

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _open(self, flags: int) -> int:
        try:
            return os.open(self._path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o600)
        except OSError as error:
            raise TraceError(f"cannot write the trace {self._path}: {error.strerror}") from error

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            raise TraceError(f"cannot write the trace {self._path}: {error.strerror}") from error


class TraceReader:
    """Reads one trace file, record by record.

    ``header`` is there from the start. After the iteration ``end`` is the byte behind the last whole record, and
    ``torn`` the byte where a record begins that a crash cut short, or None. Raises ``TraceError``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn: int | None = None
        self._data = self._load()
        if self._data[: len(_MAGIC)] != _MAGIC:
            raise TraceError(f"{path} is no trace: it does not begin as one (byte 0)")
        self.end = len(_MAGIC)
        header = self._next()
        if not isinstance(header, Header):
            raise TraceError(f"{path} has no header at byte {len(_MAGIC)}")
        if header.format != FORMAT:
            raise TraceError(f"{path} is a trace of format {header.format}; this program reads format {FORMAT}")
        self.header = header

    def __iter__(self) -> Iterator[tuple[int, Event | End]]:
        """Every event and end from here on, with the byte where its record begins."""
        while True:
            begin = self.end
            record = self._next()
            if record is None:
                return
            if isinstance(record, Header):
                raise TraceError(f"{self.path} is damaged: a second header at byte {begin}")
            yield begin, record

    def _load(self) -> mmap.mmap | bytes:
        try:
            with self.path.open("rb") as file:
                empty = os.fstat(file.fileno()).st_size == 0
                return b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise TraceError(f"cannot read the trace {self.path}: {error.strerror}") from error

    def _next(self) -> Header | Event | End | None:
        begin, data = self.end, self._data
        body = begin + _PREFIX.size
        if body > len(data):
            self.torn = begin if begin < len(data) else None
            return None
        length, length_check, check = _PREFIX.unpack(data[begin:body])
        if zlib.crc32(data[begin : begin + 4]) != length_check or length > _LARGEST_RECORD:
            raise TraceError(f"{self.path} is damaged at byte {begin}: a record's length does not fit its checksum")
        if body + length > len(data):
            self.torn = begin if begin < len(data) else None
            return None
        payload = data[body : body + length]
        if zlib.crc32(payload) != check:
            raise TraceError(f"{self.path} is damaged at byte {begin}: a record does not fit its checksum")
        try:
            record: Header | Event | End = _DECODER.decode(payload)
        except msgspec.DecodeError as error:
            raise TraceError(f"{self.path} holds an unknown record at byte {begin}: {error}") from error
        self.end = body + length
        return record


def _record(payload: bytes) -> bytes:
    length = struct.pack("<I", len(payload))
    return b"".join((length, struct.pack("<II", zlib.crc32(length), zlib.crc32(payload)), payload))
