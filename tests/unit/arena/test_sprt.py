"""When a contest is over, and how often it errs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zhugo.strength.arena.plan import Arena
from zhugo.strength.arena.sprt import log_likelihood_ratio, verdict

ARENA = Arena(games=400, accept=0.55, margin=0.05, risk=0.05)


def test_the_ratio_is_that_of_two_normal_distributions() -> None:
    pairs = [1.0, 0.5, 0.75, 1.0, 0.0, 0.5, 1.0, 0.75]
    n, mean = len(pairs), sum(pairs) / len(pairs)
    variance = (sum((pair - mean) ** 2 for pair in pairs) + 8 * 0.125) / (n + 8)

    def log_density(expected: float) -> float:
        return -n * (mean - expected) ** 2 / (2 * variance)

    assert log_likelihood_ratio(pairs, 0.5, 0.6) == pytest.approx(log_density(0.6) - log_density(0.5))
    assert log_likelihood_ratio([], 0.5, 0.6) == 0.0


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], "open"),
        ([1.0] * 3, "open"),
        ([1.0] * 12, "accepted"),
        ([0.0] * 12, "refused"),
        ([0.5] * 12, "open"),  # two equal nets that win with the same side
        ([0.5] * 30, "refused"),
        ([1.0, 0.0] * 99, "refused"),  # two pairs are left, of four that it would take
    ],
)
def test_when_enough_is_played(pairs: list[float], expected: str) -> None:
    assert verdict(pairs, ARENA) == expected


def test_all_games_decide_by_the_mean() -> None:
    lenient = Arena(games=8, accept=0.55, margin=0.05, risk=1e-9)
    assert verdict([1.0, 1.0, 0.0, 0.5], lenient) == "accepted"
    assert verdict([1.0, 0.5, 0.0, 0.5], lenient) == "refused"
    assert verdict([1.0, 0.0, 0.0], lenient) == "refused"  # 2 of 4 at best


def test_games_that_only_measure_are_all_played() -> None:
    measure = Arena(games=6, accept=0.0)
    assert [verdict([0.0] * n, measure) for n in range(4)] == ["open", "open", "open", "accepted"]


@pytest.mark.parametrize(("score", "wrong"), [(0.5, "accepted"), (0.6, "refused")])
def test_it_errs_as_seldom_as_was_asked(score: float, wrong: str) -> None:
    rng = np.random.default_rng(1)
    many = Arena(games=10_000, accept=0.55, margin=0.05, risk=0.05)
    runs, errors, games = 200, 0, 0
    for _ in range(runs):
        pairs: list[float] = []
        while (found := verdict(pairs, many)) == "open":
            pairs.append(float(rng.binomial(2, score)) / 2)
        errors += found == wrong
        games += 2 * len(pairs)
    assert errors <= 0.05 * runs + 3 * math.sqrt(0.05 * 0.95 * runs)
    assert games / runs < 400  # about 266 by Wald's formula
