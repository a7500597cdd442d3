"""What the pairs of games of a ladder say: their outcomes, and a sequential test that ends the match."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from zhugo.shared.errors import UserError
from zhugo.strength.arena.sprt import log_likelihood_ratio
from zhugo.strength.elo import expected_score
from zhugo.strength.match.tally import SCORES, GameLine

Verdict = Literal["elo0", "elo1", "open"]
OUTCOMES = {0.0: "0", 0.25: "½", 0.5: "1", 0.75: "1½", 1.0: "2"}
"""Points of a pair by its mean score."""


@dataclass(frozen=True)
class Test:
    """A sequential probability ratio test of ``elo1`` against ``elo0``, made on pairs (see ``arena.sprt``).

    alpha: the chance to accept ``elo1`` where ``elo0`` is true; beta: to accept ``elo0`` where ``elo1`` is.
    """

    elo0: float
    elo1: float
    alpha: float = 0.05
    beta: float = 0.05

    def check(self) -> None:
        """Raise ``UserError`` for a test that cannot decide."""
        if not self.elo0 < self.elo1:
            raise UserError(f"--elo0 {self.elo0:g} is to be below --elo1 {self.elo1:g}")

    @property
    def bounds(self) -> tuple[float, float]:
        """Of the log likelihood ratio: below the first ``elo0`` is accepted, above the second ``elo1`` (Wald)."""
        return math.log(self.beta / (1 - self.alpha)), math.log((1 - self.beta) / self.alpha)

    def ratio(self, pairs: list[float]) -> float:
        """The log likelihood ratio of these mean scores of pairs."""
        return log_likelihood_ratio(pairs, expected_score(self.elo0), expected_score(self.elo1))

    def verdict(self, pairs: list[float]) -> Verdict:
        """Which is accepted."""
        low, high = self.bounds
        ratio = self.ratio(pairs)
        return "elo0" if ratio <= low else "elo1" if ratio >= high else "open"

    def figures(self, pairs: list[float]) -> dict[str, Any]:
        """As the command shows them."""
        low, high = self.bounds
        return {**asdict(self), "ratio": self.ratio(pairs), "low": low, "high": high, "verdict": self.verdict(pairs)}


def pairs_of(games: Iterable[GameLine]) -> list[float]:
    """The first side's mean score of each pair that is whole: both games are played, and both have a result."""
    scores: dict[int, list[float]] = {}
    for game in sorted(games, key=lambda game: game.number):
        if game.winner is not None:
            scores.setdefault(game.number // 2, []).append(SCORES[game.winner])
    return [math.fsum(pair) / 2 for pair in scores.values() if len(pair) == 2]


def outcomes(pairs: Iterable[float]) -> dict[str, int]:
    """How many pairs gave so many points."""
    count = Counter(OUTCOMES[pair] for pair in pairs)
    return {points: count[points] for points in OUTCOMES.values()}
