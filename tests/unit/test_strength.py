"""Elo from scores."""

import numpy as np
import pytest

from bench.strength import elo


@pytest.mark.parametrize(
    ("wins", "games", "expected"), [(50, 100, 0.0), (64, 100, 100.0), (76, 100, 200.0), (24, 100, -200.0)]
)
def test_elo_follows_the_logistic_curve(wins: int, games: int, expected: float) -> None:
    scores = np.array([1.0] * wins + [0.0] * (games - wins))
    found = elo(scores)
    assert found["elo"] == pytest.approx(expected, abs=1.0)
    assert 30 < found["elo_error"] < 45


def test_a_clean_sweep_is_still_a_number() -> None:
    assert 0 < elo(np.ones(10))["elo"] < 1000
