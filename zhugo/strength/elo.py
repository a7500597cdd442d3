"""Elo from the scores of games."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959964
"""Standard deviations on either side that hold 95 % of a normal distribution."""

BY_CHANCE = 2
"""Pairs of games decided by chance, of variance 1/8, that are counted before the first."""


@dataclass(frozen=True)
class Elo:
    """The Elo of one side over the other.

    score: mean of the games in [0, 1]. elo: at that score, half a game taken from a clean sweep. elo_error: standard
    error by the spread of the scores. elo_low, elo_high: ends of the 95 % interval; None where a sweep leaves one open.
    """

    score: float
    elo: float
    elo_error: float
    elo_low: float | None
    elo_high: float | None

    def __str__(self) -> str:
        low = "-∞" if self.elo_low is None else f"{round(self.elo_low):+d}"
        high = "+∞" if self.elo_high is None else f"{round(self.elo_high):+d}"
        return f"{round(self.elo):+d} [{low}, {high}]"


def elo(scores: Sequence[float]) -> Elo | None:
    """Elo by the logistic curve of scores (1 won, 0.5 drawn, 0 lost); None for no games.

    The interval is Wilson's for the mean score (JASA 22, 1927), which stays true near 0 and 1, where matches against
    weaker programs end. Draws, and openings that are played from both sides, only make it wider than it need be.
    """
    n = len(scores)
    if n == 0:
        return None
    mean = math.fsum(scores) / n
    inside = min(max(mean, 0.5 / n), 1 - 0.5 / n)
    slope = 400 / math.log(10) / (inside * (1 - inside))
    spread = math.fsum((score - mean) ** 2 for score in scores) / (n - 1) if n > 1 else 0.25
    middle = (mean + Z * Z / (2 * n)) / (1 + Z * Z / n)
    reach = Z / (1 + Z * Z / n) * math.sqrt(mean * (1 - mean) / n + Z * Z / (4 * n * n))
    return Elo(
        score=mean,
        elo=elo_of(inside),
        elo_error=slope * math.sqrt(spread / n),
        elo_low=elo_of(middle - reach) if mean > 0 else None,
        elo_high=elo_of(middle + reach) if mean < 1 else None,
    )


def elo_of_pairs(pairs: Sequence[float]) -> Elo | None:
    """Elo by the mean scores of pairs of games from the same opening, colours changed; None for no pairs.

    The two games of a pair depend on each other, so pairs are counted: the variance is that of the five outcomes of a
    pair (pentanomial). ``BY_CHANCE`` pairs decided by chance are counted with them, since a few pairs that end alike
    prove little. The interval is Wilson's, as ``elo`` has it, for as many independent games as have this variance.
    """
    n = len(pairs)
    if n == 0:
        return None
    mean = math.fsum(pairs) / n
    inside = min(max(mean, 0.25 / n), 1 - 0.25 / n)  # as ``elo`` has it, of 2n games
    spread = (math.fsum((pair - mean) ** 2 for pair in pairs) + BY_CHANCE * 0.125) / (n - 1 + BY_CHANCE)
    alike = inside * (1 - inside) * n / spread
    middle = (mean + Z * Z / (2 * alike)) / (1 + Z * Z / alike)
    reach = Z / (1 + Z * Z / alike) * math.sqrt(inside * (1 - inside) / alike + Z * Z / (4 * alike * alike))
    return Elo(
        score=mean,
        elo=elo_of(inside),
        elo_error=400 / math.log(10) / (inside * (1 - inside)) * math.sqrt(spread / n),
        elo_low=elo_of(middle - reach) if mean > 0 else None,
        elo_high=elo_of(middle + reach) if mean < 1 else None,
    )


def expected_score(difference: float) -> float:
    """The score in (0, 1) that is expected at a difference in Elo."""
    return 1 / (1 + 10 ** (-difference / 400))


def elo_of(score: float) -> float:
    """The difference that a score in (0, 1) is expected at."""
    return -400 * math.log10(1 / score - 1) + 0.0  # never -0
