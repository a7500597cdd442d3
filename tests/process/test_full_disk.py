"""A daemon whose trace cannot be written goes on without it, and says so; unless the trace is required."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daemon.process.referee import GamesReferee
from daemon.replay.replay import replay
from protocol.client import Client
from protocol.errors import ConnectionLost
from protocol.messages import Limits
from tests.daemons import PATIENCE, RealDaemon, start

ROOM = 40_000
"""Bytes of a file that a daemon here may write."""


@contextmanager
def on_a_small_disk(directory: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    """A daemon with a trace, and a client of it; from now on no file that it writes may be larger than ``ROOM``."""
    quick = ("--device", "emulated", "--latency-ms", "1", "--searchers", "1")
    address = f"ipc://{directory / 'd'}"
    with (
        start("--address", address, *quick, "--trace", str(directory / "trace"), *options) as daemon,
        Client.connect(address, timeout=PATIENCE) as client,
    ):
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (ROOM, ROOM))
        yield daemon, client


def test_a_search_goes_on_without_a_trace_that_the_disk_does_not_take(directory: Path) -> None:
    with on_a_small_disk(directory) as (daemon, client):
        session = client.open("game", "go", {"size": 9})
        assert client.status().trace == ""
        report = session.search(Limits(visits=2000)).result(PATIENCE)
        assert report.visits == 2000
        assert client.status().trace == f"cannot write the trace {directory / 'trace'}: File too large"
        client.check()
        client.shutdown()
        errors = daemon.communicate(timeout=PATIENCE)[1]
    assert daemon.returncode == 0
    assert errors.count("File too large; going on without a trace") == 1
    told = replay(directory / "trace", GamesReferee())
    assert told.same, told.difference
    assert (told.events > 10, told.torn) == (True, None)
    # what it knew until then can be gone on with
    with RealDaemon(directory, "--resume", str(directory / "trace")) as resumed, resumed.client() as client:
        assert 0 < client.open("game", "go", {}, share=True).query().visits < 2000


def test_a_daemon_ends_whose_trace_is_required(directory: Path) -> None:
    with on_a_small_disk(directory, "--trace-required") as (daemon, client):
        session = client.open("game", "go", {"size": 9})
        with pytest.raises(ConnectionLost):
            session.search(Limits(visits=2000)).result(PATIENCE)
        errors = daemon.communicate(timeout=PATIENCE)[1]
    assert daemon.returncode == 2
    assert errors.splitlines()[-1] == f"zhugo-searchd: cannot write the trace {directory / 'trace'}: File too large"
    told = replay(directory / "trace", GamesReferee())
    assert (told.same, told.torn) == (True, None)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_a_disk_that_is_full_from_the_start_stops_only_who_requires_a_trace(directory: Path) -> None:
    full = ("--device", "emulated", "--searchers", "1", "--trace", "/dev/full")
    address = f"ipc://{directory / 'd'}"
    with start("--address", address, *full) as daemon, Client.connect(address, timeout=PATIENCE) as client:
        assert client.status().trace == "cannot write the trace /dev/full: No space left on device"
        client.shutdown()
        assert daemon.wait(PATIENCE) == 0
    with start("--address", address, *full, "--trace-required") as daemon:
        errors = daemon.communicate(timeout=PATIENCE)[1]
        assert (daemon.returncode, errors.splitlines()[-1]) == (
            2,
            "zhugo-searchd: cannot write the trace /dev/full: No space left on device",
        )


def test_two_daemons_do_not_write_one_trace(directory: Path) -> None:
    trace = directory / "trace"
    with RealDaemon(directory, "--trace", str(trace)) as daemon, daemon.client() as client:
        session = client.open("game", "go", {"size": 9})
        for how in ("--trace", "--resume"):
            with start("--device", "emulated", how, str(trace)) as second:
                errors = second.communicate(timeout=PATIENCE)[1]
            assert second.returncode == 2
            assert errors.splitlines()[-1] == f"zhugo-searchd: the trace {trace} is in use: another process writes it"
        assert session.search(Limits(visits=50)).result(PATIENCE).visits == 50
        assert replay(trace, GamesReferee()).same  # which may be read meanwhile
        daemon.kill()
    with RealDaemon(directory, "--resume", str(trace)) as daemon:
        with daemon.client() as client:
            assert client.open("game", "go", {}, share=True).query().visits == 50
        assert daemon.end() == 0
    assert sorted(path.name for path in directory.iterdir()) == ["trace"]
