"""Files of people, of which no more is read than one of their kind can have."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 20


def read_bytes(path: Path, most: int) -> bytes:
    """All bytes of a file. Raises ``OSError``, also for one of more than ``most`` bytes, be it without end."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if stat.S_ISREG(found.st_mode) and found.st_size > most:
            raise _too_large(most)
        return read_stream(file, most)


def read_stream(file: BinaryIO, most: int) -> bytes:
    """What a pipe or a device holds, too, which say of no size beforehand; as ``read_bytes``."""
    pieces, size = [], 0
    while piece := file.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise _too_large(most)
    return b"".join(pieces)


def _too_large(most: int) -> OSError:
    return OSError(errno.EFBIG, f"it has more than {most >> 20} MiB")
