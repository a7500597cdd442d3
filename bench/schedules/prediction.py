"""Algorithm 3's claims: how often virtual bounds foresee what is wanted, and how near they are to real ones.

A leaf is foreseen when it is granted as the forecast before said. Its virtual bound takes its value to be its parent's.
So the bounds differ by what that value errs, and by how far the parent's own moved until the real choice.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bench.schedules.compare import NUM_MOVES, TENSOR_BYTES
from bench.schedules.costs import Costs
from bench.schedules.made_up_net import Kind, MadeUpNet
from bench.schedules.simulator import Simulation
from bench.schedules.tree_driver import Evaluate, Job, PlaceLeaf, TreeDriver
from daemon.core.search_tree import child_of
from daemon.schedules.interface import Granted
from daemon.schedules.table import Size, make

UNTAUGHT = Kind(0.25, 0.0, 0.3)
"""A net at the begin of training: its policy is near uniform and knows nothing."""

SIZE = Size(12, 16)


class Foresight:
    """Looks on, and compares what was forecast with what came."""

    def __init__(self) -> None:
        self.foreseen = self.granted_leaves = 0
        self._newest: dict[PlaceLeaf, float] = {}
        self._taken: dict[PlaceLeaf, float] = {}
        self.of_value: list[float] = []
        self.of_parent: list[float] = []

    def granted(self, driver: TreeDriver, granted: Granted) -> None:
        """See ``tree_driver.Watch``."""
        if self._newest:
            self.granted_leaves += len(granted.leaves)
            for leaf in cast("tuple[PlaceLeaf, ...]", granted.leaves):
                if leaf in self._newest:
                    self.foreseen += 1
                    self._taken[leaf] = self._newest[leaf]
                    self.of_parent.append(abs(_parents_value(driver, leaf) - self._newest[leaf]))
        if granted.ahead:
            ahead = cast("tuple[PlaceLeaf, ...]", granted.ahead)
            self._newest = {leaf: _parents_value(driver, leaf) for leaf in ahead}

    def evaluated(self, driver: TreeDriver, leaves: Sequence[PlaceLeaf], values: NDArray[np.float32]) -> None:
        """See ``tree_driver.Watch``."""
        del driver
        for leaf, value in zip(leaves, values.tolist(), strict=True):
            if leaf in self._taken:
                self.of_value.append(abs(value - self._taken.pop(leaf)))


def _parents_value(driver: TreeDriver, leaf: PlaceLeaf) -> float:
    """The mean value of a leaf's parent, or its own where a speculative result is kept there. Black's side."""
    tree = driver.core.sessions.by_name[f"tree {leaf[0] - driver.job.seed}"].tree
    node = 0
    for move in leaf[1][:-1]:
        node = int(child_of(tree, node, move))
    return float(tree.mean_value[node]) if tree.visits[node] else float(tree.value[node])


def claims(name: str, evaluate: Evaluate, num_moves: int, visits: int, seeds: Sequence[int]) -> dict[str, Any]:
    """Of one net, over searches of so many visits."""
    rows = []
    for seed in seeds:
        schedule = make("virtual", SIZE)
        simulation = Simulation(schedule, Job(num_moves, visits, seed=seed), evaluate, Costs(encode=1e-3), SIZE.cores)
        simulation.driver.watch = watch = Foresight()
        outcome = simulation.run()
        counts = schedule.counts
        rows.append(
            {
                "foreseen": watch.foreseen / max(1, watch.granted_leaves),
                "value_drift": statistics.fmean(watch.of_value or [0.0]),
                "parent_drift": statistics.fmean(watch.of_parent or [0.0]),
                "unused": (counts.dropped + schedule.tensors) / max(1, counts.encoded),
                "tensors_most": float(counts.most),
                "tensor_mb_most": counts.most * TENSOR_BYTES / 1e6,
                "visits_per_s": outcome.visits / outcome.seconds,
            }
        )
    return {"net": name, "visits": visits, **{key: statistics.fmean(row[key] for row in rows) for key in rows[0]}}


def measure(visits: int, seeds: Sequence[int], nets: Sequence[FilePath | None]) -> list[dict[str, Any]]:
    """A made-up net that was taught nothing, then real ones, on positions of real games; None is the bundled net.

    Raises ``NetError``.
    """
    untaught = MadeUpNet(UNTAUGHT, NUM_MOVES)
    rows = [claims("untaught, made up", untaught.evaluate, NUM_MOVES, visits, seeds)]
    return rows + [_of_real_net(file, visits, len(seeds)) for file in nets]


def _of_real_net(file: FilePath | None, visits: int, positions: int) -> dict[str, Any]:
    from bench.oracle import device_for
    from bench.policies import oracles

    device = device_for(file)
    found = []
    for oracle in oracles(device, positions, 9):
        order = np.arange(oracle.game.num_moves)

        def evaluate(leaves: Sequence[PlaceLeaf], oracle: Any = oracle, order: Any = order) -> dict[str, Any]:
            arrays: dict[str, Any] = oracle.evaluate([path for _, path in leaves], order)
            return arrays

        found.append(claims(device.info.name, evaluate, oracle.game.num_moves, visits, [1]))
    means = {key: statistics.fmean(row[key] for row in found) for key in found[0] if key not in ("net", "visits")}
    return {"net": device.info.name, "visits": visits, **means}
