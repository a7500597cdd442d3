"""A recording in its own time, or faster: each event when it was, and what there is to see then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from zhugo.debugger.reading.labels import People
from zhugo.debugger.reading.recording import Entry
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.tables import event_line, holdings_table, tree_table

REFRESH = 0.1
"""Seconds between two pictures."""


def at_its_own_speed(
    seekable: SeekableCore,
    console: Console,
    speed: float,
    until: int | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Entry]:
    """As ``SeekableCore.run``, ``speed`` times as fast as it was, before somebody's eyes: on a terminal the event, the
    root and who holds what, in place; anywhere else a line for each event.
    """
    screen = _Screen(seekable, console)
    began, first = clock(), None
    with screen.live:
        for entry in seekable.run(until):
            seconds = seekable.recording.seconds(entry)
            first = seconds if first is None else first
            rest = began + (seconds - first) / speed - clock()
            if rest > 0.0:
                screen.show(entry)
                sleep(rest)
            screen.passed(entry, clock())
            yield entry
        if seekable.entry is not None:
            screen.show(seekable.entry)


class _Screen:
    def __init__(self, seekable: SeekableCore, console: Console) -> None:
        self._seekable, self._console = seekable, console
        self._people = People(seekable.recording)
        self._shown_at = 0.0
        self.live = Live(console=console, auto_refresh=False, transient=not console.is_terminal)

    def passed(self, entry: Entry, now: float) -> None:
        """Tell of one event."""
        if not self._console.is_terminal:
            self._console.print(self._line(entry), soft_wrap=True)
        elif now >= self._shown_at + REFRESH:
            self._shown_at = now
            self.show(entry)

    def show(self, entry: Entry) -> None:
        """Draw the moment behind this event, where that can be done."""
        if self._console.is_terminal:
            self.live.update(Group(*self._picture(entry)), refresh=True)

    def _picture(self, entry: Entry) -> Iterator[RenderableType]:
        yield self._line(entry)
        sessions = self._seekable.core.sessions
        for session in [*sessions.searches.running, *sessions.by_name.values()][:1]:
            yield tree_table(self._seekable, self._people, session, session.cursor, 1)
        yield holdings_table(self._seekable, self._people)

    def _line(self, entry: Entry) -> Text:
        return Text(event_line(self._seekable.recording, self._people, entry))
