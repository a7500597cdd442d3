"""What of the schedules a daemon's searchers can run, and with how many of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from daemon.schedules.course import Course
from daemon.schedules.interface import Request
from daemon.schedules.table import Size, make

ScheduleName = Literal[
    "double-buffer", "spread", "sequential", "ahead", "together", "virtual", "many-trees", "threads", "auto"
]
"""As ``--schedule`` has it; ``auto``: the one that suits what is measured at the start."""

WITH_ENCODERS = ("spread", "ahead", "together", "virtual")
ALONE = ("sequential", "ahead", "together", "virtual", "many-trees", "threads")
"""Those with one searcher's process. The others have as many as there are."""

WALKERS, MOST_WALKERS = 16, 256
"""Of ``threads``, which has as many as a batch may have leaves: where nobody says, and at most."""

OWN_BATCH = ("sequential", "ahead", "together")
"""Those that say themselves how many leaves a batch has."""


@dataclass(frozen=True)
class Wishes:
    """What was said beside the schedule: None where nothing was."""

    searchers: int | None = None
    encoders: int | None = None
    batch: int | None = None
    elsewhere: bool = False


def trouble(name: ScheduleName, wishes: Wishes) -> str | None:
    """Why a daemon cannot run this, in one line; None where it can."""
    told = f"--schedule {name}"
    if name == "threads" and (wishes.batch or 0) > MOST_WALKERS:
        return f"{told}: --batch says how many walkers there are, {MOST_WALKERS} at most"
    if wishes.elsewhere and name != "double-buffer":
        return f"{told}: searchers on other machines run double-buffer alone"
    if name in ALONE and wishes.searchers not in (None, 1):
        return f"{told} has one searcher, not {wishes.searchers}"
    if name in OWN_BATCH and wishes.batch is not None:
        return f"{told} says itself how large a batch is; leave --batch out"
    if name not in (*WITH_ENCODERS, "auto") and wishes.encoders is not None:
        return f"{told} has no encoders of its own; leave --encoders out"
    return None


def searchers_for(name: ScheduleName, usual: int) -> int:
    """How many searchers it has where nobody says; ``usual``: of algorithm 4."""
    return 1 if name in ALONE else usual


def encoders_for(name: ScheduleName, cores: int, searchers: int) -> int:
    """Processes that encode for each searcher, where nobody says: all cores but that of the master."""
    return max(1, (cores - 1) // max(1, searchers)) if name in WITH_ENCODERS else 0


def walkers_for(name: ScheduleName, batch: int | None) -> int:
    """Searchers of one leaf each in one process; ``batch``: what was said, None where nothing was."""
    return (batch or WALKERS) if name == "threads" else 1


def course_for(name: ScheduleName, encoders: int, batch: int) -> Course | None:
    """The schedule that a searcher's encoders follow; None where it encodes itself. ``batch``: of how many leaves."""
    if name not in WITH_ENCODERS:
        return None
    return make(name, Size(encoders if name == "together" else encoders + 1, batch))


def request_for(name: ScheduleName, encoders: int, usual: Request) -> Request:
    """What a searcher asks the master for; ``usual``: of algorithm 4."""
    if name in ("double-buffer", "spread"):
        return usual
    if name == "together":
        return Request(encoders)
    return make(name, Size(encoders + 1, usual.leaves)).plan.request
