"""Seconds for a move, from GTP's clock."""

import pytest

from zhugo.gtp.clock import Clock


def _clock(main: float, period: float, stones: int) -> Clock:
    clock = Clock()
    clock.start(main, period, stones)
    return clock


def test_without_a_clock_there_is_no_limit() -> None:
    assert Clock().seconds_for(1, 0, 361) is None
    assert _clock(0, 10, 0).seconds_for(1, 0, 361) is None


@pytest.mark.parametrize("main", [0.0, 1.0, 30.0, 600.0, 3600.0])
@pytest.mark.parametrize("moves", [0, 100, 300])
def test_main_time_lasts_for_the_whole_game(main: float, moves: int) -> None:
    clock = _clock(main, 0, 0)
    left = main
    for played in range(moves, moves + 400, 2):
        clock.left[1] = (left, 0)
        seconds = clock.seconds_for(1, played, 361)
        assert seconds is not None
        assert 0 < seconds <= max(0.05, left)
        left = max(0.0, left - seconds)


@pytest.mark.parametrize(("seconds", "stones"), [(30.0, 1), (300.0, 25), (60.0, 10), (10.0, 10)])
def test_a_byo_yomi_stone_fits_into_its_share_and_uses_most_of_it(seconds: float, stones: int) -> None:
    clock = _clock(600, seconds, stones)
    clock.left[-1] = (seconds, stones)
    limit = clock.seconds_for(-1, 100, 361)
    assert limit is not None
    assert 0.5 * seconds / stones <= limit < seconds / stones


def test_byo_yomi_alone_counts_before_the_first_time_left() -> None:
    limit = _clock(0, 30, 1).seconds_for(1, 0, 361)
    assert limit is not None
    assert 15 < limit < 30
