"""The figures of the original project beside ours: each recomputed here, or said to be out of reach.

The original encoded a position in 42 ms and evaluated it alone. What its GPU took is not known; that it was busy 14 %
of the time says it: 42 ms · 0.14 / 0.86. From this alone the simulation says what its other figures should have been.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.schedules.compare import NUM_MOVES, net
from bench.schedules.costs import Costs
from bench.schedules.simulator import Simulation
from bench.schedules.tree_driver import Job
from daemon.schedules.course import Course
from daemon.schedules.double_buffer import Sequential
from daemon.schedules.spread import Spread
from daemon.schedules.table import Size, make
from daemon.schedules.threads import Threads

ENCODE = 42e-3
BUSY = 0.14
DEVICE = ENCODE * BUSY / (1 - BUSY)
COSTS = Costs(encode=ENCODE, latency=DEVICE)
SELFPLAY = 144.0
PROFILE = 233.0


def self_play(schedule: Course, trees: int, cores: int, leaves: int) -> tuple[float, float]:
    """Seconds for so many leaves in all, over so many games at a time, and how busy the device is."""
    job = Job(NUM_MOVES, leaves // trees, trees=trees)
    outcome = Simulation(schedule, job, net("sharp").evaluate, COSTS, cores).run()
    return outcome.seconds, min(1.0, outcome.device_busy / outcome.seconds)


def table(encode_us: Callable[[], float] | None = None) -> list[dict[str, Any]]:
    """Rows: what the original said, what the simulation of it says, what ours makes of the same work, and how.

    ``encode_us``: measures what our own encoding of a 19x19 position takes; None: it is left out.
    """
    leaves = round(SELFPLAY / (ENCODE + DEVICE))
    alone, alone_busy = self_play(Sequential(), 1, 1, leaves)
    six, six_busy = self_play(Threads(6), 6, 7, leaves)
    twelve, twelve_busy = self_play(Threads(12), 12, 13, leaves)
    ours = Costs(encode=(encode_us() if encode_us is not None else 20.0) * 1e-6, latency=DEVICE)
    job = Job(NUM_MOVES, leaves)
    two = Simulation(make("double-buffer-2", Size(3, 16)), job, net("sharp").evaluate, ours, 3).run()
    encodings = round(PROFILE / ENCODE)
    job = Job(NUM_MOVES, encodings // 6, trees=6)
    spread = Simulation(Spread(7, 16, 2), job, net("sharp").evaluate, COSTS, 7).run()
    fast = Simulation(make("double-buffer-2", Size(3, 16)), job, net("sharp").evaluate, ours, 3).run()
    return [
        _row("encoding a position", "42 ms", "taken as given", f"{ours.encode * 1e6:.0f} us", "zhugo bench encode"),
        _row(
            "a profile",
            "233 s",
            f"{encodings:,} encodings of 42 ms",
            f"{spread.seconds:.0f} s with six encoders, {fast.seconds:.1f} s with our encoding",
            "its program is out of reach: what else was in the 233 s is not known",
        ),
        _row("self-play, one process", "144 s", f"{alone:.0f} s for {leaves:,} leaves", f"{two.seconds:.1f} s"),
        _row("GPU in it", "14 %", f"{alone_busy:.0%}", f"{min(1.0, two.device_busy / two.seconds):.0%}"),
        _row("six processes", "24 s", f"{six:.1f} s", f"{two.seconds:.1f} s with two searchers"),
        _row("twelve processes", "12 s", f"{twelve:.1f} s", f"{two.seconds:.1f} s with two searchers"),
        _row("GPU in these", "70-90 %", f"{six_busy:.0%} with six, {twelve_busy:.0%} with twelve", "as above"),
    ]


def _row(what: str, original: str, simulated: str, ours: str, how: str = "simulated") -> dict[str, Any]:
    return {"what": what, "original": original, "simulated": simulated, "ours": ours, "how": how}
