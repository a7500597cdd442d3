"""The measurement of what a leaf costs finds something to measure; what it finds is for people to judge."""

from __future__ import annotations

import pytest

from bench.encode import measure, measure_game
from games import GameError


def test_leaves_of_the_bundled_games() -> None:
    assert 0.0 < measure("zhugo") < 1e5


@pytest.mark.parametrize("text", ["connect_four", "dots_and_boxes", "dots_and_boxes(num_rows=1,num_cols=1)"])
def test_leaves_of_random_games(text: str) -> None:
    assert 0.0 < measure_game(text) < 1e5


def test_a_game_that_is_unknown() -> None:
    with pytest.raises(GameError, match="unknown game"):
        measure_game("nosuch")
