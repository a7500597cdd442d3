"""The club's time: members in processes of their own, deaths by the clock, and what came of it."""

from __future__ import annotations

import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bench.soak.club import READY, total
from bench.soak.club import Options as ClubOptions
from bench.soak.killing import ClubDaemon, Memory
from bench.soak.member import Ledger
from protocol.keys import KeyFolder
from protocol.principals import Quota

PROCESSES, MEMBERS_EACH = 4, 16
"""Of members, at most; and as few as have so many members each."""
QUOTA = Quota(sessions=8, searches=4)
SAMPLE_SECONDS = 5.0


@dataclass(frozen=True)
class Plan:
    """Seconds between deaths, 0 for none; ``daemon``: more options of the daemon's. ``pause``: see ``Member``."""

    members: int
    seconds: float
    kill_searcher: float
    kill_master: float
    seed: int
    daemon: list[str]
    pause: tuple[float, float] = (0.5, 6.0)


def measure(plan: Plan, folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run it, in ``folder``; the figures, with what was promised and broken as ``faults``."""
    names = [f"member-{number}" for number in range(plan.members)]
    keys = _make_keys(folder, names)
    processes = min(PROCESSES, -(-plan.members // MEMBERS_EACH))
    daemon = ClubDaemon(folder, f"tcp://127.0.0.1:{_free_port()}", _free_port(), plan.daemon)
    with ExitStack() as stack:
        stack.enter_context(daemon)
        clubs = [
            stack.enter_context(
                _Club(
                    ClubOptions(daemon.address, keys[first::processes], names, plan.seed + 1000 * first, plan.pause),
                    folder / f"{first}.json",
                )
            )
            for first in range(processes)
        ]
        for club in clubs:
            club.wait_for_members()
        began = time.monotonic()
        _let_live(plan, daemon, tell)
        for club in clubs:
            club.end()
        ledgers = [club.ledger() for club in clubs]
        seconds = time.monotonic() - began
        code = daemon.end()
    return _figures(plan, daemon, total(ledgers), seconds, code)


def _make_keys(folder: Path, names: list[str]) -> list[str]:
    (folder / "members").mkdir(parents=True)
    keys = KeyFolder(folder / "keys", make=True)
    files = [folder / "members" / f"{name}.key" for name in names]
    for name, file in zip(names, files, strict=True):
        keys.create(name, "client", QUOTA, file)
    return [str(file) for file in files]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Club:
    """A process of members, whose ledger it writes into a file."""

    def __init__(self, options: ClubOptions, told: Path) -> None:
        self._told = told
        with told.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.soak.club", msgspec.json.encode(options).decode()],
                stdin=subprocess.PIPE,
                stdout=out,
            )

    def wait_for_members(self) -> None:
        """Until all are there."""
        while READY not in self._told.read_text() and self._process.poll() is None:
            time.sleep(0.05)

    def end(self) -> None:
        """Have its members finish what they do."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def ledger(self) -> Ledger:
        """What happened there, when all of them have ended."""
        if code := self._process.wait():
            return Ledger(faults=[f"a process of members ended with code {code}"])
        return total(msgspec.json.decode(self._told.read_text().partition(READY)[2], type=list[Ledger]))

    def __enter__(self) -> _Club:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def _let_live(plan: Plan, daemon: ClubDaemon, tell: Callable[[str], None]) -> None:
    """Kill by the clock until the time is over."""
    drawn = random.Random(plan.seed)
    began = time.monotonic()
    due = {"searcher": plan.kill_searcher or plan.seconds, "master": plan.kill_master or plan.seconds, "sample": 0.0}
    while (now := time.monotonic() - began) < plan.seconds:
        if now >= due["sample"]:
            daemon.sample()
            due["sample"] = now + SAMPLE_SECONDS
        if now >= due["searcher"]:
            daemon.kill_searcher(drawn)
            due["searcher"] = now + plan.kill_searcher
        if now >= due["master"]:
            daemon.kill_master()
            tell(f"{now:.0f} s: the master was killed and is back after {daemon.restores[-1]:.1f} s")
            due["master"] = now + plan.kill_master
        time.sleep(0.2)


def _figures(plan: Plan, daemon: ClubDaemon, ledger: Ledger, seconds: float, code: int) -> dict[str, Any]:
    waits = sorted(ledger.first_reports) or [float("nan")]
    return {
        "members": plan.members,
        "seconds": round(seconds, 1),
        "kills": daemon.kills,
        "done": ledger.done,
        "visits_per_s": ledger.done.get("visits", 0) / seconds,
        "first_report_ms": {
            "p50": 1e3 * statistics.median(waits),
            "p99": 1e3 * float(np.percentile(waits, 99)),
            "longest": 1e3 * waits[-1],
        },
        "restart_s": {"median": statistics.median(daemon.restores), "longest": max(daemon.restores)},
        "master_mib": _growth(daemon.memory),
        "exit_code": code,
        "faults": len(ledger.faults),
        "first_faults": ledger.faults[:20],
    }


def _growth(memory: list[Memory]) -> dict[str, float]:
    """The master's memory: of the first and the last tenth of the time, and the most."""
    tenth = max(1, len(memory) // 10)
    held = [each.master for each in memory]
    return {
        "first_tenth": statistics.median(held[:tenth]),
        "last_tenth": statistics.median(held[-tenth:]),
        "most": max(held),
        "searchers_most": max(each.searchers for each in memory),
    }
