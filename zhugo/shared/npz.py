"""Arrays from npz files, of which no more is unpacked than such a file can honestly hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from zhugo.shared.errors import one_line

MOST_TIMES = 200
"""All arrays come to at most so many times the bytes of their file, or ``LEAST_BYTES`` where that is more. Games of
nothing but passes pack to a hundredth.
"""

LEAST_BYTES = 256 << 20


class BadArrays(ValueError):
    """A file that is not what it should be, in one line without its name."""


def names(path: Path) -> set[str]:
    """The names of the arrays that a file says it has. Raises ``BadArrays``."""
    try:
        with ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, ValueError, BadZipFile, NotImplementedError) as error:
        raise BadArrays(one_line(error)) from None


def load(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """The arrays of these names. Raises ``BadArrays``."""
    try:
        with ZipFile(path) as archive:
            _check(archive, [f"{name}.npy" for name in names], max(LEAST_BYTES, MOST_TIMES * path.stat().st_size))
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except BadArrays:
        raise
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, NotImplementedError, MemoryError) as error:
        # zipfile raises NotImplementedError for a compression that it does not know
        raise BadArrays(one_line(error)) from None


def _check(archive: ZipFile, names: Sequence[str], most: int) -> None:
    """Raise ``BadArrays`` for arrays that come to more bytes together, or that say so and have fewer."""
    for name in names:
        member = archive.getinfo(name)
        most -= member.file_size
        if most < 0:
            raise BadArrays("it unpacks to far more than it can hold")
        with archive.open(member) as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(file)
            if math.prod(shape) * dtype.itemsize != member.file_size - file.tell():
                raise BadArrays(f"its array {name.removesuffix('.npy')} has another size than it says")
