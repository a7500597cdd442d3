"""What a power cut leaves at the end of a file that was being written: not only less, but zeros and anything else.

A file system may know that a file has grown before the bytes are on the disk, and bytes get there in any order. So
behind the last record that was on the disk there may be nothing, a part of the next one, sectors of zeros, what lay
there before, and even whole records behind a hole. But damage of a file that had been on the disk for long, a bit that
turned in the middle say, must not be taken for its end: everything behind it would be lost.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Callable

import numpy as np

SECTOR = 512
"""Bytes that a disk writes as one: each is there or not."""

_CHUNK = 1 << 20

_TABLE = np.array([zlib.crc32(bytes((byte ^ 0xFF,))) ^ 0xFF000000 for byte in range(256)], np.uint32)
"""The table of CRC-32: entry b is what byte b does to the register."""


def is_left_by_power_cut(
    data: bytes | mmap.mmap, begin: int, end: int, whole: Callable[[bytes | mmap.mmap, int], bool]
) -> bool:
    """Whether bytes from ``begin`` on, which should be a record up to ``end`` and are none, are what a power cut left.

    So it is where no whole record stands behind them, where a whole sector of the record is zeros, or where zeros reach
    from its last byte over the whole sector behind it. ``whole``: whether a record begins at a byte.
    """
    end = min(end, len(data))
    return _has_empty_sector(data, begin, end) or _runs_into_zeros(data, end) or not _is_followed(data, begin, whole)


def _has_empty_sector(data: bytes | mmap.mmap, begin: int, end: int) -> bool:
    """Whether one that this record lies in, in its file or at the file's end, is zeros from here on."""
    first = begin
    while first < end:
        last = min((first // SECTOR + 1) * SECTOR, len(data))
        if last - first >= 8 and not any(data[first:last]):
            return True
        first = last
    return False


def _runs_into_zeros(data: bytes | mmap.mmap, end: int) -> bool:
    """Whether all is zeros from the byte before ``end`` to the end of the next sector, which must be whole."""
    last = ((end - 1) // SECTOR + 2) * SECTOR
    return last <= len(data) and not any(data[end - 1 : last])


def _is_followed(data: bytes | mmap.mmap, begin: int, whole: Callable[[bytes | mmap.mmap, int], bool]) -> bool:
    """Whether a whole record begins at some byte behind ``begin``."""
    for first in range(begin + 1, len(data) - 8, _CHUNK):
        piece = np.frombuffer(data[first : first + _CHUNK + 7], np.uint8)
        if len(piece) < 8:
            return False
        for found in np.flatnonzero(_lengths_fit(piece)):
            if whole(data, first + int(found)):
                return True
    return False


def _lengths_fit(piece: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """At which bytes four bytes and their checksum begin."""
    count = len(piece) - 7
    register = np.full(count, 0xFFFFFFFF, np.uint32)
    for place in range(4):
        register = _TABLE[(register ^ piece[place : place + count]) & 0xFF] ^ (register >> np.uint32(8))
    check = np.zeros(count, np.uint32)
    for place in range(4):
        check |= piece[4 + place : 4 + place + count].astype(np.uint32) << np.uint32(8 * place)
    fits: np.ndarray[tuple[int], np.dtype[np.bool_]] = (register ^ np.uint32(0xFFFFFFFF)) == check
    return fits
