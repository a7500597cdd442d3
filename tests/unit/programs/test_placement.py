"""Stones of a query without a liberty: what stands on the board is what KataGo's analysis engine would have there."""

from __future__ import annotations

import random
from typing import Literal

import pytest

from games.go.coords import from_vertex
from games.go.game import Go
from zhugo.bridges.analysis.placement import placed

Color = Literal[1, -1]


def _stones(text: str) -> list[tuple[int, Color]]:
    """``bA1 wB2``… on 3×3."""
    return [(from_vertex(word[1:], 3, 3), 1 if word[0] == "b" else -1) for word in text.split()]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("bA1 wC3", "bA1 wC3"),
        ("bA1 wA2 wB1", "wA2 wB1"),  # captured by the last
        ("wA2 wB1 bA1", "wA2 wB1"),  # a single stone without a liberty is not put there
        ("wA3 wB2 wB1 bA1 bA2", "wA3 wB2 wB1"),  # two of them take themselves off
        ("bA1 wA1", "wA1"),  # the other color takes the place
        ("bA1 bA1", "bA1"),
        ("wA2 wB1 bC3 wA1 bA1", "wA2 wB1 bC3"),  # it would have no liberty there; the other is gone all the same
        ("bA1 bA2 bA3 wB1 wB2 wB3", "wB1 wB2 wB3"),
        ("wA2 bA3 bB2 bC1 wB1 bA1", "bA3 bB2 bC1 bA1"),  # it captures two at once
        ("bA1 bA2 bA3 bB1 bB2 bB3 bC1 bC2 bC3", ""),
        ("bA1 bA2 bA3 bB1 bB2 bB3 bC1 bC2 wC3", "wC3"),
    ],
)
def test_stones_are_put_down_one_after_another(given: str, left: str) -> None:
    assert placed(_stones(given), 3, 3) == dict(_stones(left))


@pytest.mark.parametrize("seed", range(40))
def test_what_is_left_can_always_be_set_up(seed: int) -> None:
    draw = random.Random(seed)
    width, height = draw.randint(2, 6), draw.randint(2, 6)
    colors: list[Color] = [1, -1]
    stones = [(draw.randrange(width * height), draw.choice(colors)) for _ in range(draw.randint(1, 60))]
    board = placed(stones, width, height)
    sides = {name: [p for p, color in board.items() if color == own] for name, own in (("black", 1), ("white", -1))}
    Go.from_spec({"size": [width, height], **sides})
