"""The master over ZeroMQ: how many visits a second it can serve, and how long a round trip takes.

The master is a real one in a process of its own. The searchers are two connections of this process that answer every
grant at once with evaluations made before, so nothing but the master and the wire is measured.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil

from protocol import messages as m
from protocol.addresses import private_directory
from protocol.client import Client
from protocol.sockets import Dealer

BATCH = 32
SESSIONS = 8
SEARCHERS = 2
SECONDS = 3.0
RUNS = 3
_NUM_MOVES = 362

SIZES, BATCHES = (9, 19), (4, 16, 32, 64)
"""Of the trees and of the batches for which the limit of a master is measured."""


@dataclass(frozen=True)
class Load:
    """What is asked of the master: ``SESSIONS`` trees on boards of this size, by so many searchers."""

    searchers: int = SEARCHERS
    size: int = 19
    batch: int = BATCH


class Answers:
    """Updates for any grant: priors as peaked as a net's, small values, players who alternate."""

    def __init__(self, num_moves: int = _NUM_MOVES) -> None:
        rng = np.random.default_rng(0)
        rows = rng.dirichlet(np.full(num_moves, 10.83 / num_moves), 64 * BATCH)
        self.priors = rows.astype(np.float16).view(np.uint16)
        self.value = rng.uniform(-0.2, 0.2, 64 * BATCH).astype(np.float32)
        self.turn = 0

    def update(self, grant: m.Grant, asked: float, batch_request: m.BatchRequest) -> m.Update:
        """The evaluation of a grant that was asked for at this time, and the batch request for the next."""
        n = len(grant.offsets) - 1
        self.turn = (self.turn + n) % (63 * BATCH)
        rows = slice(self.turn, self.turn + n)
        now = time.monotonic()
        return m.Update(
            grant=grant.grant,
            phases=m.Phases(asked, now, now, now, now, now),
            to_play=np.where(np.diff(grant.offsets) % 2 == 0, 1, -1).astype(np.int8),
            terminal=np.zeros(n, np.uint8),
            value=self.value[rows],
            lead=self.value[rows],
            priors=self.priors[rows],
            ownership=np.zeros((0, 0), np.float32),
            batch_request=batch_request,
        )


def measure() -> dict[str, Any]:
    """``visits_per_s`` with two searchers; ``round_trip_us`` from an update to the next grant with one; and limits."""
    with _master() as (address, process):
        visits = [_serve(address, Load(), SECONDS) for _ in range(RUNS)]
        alone = _serve(address, Load(searchers=1), SECONDS)
        bare = _bare_round_trips(address)
        limits = [_limit(address, process, Load(size=size, batch=batch)) for size in SIZES for batch in BATCHES]
    rates = [run["visits_per_s"] for run in visits]
    return {
        "visits_per_s": statistics.median(rates),
        "round_trip_us": alone["round_trip_us"],
        "bare_round_trip_us": statistics.median(bare) * 1e6,
        "mean_batch": statistics.median(run["mean_batch"] for run in visits),
        "visits_per_s_min": min(rates),
        "visits_per_s_max": max(rates),
        "sessions": SESSIONS,
        "batch": BATCH,
        "limits": limits,
    }


def _limit(address: str, master: psutil.Process, load: Load) -> dict[str, float]:
    """What a core that has nothing but a master to do could serve: visits by the processor time that they cost it."""
    runs = []
    for _ in range(RUNS):
        before = sum(master.cpu_times()[:2])
        served = _serve(address, load, SECONDS)
        runs.append(served["visits"] / (sum(master.cpu_times()[:2]) - before))
    rate = statistics.median(runs)
    return {"size": load.size, "batch": load.batch, "visits_per_cpu_s": rate, "us_per_visit": 1e6 / rate}


@contextmanager
def _master() -> Iterator[tuple[str, psutil.Process]]:
    directory = private_directory()
    address = f"ipc://{directory}/bench"
    command = [sys.executable, "-m", "daemon.tree_master", "--address", address, "--searchers", "0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        Client.connect(address, name="warm-up", timeout=120.0).close()
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10.0)
        directory.rmdir()


def _serve(address: str, load: Load, seconds: float) -> dict[str, float]:
    """Be the searchers of some growing trees for so many seconds."""
    client = Client.connect(address, name="bench master", timeout=10.0)
    for i in range(SESSIONS):
        client.open(f"s{i}", "go", {"size": load.size}).search(m.Limits())
    dealers = [Dealer(address) for _ in range(load.searchers)]
    batch_request, answers = m.BatchRequest(load.batch), Answers(load.size * load.size + 1)
    asked = [time.monotonic()] * load.searchers
    for i, dealer in enumerate(dealers):
        dealer.send(m.Hello(m.PROTOCOL_VERSION, "searcher", f"bench {i}", 0))
        dealer.receive(10.0)
        dealer.send(m.Select(batch_request))
    began, visits_before, leaves, batches = time.monotonic(), client.status().visits, 0, 0
    trips = []
    while time.monotonic() < began + seconds:
        for i, dealer in enumerate(dealers):
            grant = dealer.receive(1.0)
            if not isinstance(grant, m.Grant):
                continue
            trips.append(time.monotonic() - asked[i])
            leaves, batches = leaves + len(grant.offsets) - 1, batches + 1
            update = answers.update(grant, asked[i], batch_request)
            asked[i] = time.monotonic()
            dealer.send(update)
    elapsed = time.monotonic() - began
    visits = client.status().visits - visits_before
    for dealer in dealers:
        dealer.send(m.Goodbye())
        dealer.close()
    client.close()
    return {
        "visits": visits,
        "visits_per_s": visits / elapsed,
        "round_trip_us": statistics.median(trips) * 1e6,
        "mean_batch": leaves / max(1, batches),
    }


def _bare_round_trips(address: str) -> list[float]:
    client = Client.connect(address, name="bench master", timeout=10.0)
    session = client.open("bare", "go", {"size": 19})
    times = []
    for _ in range(500):
        began = time.perf_counter()
        session.stop()
        times.append(time.perf_counter() - began)
    client.close()
    return times
