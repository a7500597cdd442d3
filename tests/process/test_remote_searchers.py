"""`zhugo-searcher`: it joins a daemon, comes back to it, and ends in order; what can never work it says in one line."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol import messages as m
from protocol.client import Client
from tests.daemons import PATIENCE, ROOT, RealDaemon, eventually

EMULATED = ("--device", "emulated", "--latency-ms", "1", "--batch", "8")


class Joining:
    """A `zhugo-searcher` with these options, whose lines are read when it has ended."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "daemon.remote.program", *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, how: int = signal.SIGTERM) -> tuple[int, list[str]]:
        """Its exit code, and what it said."""
        self.process.send_signal(how)
        return self.ended()

    def ended(self) -> tuple[int, list[str]]:
        """The same, when it ends by itself."""
        out, err = self.process.communicate(timeout=PATIENCE)
        assert out == ""
        return self.process.returncode, err.splitlines()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("d")


@pytest.fixture(scope="module")
def daemon(place: Path) -> Iterator[RealDaemon]:
    with RealDaemon(place, "--searchers", "0") as made:
        yield made


@pytest.fixture
def client(daemon: RealDaemon) -> Iterator[Client]:
    with daemon.client() as made:
        yield made


@pytest.fixture(autouse=True)
def _nothing_is_left() -> None:
    """The daemon of this module stays from test to test."""


def searchers(client: Client) -> list[m.SearcherStatus]:
    return client.status().searchers


def search(client: Client, session: str, visits: int = 200) -> int:
    opened = client.open(session, "go", {"size": 9})
    return opened.search(m.Limits(visits=visits)).result(PATIENCE).visits


def test_one_process_is_several_searchers_and_leaves_in_order(daemon: RealDaemon, client: Client) -> None:
    joining = Joining("--connect", daemon.address, *EMULATED, "--in-flight", "3", "--name", "box")
    eventually(lambda: len(searchers(client)) == 3, "all three have joined")
    assert sorted(each.name for each in searchers(client)) == ["box 0", "box 1", "box 2"]
    assert search(client, "in order") == 200
    status = client.status()
    assert status.device_seconds > 0.0
    code, lines = joining.end(signal.SIGINT)
    eventually(lambda: searchers(client) == [], "they have said goodbye")
    assert (code, client.status().searcher_deaths) == (0, status.searcher_deaths)
    assert lines == [
        "no net; emulated, 1 ms a batch; 3 in flight",
        f"joined {daemon.address} as box 0",
    ]


def test_what_can_never_work_is_one_line(daemon: RealDaemon) -> None:
    wrong = {
        ("--connect", "nowhere"): "'nowhere' is no address; write ipc:///path or tcp://host:port",
        ("--connect", daemon.address, "--device", "emulated", "--net", "x"): "--net has no use with --device emulated",
        ("--connect", daemon.address, "--device", "torch"): (
            "the daemon evaluates with no net, for its device is emulated; use --device emulated"
        ),
        ("--connect", daemon.address, "--device", "cuda:0,1"): (
            "Invalid value for '--device': cuda:0,1: one device for each zhugo-searcher; start one for each of them"
        ),
    }
    running = {options: Joining(*options) for options in wrong}
    for options, text in wrong.items():
        assert running[options].ended() == (2, [f"zhugo-searcher: {text}"])


@pytest.fixture(scope="module")
def directory(place: Path) -> Path:
    (place / "own").mkdir()
    return place / "own"


def test_it_waits_for_a_daemon_and_comes_back_to_it(directory: Path) -> None:
    joining = Joining("--connect", f"ipc://{directory / 'd'}", *EMULATED, "--in-flight", "2", "--name", "box")
    for _ in range(2):  # the second daemon knows nothing of the first
        with RealDaemon(directory, "--searchers", "0") as here, here.client() as client:
            eventually(lambda: len(searchers(client)) == 2, "both have joined")
            assert search(client, "again", 50) == 50
            here.kill()
    code, lines = joining.end()
    assert code == 0
    assert f"nobody listens at ipc://{directory / 'd'}; the next try is in " in " ".join(lines)
    assert sum(line.startswith("joined") for line in lines) == 2
