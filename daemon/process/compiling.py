"""Kernels compile on their first run on a machine, which takes a while: say so, and do it once.

numba keeps what it compiled on disk. Processes that start together would all compile the same kernels beside each
other; so each holds a lock while it loads its kernels, and the later ones find them on disk.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from numba.core import event

from daemon.process.log import log
from games.first_kernel import load_numba


class _Announcer(event.Listener):
    """Says one line when the first kernel was not on disk."""

    def __init__(self, line: str) -> None:
        self._line: str | None = line

    def on_start(self, event: object) -> None:  # noqa: ARG002
        if self._line is not None:
            log("compiling", self._line, bare=True)
            self._line = None

    def on_end(self, event: object) -> None:
        """Nothing to say."""


@contextmanager
def compiling(what: str, seconds: int, source: Path) -> Iterator[None]:
    """Around the first calls of kernels: one process at a time, and a line on stderr when they must be compiled.

    ``seconds``: about how long that takes. ``source``: any file that stands for these kernels; it is what is locked.
    """
    load_numba()
    announcer = _Announcer(f"compiling {what}, first run only (about {seconds} s) …")
    with source.open("rb") as lock, event.install_listener("numba:compile", announcer):
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
