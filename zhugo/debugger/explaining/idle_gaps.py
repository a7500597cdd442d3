"""Why the device stood still: each idle gap, and what the batch that ended it had been waiting for."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Literal

from zhugo.debugger.explaining.timeline import Batch, Timeline, Wait, merged

Cause = Literal["start-up", "limits", "parked", "master", "encode", "submit", "update"]
"""Before the first batch; nothing was searched, or the limits left nothing; the searcher was parked on a collision;
between a batch request and the arrival of its tickets; encoding; between searcher and device; the searcher had not yet
brought the result of the batch before.
"""

FINEST = 1e-6
"""Seconds below which the clocks say nothing."""


@dataclass(frozen=True)
class Gap:
    """The device was idle from ``begin`` to ``end``; ``seconds`` of that for each cause."""

    begin: float
    end: float
    seconds: dict[Cause, float]

    @property
    def cause(self) -> Cause:
        """The one that took longest."""
        return max(self.seconds, key=lambda cause: self.seconds[cause])


def idle_gaps(found: Timeline) -> list[Gap]:
    """Every gap in the device's work, from the first search on."""
    work = found.device_work()
    began = next((sample.time for sample in found.samples if sample.searching), None)
    if not work or began is None:
        return []
    busy = merged((batch.device, batch.device_end) for batch in work)
    first = {batch.device: batch for batch in reversed(work)}
    waits = _Waits(found)
    told = [Gap(began, busy[0][0], {"start-up": busy[0][0] - began})] if busy[0][0] - began > FINEST else []
    for (_, begin), (end, _) in pairwise(busy):
        if end - begin > FINEST:
            told.append(Gap(begin, end, _causes(waits, first[end], begin, end)))
    return told


def _causes(waits: _Waits, batch: Batch, begin: float, end: float) -> dict[Cause, float]:
    """Seconds of the gap by what the batch that ends it was at."""
    stages: list[tuple[Cause, float, float]] = [
        ("update", begin, batch.asked),
        ("master", batch.asked, batch.encode),
        ("encode", batch.encode, batch.submit),
        ("submit", batch.submit, end),
    ]
    total: dict[Cause, float] = defaultdict(float)
    for cause, since, until in stages:
        since, until = max(begin, since), min(end, until)
        rest = max(0.0, until - since)
        for kind, low, high in waits.of(batch.searcher, since, until) if rest else ():
            waited = min(until, high) - max(since, low)
            total[kind] += waited
            rest -= waited
        total[cause] += rest
    return {cause: seconds for cause, seconds in total.items() if seconds > 0.0}


class _Waits:
    """The waits of each searcher, which follow each other."""

    def __init__(self, found: Timeline) -> None:
        self._waits: dict[bytes, list[Wait]] = defaultdict(list)
        for wait in found.waits:
            self._waits[wait.searcher].append(wait)

    def of(self, searcher: bytes, since: float, until: float) -> Iterator[tuple[Cause, float, float]]:
        """(cause, begin, end) of those that the time from ``since`` to ``until`` has a part of."""
        waits = self._waits[searcher]
        first = bisect_right(waits, since, key=lambda wait: wait.end)
        for wait in takewhile(lambda wait: wait.begin < until, map(waits.__getitem__, range(first, len(waits)))):
            yield ("parked" if wait.kind == "parked" else "limits"), wait.begin, wait.end
