"""What each part of the search gives, by how well a short search without it agrees with a long one.

Cheaper than games, and sharper at the same cost, since all searches look at the same positions and share the net's
evaluations. What it cannot say: how a part changes what the long search itself comes to. KataGo can be asked for its
move, too, after as many visits.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.katago import KataGo
from bench.oracle import Oracle, device_for
from bench.parts import without
from bench.policies import Setting, oracles, run
from games.go.coords import from_vertex
from games.go.sgf import Segment
from nets import NetError

WHOLE, KATAGO = "the whole one", "KataGo's"

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
    katago: KataGo | None = None,
) -> Iterator[dict[str, Any]]:
    """A row for the whole search, one for each part without which it searches, and KataGo's. Raises ``NetError``, and
    ``UserError`` for what KataGo does.

    ``visits``, ``reference``: of a short and of the long search. ``parts``: names, as ``bench.parts`` has them.
    ``tell`` hears of each position.
    """
    device = device_for(net)
    searches = {WHOLE: Setting(visits=visits)} | {
        f"without {name}": Setting(visits=visits, changes=tuple(without(name).items())) for name in parts
    }
    verdicts: dict[str, list[Verdict]] = {name: [] for name in searches}
    for number, oracle in enumerate(oracles(device, positions, size), 1):
        long = LongSearch(oracle, reference)
        for name, setting in searches.items():
            verdicts[name].append(long.judge(setting))
        if katago is not None:
            verdicts.setdefault(KATAGO, []).append(long.verdict(_choice(katago, oracle, visits)))
        tell(f"{number} of {positions} positions: {compared(verdicts[WHOLE], verdicts[WHOLE])}")
    for name, found in verdicts.items():
        yield {"search": name, **compared(found, verdicts[WHOLE])}


def _choice(katago: KataGo, oracle: Oracle, visits: int) -> int:
    game = oracle.game
    return from_vertex(katago.choice(Segment(game.spec(), oracle.record), visits), game.width, game.height)


class LongSearch:
    """A long search of a position with the usual settings, beside which short ones are set.

    Raises ``NetError`` with a net that says no leads.
    """

    def __init__(self, oracle: Oracle, visits: int) -> None:
        self._oracle = oracle
        self._order = np.arange(oracle.game.num_moves)
        self._run = run(oracle, Setting(batch=32, visits=visits, searchers=2), self._order)
        self._worth: dict[int, float] = {}
        if math.isnan(self._run.lead):
            raise NetError(f"net {oracle.device.info.name} says no leads, so that nothing can be said in points")

    def judge(self, setting: Setting) -> Verdict:
        """A search under this setting, beside the long one."""
        return self.verdict(run(self._oracle, setting, self._order).best)

    def verdict(self, move: int) -> Verdict:
        """The choice of this move, beside the long search."""
        best = self._run.best
        return Verdict(move == best, self.worth(best) - self.worth(move))

    def worth(self, move: int) -> float:
        """Points that the mover leads by after a move, as the long search has it."""
        if move not in self._worth:
            often = self._run.distribution[move] >= LEAST_SHARE and move in self._run.leads
            self._worth[move] = self._run.leads[move] if often else self._searched(move)
        return self._worth[move]

    def _searched(self, move: int) -> float:
        oracle = self._oracle
        after = Oracle(oracle.device, oracle.game, [*oracle.record, move], oracle.known)
        found = after.evaluate([()], self._order)
        if found["terminal"][0]:
            return float(found["lead"][0]) * self._run.to_play
        least = max(2, math.ceil(LEAST_SHARE * self._run.visits))
        return run(after, Setting(batch=8, visits=least, searchers=2), self._order).lead * self._run.to_play


def compared(found: Sequence[Verdict], whole: Sequence[Verdict]) -> dict[str, Any]:
    """``cost``: regret more than the whole search's, points, with its standard error over the positions."""
    more = [one.regret - other.regret for one, other in zip(found, whole, strict=True)]
    error = statistics.stdev(more) / math.sqrt(len(more)) if len(more) > 1 else math.nan
    return {
        "positions": len(found),
        "same_move": statistics.fmean(one.same for one in found),
        "regret": statistics.fmean(one.regret for one in found),
        "cost": statistics.fmean(more),
        "cost_error": error,
    }
