"""How busy two searchers keep the device: a private daemon under load, looked at from outside.

The load is either several sessions (as a review of a game is) or one 19x19 session with a tree that was grown first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from bench.alone import evaluations_per_s as alone_per_s
from protocol.client import Client, Session
from protocol.messages import SearchSettings, Status
from zhugo.shared.busy import busy_share
from zhugo.shared.options import DaemonOptions
from zhugo.shared.private_daemon import client


@dataclass(frozen=True)
class Load:
    """``sessions`` trees of an empty ``size`` x ``size`` board, searched for ``seconds`` behind ``warm_up`` seconds."""

    sessions: int = 16
    size: int = 19
    seconds: float = 10.0
    warm_up: float = 3.0
    collisions: str = "capped"


def measure(options: DaemonOptions, load: Load) -> dict[str, Any]:
    """Run the load on a daemon and report its figures over ``load.seconds``, warm-up left out.

    ``alone_per_s``: what its net makes without it, see ``alone``; None of a daemon that somebody else has.
    """
    with client(options, "bench pipeline") as daemon:
        for number in range(load.sessions):
            open_session(daemon, number, load).search()
        await_work(daemon)
        time.sleep(load.warm_up)
        before, began = daemon.status(), time.monotonic()
        time.sleep(load.seconds)
        after, ended = daemon.status(), time.monotonic()
        daemon.check()
    found = figures(before, after, ended - began)
    batch = max(1, round(found["mean_batch"]))
    alone = alone_per_s(options, load.size, batch, load.seconds / 2.0) if options.connect is None else None
    share = found["evaluations_per_s"] / alone if alone else None
    return {"evaluations_per_s": found.pop("evaluations_per_s"), "alone_per_s": alone, "of_alone": share, **found}


def figures(before: Status, after: Status, seconds: float) -> dict[str, Any]:
    """What happened between two looks at a daemon, ``seconds`` apart."""
    visits, batches = after.visits - before.visits, after.batches - before.batches
    searchers = max(1, len(after.searchers))
    return {
        "device_busy": busy_share(before, after, seconds),
        "evaluations_per_s": (after.leaves - before.leaves - after.cached + before.cached) / seconds,
        "visits_per_s": visits / seconds,
        "batches_per_s": batches / seconds,
        "mean_batch": (after.leaves - before.leaves) / batches if batches else 0.0,
        "visits_per_batch": visits / batches if batches else 0.0,
        "collisions": after.collisions - before.collisions,
        "pseudo_share": (after.pseudo_visits - before.pseudo_visits) / visits if visits else 0.0,
        "parked_share": (after.parked_seconds - before.parked_seconds) / seconds / searchers,
        "speculative": after.speculative - before.speculative,
        "speculative_used": after.speculative_used - before.speculative_used,
        "cached_share": (after.cached - before.cached) / max(1, after.leaves - before.leaves),
        "searchers": searchers,
        "seconds": seconds,
        "phases_ms": {
            one.name: {
                "select": one.select_seconds * 1e3,
                "encode": one.encode_seconds * 1e3,
                "device": one.device_seconds * 1e3,
                "update": one.update_seconds * 1e3,
            }
            for one in after.searchers
        },
    }


def await_work(daemon: Client) -> None:
    """Until the first batch has come back: searchers may start for as long as they like."""
    while daemon.status().batches == 0:
        time.sleep(0.05)


def open_session(daemon: Client, number: int, load: Load) -> Session:
    """One session of the load, not yet searching."""
    # A point each to begin with, so that the trees differ as those of a review do.
    record = [number % (load.size * load.size)] if load.sessions > 1 else []
    settings = SearchSettings(collisions=load.collisions)  # type: ignore[arg-type]
    return daemon.open(f"load-{number}", "go", {"size": load.size}, record, settings)
