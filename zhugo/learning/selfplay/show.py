"""Self-play as a person sees it: one bar over all workers, and what it came to."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from zhugo.learning.selfplay.run import RunProgress
from zhugo.learning.selfplay.tasks import Work
from zhugo.shared.progress import shown

STARTING = "the workers start"

WINDOW = 10.0
"""Seconds that the rates look back on; more where less was heard of in them than one piece of work."""


class Rates:
    """What is done in a second, lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, Work]] = deque([(clock(), Work())])

    def of(self, work: Work) -> str:
        """In words, when so much is done."""
        now = self._clock()
        if work != self._seen[-1][1]:
            self._seen.append((now, work))
        while len(self._seen) > 2 and now - self._seen[1][0] > WINDOW:
            self._seen.popleft()
        since, then = self._seen[0]
        return described(work - then, max(now - since, 1e-9))


def described(work: Work, seconds: float) -> str:
    """How fast this work was."""
    positions, evaluations = work.positions / seconds, work.evaluations / seconds
    share = min(1.0, work.busy / work.seconds) if work.seconds else 0.0
    return f"{positions:,.0f} positions/s, {evaluations:,.0f} evaluations/s, device {share:.0%}"


@contextmanager
def progress(console: Console) -> Iterator[Callable[[RunProgress], None]]:
    """Shows how a run stands, as often as it is told."""
    rates = Rates()
    with shown(console, STARTING, remaining=True) as bar:

        def show(standing: RunProgress) -> None:
            text = rates.of(standing.work) if standing.work.seconds else STARTING
            bar.update(standing.games, standing.wanted, f"games  {text}")

        yield show


def summary(standing: RunProgress, seconds: float) -> Iterator[str]:
    """A run of so many seconds in a few lines."""
    played = standing.games - standing.before
    there = f", {standing.before} were there" if standing.before else ""
    yield f"{played:,} games{there}; {standing.work.positions:,} positions in {seconds:,.0f} s"
    if not played:
        return
    yield f"{standing.workers} workers, each with {standing.device}"
    yield f"{described(standing.work, seconds)}, {3600 * played / seconds:,.0f} games/h"
    if standing.checked or standing.resigned:
        wrong = f"{standing.wrong} of {standing.checked}" if standing.checked else "none"
        yield f"{standing.resigned / played:.0%} resigned; of those that played on regardless, wrongly: {wrong}"
    if standing.deaths:
        yield f"{standing.deaths} workers died and were replaced"
