"""One schedule at work beside the sequential search: how fast it is, how full its batches are, how far it is bent."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.schedules.costs import Costs
from bench.schedules.made_up_net import KINDS, MadeUpNet
from bench.schedules.simulator import Simulation
from bench.schedules.tree_driver import Evaluate, Job
from daemon.core.search_tree import policy
from daemon.schedules.interface import Plan, Rule
from daemon.schedules.table import Size, make
from protocol import messages as m

NUM_MOVES = 82
TENSOR_BYTES = 26 * 19 * 19 * 4
"""Of a position of 19x19, ZhuGo planes in single precision."""

LONGER = 4
"""How many times as many visits the search has that judges moves."""


@dataclass(frozen=True)
class Setting:
    """One schedule, on one machine, at one kind of work. ``collisions``: a rule other than that it was made for.

    ``seconds``: search for so long, in place of ``visits``.
    """

    schedule: str
    costs: Costs = field(default_factory=Costs)
    cores: int = 12
    batch: int = 16
    trees: int = 1
    net: str = "sharp"
    visits: int = 400
    seconds: float | None = None
    collisions: Rule | None = None


@dataclass(frozen=True)
class Sequential:
    """What the sequential search came to, and what a longer one thinks of each move, for the player to move.

    distribution, worths: float64[num_moves]; a worth is NaN where the longer search never went. It counts as the least.
    """

    distribution: NDArray[np.float64]
    best: int
    visits: int
    worths: NDArray[np.float64]


@cache
def net(kind: str) -> MadeUpNet:
    """The made-up net of this kind, with all that it remembers in this process."""
    return MadeUpNet(KINDS[kind], NUM_MOVES)


@cache
def sequential(kind: str, seed: int, visits: int) -> Sequential:
    """Of the tree of this seed."""
    short = _searched("sequential", Job(NUM_MOVES, visits, seed=seed), net(kind).evaluate)
    long = _searched("sequential", Job(NUM_MOVES, LONGER * visits, seed=seed), net(kind).evaluate)
    worths = np.array([long.driver.value_of(move) for move in range(NUM_MOVES)])
    distribution = short.driver.distribution()
    return Sequential(distribution, chosen(short), visits, worths)


def _searched(schedule: str, job: Job, evaluate: Evaluate) -> Simulation:
    simulation = Simulation(make(schedule, Size(1, 1)), job, evaluate, Costs(), 1)
    simulation.run()
    return simulation


def chosen(simulation: Simulation) -> int:
    """The move that the first tree's search would play; the likeliest where it had no time for any."""
    move = simulation.driver.final["tree 0"].chosen
    session = simulation.driver.core.sessions.by_name["tree 0"]
    return int(np.argmax(policy(session.tree, session.cursor))) if move is None else move


def run(setting: Setting, seed: int) -> Simulation:
    """Simulate it on trees from this seed on."""
    schedule = make(setting.schedule, Size(setting.cores, setting.batch))
    how = m.SearchSettings(collisions=setting.collisions or schedule.plan.collisions)
    visits = setting.visits if setting.seconds is None else None
    job = Job(NUM_MOVES, visits, setting.seconds, setting.trees, seed, how)
    simulation = Simulation(schedule, job, net(setting.net).evaluate, setting.costs, setting.cores)
    simulation.run()
    return simulation


def figures(setting: Setting, seed: int) -> dict[str, float]:
    """What one run came to. Distances are of the first tree."""
    simulation = run(setting, seed)
    outcome, counts = simulation.outcome, simulation.schedule.counts
    plan, seconds = simulation.schedule.plan, simulation.outcome.seconds
    evaluations = len(simulation.driver.depths)
    return {
        "visits_per_s": outcome.visits / seconds,
        "evaluations_per_s": evaluations / seconds,
        "device_busy": min(1.0, outcome.device_busy / seconds),
        "batch": counts.submitted / counts.batches,
        "batch_fill": counts.submitted / counts.batches / full_batch(plan),
        "host_us_per_leaf": 1e6 * outcome.cores_busy / evaluations,
        "main_us_per_leaf": 1e6 * outcome.main_busy / evaluations,
        "tensors": outcome.tensor_seconds / seconds,
        "tensors_most": float(counts.most),
        "tensor_mb_most": counts.most * TENSOR_BYTES / 1e6,
        "tensors_unused": (counts.dropped + simulation.schedule.tensors) / max(1, counts.encoded),
        "encoded_ahead": counts.ready / counts.granted,
        "depth": statistics.fmean(simulation.driver.depths),
        "depth_most": float(max(simulation.driver.depths)),
        **_distances(simulation, setting, seed),
    }


def full_batch(plan: Plan) -> int:
    """Leaves of a batch that could not be larger."""
    return plan.request.leaves if plan.request.leaves > 1 else plan.slots


def _distances(simulation: Simulation, setting: Setting, seed: int) -> dict[str, float]:
    """From the sequential search of as many visits: total variation, KL(sequential || this) with half a visit more a
    move, and what the chosen move loses, in utility from -1 to 1, by a longer search. The last one alone where searches
    end by time.
    """
    plain = sequential(setting.net, seed, setting.visits)
    best = chosen(simulation)
    known = np.where(np.isnan(plain.worths), np.nanmin(plain.worths), plain.worths)
    regret = {"regret": float(known.max() - known[best])}
    if setting.seconds is not None:
        return regret
    p, q = plain.distribution, simulation.driver.distribution()
    either = (p > 0) | (q > 0)
    smooth_p, smooth_q = (_smoothed(each[either], setting.visits) for each in (p, q))
    return {
        "total_variation": 0.5 * float(np.abs(p - q).sum()),
        "kl": float((smooth_p * np.log(smooth_p / smooth_q)).sum()),
        "same_best": float(best == plain.best),
        **regret,
    }


def _smoothed(distribution: NDArray[np.float64], visits: int) -> NDArray[np.float64]:
    counts = distribution * visits + 0.5
    counts /= counts.sum()
    return counts


def mean_figures(setting: Setting, seeds: Sequence[int]) -> dict[str, Any]:
    """The means over trees of these seeds, with what the setting says."""
    rows = [figures(setting, seed) for seed in seeds]
    means = {name: statistics.fmean(row[name] for row in rows) for name in rows[0]}
    spread = {}
    if "total_variation" in means and len(rows) > 1:
        spread["total_variation_error"] = statistics.stdev(row["total_variation"] for row in rows) / math.sqrt(
            len(rows)
        )
    costs = setting.costs
    return {
        "schedule": setting.schedule,
        "latency_ms": round(1e3 * costs.latency, 6),
        "encode_us": round(1e6 * costs.encode, 6),
        "cores": setting.cores,
        "trees": setting.trees,
        "net": setting.net,
        "visits": setting.visits,
        "rule": setting.collisions or make(setting.schedule, Size(setting.cores, setting.batch)).plan.collisions,
        **means,
        **spread,
    }


def with_cost(setting: Setting, latency: float, encode: float) -> Setting:
    """The same where the device and encoding take this long."""
    return replace(setting, costs=replace(setting.costs, latency=latency, encode=encode))
