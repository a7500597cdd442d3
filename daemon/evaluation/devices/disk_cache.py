"""What takes long to make and is the same every time: kept on disk, in the user's cache directory.

A file holds a checksum and then the content. A damaged file is made again. Processes that want the same file at once
make it once, under a lock. A file is renamed into its place when it is whole, so no process sees half of one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from platformdirs import user_cache_path

MAX_BYTES = 4 << 30
"""What all files may come to together; those that were not used for longest go first."""

Keep = Callable[[str, Callable[[], bytes]], bytes]
"""What was kept under a name, or made and kept."""

_DIGEST = hashlib.sha256
_DIGEST_BYTES = 32


def anew(_name: str, make: Callable[[], bytes]) -> bytes:
    """A ``Keep`` that keeps nothing."""
    return make()


def directory() -> Path:
    """Where the files lie: in the user's cache directory, or, where that cannot be written, in one for temporary files.

    Processes meet there too: what one of them made is taken by the others as soon as it is there.
    """
    own = user_cache_path("zhugo")
    return own if _can_be_written(own) else _temporary() or own


def _can_be_written(path: Path) -> bool:
    with suppress(OSError):
        path.mkdir(parents=True, exist_ok=True)
        return os.access(path, os.W_OK | os.X_OK)
    return False


def _temporary() -> Path | None:
    """One that is nobody's but this user's."""
    path = Path(tempfile.gettempdir()) / f"zhugo-cache-{os.getuid()}"
    with suppress(OSError):
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
            return path
    return None


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


def has(name: str) -> bool:
    """Whether something is kept under ``name``, damaged or not."""
    return (directory() / name).is_file()


def put(name: str, content: bytes) -> None:
    """Keep this under ``name``, whatever was kept there; where the cache directory cannot be written, nothing."""
    with suppress(OSError):
        directory().mkdir(parents=True, exist_ok=True)
        _write(name, content)


def remove(prefix: str) -> None:
    """Forget all that is kept under names with this beginning."""
    with suppress(OSError):
        for path in directory().glob(f"{prefix}*"):
            path.unlink(missing_ok=True)


def alone(name: str) -> BinaryIO | None:
    """A lock on ``name`` for as long as the file is open; None where another process has it, or none can be had."""
    try:
        directory().mkdir(parents=True, exist_ok=True)
        lock = (directory() / f"{name}.lock").open("wb")
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


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
