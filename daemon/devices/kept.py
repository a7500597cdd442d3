"""What takes long to make and is the same every time: kept on disk, in the user's cache directory.

A file holds what was made behind its checksum. One that is damaged is made again; processes that want the same file at
once make it once, for who makes it holds a lock; and nobody ever sees half of one, since it is renamed into its place.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from platformdirs import user_cache_path

MAX_BYTES = 4 << 30
"""What all files may come to together; those that were not used for longest go first."""

_DIGEST = hashlib.sha256
_DIGEST_BYTES = 32


def directory() -> Path:
    """Where the files lie."""
    return user_cache_path("zhugo")


def find(name: str) -> bytes | None:
    """What is kept under ``name``; None when it is not there or damaged."""
    path = directory() / name
    try:
        data = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    content = data[_DIGEST_BYTES:]
    return content if _DIGEST(content).digest() == data[:_DIGEST_BYTES] else None


def keep(name: str, make: Callable[[], bytes]) -> bytes:
    """What is kept under ``name``, made first if need be.

    Where the cache directory cannot be written it is made each time. ``name`` is a file name, of one kind and for all
    that the content depends on.
    """
    found = find(name)
    if found is not None:
        return found
    with _locked(name):
        found = find(name)
        if found is not None:
            return found
        content = make()
        with suppress(OSError):
            _write(name, content)
        return content


@contextmanager
def _locked(name: str) -> Iterator[None]:
    try:
        directory().mkdir(parents=True, exist_ok=True)
        lock = (directory() / f"{name}.lock").open("wb")
    except OSError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(name: str, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=directory(), prefix=f"{name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_DIGEST(content).digest())
            file.write(content)
        Path(temporary).replace(directory() / name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _make_room()


def _make_room() -> None:
    used = []
    for path in directory().iterdir():
        with suppress(OSError):
            used.append((path.stat().st_mtime, path.stat().st_size, path))
    total = sum(size for _, size, _ in used)
    for _, size, path in sorted(used)[:-1]:
        if total <= MAX_BYTES:
            break
        path.unlink(missing_ok=True)
        total -= size
