"""When enough games have been played: a sequential probability ratio test over pairs of games.

Both games of a pair begin with the same opening, so their sum varies less than two games do; the test is made on pairs
(M. Van den Bergh, "A Practical Introduction to the GSPRT"; the approximation by a normal distribution).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from zhugo.strength.arena.plan import Arena

Verdict = Literal["accepted", "refused", "open"]

_VARIANCE, _BEFORE = 0.125, 8
"""The variance of a pair of games that chance decides, and for how many pairs it is counted before the first, since a
few pairs that all end alike prove little.
"""


def log_likelihood_ratio(pairs: Sequence[float], low: float, high: float) -> float:
    """Of a mean score of ``high`` against one of ``low``; ``pairs``: the mean score of each, in [0, 1]."""
    n = len(pairs)
    if n == 0:
        return 0.0
    mean = math.fsum(pairs) / n
    variance = (math.fsum((pair - mean) ** 2 for pair in pairs) + _BEFORE * _VARIANCE) / (n + _BEFORE)
    return n * (high - low) * (2 * mean - low - high) / (2 * variance)


def verdict(pairs: Sequence[float], arena: Arena) -> Verdict:
    """What these pairs say of a new net, seen by it; open when more must be played."""
    most = arena.games // 2
    points, needed = math.fsum(pairs), arena.accept * most
    if arena.accept == 0.0:
        return "accepted" if len(pairs) >= most else "open"
    bound = math.log((1 - arena.risk) / arena.risk)
    ratio = log_likelihood_ratio(pairs, arena.accept - arena.margin, arena.accept + arena.margin)
    if ratio >= bound or points >= needed:
        return "accepted"
    if ratio <= -bound or points + (most - len(pairs)) < needed:
        return "refused"
    return "open"
