"""Which schedules are compared at which work, and all of it measured, a process a core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from typing import Any

from bench.schedules.compare import Setting, mean_figures, with_cost
from bench.schedules.kept import Kept
from bench.schedules.matches import SCHEDULES_OF_ONE_TREE
from daemon.process.schedule_choice import TREE, WIRE
from daemon.schedules.choice import Steps, choose
from daemon.schedules.table import SCHEDULES
from zhugo.shared.workers import Workers

NEAR = 0.03
"""Schedules this near to the fastest count as fast as it; then the one nearest to the sequential search wins."""

TOLD = 100
"""Settings from one sign of life to the next."""

BEND = 0.05
"""How much further from the sequential search than algorithm 4 with two searchers a winner of the second map may be."""


@dataclass(frozen=True)
class Effort:
    """latencies: ms of a batch on the device; encodes: us of a leaf. cores: of the map, those of the lines, and of all
    else.

    visits: of the one tree, and of each of ``trees``. seeds: trees over which means are taken. pairs: of games of each
    of ``players`` at each pair of latency and encoding.
    """

    latencies: tuple[float, ...] = (0.2, 1.0, 5.0, 20.0, 50.0)
    encodes: tuple[float, ...] = (5.0, 50.0, 500.0, 5000.0, 42000.0)
    map_cores: tuple[int, ...] = (12,)
    line_cores: tuple[int, ...] = (2, 6, 12, 96)
    visits: int = 200
    trees: int = 16
    visits_each: int = 25
    seeds: tuple[int, ...] = (1,)
    distance_seeds: tuple[int, ...] = (1, 2, 3, 4)
    claims_visits: int = 200
    claims_seeds: tuple[int, ...] = (1, 2)
    cores: int = 12
    pairs: int = 6
    players: tuple[str, ...] = SCHEDULES_OF_ONE_TREE


EFFORTS = {
    "smoke": Effort(
        (5.0,), (50.0, 42000.0), (4,), (4,), 30, 3, 12, (1,), (1,), 30, (1,), 4, 1, ("sequential", "spread")
    ),
    "quick": Effort(),
    "full": Effort(
        map_cores=(2, 12, 96),
        line_cores=(2, 4, 6, 12, 24, 48, 96),
        visits=400,
        trees=32,
        seeds=(1, 2),
        distance_seeds=tuple(range(1, 13)),
        claims_visits=400,
        claims_seeds=tuple(range(1, 11)),
        pairs=40,
    ),
}

Work = list[tuple[Setting, tuple[int, ...]]]


def maps(effort: Effort) -> Work:
    """Every pair of latency and encoding, in one tree and in many."""
    return [
        (with_cost(Setting(name, cores=cores, trees=trees, visits=visits), 1e-3 * latency, 1e-6 * encode), effort.seeds)
        for cores in effort.map_cores
        for trees, visits in ((1, effort.visits), (effort.trees, effort.visits_each))
        for latency in effort.latencies
        for encode in effort.encodes
        for name in SCHEDULES
    ]


def lines(effort: Effort) -> Work:
    """By the number of cores, where encoding is dear and where it is cheap."""
    return [
        (with_cost(Setting(name, cores=cores, visits=effort.visits), 5e-3, 1e-6 * encode), effort.seeds)
        for encode in (effort.encodes[0], effort.encodes[-1])
        for cores in effort.line_cores
        for name in SCHEDULES
    ]


def distances(effort: Effort) -> Work:
    """From the sequential search: every schedule in a sharp and in a flat tree; algorithm 2 under each rule."""
    of = {"cores": effort.cores, "visits": effort.visits}
    base = [Setting(name, net=net, **of) for net in ("sharp", "flat") for name in SCHEDULES]  # type: ignore[arg-type]
    rules = [
        Setting("together", net=net, collisions=rule, **of)  # type: ignore[arg-type]
        for net in ("sharp", "flat")
        for rule in ("capped", "virtual-loss")
    ]
    return [(with_cost(setting, 5e-3, 5e-4), effort.distance_seeds) for setting in (*base, *rules)]


def equal_time(effort: Effort) -> Work:
    """What the chosen move loses when every schedule has as long as the sequential search takes for a fifth of the
    visits; where encoding is cheap and where it is dear.
    """
    found = []
    for encode in (5e-5, 42e-3):
        seconds = effort.visits / 5 * (5e-3 + encode)
        for name in SCHEDULES:
            setting = Setting(name, cores=effort.cores, visits=effort.visits, seconds=seconds)
            found.append((with_cost(setting, 5e-3, encode), effort.distance_seeds))
    return found


def measured(
    parts: dict[str, Work], jobs: int, kept: Kept, tell: Callable[[str], None]
) -> dict[str, list[dict[str, Any]]]:
    """The rows of each part, in their order."""
    with Workers(jobs) as pool:
        futures = {}
        for setting, seeds in (one for work in parts.values() for one in work):
            what = f"{setting} {seeds}"
            if what not in futures and kept.of(what) is None:
                futures[what] = pool.submit(mean_figures, setting, seeds)
        names = {future: what for what, future in futures.items()}
        for number, future in enumerate(as_completed(names), 1):
            kept.add(names[future], future.result())
            if number % TOLD == 0:
                tell(f"{number} of {len(futures)} settings")
    return {name: [kept.of(f"{setting} {seeds}") for setting, seeds in work] for name, work in parts.items()}


def winners(rows: Sequence[dict[str, Any]], bend: float | None = None) -> list[dict[str, Any]]:
    """For each pair of latency and encoding, number of cores and of trees: who is fastest, and how many times as fast
    as algorithm 4 with two searchers and as the sequential search.

    ``bend``: of those alone that are no further from the sequential search than algorithm 4 with two, and this much.
    """
    found = []
    for (cores, trees, latency, encode), here in _cells(rows).items():
        by_name = {row["schedule"]: row for row in here}
        usual = by_name["double-buffer-2"]
        limit = 1.0 if bend is None else usual["total_variation"] + bend
        allowed = [row for row in here if row["total_variation"] <= limit]
        fastest = max(row["visits_per_s"] for row in allowed)
        near = [row for row in allowed if row["visits_per_s"] >= (1 - NEAR) * fastest]
        best = min(near, key=lambda row: row["total_variation"])
        speed = best["visits_per_s"]
        found.append(
            {
                "cores": cores,
                "trees": trees,
                "latency_ms": latency,
                "encode_us": encode,
                "winner": best["schedule"],
                "visits_per_s": speed,
                "times_double_buffer_2": speed / usual["visits_per_s"],
                "times_sequential": speed / by_name["sequential"]["visits_per_s"],
                "total_variation": best["total_variation"],
                "as_fast": [row["schedule"] for row in near if row is not best],
            }
        )
    return found


def rule_check(rows: Sequence[dict[str, Any]], batch: int) -> dict[str, float]:
    """How good the rule of ``--schedule auto`` is: in how many cells of many trees it takes the schedule that the
    simulation finds faster, or one within 3 % of it; and how much slower what it takes is at worst.
    """
    among, right, worst = ("double-buffer-2", "spread-2"), 0, 0.0
    cells = {key: here for key, here in _cells(rows).items() if key[1] > 1}
    for (cores, _, latency, encode), here in cells.items():
        steps = Steps(1e-6 * encode, 1e-3 * latency, TREE, WIRE, int(cores), batch)
        speed = {row["schedule"]: row["visits_per_s"] for row in here}
        loss = 1 - speed[choose(steps, among)] / max(speed[name] for name in among)
        right, worst = right + (loss <= NEAR), max(worst, loss)
    return {"cells": len(cells), "right": right / len(cells), "worst_loss": worst}


def _cells(rows: Sequence[dict[str, Any]]) -> dict[tuple[float, ...], list[dict[str, Any]]]:
    found: dict[tuple[float, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["cores"], row["trees"], row["latency_ms"], row["encode_us"]), []).append(row)
    return found
