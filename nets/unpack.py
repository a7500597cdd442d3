"""Files as they are given, gzipped or not."""

from __future__ import annotations

import zlib

from nets.errors import NetError

MAX_EXPANSION = 32
"""How many times larger than the file its content may be; weights hardly pack at all."""

MAX_CONTENT = 1 << 31
"""Bytes of content that are unpacked at most; the largest nets there are come to a quarter of it."""

_GZIP_MAGIC = b"\x1f\x8b"


def head(data: bytes, size: int) -> bytes:
    """The first ``size`` bytes of the content, or what there is of them. Raises ``NetError``."""
    if not data.startswith(_GZIP_MAGIC):
        return data[:size]
    # even what does not pack at all is hardly longer packed; the rest need not be touched
    return _unpack(data[: 2 * size + 1024], size)[0]


def content(data: bytes) -> bytes:
    """All of it, checksum and length verified. Raises ``NetError``."""
    if not data.startswith(_GZIP_MAGIC):
        return data
    unpacked, unzip = _unpack(data, min(MAX_EXPANSION * len(data), MAX_CONTENT))
    if unzip.unconsumed_tail:
        raise NetError("corrupted: unpacks to far more than a net holds")
    if not unzip.eof:
        raise NetError("truncated: the gzip stream ends early")
    if unzip.unused_data:
        raise NetError("corrupted: something follows the gzip stream")
    return unpacked


def _unpack(data: bytes, limit: int) -> tuple[bytes, zlib._Decompress]:
    unzip = zlib.decompressobj(wbits=31)
    try:
        return unzip.decompress(data, limit), unzip
    except zlib.error as error:
        raise NetError(f"corrupted: {str(error).rpartition(': ')[2]}") from None
