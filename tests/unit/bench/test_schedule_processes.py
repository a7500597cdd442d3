"""Searches under a schedule in real processes: they end, lose nothing, and an encoder may be killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.schedules.compare import NUM_MOVES, net
from bench.schedules.costs import Costs
from bench.schedules.processes import RealSearch
from bench.schedules.tree_driver import Job
from daemon.schedules.table import Size, make

COSTS = Costs(encode=1e-3, latency=2e-3)


@pytest.mark.parametrize(
    ("name", "rests"), [("ahead", False), ("virtual", False), ("threads", True), ("many-trees", False)]
)
def test_a_search_in_real_processes_comes_to_its_end(name: str, rests: bool, tmp_path: Path) -> None:
    schedule = make(name, Size(3, 4))
    search = RealSearch(schedule, Job(NUM_MOVES, 40, trees=2), net("sharp").evaluate, COSTS, tmp_path, rests=rests)
    done = search.run()
    search.driver.core.check_invariants()
    schedule.check()
    assert done.visits == 80
    assert schedule.counts.used == len(search.driver.depths)
    assert 0.0 < done.device_busy <= 1.0


def test_the_death_of_an_encoder_loses_no_leaf(tmp_path: Path) -> None:
    schedule = make("spread", Size(3, 4))
    search = RealSearch(schedule, Job(NUM_MOVES, 60), net("sharp").evaluate, COSTS, tmp_path, kill_at=5)
    done = search.run()
    search.driver.core.check_invariants()
    assert (done.visits, done.lost) == (60, 1)
