"""How far the reviews are: one line that moves, or, without a terminal, a plain line every so often."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

PLAIN_SECONDS = 10.0
"""From one plain line to the next."""


class Shown(Protocol):
    """Where progress is shown; a context manager."""

    def show(self, text: str, share: float) -> None:
        """What is under way, and what share of all is done, in [0, 1]."""

    def __enter__(self) -> Shown: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def shown_on(console: Console) -> Shown:
    """What suits a console."""
    return _Bar(console) if console.is_terminal else Plain(lambda text: console.print(text, highlight=False))


class _Bar:
    """One line with a bar, gone when all is done."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("", total=1.0)

    def show(self, text: str, share: float) -> None:
        self._progress.update(self._task, description=text, completed=share)

    def __enter__(self) -> Shown:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


class Plain:
    """Lines for files and pipes, the first one after a while."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock = write, clock
        self._due = clock() + PLAIN_SECONDS

    def show(self, text: str, share: float) -> None:
        if self._clock() >= self._due:
            self._write(f"{text} ({share:.0%})")
            self._due = self._clock() + PLAIN_SECONDS

    def __enter__(self) -> Shown:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""
