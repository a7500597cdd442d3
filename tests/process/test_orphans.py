"""A searcher whose master was killed: nobody is left to read what it says, and it takes everything away."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import msgspec

from daemon.process.options import Options
from protocol.server import Server
from tests.daemons import PATIENCE, eventually


def test_it_removes_what_the_master_left_though_it_hears_of_its_death_last(directory: Path) -> None:
    private = directory / "private"
    private.mkdir()
    server = Server([f"ipc://{private / 'searchd'}"])
    told = Options(device="emulated").for_searcher(server.addresses[0], "searcher 0", str(private))
    command = [sys.executable, "-m", "daemon.searcher", msgspec.json.encode(told).decode()]
    searcher = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert searcher.stdin is not None
    assert searcher.stderr is not None
    eventually(lambda: server.receive() is not None, "it greets")
    searcher.stderr.close()
    server.close()
    time.sleep(0.5)  # in which it sees the connection go, and says so where nobody reads it
    searcher.stdin.close()
    searcher.wait(PATIENCE)
    assert not private.exists()
