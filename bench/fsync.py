"""What each ``--fsync`` costs those who wait for an answer.

One client plays a move and takes it back, again and again; then eight do so beside each other. The trace lies in the
folder for temporary files, which ``TMPDIR`` names: a disk in memory syncs nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from typing import get_args

from daemon.process.syncing import Fsync
from protocol.client import Client

ONE, EIGHT, CLIENTS = 200, 100, 8
"""Pairs of requests of the one client, of each of several, and how many these are."""

PATIENCE = 240.0
"""Seconds for a daemon to begin, which may have kernels to compile."""


def measure(mode: Fsync) -> tuple[float, float, float]:
    """Seconds of a request, median and 99 of 100, and requests a second of eight clients."""
    with tempfile.TemporaryDirectory(prefix="f-") as folder:
        address = f"ipc://{folder}/d"
        quick = ("--device", "emulated", "--searchers", "1", "--address", address)
        line = [sys.executable, "-m", "daemon.tree_master", *quick, "--trace", f"{folder}/t", "--fsync", mode]
        with subprocess.Popen(line, stdout=subprocess.DEVNULL) as daemon:
            times = sorted(_times(address, "one", ONE))
            threads = [threading.Thread(target=_times, args=(address, f"{each}", EIGHT)) for each in range(CLIENTS)]
            began = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            rate = 2 * CLIENTS * EIGHT / (time.perf_counter() - began)
            daemon.terminate()
    return times[len(times) // 2], times[len(times) * 99 // 100], rate


def _times(address: str, name: str, pairs: int) -> list[float]:
    times = []
    with Client.connect(address, name, PATIENCE) as client:
        session = client.open(name, "go", {"size": 19})
        for _ in range(pairs):
            began = time.perf_counter()
            session.play(0)
            session.undo()
            times.append((time.perf_counter() - began) / 2)
    return times


def measure_all() -> dict[str, dict[str, float]]:
    """Each way, by its name: milliseconds of one request, median and of 99 %, and requests a second of ``CLIENTS``."""
    figures = {}
    for mode in get_args(Fsync):
        median, most, rate = measure(mode)
        figures[mode] = {"median_ms": median * 1e3, "p99_ms": most * 1e3, f"of_{CLIENTS}_clients_per_s": rate}
    return figures
