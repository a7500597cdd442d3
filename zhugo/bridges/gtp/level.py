"""Weaker play that looks like play: ranks from 20 kyu on, by the net's policy or by few visits.

A net's policy is what strong players would play here, with doubts. Below the strength of its first choice a move is
drawn from it: the weaker the rank, the flatter the policy is made (``temperature``), and the less likely a move may be
(``least_share``). Above, a search of few visits chooses. How strong each rank is was measured: docs/strength.md.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WEAKEST, STRONGEST = -19, 4
"""Ranks are numbered: 0 is 1 kyu, -19 is 20 kyu, 1 is 1 dan."""

_BY_POLICY = ((WEAKEST, 1.0), (-10, 0.5), (0, 0.0))
"""Ranks, and how weak the draw from the policy must be for each, from 0 (hardly anything but the first choice) to 1."""

_BY_VISITS = ((1, 4), (2, 10), (3, 30), (STRONGEST, 100))
"""Ranks above those, and the visits of their searches."""


@dataclass(frozen=True)
class Level:
    """How to play at a rank: ``visits`` of a search; ``temperature``: of the draw from the policy, 0 for none;
    ``least_share``: the part of the largest prior that a move needs to be drawn.
    """

    name: str
    visits: int
    temperature: float = 0.0
    least_share: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Level:
        """Of a rank, as ``12k`` or ``2d``. Raises ``ValueError``."""
        read = re.fullmatch(r"(\d{1,2}) ?(k|kyu|d|dan)", text.strip().lower())
        rank = WEAKEST - 1
        if read is not None and int(read[1]) > 0:
            rank = int(read[1]) if read[2].startswith("d") else 1 - int(read[1])
        if not WEAKEST <= rank <= STRONGEST:
            raise ValueError(f"a level is a rank from {_named(WEAKEST)} to {_named(STRONGEST)}, not {text[:20]}")
        for of_rank, visits in _BY_VISITS:
            if rank == of_rank:
                return cls(_named(rank), visits)
        weakness = _between(_BY_POLICY, rank)
        return cls(_named(rank), 2, 0.1 + 1.4 * weakness, 10.0 ** (-0.5 - 2.5 * weakness))

    def draw(self, policy: Sequence[float], allowed: Sequence[int], seed: int) -> int:
        """One of the ``allowed`` moves, at least one, by its prior. ``policy``: by move, -1 where illegal."""
        priors = np.array([max(policy[move], 0.0) for move in allowed])
        if not priors.any():
            return allowed[seed % len(allowed)]
        likely = priors >= self.least_share * priors.max()
        with np.errstate(divide="ignore"):
            logits = np.where(likely, np.log(priors / priors.max()), -np.inf) / self.temperature
        weights = np.exp(logits)
        return int(np.random.default_rng(seed).choice(np.array(allowed), p=weights / weights.sum()))


def _named(rank: int) -> str:
    return f"{rank}d" if rank > 0 else f"{1 - rank}k"


def _between(table: Sequence[tuple[int, float]], rank: int) -> float:
    """By interpolation."""
    ranks = [of_rank for of_rank, _ in table]
    i = min(max(bisect_right(ranks, rank), 1), len(table) - 1)
    (low, at_low), (high, at_high) = table[i - 1], table[i]
    return at_low + (at_high - at_low) * (rank - low) / (high - low)
