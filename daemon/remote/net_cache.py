"""Nets that were fetched from daemons, in the user's cache directory, by the SHA-256 of their files.

One that is not whole yet has a name of its own, and grows where it ended when its connection broke. It gets its right
name once its hash is what it should be. Whoever else wants the same net meanwhile waits for it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path

from daemon.evaluation.devices import disk_cache


class NetDamaged(ValueError):
    """What came is not the net that was asked for."""


def path_of(sha256: str) -> Path:
    """Where the net of this hash lies when it is here. ``sha256``: 64 hexadecimal digits."""
    return disk_cache.directory() / f"net-{sha256}"


def find(sha256: str) -> Path | None:
    """The file of the net of this hash, whole; None where it is not here, or damaged, and then it is removed."""
    path = path_of(sha256)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.utime(path)  # what was used last is kept longest
    except OSError:
        return None
    if digest == sha256:
        return path
    path.unlink(missing_ok=True)
    return None


class Growing:
    """A net that is being fetched. ``size``: bytes of it that are here."""

    def __init__(self, sha256: str, path: Path, file: BufferedRandom) -> None:
        self._sha256, self._path, self._file = sha256, path, file
        self.size = file.seek(0, os.SEEK_END)

    def add(self, data: bytes | memoryview) -> None:
        """The next bytes."""
        self._file.write(data)
        self.size += len(data)

    def finish(self) -> Path:
        """It is whole: the file. Raises ``NetDamaged``, and forgets what came, if it is another net."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.seek(0)
        found = hashlib.file_digest(self._file, "sha256").hexdigest()
        if found != self._sha256:
            self.forget()
            raise NetDamaged(f"what came is not net {self._sha256[:12]}… but {found[:12]}…")
        target = path_of(self._sha256)
        self._path.replace(target)
        return target

    def remove(self) -> None:
        """It is not needed."""
        self._path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Begin at its first byte again."""
        self._file.truncate(0)
        self.size = self._file.seek(0)


@contextmanager
def growing(sha256: str) -> Iterator[Growing]:
    """The part of a net that is here, for this process alone. Raises ``OSError`` where it cannot be kept."""
    directory = disk_cache.directory()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"net-{sha256}.part"
    while True:
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not path.exists() or os.fstat(file.fileno()).st_ino != path.stat().st_ino:
                continue  # another process made it whole while this one waited
            yield Growing(sha256, path, file)
            return
