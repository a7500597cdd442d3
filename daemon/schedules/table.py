"""All schedules by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daemon.schedules.ahead import Ahead
from daemon.schedules.course import Course
from daemon.schedules.double_buffer import DoubleBuffer, Sequential
from daemon.schedules.many_trees import ManyTrees
from daemon.schedules.spread import Spread
from daemon.schedules.threads import Threads
from daemon.schedules.together import Together
from daemon.schedules.virtual import Virtual


@dataclass(frozen=True)
class Size:
    """``cores`` of the machine, leaves of a full ``batch``."""

    cores: int
    batch: int


SCHEDULES: dict[str, Callable[[Size], Course]] = {
    "sequential": lambda _: Sequential(),
    "ahead": lambda size: Ahead(size.cores),
    "together": lambda size: Together(size.cores),
    "virtual": lambda size: Virtual(size.cores, size.batch),
    "spread": lambda size: Spread(size.cores, size.batch),
    "spread-2": lambda size: Spread(size.cores, size.batch, 2),
    "double-buffer-1": lambda size: DoubleBuffer(1, size.batch),
    "double-buffer-2": lambda size: DoubleBuffer(2, size.batch),
    "double-buffer-3": lambda size: DoubleBuffer(3, size.batch),
    "double-buffer-4": lambda size: DoubleBuffer(4, size.batch),
    "threads": lambda size: Threads(size.batch),
    "many-trees": lambda size: ManyTrees(size.batch),
}
"""Name -> the schedule for a machine of this size."""


def make(name: str, size: Size) -> Course:
    """Raises ``ValueError`` with one line where there is no such schedule."""
    if name not in SCHEDULES:
        raise ValueError(f"{name!r} is no schedule; there are {', '.join(SCHEDULES)}")
    return SCHEDULES[name](size)
