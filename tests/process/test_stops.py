"""Everybody is stopped at once, as Ctrl-Z and a debugger do: whoever goes on finds the others where they were."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.daemons import PATIENCE, ROOT, RealDaemon

ZHUGO = str(Path(sys.executable).with_name("zhugo"))
QUICK = ("--device", "emulated", "--latency-ms", "1", "--batch", "4")
VISITS = ("--visits", "50")


class Gtp:
    """``zhugo gtp`` with these options, asked line by line."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [ZHUGO, "gtp", *VISITS, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def ask(self, line: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        while self.process.stdout.readline().strip():
            pass
        return answer.strip()


@contextmanager
def gtp(*options: str) -> Iterator[Gtp]:
    running = Gtp(*options)
    with running.process:
        yield running
        assert running.ask("quit") == "="
        assert running.process.wait(PATIENCE) == 0


def _family(*pids: int) -> list[psutil.Process]:
    """These processes, and all that they began."""
    roots = [psutil.Process(pid) for pid in pids]
    return [*roots, *(child for root in roots for child in root.children(recursive=True))]


def _stop_for(seconds: float, *pids: int) -> None:
    family = _family(*pids)
    for process in family:
        process.suspend()
    time.sleep(seconds)
    for process in family:
        process.resume()


LONGER_THAN_ANY_LEASE = 70.0


@pytest.mark.parametrize("seconds", [1.5, pytest.param(LONGER_THAN_ANY_LEASE, marks=pytest.mark.long)])
def test_a_gtp_session_with_a_daemon_of_its_own(seconds: float) -> None:
    with gtp(*QUICK) as session:
        assert session.ask("boardsize 9") == "="
        assert session.ask("genmove b").startswith("= ")
        _stop_for(seconds, session.process.pid)
        for colour in "wbw":
            assert session.ask(f"genmove {colour}").startswith("= ")


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["ipc", "tcp"])
def test_a_gtp_session_with_a_shared_daemon(directory: Path, scheme: str) -> None:
    options = ("--address", "tcp://127.0.0.1:*") if scheme == "tcp" else ()
    with RealDaemon(directory, *options) as daemon:
        address = daemon.address
        if scheme == "tcp":
            assert daemon.process.stdout is not None
            address = daemon.process.stdout.readline().split()[-1]
        with gtp("--connect", address) as session:
            assert session.ask("boardsize 9") == "="
            assert session.ask("genmove b").startswith("= ")
            _stop_for(LONGER_THAN_ANY_LEASE, daemon.process.pid, session.process.pid)
            for colour in "wbw":
                assert session.ask(f"genmove {colour}").startswith("= ")
