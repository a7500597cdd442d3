"""Figures of a whole recording: how busy the device was, why it was not, and what the search did."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np

from zhugo.debugger.explaining.idle_gaps import Cause, Gap, idle_gaps
from zhugo.debugger.explaining.timeline import Batch, Timeline, merged

LONGEST = 5
"""Gaps that are told one by one."""

PHASES = (
    ("select", "asked", "granted"),
    ("to searcher", "granted", "encode"),
    ("encode", "encode", "submit"),
    ("queue", "submit", "device"),
    ("device", "device", "device_end"),
    ("result", "device_end", "update"),
    ("to master", "update", "over"),
)
"""Name, beginning and end of each phase of a batch; ``select`` holds the time that a searcher was parked or idle."""


def stats(found: Timeline) -> dict[str, Any]:
    """Figures by name, for tables and for JSON. The device's shares are of the time from its first to its last work."""
    counters, every = found.counters, idle_gaps(found)
    return {
        "seconds": found.length,
        "visits": counters.visits,
        "batches": len(found.batches),
        "collisions": counters.collisions,
        "pseudo_visits": counters.pseudo_visits,
        "device": _device(found, every),
        "idle_causes": _idle_causes(every),
        "longest_gaps": [
            {"at_s": gap.begin, "ms": (gap.end - gap.begin) * 1000, "cause": gap.cause}
            for gap in sorted(every, key=lambda gap: gap.begin - gap.end)[:LONGEST]
        ],
        "phases_ms": {name: _spread(found.batches, begin, end) for name, begin, end in PHASES},
        "searchers": [_searcher(found, who) for who in found.people.searchers],
        "wasted": _wasted(found),
    }


def _device(found: Timeline, every: list[Gap]) -> dict[str, Any]:
    work = found.device_work()
    if not work:
        return {"busy_share": 0.0, "idle_share": 1.0, "gaps": 0, "batch_fill": 0.0, "mean_batch": 0.0}
    busy = merged((batch.device, batch.device_end) for batch in work)
    span = busy[-1][1] - busy[0][0]
    share = sum(end - begin for begin, end in busy) / span
    requested = sum(batch.requested for batch in work)
    return {
        "busy_share": share,
        "idle_share": 1.0 - share,
        "gaps": len(every),
        "batch_fill": sum(batch.leaves for batch in work) / max(1, requested),
        "mean_batch": float(np.mean([batch.leaves for batch in work])),
    }


def _idle_causes(every: list[Gap]) -> dict[str, dict[str, Any]]:
    """Cause -> in how many gaps it was the main one, its seconds in all, and its share of all idle time."""
    seconds: dict[Cause, float] = defaultdict(float)
    for gap in every:
        for cause, taken in gap.seconds.items():
            seconds[cause] += taken
    total = sum(seconds.values())
    mainly = Counter(gap.cause for gap in every)
    return {
        cause: {"gaps": mainly[cause], "ms": taken * 1000, "share": taken / total}
        for cause, taken in sorted(seconds.items(), key=lambda item: -item[1])
    }


def _spread(batches: list[Batch], begin: str, end: str) -> dict[str, float]:
    taken = np.array([getattr(batch, end) - getattr(batch, begin) for batch in batches if batch.fate == "updated"])
    if not len(taken):
        return {"mean": 0.0, "p50": 0.0, "p90": 0.0, "p99": 0.0, "max": 0.0}
    p50, p90, p99 = np.percentile(taken * 1000, [50, 90, 99]).tolist()
    return {"mean": float(taken.mean() * 1000), "p50": p50, "p90": p90, "p99": p99, "max": float(taken.max() * 1000)}


def _searcher(found: Timeline, who: bytes) -> dict[str, Any]:
    own = [batch for batch in found.batches if batch.searcher == who]
    waited = {"parked": 0.0, "idle": 0.0}
    for wait in found.waits:
        if wait.searcher == who:
            waited[wait.kind] += wait.end - wait.begin
    return {
        "searcher": found.people[who],
        "batches": len(own),
        "leaves": sum(batch.leaves for batch in own),
        "parked_ms": waited["parked"] * 1000,
        "idle_ms": waited["idle"] * 1000,
    }


def _wasted(found: Timeline) -> dict[str, int]:
    """Leaves that were evaluated, or begun, for nothing (so far)."""
    counters = found.counters
    return {
        "speculative_unused": counters.speculative - counters.speculative_used,
        "of_failed_batches": sum(batch.leaves for batch in found.batches if batch.fate == "failed"),
        "of_lost_batches": sum(batch.leaves for batch in found.batches if batch.fate == "lost"),
        "unfinished": sum(batch.leaves for batch in found.batches if batch.fate == "unfinished"),
    }
