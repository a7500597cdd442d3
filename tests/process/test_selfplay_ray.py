"""Self-play on a Ray cluster of two nodes, all on this machine: nets travel, and who dies is replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nets.net import BUNDLED
from zhugo.learning.samples.folder import Folder
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.ray_pool import RayPool
from zhugo.learning.selfplay.run import Run
from zhugo.learning.selfplay.store import Store
from zhugo.shared.errors import UserError

ray = pytest.importorskip("ray")
PLAN = Plan("go", {"size": 3}, device="emulated", visits=8, fast_visits=4, games_at_once=4)

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def _nothing_is_left() -> None:
    """Not looked for here: Ray has threads and files of its own, and keeps them."""


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two nodes of one CPU each, and a head without any, which no test ends."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    made.nodes_that_play = [made.add_node(num_cpus=1) for _ in range(2)]
    made.wait_for_nodes()
    yield made
    made.shutdown()


def play(folder: Path, plan: Plan, games: int, address: str, size: int | None = None) -> Iterator[Run]:
    with Store(folder, plan) as store, RayPool(address, size) as pool:
        run = Run(plan, store, range(games), pool)
        for _ in run.play():
            yield run


def numbers(folder: Path) -> list[int]:
    return sorted(Folder(folder).ids)


def test_a_worker_for_each_cpu_and_games_from_all(cluster: Any, tmp_path: Path) -> None:
    run = list(play(tmp_path, PLAN, 40, cluster.address))[-1]
    assert (run.standing.workers, run.standing.games) == (2, 40)
    assert numbers(tmp_path) == list(range(40))


def test_the_net_travels_as_an_object(cluster: Any, tmp_path: Path) -> None:
    plan = Plan("go", {"size": 7}, net=str(BUNDLED), device="torch", visits=4, fast_visits=2, max_moves=6)
    list(play(tmp_path, plan, 4, cluster.address))
    assert {net for shard in Folder(tmp_path).shards for net in shard.net.tolist()} == {
        hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
    }


def test_a_worker_that_dies_is_replaced(cluster: Any, tmp_path: Path) -> None:
    killed = False
    with Store(tmp_path, PLAN) as store, RayPool(cluster.address, 2) as pool:
        run = Run(PLAN, store, range(200), pool)
        for standing in run.play():
            if standing.games > 20 and not killed:
                ray.kill(pool._actors[1])
                killed = True
    assert run.standing.deaths == 1
    assert numbers(tmp_path) == list(range(200))


def test_a_node_that_dies_is_done_without(cluster: Any, tmp_path: Path) -> None:
    killed = False
    for run in play(tmp_path, PLAN, 200, cluster.address, size=2):
        if run.standing.games > 20 and not killed:
            cluster.remove_node(cluster.nodes_that_play[0], allow_graceful=False)
            killed = True
    assert numbers(tmp_path) == list(range(200))


def test_nobody_at_the_address() -> None:
    with pytest.raises(UserError, match=r"^--ray 127\.0\.0\.1:1: "):
        RayPool("127.0.0.1:1", 1)
