"""The longest time that one event holds the master, for trees of some sizes; no other peer is served meanwhile.

One tree grows to its size in a real master; then a move is played, its memory is made short, so that all else is
dropped, and it is closed. With a trace that is several times a checkpoint. By the clock and by the time of the master's
thread alone, which is what counts on a machine that has other things to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from bench.master import Answers
from protocol import messages as m
from protocol.client import Client
from protocol.session import Session
from protocol.sockets import Dealer

BATCH = 32
SEARCHERS = 2
LONG = 0.02
"""Seconds that no event should take."""

BYTES_PER_VISIT = 1200
END_SECONDS = 10.0
START_SECONDS = 300.0


def measure(visits: Sequence[int], size: int = 19) -> list[dict[str, Any]]:
    """A row for each number of visits, without a trace and with one."""
    return [_measure(number, size, traced) for number in visits for traced in (False, True)]


def _measure(visits: int, size: int, traced: bool) -> dict[str, Any]:
    with TemporaryDirectory(prefix="zhugo-bench-") as directory:
        folder = Path(directory)
        noted, address = folder / "noted", f"ipc://{folder / 'master'}"
        trace = ("--trace", str(folder / "trace"), "--trace-keep", "1", "--trace-mb", str(visits / 8000))
        options = ("--address", address, "--searchers", "0", *(trace if traced else ()))
        command = [sys.executable, "-m", "bench.timed_master", str(noted), *options]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                used = _live(address, visits, size)
                process.wait(START_SECONDS)
            finally:
                _end(process)
        return _row(visits, size, traced, used, json.loads(noted.read_text()))


def _end(process: subprocess.Popen[bytes]) -> None:
    """In order, if it lets us: a killed master has nobody here to clean up after it."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _row(visits: int, size: int, traced: bool, used: int, noted: dict[str, dict[str, float]]) -> dict[str, Any]:
    def longest(clock: str, kinds: Sequence[str]) -> float:
        return 1e3 * max((noted[kind][clock] for kind in kinds if kind in noted), default=0.0)

    begins, tidies = "begins a checkpoint", ["Tick that tidies", "Configure", "Close"]
    return {
        "visits": visits,
        "board": f"{size}x{size}",
        "trace": traced,
        "longest_ms": longest("wall", list(noted)),
        "longest_cpu_ms": longest("cpu", list(noted)),
        "of": max(noted, key=lambda kind: noted[kind]["cpu"]),
        "update_cpu_ms": longest("cpu", ["Update", "Update beside a checkpoint", "Select"]),
        "dropping_cpu_ms": longest("cpu", tidies),
        "checkpoint_cpu_ms": longest("cpu", ["makes ready for a checkpoint", begins, "ends a checkpoint"]),
        "checkpoints": int(noted.get(begins, {"count": 0})["count"]),
        "checkpoint_visits": int(noted.get(begins, {"rows": 0})["rows"]),
        "drops": int(noted.get("Tick that tidies", {"count": 0})["count"]),
        "bytes_per_visit": used / visits,
        "by_event": noted,
    }


def _live(address: str, visits: int, size: int) -> int:
    """What happens to the tree; the bytes that it used when it was largest."""
    with Client.connect(address, name="bench handles", timeout=START_SECONDS) as client:
        # one tree fills whole batches under this rule, and nothing else is wanted of it
        settings = m.SearchSettings(collisions="wu-uct", max_bytes=2 * BYTES_PER_VISIT * visits)
        session = client.open("tree", "go", {"size": size}, settings=settings)
        searchers = [_Searcher(address, size) for _ in range(SEARCHERS)]
        grown = _search(session, searchers, m.Limits(visits=visits))
        assert grown.chosen is not None
        session.play(grown.chosen)
        kept = session.query().visits
        session.configure(msgspec.structs.replace(settings, max_bytes=grown.bytes))
        _search(session, searchers, m.Limits(visits=kept + BATCH * 100))
        session.close()
        client.status()
        for searcher in searchers:
            searcher.close()
        time.sleep(0.5)  # while the memory of the tree goes back
        client.shutdown()
    return grown.bytes


def _search(session: Session, searchers: list[_Searcher], limits: m.Limits) -> m.Report:
    """Search with live reports to the end, as these searchers."""
    handle = session.search(limits, report_every=1.0)
    while True:
        for searcher in searchers:
            searcher.serve()
        if handle.over:
            return handle.result(START_SECONDS)


class _Searcher:
    """Answers every grant at once."""

    def __init__(self, address: str, size: int) -> None:
        self._dealer = Dealer(address)
        self._answers = Answers(size * size + 1)
        self._dealer.send(m.Hello(m.PROTOCOL_VERSION, "searcher", "bench", os.getpid()))
        self._dealer.receive(START_SECONDS)
        self._dealer.send(m.Select(m.BatchRequest(BATCH)))
        self._heard = time.monotonic()

    def serve(self) -> None:
        """Answer a grant, if one is there soon."""
        grant = self._dealer.receive(0.01)
        if isinstance(grant, m.Grant):
            self._dealer.send(self._answers.update(grant, self._heard, m.BatchRequest(BATCH)))
            self._heard = time.monotonic()
        elif time.monotonic() - self._heard > 1.0:
            self._dealer.send(m.Heartbeat())
            self._heard = time.monotonic()

    def close(self) -> None:
        """Leave."""
        self._dealer.send(m.Goodbye())
        self._dealer.close()
