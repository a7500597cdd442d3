"""Weaker play that looks like play: ranks from 20 kyu on, by what the engine overlooks or by few visits.

A net's policy is what strong players would play here. A weaker player does not see all of these moves: of the legal
points so many are drawn, and the likeliest of them is played; a move that the policy is almost sure of is never
overlooked. KaTrain plays ranks in this way (its calibrated rank), with about as many points. Above the strength of the
policy a search of few visits chooses. How strong a rank is against GNU Go was measured: docs/strength.md.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WEAKEST, STRONGEST = -19, 4
"""Ranks are numbered: 0 is 1 kyu, -19 is 20 kyu, 1 is 1 dan."""

STRONGEST_OF_PEOPLE = 9
"""As strong as those whom a net imitates."""

OBVIOUS = 0.85
"""A move of this prior is seen at any rank."""

_SEEN = ((WEAKEST, 0.027), (-7, 0.21), (-3, 1.0))
"""Ranks, and the share of the legal points that is seen."""

_VISITS = ((-2, 4), (-1, 8), (0, 16), (1, 32), (2, 64), (3, 128), (STRONGEST, 256))
"""Ranks above those, and the visits of their searches."""


@dataclass(frozen=True)
class Level:
    """How to play at a rank: ``visits`` of a search; ``seen``: the share of the legal points that is looked at."""

    name: str
    visits: int
    seen: float = 1.0

    @classmethod
    def parse(cls, text: str, strongest: int = STRONGEST) -> Level:
        """Of a rank, as ``12k`` or ``2d``, no stronger than ``strongest``. Raises ``ValueError``."""
        read = re.fullmatch(r"(\d{1,2}) ?(k|kyu|d|dan)", text.strip().lower())
        rank = WEAKEST - 1
        if read is not None and int(read[1]) > 0:
            rank = int(read[1]) if read[2].startswith("d") else 1 - int(read[1])
        if not WEAKEST <= rank <= strongest:
            raise ValueError(f"a level is a rank from {named(WEAKEST)} to {named(strongest)}, not {text[:20]}")
        if rank > STRONGEST:
            return cls(named(rank), _VISITS[-1][1])
        for of_rank, visits in _VISITS:
            if rank == of_rank:
                return cls(named(rank), visits)
        return cls(named(rank), 2, _share_seen(rank))

    def choose(self, policy: Sequence[float], allowed: Sequence[int], seed: int) -> int:
        """The likeliest of the ``allowed`` moves that are seen, at least one. ``policy``: by move, -1 where illegal."""
        priors = np.array([policy[move] for move in allowed])
        best = int(np.argmax(priors))
        if priors[best] < OBVIOUS:
            count = max(1, round(self.seen * len(allowed)))
            seen = np.random.default_rng(seed).permutation(len(allowed))[:count]
            best = int(seen[np.argmax(priors[seen])])
        return int(allowed[best])


def named(rank: int) -> str:
    """A rank by its number, as people write it."""
    return f"{rank}d" if rank > 0 else f"{1 - rank}k"


def _share_seen(rank: int) -> float:
    """By interpolation of its logarithm: with every rank it is as many times as large."""
    ranks = [of_rank for of_rank, _ in _SEEN]
    i = min(max(bisect_right(ranks, rank), 1), len(_SEEN) - 1)
    (low, at_low), (high, at_high) = _SEEN[i - 1], _SEEN[i]
    return float(at_low * (at_high / at_low) ** ((rank - low) / (high - low)))
