"""A master that notes how long each event holds it: a program of ``bench.handles``, with the daemon's own options.

The first argument is the file for what it noted, as JSON, the others are those of ``zhugo-searchd``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon import tree_master
from daemon.core.search_tree import ROWS
from daemon.process.master import Master
from daemon.replay.step import Frames, understand
from protocol.messages import Search


class Longest:
    """The longest piece of work of one kind, in seconds by the clock and of this thread alone.

    ``rows``: of all trees, when they were largest at one.
    """

    def __init__(self) -> None:
        self.count = self.rows = 0
        self.wall = self.cpu = 0.0

    def add(self, wall: float, cpu: float) -> None:
        self.count += 1
        self.wall, self.cpu = max(self.wall, wall), max(self.cpu, cpu)


class TimedMaster(Master):
    """Counts from the first search on; before it, kernels are loaded."""

    out: Path

    def __enter__(self) -> TimedMaster:
        self._noted: dict[str, Longest] = {}
        self._counts = False
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.out.write_text(json.dumps({kind: vars(longest) for kind, longest in self._noted.items()}))

    def _handle(self, sender: bytes, frames: Frames) -> None:
        message = understand(sender, frames)
        self._counts |= isinstance(message, Search)
        kind = type(message).__name__
        if kind == "Tick" and not self._core.sessions.compactions.is_empty:
            kind = "Tick that tidies"
        if kind == "Update" and self._journal.descriptor is not None:
            kind = "Update beside a checkpoint"
        with self._timed(kind):
            super()._handle(sender, frames)

    def _make_ready_for_part(self) -> None:
        had_part = self._journal.descriptor is not None
        with self._timed("makes ready for a checkpoint") as also:
            super()._make_ready_for_part()
            if not had_part and self._journal.descriptor is not None:
                also.append("begins a checkpoint")
        if (noted := self._noted.get("begins a checkpoint")) is not None:
            rows = sum(int(session.tree.used[ROWS]) for session in self._core.sessions.by_name.values())
            noted.rows = max(noted.rows, rows)

    def _finish_part(self) -> None:
        with self._timed("ends a checkpoint"):
            super()._finish_part()

    @contextmanager
    def _timed(self, kind: str) -> Iterator[list[str]]:
        """Note how long the block takes, as of this kind and of those that it adds to the list."""
        wall, cpu = time.perf_counter(), time.thread_time()
        also: list[str] = []
        yield also
        if self._counts:
            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
            for each in (kind, *also):
                self._noted.setdefault(each, Longest()).add(wall, cpu)


def main() -> None:
    """Serve, and write down what was noted at the end."""
    TimedMaster.out = Path(sys.argv.pop(1))
    tree_master.main(TimedMaster)


if __name__ == "__main__":
    main()
