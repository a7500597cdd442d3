"""A program whose daemon does not answer, by a real clock: it moves all the same."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import zmq

from tests.daemons import PATIENCE


def test_a_move_is_made_in_time_though_the_daemon_says_nothing(directory: Path) -> None:
    """It takes connections, as one that is still starting, and never answers."""
    address = f"ipc://{directory / 'silent'}"
    with zmq.Context() as context, context.socket(zmq.ROUTER) as silent:
        silent.bind(address)
        command = [sys.executable, "-P", "-m", "zhugo.cli", "gtp", "--connect", address]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            timer = threading.Timer(PATIENCE, process.kill)
            timer.start()
            try:
                process.stdin.write("boardsize 9\nkgs-time_settings byoyomi 0 2 3\ngenmove b\nplay w G7\ngenmove b\n")
                process.stdin.flush()
                answers = [process.stdout.readline().strip() for _ in range(10)]
            finally:
                timer.cancel()
                process.kill()
    assert answers[:4] == ["=", "", "=", ""]
    assert answers[4] == "= C7"
    assert answers[6] == "="
    assert answers[8].startswith("= ")
    assert answers[8] != "= C7"
