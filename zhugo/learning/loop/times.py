"""Where the time of an iteration went."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct


class Times(Struct, frozen=True):
    """Seconds. total: of the iteration. selfplay: in which its games were played, beside the rest if ``beside``.
    waiting: in which nothing else went on, in this process, that is named here."""

    total: float
    selfplay: float
    training: float
    arena: float
    waiting: float
    beside: bool

    def rows(self) -> list[tuple[str, float, float]]:
        """What, seconds, and their share of the total."""
        parts = ("selfplay", "training", "arena", "waiting", "total")
        names = {"selfplay": "self-play, beside the rest" if self.beside else "self-play"}
        return [(names.get(part, part), getattr(self, part), getattr(self, part) / self.total) for part in parts]


class Stopwatch:
    """Measures one iteration."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._spent = {"training": 0.0, "arena": 0.0}

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        """Training or arena, during the block."""
        begin = time.monotonic()
        yield
        self._spent[part] += time.monotonic() - begin

    def stop(self, selfplay: float, beside: bool) -> Times:
        """The iteration is over; its games took so many seconds."""
        total = max(time.monotonic() - self._began, 1e-6)
        waiting = total - sum(self._spent.values()) - (0.0 if beside else selfplay)
        return Times(total, selfplay, self._spent["training"], self._spent["arena"], max(0.0, waiting), beside)
