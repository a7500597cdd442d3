"""Keys of positions: equal exactly where a search may take two positions for the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from games.go.game import Go
from games.go.position import Position
from tests.unit.go.drawn import Drawn
from tests.unit.go.reference import SlowGame
from tests.unit.go.test_go_patterns import FEATURES, positions
from tests.unit.go.test_go_properties import EXAMPLES, choose, games, slow

KO = """
    . . . . . . . . e
    . X O . . . . . .
    X O a O . . . . .
    . X O . . . . . .
    . . . . . . . . .
    . . . . . . . . .
    . . f . . . . . .
    . . . . . . g . .
    . . . . . . . b c
"""


def keys(game: Go, parts: list[tuple[list[int], list[list[int]]]], features: str = "zhugo") -> NDArray[np.uint64]:
    return positions(game, parts, features).keys


def key(moves: str, rules: str = "chinese") -> int:
    """Of the position after these moves, letters of the drawing, "-" passing."""
    drawn = Drawn(KO, rules=rules)
    record = [drawn.game.points if letter == "-" else drawn.at[letter] for letter in moves]
    return int(keys(drawn.game, [([], [record])])[0])


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("cbe", "ebc", True),  # the order is of no matter
        ("cbef", "efcb", True),
        ("cb", "bc", False),  # whose stones they are is
        ("ce", "ce-", False),  # and who is to move
        ("c-e", "e-c", True),
        ("ceb-", "bec-", True),
        ("aef", "fea", False),  # White may take back at once, or may not
        ("aef-", "fea-", True),
        ("aefg", "fgae", True),
        ("ae", "ea", False),
    ],
)
def test_which_lines_lead_to_one_position(one: str, other: str, is_same: bool) -> None:
    assert (key(one) == key(other)) == is_same


def test_the_end_of_a_game_has_none() -> None:
    assert key("--") == 0
    assert key("-") != 0


@pytest.mark.parametrize("features", FEATURES)
def test_a_position_has_its_key_however_a_search_comes_to_it(features: str) -> None:
    game, record = Go.from_spec({"size": 19}), [60, 72, 300, 361, 288, 61]
    whole = [int(keys(game, [([], [record[:end]])])[0]) for end in range(len(record) + 1)]
    assert len(set(whole)) == len(whole)
    for end in range(len(record) + 1):
        parts = [(record[:begin], [record[begin:end]]) for begin in range(end + 1)]
        assert keys(game, parts, features).tolist() == [whole[end]] * len(parts)


def test_they_are_the_same_numbers_on_every_machine() -> None:
    """Searchers of one tree may be on several."""
    assert key("aef") == 17472448993157118338


def situation(position: Position, reference: SlowGame, passes: int, opening: int) -> tuple[Any, ...]:
    """All that may make a search go on otherwise, but for the order of moves."""
    captured = reference.captured[1], reference.captured[-1]
    return tuple(reference.stones), reference.to_play, passes, captured, opening, tuple(position.legal().tolist())


@EXAMPLES
@given(games(largest=4, moves=120))
def test_keys_are_equal_exactly_where_the_situations_are(case: tuple[Go, list[int]]) -> None:
    """And where nobody switched or passed, never twice in a game."""
    game, choices = case
    position, reference = Position(game), slow(game)
    passes, opening, has_white = 0, 0, False
    expected, is_over = [situation(position, reference, passes, opening)], [False]
    for choice in choices:
        move = choose(position, choice)
        if move < game.points:
            has_white |= reference.to_play < 0
            opening += not has_white
            passes = 0
        elif move == game.points:
            passes += 1
        position.play(move)
        reference.play(move)
        expected.append(situation(position, reference, passes, opening))
        is_over.append(passes >= 2)
    record = position.record
    found = keys(game, [(record[:end], [[]]) for end in range(len(record) + 1)]).tolist()
    assert [one == 0 for one in found] == is_over
    live = [(one, what) for one, what, over in zip(found, expected, is_over, strict=True) if not over]
    assert len(set(live)) == len({one for one, _ in live}) == len({what for _, what in live})
    if all(move < game.points for move in record):
        assert len(set(found)) == len(found)
