"""How far some work is: a bar on a terminal, and anywhere else a plain line every so often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

EVERY = 20.0
"""Seconds from one plain line to the next."""

_LOOK_SECONDS = 0.5


class Shown(Protocol):
    """Work that goes on before a person's eyes. Raises ``BrokenPipeError`` when these are gone."""

    def update(self, done: float, total: float | None, text: str) -> None:
        """So much is done, of so much where that is known; ``text`` says of what, and how it goes."""

    def say(self, line: str) -> None:
        """A line to keep."""


@contextmanager
def shown(
    console: Console,
    text: str,
    *,
    as_share: bool = False,
    remaining: bool = False,
    every: float = EVERY,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Shown]:
    """Shows work on ``console`` during the block; ``text`` is how it begins.

    as_share: what is done is told in per cent, not in numbers. remaining: the bar has the time that is left, not the
    time that has passed.
    """
    if console.is_terminal:
        done: ProgressColumn = TaskProgressColumn() if as_share else MofNCompleteColumn()
        passing: ProgressColumn = TimeRemainingColumn() if remaining else TimeElapsedColumn()
        columns = (BarColumn(), done, passing, TextColumn("{task.description}", markup=False))
        with Progress(*columns, console=console, transient=True) as bar:
            yield _Bar(bar, text)
        return
    lines = Lines(console, text, as_share, every, clock)
    ended = threading.Event()
    thread = threading.Thread(target=_look_after, args=(lines, ended), name="progress", daemon=True)
    thread.start()
    try:
        yield lines
    finally:
        ended.set()
        thread.join()


class Lines:
    """Where there is no terminal. The work may be silent for long: ``look`` prints what is due all the same."""

    def __init__(self, console: Console, text: str, as_share: bool, every: float, clock: Callable[[], float]) -> None:
        self._console, self._as_share, self._every, self._clock = console, as_share, every, clock
        self._now = text
        self._began = self._printed = clock()
        self.lost = False
        """Whether nobody reads the lines any more."""

    def update(self, done: float, total: float | None, text: str) -> None:
        if self.lost:
            raise BrokenPipeError
        if total is None:
            self._now = text
        elif self._as_share:
            self._now = f"{done / total:.0%}  {text}"
        else:
            self._now = f"{done:,} of {total:,} {text}"

    def say(self, line: str) -> None:
        self._printed = self._clock()
        _keep(self._console, line)

    def look(self) -> None:
        """Print how far the work is, if nothing was printed for ``every`` seconds."""
        now = self._clock()
        if now - self._printed >= self._every:
            self.say(f"{timedelta(seconds=int(now - self._began))}  {self._now}")


class _Bar:
    def __init__(self, bar: Progress, text: str) -> None:
        self._bar = bar
        self._task = bar.add_task(text, total=None)

    def update(self, done: float, total: float | None, text: str) -> None:
        self._bar.update(self._task, completed=done, total=total, description=text)

    def say(self, line: str) -> None:
        _keep(self._bar.console, line)


def _keep(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _look_after(lines: Lines, ended: threading.Event) -> None:
    while not ended.wait(_LOOK_SECONDS):
        try:
            lines.look()
        except (OSError, ValueError, SystemExit):  # rich makes a SystemExit of a broken pipe
            lines.lost = True
            return
