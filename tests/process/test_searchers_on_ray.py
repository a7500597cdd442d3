"""Searchers as actors of a Ray cluster of one node on this machine: they join, work, are replaced, and go."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from protocol import messages as m
from tests.daemons import PATIENCE, RealDaemon, eventually

ray = pytest.importorskip("ray")

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(autouse=True)
def _nothing_is_left() -> None:
    """Not looked for here: Ray has threads and files of its own, and keeps them."""


@pytest.fixture
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    yield made
    made.shutdown()


def actors() -> list[psutil.Process]:
    """Those of this test's cluster."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "ray::Actor" in " ".join(one.cmdline()):
                found.append(one)
    return found


def test_they_join_work_are_replaced_and_go(cluster: Any, tmp_path: Path) -> None:
    options = ("--ray", cluster.address, "--searchers", "2", "--address", "tcp://127.0.0.1:*", "--lease", "2")
    with RealDaemon(tmp_path, *options) as daemon, daemon.client() as client:
        eventually(lambda: len(client.status().searchers) == 4, "two actors of two in flight")
        names = {each.name for each in client.status().searchers}
        assert names == {"ray 0 0", "ray 0 1", "ray 1 0", "ray 1 1"}
        session = client.open("s", "go", {"size": 9})
        assert session.search(m.Limits(visits=200)).result(PATIENCE).visits == 200
        actors()[0].kill()
        eventually(lambda: len(client.status().searchers) < 4, "the dead are given up")
        eventually(lambda: len(client.status().searchers) == 4, "others come in their place")
        assert daemon.end(signal.SIGTERM) == 0
    eventually(lambda: not actors(), "the actors go with the daemon")


def test_what_cannot_be_had_is_one_line(tmp_path: Path) -> None:
    for options, text in (
        (("--ray", "127.0.0.1:1", "--address", "tcp://127.0.0.1:*"), "zhugo-searchd: --ray 127.0.0.1:1: "),
    ):
        with RealDaemon(tmp_path, *options) as daemon:
            assert daemon.process.wait(PATIENCE) == 2
            assert daemon.process.stderr is not None
            assert daemon.process.stderr.read().startswith(text)
