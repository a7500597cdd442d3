"""A daemon under each schedule that it can run: searches end, its trace replays, and other schedules are refused."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from daemon.process.referee import GamesReferee
from daemon.replay.verify import verify
from protocol import messages as m
from protocol.client import Client
from tests.daemons import PATIENCE, start

ENCODERS = ("--encoders", "2")


def searched(folder: Path, *options: str) -> str:
    """What a daemon with these options says, behind a search of two trees and an orderly end."""
    address, trace = f"ipc://{folder / 'd'}", folder / "run.trace"
    emulated = ("--device", "emulated", "--latency-ms", "1")
    process = start("--address", address, "--trace", str(trace), *emulated, *options)
    with Client.connect(address, "test", PATIENCE) as client:
        searches = [client.open(name, "go", {"size": 9}).search(m.Limits(visits=30)) for name in ("one", "two")]
        assert [search.result(PATIENCE).visits for search in searches] == [30, 30]
        client.check()
    process.terminate()
    said = "".join(process.communicate(timeout=PATIENCE))
    assert process.returncode == 0, said
    found = verify(trace, lambda _: GamesReferee())
    assert found.is_good, found.problem
    return said


@pytest.mark.parametrize(
    "options",
    [
        ("--schedule", "ahead", *ENCODERS),
        pytest.param(("--schedule", "threads", "--batch", "4"), marks=pytest.mark.long),
        pytest.param(("--schedule", "spread", *ENCODERS), marks=pytest.mark.long),
        pytest.param(("--schedule", "virtual", *ENCODERS), marks=pytest.mark.long),
        pytest.param(("--schedule", "together", *ENCODERS), marks=pytest.mark.long),
        pytest.param(("--schedule", "many-trees"), marks=pytest.mark.long),
        pytest.param(("--schedule", "sequential"), marks=pytest.mark.long),
    ],
    ids=lambda options: options[1],
)
def test_a_daemon_searches_under_it(options: tuple[str, ...], tmp_path: Path) -> None:
    searched(tmp_path, *options)


def test_a_killed_process_of_walkers_is_replaced_and_loses_no_leaf(tmp_path: Path) -> None:
    address = f"ipc://{tmp_path / 'd'}"
    process = start("--address", address, "--device", "emulated", "--latency-ms", "5", "--schedule", "threads")
    with Client.connect(address, "test", PATIENCE) as client:
        how = m.SearchSettings(collisions="virtual-loss")
        session = client.open("one", "go", {"size": 9}, settings=how)
        assert session.search(m.Limits(visits=50)).result(PATIENCE).visits == 50
        walkers = client.status().searchers
        assert len(walkers) == 16
        (pid,) = {walker.pid for walker in walkers}
        search = session.search(m.Limits(visits=2000))
        os.kill(pid, signal.SIGKILL)
        assert search.result(PATIENCE).visits == 2000
        client.check()
        assert {walker.pid for walker in client.status().searchers} != {pid}
    process.terminate()
    said = "".join(process.communicate(timeout=PATIENCE))
    assert process.returncode == 0, said


def test_auto_takes_what_suits_what_it_measured(tmp_path: Path) -> None:
    assert "schedule: double-buffer, for it takes" in searched(tmp_path, "--schedule", "auto")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--schedule", "threads", "--batch", "300"), "how many walkers there are, 256 at most"),
        (("--schedule", "threads", "--searchers", "2"), "has one searcher, not 2"),
        (("--schedule", "ahead", "--searchers", "2"), "has one searcher, not 2"),
        (("--encoders", "2"), "--schedule double-buffer has no encoders"),
    ],
)
def test_what_it_cannot_run_is_refused_in_one_line(options: tuple[str, ...], why: str) -> None:
    process = start("--device", "emulated", *options)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    (line,) = said.strip().splitlines()
    assert why in line
