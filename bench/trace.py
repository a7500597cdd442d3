"""What recording costs: the same load on daemons with and without a trace, in turns.

A machine that does other things, too, lets visits/s vary by more than recording costs. The master's CPU time for a
visit varies less, and the master is the only process that records.
"""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from bench.pipeline import Load, await_work, open_session
from zhugo.shared.options import DaemonOptions
from zhugo.shared.private_daemon import client

TRACE_MB = 1e6
"""A part that is never full: what a new one costs is paid once in half a GiB."""


def measure(options: DaemonOptions, load: Load, rounds: int) -> dict[str, Any]:
    """Medians over ``rounds`` pairs; ``cost`` is the share of the visits/s, ``cost_of_core`` that of a core's time."""
    pairs = []
    with tempfile.TemporaryDirectory(prefix="zhugo-") as directory:
        trace = Path(directory) / "trace"
        recorded = dataclasses.replace(options, trace=trace, trace_mb=TRACE_MB)
        for number in range(rounds):
            runs = [("plain", options), ("recorded", recorded)]
            found = {name: _run(each, load) for name, each in (runs if number % 2 == 0 else reversed(runs))}
            found["recorded"]["bytes_per_visit"] = trace.stat().st_size / found["recorded"].pop("all_visits")
            pairs.append(found)
    return _figures(pairs)


def _figures(pairs: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    def median(name: str, kind: str) -> float:
        return statistics.median(pair[kind][name] for pair in pairs)

    rate = median("visits_per_s", "plain")
    extra = statistics.median(pair["recorded"]["cpu_us"] - pair["plain"]["cpu_us"] for pair in pairs)
    lost = statistics.median(1 - pair["recorded"]["visits_per_s"] / pair["plain"]["visits_per_s"] for pair in pairs)
    return {
        "visits_per_s": rate,
        "recorded_visits_per_s": median("visits_per_s", "recorded"),
        "cost": lost,
        "master_us_per_visit": median("cpu_us", "plain"),
        "recorded_master_us_per_visit": median("cpu_us", "recorded"),
        "recording_us_per_visit": extra,
        "cost_of_core": extra * rate / 1e6,
        "bytes_per_visit": median("bytes_per_visit", "recorded"),
        "mean_batch": median("mean_batch", "plain"),
        "pairs": len(pairs),
    }


def _run(options: DaemonOptions, load: Load) -> dict[str, float]:
    with client(options, "bench trace") as daemon:
        (master,) = psutil.Process().children()
        for number in range(load.sessions):
            open_session(daemon, number, load).search()
        await_work(daemon)
        time.sleep(load.warm_up)
        before, cpu, began = daemon.status(), master.cpu_times(), time.monotonic()
        time.sleep(load.seconds)
        after, used, ended = daemon.status(), master.cpu_times(), time.monotonic()
    visits = max(1, after.visits - before.visits)
    seconds = used.user + used.system - cpu.user - cpu.system
    return {
        "visits_per_s": visits / (ended - began),
        "cpu_us": seconds / visits * 1e6,
        "mean_batch": (after.leaves - before.leaves) / max(1, after.batches - before.batches),
        "all_visits": after.visits,
    }
