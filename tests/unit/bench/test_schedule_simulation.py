"""Searches under each schedule on a virtual clock: what always holds, what each promises, and that traces replay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.schedules.cores import MAIN, Clock, Cores
from bench.schedules.costs import Costs
from bench.schedules.made_up_net import KINDS, MadeUpNet
from bench.schedules.simulator import Accidents, Outcome, Simulation
from bench.schedules.tree_driver import AllLegal, Job
from daemon.core.search_tree import NODES
from daemon.replay.verify import verify
from daemon.schedules.table import SCHEDULES, Size, make

NET = MadeUpNet(KINDS["sharp"], 20)
COSTS = Costs(encode=2e-3, latency=3e-3)
SIZE = Size(4, 8)
VISITS = 80


def job(trees: int = 1, visits: int = VISITS) -> Job:
    return Job(NET.num_moves, visits, trees=trees)


def simulated(
    name: str, trees: int = 1, trace: Path | None = None, accidents: Accidents | None = None, costs: Costs = COSTS
) -> tuple[Simulation, Outcome]:
    simulation = Simulation(make(name, SIZE), job(trees), NET.evaluate, costs, SIZE.cores, trace, accidents)
    return simulation, simulation.run()


@pytest.mark.parametrize("name", SCHEDULES)
def test_searches_come_to_their_end_and_their_trace_says_the_same(name: str, tmp_path: Path) -> None:
    simulation, outcome = simulated(name, 3, tmp_path / "run.trace")
    simulation.driver.core.check_invariants()
    assert outcome.visits == 3 * VISITS
    assert 0 < outcome.device_busy <= outcome.seconds + COSTS.latency
    assert outcome.cores_busy <= SIZE.cores * outcome.seconds + 1e-9
    counts = simulation.schedule.counts
    assert len(simulation.driver.depths) == counts.used
    assert outcome.dropped_by_driver == counts.dropped
    batches = [span for span in outcome.spans if span.lane == "device"]
    assert sum(span.leaves for span in batches) == counts.submitted

    found = verify(tmp_path / "run.trace", lambda _: AllLegal())
    assert found.is_good, found.problem
    counters = simulation.driver.core.counters
    assert counters.visits == outcome.visits
    over = sum(span.end - span.begin for span in batches if span.end <= simulation.clock.now)
    assert simulation.driver.core.devices.busy_seconds() <= over + 1e-9


@pytest.mark.parametrize("name", ["ahead", "many-trees"])
def test_what_holds_one_leaf_of_a_tree_is_the_sequential_search_to_the_bit(name: str) -> None:
    trees = [simulated(each)[0].driver.core.sessions.by_name["tree 0"].tree for each in ("sequential", name)]
    for field in ("visits", "mean_value", "weight", "mean_utility", "move", "first_child"):
        one, other = (getattr(tree, field)[: tree.used[NODES]] for tree in trees)
        assert np.array_equal(one, other), field


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", SCHEDULES)
def test_deaths_of_processes_lose_no_leaf(name: str, seed: int) -> None:
    simulation, outcome = simulated(name, accidents=Accidents(seed, 12))
    simulation.driver.core.check_invariants()
    assert outcome.killed > 0
    assert outcome.visits == VISITS


def test_two_searchers_hide_encoding_behind_the_device() -> None:
    even = Costs(encode=0.6e-3, latency=6e-3)
    busy = {name: _busy(simulated(name, 8, costs=even)[1]) for name in ("double-buffer-1", "double-buffer-2")}
    assert busy["double-buffer-1"] < 0.65
    assert busy["double-buffer-2"] > 0.85


def test_encoding_ahead_and_spread_pay_when_encoding_is_slow() -> None:
    slow = Costs(encode=42e-3, latency=5e-3)
    seconds = {
        name: simulated(name, costs=slow)[1].seconds for name in ("sequential", "ahead", "double-buffer-1", "spread")
    }
    assert seconds["ahead"] < seconds["sequential"]
    assert seconds["spread"] < 0.6 * seconds["double-buffer-1"]


def _busy(outcome: Outcome) -> float:
    return outcome.device_busy / outcome.seconds


def test_processes_take_turns_on_too_few_cores() -> None:
    clock, ended = Clock(), dict[int, float]()
    cores = Cores(clock, 1, 3)
    for process in (0, 1):
        cores.run(process, lambda: 5e-3, lambda _, end, process=process: ended.update({process: end}))  # type: ignore[misc]
    cores.run(MAIN, lambda: 1e-3, lambda _, end: ended.update({MAIN: end}))
    while clock.step():
        pass
    assert ended[MAIN] == pytest.approx(2e-3)  # behind the slice that had begun
    assert (ended[0], ended[1]) == (pytest.approx(10e-3), pytest.approx(11e-3))
    assert cores.busy == pytest.approx(11e-3)


def test_the_made_up_net_says_the_same_of_a_position_each_time_and_is_as_sharp_as_it_is_called() -> None:
    leaves = [(1, ()), (1, (3, 5)), (2, (3, 5))]
    again = MadeUpNet(KINDS["sharp"], 20).evaluate(leaves)
    first = NET.evaluate(leaves)
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert first["value"][1] != first["value"][2]
    largest = {
        name: MadeUpNet(kind, 82)
        .evaluate([(seed, ()) for seed in range(20)])["priors"]
        .view(np.float16)
        .max(axis=1)
        .mean()
        for name, kind in KINDS.items()
    }
    assert largest["sharp"] > 0.15
    assert largest["flat"] < 0.05
