"""Elo from scores."""

import pytest

from zhugo.strength.elo import elo


@pytest.mark.parametrize(
    ("wins", "games", "expected"), [(50, 100, 0.0), (64, 100, 100.0), (76, 100, 200.0), (24, 100, -200.0)]
)
def test_it_follows_the_logistic_curve(wins: int, games: int, expected: float) -> None:
    found = elo([1.0] * wins + [0.0] * (games - wins))
    assert found is not None
    assert found.elo == pytest.approx(expected, abs=1.0)
    assert 30 < found.elo_error < 45
    assert found.elo_low is not None
    assert found.elo_high is not None
    assert found.elo_low < expected - 55
    assert found.elo_high > expected + 55


def test_the_interval_is_wilsons() -> None:
    found = elo([1.0] * 8 + [0.0] * 2)
    assert found is not None
    # 8 of 10: 0.490 to 0.943, as tables have it
    assert found.elo_low == pytest.approx(-6.8, abs=1.0)
    assert found.elo_high == pytest.approx(488.5, abs=2.0)


def test_a_clean_sweep_is_still_a_number_and_leaves_one_end_open() -> None:
    won, lost = elo([1.0] * 10), elo([0.0] * 10)
    assert won is not None
    assert lost is not None
    assert 0 < won.elo < 1000
    assert won.elo_low is not None
    assert won.elo_low > 100
    assert won.elo_high is None
    assert (lost.elo, lost.elo_high, lost.elo_low) == pytest.approx((-won.elo, -won.elo_low, None))
    assert str(won).endswith("+∞]")


def test_draws_count_half_and_bring_no_spread() -> None:
    found = elo([0.5] * 6)
    assert found is not None
    assert (found.score, found.elo, found.elo_error) == (0.5, 0.0, 0.0)


def test_no_games_say_nothing() -> None:
    assert elo([]) is None
