"""The records of a trace file: each is whole or not there, and damage is found and named by its byte.

    file    magic, header, records …
    record  length of the payload (u32), crc32 of these four bytes (u32), crc32 of the payload (u32), payload

The payload of the header is plain, so that every version of this program can read it. All others begin with a byte
that says their kind: ``FIRST`` begins a zstandard stream and ``NEXT`` goes on with it, for records resemble each other.
The frames of a state stand in ``PIECE``s, each packed by itself, the last of a frame in a ``LAST``.

Nothing is unpacked without a bound, for a few bytes may stand for any number: see ``LARGEST_UNPACKED``, ``Unpacker``.

Each record is written by one unbuffered ``write``, so it survives the death of its process; a record that such a death
cut short ends the file and is no damage. Everything else that does not fit is: ``TraceError`` names the byte. What a
power cut leaves behind the last record that was on the disk, zeros or anything, a ``RecordReader`` can be told to
take for such an end, too: see ``torn_tail``.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import zstandard

from protocol.errors import TraceError
from protocol.files import sync_directory
from protocol.torn_tail import is_left_by_power_cut
from protocol.trace_lock import cannot_write

FIRST, NEXT, PIECE, LAST = range(1, 5)

STREAM_BYTES = 4 << 20
"""Unpacked bytes after which a new stream begins: to read one record, its stream must be unpacked up to it."""

LARGEST_UNPACKED = 288 << 20
"""Bytes of one record, unpacked: more than the largest message that a master takes, and what it answers."""

MOST_TIMES = 500
"""All records of a file come to no more than this many times its bytes, or than one record may. Whole streams of
records that are as like as can be pack to a 350th; what holds a tree packs to a fifth.
"""

_MAGIC = b"zhugo trace\n"
_PREFIX = struct.Struct("<III")
_LARGEST_RECORD = 1 << 30
_PIECE_BYTES = 8 << 20
_LEVEL = 1
_SLICE = 1024
"""Bytes that are unpacked at a time: they may come to 32 MiB."""

_LARGEST_WINDOW = 8 << 20


class Packed(NamedTuple):
    """One record as it stands in the file; it begins at ``byte``."""

    byte: int
    kind: int
    payload: bytes


class RecordWriter:
    """Appends to one file."""

    def __init__(self, path: Path, header: bytes) -> None:
        """Start a new file at ``path``; one that is there is replaced. Raises ``TraceError``."""
        self._open(path, os.O_CREAT | os.O_TRUNC)
        self._write(_MAGIC + _record(header))

    @classmethod
    def resume(cls, path: Path, end: int) -> RecordWriter:
        """Go on with the file at ``path`` behind byte ``end``, where its last whole record ends."""
        writer = cls.__new__(cls)
        writer._open(path, 0)
        os.ftruncate(writer._fd, end)
        writer.size = os.lseek(writer._fd, end, os.SEEK_SET)
        return writer

    def _open(self, path: Path, flags: int) -> None:
        self.path = path
        self._guard = Lock()
        self.size = 0
        self._packer = zstandard.ZstdCompressor(_LEVEL)
        self._stream = self._packer.compressobj()
        self._unpacked = STREAM_BYTES  # in the stream; a full one ends
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o600)
        except OSError as error:
            raise cannot_write(path, error) from error

    def append(self, payload: bytes) -> None:
        """Write one record down. Raises ``TraceError`` when the disk does not take it."""
        kind = NEXT
        if self._unpacked >= STREAM_BYTES:
            kind, self._unpacked, self._stream = FIRST, 0, self._packer.compressobj()
        unpacked, self._unpacked = self._unpacked, STREAM_BYTES  # what fails in here spoils the stream: then begin one
        packed = self._stream.compress(payload) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        self._unpacked = unpacked + len(payload)
        self._write(_record(bytes((kind,)) + packed))

    def append_state(self, frames: Sequence[bytes | memoryview]) -> None:
        """Write the frames of a state down; right behind the header."""
        for frame in frames:
            for begin in range(0, max(1, len(frame)), _PIECE_BYTES):
                kind = LAST if begin + _PIECE_BYTES >= len(frame) else PIECE
                packed = self._packer.compress(frame[begin : begin + _PIECE_BYTES])
                self._write(_record(bytes((kind,)) + packed))

    def begin_stream(self) -> None:
        """Let the next record begin a stream, so that it and what follows can be read without those before."""
        self._unpacked = STREAM_BYTES

    def move(self, path: Path) -> None:
        """Go on at the end of another file, in which the last records stand, too. Raises ``TraceError``."""
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_APPEND)
        except OSError as error:
            raise TraceError(f"cannot write the trace {path}: {error.strerror}") from error
        with self._guard:
            os.close(self._fd)
            self.path, self._fd, self.size = path, fd, os.fstat(fd).st_size

    def sync(self) -> None:
        """Have all that was written on the disk, so that a power cut cannot take it. Raises ``TraceError``.

        Another thread may call this, and holds nobody up who writes meanwhile.
        """
        with self._guard:
            fd = os.dup(self._fd)
        try:
            os.fdatasync(fd)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        finally:
            os.close(fd)

    def close(self) -> None:
        """Close the file."""
        with self._guard:
            os.close(self._fd)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._fd, self.size)  # the file ends with its last whole record
            raise cannot_write(self.path, error) from error
        self.size += len(data)


class RecordReader:
    """Reads one file from front to back.

    ``end`` is the byte behind the last whole record that was read, ``torn`` the byte where a record begins that a crash
    cut short, or None. Raises ``TraceError``.
    """

    def __init__(self, path: Path, forgiving: bool = False) -> None:
        """``forgiving``: what a power cut left is no damage."""
        self.path = path
        self._forgiving = forgiving
        self.torn: int | None = None
        self._data = self._load()
        if self._data[: len(_MAGIC)] != _MAGIC:
            raise TraceError(f"{path} is no trace: it does not begin as one (byte 0)")
        self.end = len(_MAGIC)
        header = self._next()
        if header is None:
            raise TraceError(f"{path} has no header at byte {len(_MAGIC)}")
        self.header = header

    def go_to(self, byte: int) -> None:
        """Read on from the record that begins at this byte."""
        self.end, self.torn = byte, None

    def next(self) -> Packed | None:
        """The next record, or None at the end of the file."""
        begin = self.end
        payload = self._next()
        return None if payload is None else Packed(begin, payload[0] if payload else 0, payload[1:])

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self._data)

    def _load(self) -> mmap.mmap | bytes:
        try:
            with self.path.open("rb") as file:
                empty = os.fstat(file.fileno()).st_size == 0
                return b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise TraceError(f"cannot read the trace {self.path}: {error.strerror}") from error

    def _next(self) -> bytes | None:
        begin, data = self.end, self._data
        body = begin + _PREFIX.size
        if body > len(data):
            self.torn = begin if begin < len(data) else None
            return None
        length, length_check, check = _PREFIX.unpack(data[begin:body])
        if zlib.crc32(data[begin : begin + 4]) != length_check or length > _LARGEST_RECORD:
            self._unfit(body, "a record's length does not fit its checksum")
            return None
        if body + length > len(data):
            self.torn = begin
            return None
        payload = data[body : body + length]
        if zlib.crc32(payload) != check:
            self._unfit(body + length, "a record does not fit its checksum")
            return None
        self.end = body + length
        return payload

    def _unfit(self, end: int, why: str) -> None:
        """The next record, which should reach to byte ``end``, is none."""
        if not self._forgiving or not is_left_by_power_cut(self._data, self.end, end, whole_record):
            raise TraceError(f"{self.path} is damaged at byte {self.end}: {why}")
        self.torn = self.end


def whole_record(data: bytes | mmap.mmap, byte: int) -> bool:
    """Whether a record that fits its checksums begins there."""
    body = byte + _PREFIX.size
    if body > len(data):
        return False
    length, length_check, check = _PREFIX.unpack(data[byte:body])
    if zlib.crc32(data[byte : byte + 4]) != length_check or body + length > len(data):
        return False
    return bool(zlib.crc32(data[body : body + length]) == check)


def sync_names(path: Path) -> None:
    """Have the names of the files in this folder on the disk. Raises ``TraceError``."""
    try:
        sync_directory(path)
    except OSError as error:
        raise cannot_write(path, error) from error


class Unpacker:
    """Unpacks the records of streams, in order, each stream from its beginning.

    Raises ``ValueError`` for what cannot be unpacked, or comes to more than a file of ``size`` bytes may.
    """

    def __init__(self, size: int) -> None:
        self._unpacker = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        self._stream: zstandard.ZstdDecompressionObj | None = None
        self._left = max(LARGEST_UNPACKED, MOST_TIMES * size)

    def unpack(self, record: Packed) -> bytes:
        """The bytes of a ``FIRST`` or ``NEXT``."""
        if record.kind == FIRST:
            self._stream = self._unpacker.decompressobj()
        if self._stream is None:
            raise ValueError("its stream has no beginning")
        parts, size = [], 0
        try:
            for begin in range(0, len(record.payload), _SLICE):
                parts.append(self._stream.decompress(record.payload[begin : begin + _SLICE]))
                size += len(parts[-1])
                if size > min(LARGEST_UNPACKED, self._left):
                    raise ValueError("it unpacks to more than a record holds")
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error
        self._left -= size
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def piece(self, record: Packed) -> bytes:
        """The bytes of a ``PIECE`` or ``LAST``."""
        try:
            # where a frame says how large it is, zstandard would believe it
            if zstandard.frame_content_size(record.payload) > _PIECE_BYTES:
                raise ValueError("it unpacks to more than a piece of a state holds")
            piece = self._unpacker.decompress(record.payload, max_output_size=_PIECE_BYTES)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error
        self._left -= len(piece)
        if self._left < 0:
            raise ValueError("it unpacks to more than a state holds")
        return piece


def _record(payload: bytes) -> bytes:
    length = struct.pack("<I", len(payload))
    return b"".join((length, struct.pack("<II", zlib.crc32(length), zlib.crc32(payload)), payload))
