"""A run of learning whose games are played on a Ray cluster of two nodes, all on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.evaluation.gpu_monitor import GpuMonitor, Nvml
from tests.process.test_learn import PRESET
from zhugo.learning.loop.loop import Learning
from zhugo.learning.loop.preset import read
from zhugo.learning.samples.folder import Folder
from zhugo.learning.selfplay.ray_pool import RayPool
from zhugo.learning.selfplay.run import RunProgress
from zhugo.learning.training.log import Entry

pytest.importorskip("ray")
pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def _nothing_is_left() -> None:
    """Not looked for here: Ray has threads and files of its own, and keeps them."""


@pytest.fixture
def address() -> Iterator[Any]:
    """Of two nodes of one CPU each, and a head without any."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        made.add_node(num_cpus=1)
    made.wait_for_nodes()
    yield made.address
    made.shutdown()


class Silent:
    """Shows nothing."""

    def say(self, text: str) -> None:
        """A line."""

    def games(self, number: int, standing: RunProgress) -> None:
        """Games."""

    def training(self, number: int, entry: Entry, steps: int) -> None:
        """Training."""

    def arena(self, number: int, pairs: int, most: int) -> None:
        """A contest."""


def test_other_machines_play_while_the_net_trains_here(address: str, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(PRESET)
    preset = read(str(tmp_path / "tiny.toml"))
    with (
        RayPool(address, 2) as pool,
        Learning(tmp_path / "run", preset, pool, Silent(), GpuMonitor(Nvml()), elsewhere=True) as learning,
    ):
        assert learning.overlap
        history = list(learning.iterations())
    assert [one.games for one in history] == [12, 24]
    assert all(one.times.beside for one in history)
    assert Folder(tmp_path / "run" / "games").games == 24
