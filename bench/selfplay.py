"""How fast a net plays against itself: by workers, beside the way of old and OpenSpiel's, and on other machines.

The way of old is one process, one game at a time, one evaluation at a time. OpenSpiel's AlphaZero
(open_spiel.python.algorithms.alpha_zero) wants its net in jax and flax; here its own search (its ``mcts.MCTSBot``, set
up as its ``_init_bot`` does) asks the very net that our workers have, of its torch module, one position at a time, with
a cache, as its ``AlphaZeroEvaluator`` does.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bench.openspiel_alpha_zero import measure as measure_openspiel
from bench.selfplay_simulation import CORES, GPUS, Machine, Times, simulated
from daemon.evaluation.machine import cores
from zhugo.learning.selfplay.command import MAX_WORKERS
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.pool import LocalPool
from zhugo.learning.selfplay.run import Run, RunProgress
from zhugo.learning.selfplay.store import Store
from zhugo.learning.selfplay.tasks import Work
from zhugo.shared.errors import UserError

ENDLESS = 10**6
"""More games than any measurement plays."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class GpuTimes:
    """Seconds of a batch on a GPU, and of each of its leaves on top: for the simulation."""

    batch: float
    leaf: float


@dataclass(frozen=True)
class Terms:
    """What is measured: each way for ``seconds`` behind ``warm_up`` seconds, pools of these sizes."""

    plan: Plan
    workers: Sequence[int]
    seconds: float
    warm_up: float
    gpu_times: GpuTimes
    gpus: Sequence[int] = ()


def worker_counts(text: str | None) -> list[int]:
    """Sizes of pools: those named, or 1, 2, 4 ... as far as there are cores. Raises ``UserError``."""
    if text is None:
        return [1 << k for k in range(cores().bit_length())]
    counts = text.split(",")
    if not all(count.isascii() and count.isdigit() and 1 <= int(count) <= MAX_WORKERS for count in counts):
        raise UserError(f"--workers: numbers from 1 to {MAX_WORKERS} with commas between, not {text!r}")
    return [int(count) for count in counts]


def measure(terms: Terms, say: Say) -> dict[str, Any]:
    """All figures; ``say`` is told what is measured next."""
    rows = {}
    for count in terms.workers:
        say(f"{count} workers")
        rows[str(count)] = rates(terms, count, terms.plan)
    first = rows[str(terms.workers[0])]
    figures: dict[str, Any] = {"workers": rows}
    for count in terms.workers[1:]:
        speedup = rows[str(count)]["positions_per_s"] / first["positions_per_s"]
        figures[f"speedup_{count}"] = speedup * terms.workers[0]
    say("one game at a time, one evaluation at a time")
    of_old = msgspec.structs.replace(terms.plan, games_at_once=1, leaves=1, cache_mb=0)
    figures["one_at_a_time"] = rates(terms, 1, of_old)
    best = max(row["positions_per_s"] for row in rows.values())
    figures["times_one_at_a_time"] = best / figures["one_at_a_time"]["positions_per_s"]
    if terms.plan.game == "openspiel":
        say("OpenSpiel's AlphaZero")
        figures["openspiel"] = measure_openspiel(terms.plan, terms.seconds)
        figures["times_openspiel"] = best / figures["openspiel"]["positions_per_s"]
        per_cpu = first["positions_per_cpu_s"] / figures["openspiel"]["positions_per_cpu_s"]
        figures["times_openspiel_per_cpu_second"] = per_cpu
    figures["simulated"] = extended(first, terms)
    return figures


def rates(terms: Terms, workers: int, plan: Plan) -> dict[str, float]:
    """What so many workers do in a second; times of a visit in µs of processor time."""
    with (
        tempfile.TemporaryDirectory(prefix="zhugo-bench-") as folder,
        Store(Path(folder), plan) as store,
        LocalPool(workers, terms.gpus) as pool,
        closing(Run(plan, store, range(ENDLESS), pool).play()) as standings,
    ):
        before = _after(standings, terms.warm_up, Work())
        after = _after(standings, terms.seconds, before.work)
    work = after.work - before.work
    figures = _figures(work, after.games - before.games, after.at - before.at, workers)
    return {**figures, "writer_us_per_position": 1e6 * (after.cpu - before.cpu) / max(1, work.positions)}


@dataclass(frozen=True)
class _Moment:
    """What was done until a time on the monotonic clock; cpu: processor seconds of this process, which writes."""

    work: Work
    games: int
    at: float
    cpu: float


def _after(standings: Iterator[RunProgress], seconds: float, since: Work) -> _Moment:
    """Once so many seconds are over in which all work, and told of; setting up does not count."""
    deadline = None
    for standing in standings:
        told = (standing.work.seconds - since.seconds) / standing.workers
        if deadline is None and standing.ready == standing.workers:
            deadline = time.monotonic() + seconds
        if deadline is not None and time.monotonic() >= deadline and told >= 0.5 * seconds:
            return _Moment(standing.work, standing.games, time.monotonic(), time.process_time())
    raise AssertionError("endless games came to an end")


def _figures(work: Work, games: int, seconds: float, workers: int) -> dict[str, float]:
    visits, evaluations = max(1, work.visits), max(1, work.evaluations)
    return {
        "positions_per_s": work.positions / seconds,
        "games_per_hour": 3600 * games / seconds,
        "visits_per_s": work.visits / seconds,
        "evaluations_per_s": work.evaluations / seconds,
        "mean_batch": work.evaluations / max(1, work.batches),
        "device_busy": min(1.0, work.busy / max(1e-9, work.seconds)),
        "cpu_share": work.cpu / seconds / workers,
        "cpu_us_per_visit": 1e6 * work.cpu / visits,
        "device_us_per_evaluation": 1e6 * work.busy / evaluations,
        "positions_per_cpu_s": work.positions / max(1e-9, work.cpu),
        "visits_per_position": visits / max(1, work.positions),
        "evaluations_per_visit": evaluations / visits,
    }


def extended(measured: dict[str, float], terms: Terms) -> list[dict[str, Any]]:
    """The table for machines that are not here, by the simulation, from what one worker was measured to need.

    A worker without a GPU does one thing at a time, so the device's share of its time is that of its processor time.
    """
    on_core = 0.0 if terms.gpus else measured["device_busy"] * measured["cpu_us_per_visit"]
    times = Times(
        host=1e-6 * (measured["cpu_us_per_visit"] - on_core),
        cpu_device=1e-6 * on_core,
        writer=1e-6 * measured["writer_us_per_position"],
        gpu_batch=terms.gpu_times.batch,
        gpu_leaf=terms.gpu_times.leaf * measured["evaluations_per_visit"],
        visits=measured["visits_per_position"],
        batch=max(1, terms.plan.games_at_once * terms.plan.leaves // 2),
    )
    machines = [] if terms.gpus else [Machine(cores, 0) for cores in CORES]
    machines += [Machine(cores, gpus) for cores in CORES for gpus in GPUS if cores > gpus]
    return [simulated(machine, times) for machine in machines]
