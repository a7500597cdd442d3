"""What each part of the search gives, by how well a short search without it agrees with a long one.

Cheaper than games, and sharper at the same cost, since all searches look at the same positions and share the net's
evaluations. What it cannot say: how a part changes what the long search itself comes to.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.oracle import Oracle, device_for
from bench.parts import without
from bench.policies import Run, Setting, oracles, run

LEAST_SHARE = 0.01
"""A move with a smaller share of the long search's visits gets a search of its own, of as many."""


@dataclass(frozen=True)
class Verdict:
    """A short search beside the long one. same: it chose the same move. regret: points that its choice loses."""

    same: bool
    regret: float


def measure(
    net: Path | None,
    size: int,
    visits: int,
    reference: int,
    positions: int,
    parts: Sequence[str],
    tell: Callable[[str], None],
) -> Iterator[dict[str, Any]]:
    """A row for the whole search, then one for each part without which it searches. Raises ``NetError``.

    ``visits``, ``reference``: of a short and of the long search. ``parts``: names, as ``bench.parts`` has them.
    ``tell`` hears of each position.
    """
    device = device_for(net)
    searches = {"": Setting(visits=visits)} | {
        name: Setting(visits=visits, changes=tuple(without(name).items())) for name in parts
    }
    verdicts: dict[str, list[Verdict]] = {name: [] for name in searches}
    for number, oracle in enumerate(oracles(device, positions, size), 1):
        for name, verdict in _judged(oracle, searches, reference).items():
            verdicts[name].append(verdict)
        tell(f"{number} of {positions} positions: {_row('', verdicts[''], verdicts[''])}")
    for name, found in verdicts.items():
        yield _row(name, found, verdicts[""])


def _judged(oracle: Oracle, searches: Mapping[str, Setting], reference: int) -> dict[str, Verdict]:
    order = np.arange(oracle.game.num_moves)
    chosen = {name: run(oracle, setting, order).best for name, setting in searches.items()}
    long = run(oracle, Setting(batch=32, visits=reference, searchers=2), order)
    worth = {move: _worth(oracle, long, move) for move in {long.best, *chosen.values()}}
    return {name: Verdict(move == long.best, worth[long.best] - worth[move]) for name, move in chosen.items()}


def _worth(oracle: Oracle, long: Run, move: int) -> float:
    """Points that the mover leads by after a move, as the long search has it."""
    share = long.distribution[move]
    if share >= LEAST_SHARE and move in long.leads:
        return long.leads[move]
    after = Oracle(oracle.device, oracle.game, [*oracle.record, move], oracle.known)
    order = np.arange(oracle.game.num_moves)
    found = after.evaluate([()], order)
    if found["terminal"][0]:
        return float(found["lead"][0]) * long.to_play
    least = max(2, math.ceil(LEAST_SHARE * long.visits))
    return run(after, Setting(batch=8, visits=least, searchers=2), order).lead * long.to_play


def _row(name: str, found: Sequence[Verdict], whole: Sequence[Verdict]) -> dict[str, Any]:
    """``cost``: regret more than the whole search's, points, with its standard error over the positions."""
    more = [one.regret - other.regret for one, other in zip(found, whole, strict=True)]
    error = statistics.stdev(more) / math.sqrt(len(more)) if len(more) > 1 else math.nan
    return {
        "without": name or "nothing",
        "positions": len(found),
        "same_move": statistics.fmean(one.same for one in found),
        "regret": statistics.fmean(one.regret for one in found),
        "cost": statistics.fmean(more),
        "cost_error": error,
    }
