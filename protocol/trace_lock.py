"""One writer for a trace at a time: two that wrote one file would overwrite each other's records."""

from __future__ import annotations

import errno
import fcntl
import os
import weakref
from glob import escape
from pathlib import Path

from protocol.errors import DiskFullError, TraceError

_HELD: weakref.WeakSet[TraceLock] = weakref.WeakSet()

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What a system says when a disk, or somebody's share of it, takes no more."""


class TraceLock:
    """Held from when it is made until ``close``, or the death of this process. Readers need none.

    It is a lock on every file of the trace that is there. A writer goes on in another file only when it has that file's
    lock, and keeps the lock of the file before until then. So a process that holds all of them, and finds no other
    file, is the only writer.
    """

    def __init__(self, path: Path, create: bool = False) -> None:
        """``create``: make the first file where there is none. Raises ``TraceError`` when another has the lock."""
        self._path = path
        self._held: dict[tuple[int, int], int] = {}
        if path.exists() and not path.is_file():
            return  # a device, say, in which nothing is overwritten
        _HELD.add(self)
        try:
            if create:
                self._take(path, os.O_CREAT)
            while not all(self._take(file) for file in _files(path)):
                pass  # meanwhile another file came
        except BaseException:
            self.close()
            raise

    def go_on_in(self, file: Path) -> None:
        """Hold the lock of this file alone, the trace's newest. Raises ``TraceError``."""
        before, self._held = self._held, {}
        try:
            self._take(file)
        finally:
            _close(before)

    def close(self) -> None:
        """Let go."""
        held, self._held = self._held, {}
        _close(held)

    def _take(self, file: Path, flags: int = 0) -> bool:
        """Whether this one was held already; it is now, unless it has just been removed."""
        try:
            fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC | flags, 0o600)
        except FileNotFoundError as error:
            if flags:
                raise cannot_write(file, error) from error
            return True
        except OSError as error:
            raise cannot_write(file, error) from error
        status = os.fstat(fd)
        if (status.st_dev, status.st_ino) in self._held:
            os.close(fd)
            return True
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise TraceError(f"the trace {self._path} is in use: another process writes it") from None
        self._held[status.st_dev, status.st_ino] = fd
        return False


def cannot_write(path: Path, error: OSError) -> TraceError:
    """What to raise when the system refuses to write a trace."""
    kind = DiskFullError if error.errno in _FULL else TraceError
    return kind(f"cannot write the trace {path}: {error.strerror}")


def _files(path: Path) -> list[Path]:
    """The files that a trace at ``path`` may have."""
    later = path.parent.glob(f"{escape(path.name)}.*")
    return [path, *(file for file in later if file.name.removeprefix(f"{path.name}.").isdecimal())]


def _close(held: dict[tuple[int, int], int]) -> None:
    for fd in held.values():
        os.close(fd)


def _forget_all() -> None:
    for lock in list(_HELD):
        lock.close()


# A child of the writer has no part in its locks: it must not hold them when the writer is dead.
os.register_at_fork(after_in_child=_forget_all)
