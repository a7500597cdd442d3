"""The tree alone: select, expand and back up on one core, without processes, messages or a game.

The evaluations are made up before the clock runs: priors as peaked as a net's on 19x19, values that drift along a line
of play.
"""

from __future__ import annotations

import resource
import statistics
import time
from typing import Any

import numpy as np

from daemon.core.search_tree import NODES, bytes_used
from daemon.core.session import ActiveSearch, Session
from protocol import messages as m

NUM_MOVES = 362
BATCH = 32
RUNS = 9
VISITS = (800, 20_000, 100_000)
_PHASES = m.Phases(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class _Evaluations:
    """Evaluations like a net's: a tenth of the moves carries nearly all of the prior mass."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.priors = rng.dirichlet(np.full(NUM_MOVES, 10.83 / NUM_MOVES), 4096).astype(np.float16).view(np.uint16)
        self.steps = rng.normal(0.0, 0.1, 4096)
        self.advantage: dict[int, float] = {-1: 0.0}
        self.next = 0

    def update(self, session: Session, leaves: np.ndarray[Any, np.dtype[np.int32]], depths: Any) -> m.Update:
        """The update for these leaves; the players alternate."""
        n = len(leaves)
        rows = np.arange(self.next, self.next + n) % 4096
        self.next += n
        for leaf, row in zip(leaves.tolist(), rows.tolist(), strict=True):
            self.advantage[leaf] = self.advantage[int(session.tree.parent[leaf])] + self.steps[row]
        value = np.tanh([self.advantage[leaf] for leaf in leaves.tolist()]).astype(np.float32)
        return m.Update(
            grant=0,
            phases=_PHASES,
            to_play=np.where(depths % 2 == 0, 1, -1).astype(np.int8),
            terminal=np.zeros(n, np.uint8),
            value=value,
            lead=10 * value,
            priors=self.priors[rows],
            ownership=np.zeros((0, 0), np.float32),
        )


def grow(visits: int, batch: int = BATCH) -> tuple[Session, float]:
    """A tree of so many visits, and the seconds that selection, expansion and backup took."""
    session = Session("bench", 1, 1, "go", {}, NUM_MOVES, m.SearchSettings())
    session.search = ActiveSearch(b"", 0, m.Limits(visits=visits), None, 1, 1, 0.0, 0, np.inf)
    evaluations = _Evaluations()
    seconds = 0.0
    while session.visits < visits:
        begin = time.perf_counter()
        _, leaves, offsets, _ = session.select(batch, session.budget(), speculate=False)
        seconds += time.perf_counter() - begin
        update = evaluations.update(session, leaves, np.diff(offsets))
        begin = time.perf_counter()
        session.update(leaves, slice(0, len(leaves)), update)
        seconds += time.perf_counter() - begin
    return session, seconds


def measure() -> dict[str, Any]:
    """``visits_per_s`` and ``bytes_per_visit`` at the middle size of tree; the rates of all sizes beside them."""
    grow(100)
    rates = {}
    for visits in VISITS:
        runs = [visits / grow(visits)[1] for _ in range(RUNS)]
        rates[str(visits)] = {"median": statistics.median(runs), "min": min(runs), "max": max(runs)}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    session, _ = grow(VISITS[-1])
    return {
        "visits_per_s": rates[str(VISITS[1])]["median"],
        "bytes_per_visit": bytes_used(session.tree) / session.visits,
        "nodes_per_visit": int(session.tree.used[NODES]) / session.visits,
        "peak_memory_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "peak_memory_kb_before": before,
        "by_visits": rates,
    }
