"""The games of a run of learning, played by a pool while the caller waits or does something else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.pool import WorkerPool
from zhugo.learning.selfplay.run import Run, RunProgress
from zhugo.learning.selfplay.store import Store

_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Played:
    """Games that are there now. seconds: that it took to play them."""

    standing: RunProgress
    seconds: float

    @property
    def device(self) -> float:
        """The share of the time in which the device had work of these games."""
        work = self.standing.work
        return min(1.0, work.busy / work.seconds) if work.seconds else 0.0


class Games:
    """Plays games up to a number, once at a time, in a thread of its own. A context manager: its end ends the games,
    and those that are finished are written."""

    def __init__(self, directory: Path, plan: Plan, pool: WorkerPool) -> None:
        """``plan``: any of the run's. Raises ``UserError`` when the folder cannot be written to."""
        self._store = Store(directory, plan)
        self._pool = pool
        self._thread = ThreadPoolExecutor(1, "self-play")
        self._ending = threading.Event()
        self._asked: tuple[int, Run, Future[float]] | None = None

    def begin(self, plan: Plan, count: int) -> None:
        """Have games 0 to ``count`` played, those that are not there; nothing new if that was begun before."""
        if self._asked is not None and self._asked[0] == count:
            return
        run = Run(plan, self._store, range(count), self._pool)
        self._asked = count, run, self._thread.submit(self._play, run)

    def wait(self, tell: Callable[[RunProgress], None]) -> Played:
        """Wait for what was begun; ``tell`` hears meanwhile how it stands. Raises what went wrong with it."""
        assert self._asked is not None
        _, run, future = self._asked
        while True:
            try:
                return Played(run.standing, future.result(_LOOK_SECONDS))
            except NotYet:
                tell(run.standing)

    def __enter__(self) -> Games:
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.shutdown()
        self._store.close()

    def _play(self, run: Run) -> float:
        began = time.monotonic()
        with closing(run.play()) as standings:
            for _ in standings:
                if self._ending.is_set():
                    break
        return time.monotonic() - began
