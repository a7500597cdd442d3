"""Patterns of last moves: equal exactly where the situations are, by KataGo's meaning of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from games import Positions
from games.go.game import Go
from games.go.patterns import NO_PATTERN
from games.go.position import Position
from tests.unit.go.drawn import Drawn
from tests.unit.go.reference import SlowGame
from tests.unit.go.test_go_features import leaves_of
from tests.unit.go.test_go_properties import EXAMPLES, choose, games, slow

FEATURES = ("zhugo", "katago_v7", "leela_zero")
HERE = """
    . . . . . . . . a
    . . . . . . . . c
    . . . . . . . . .
    . . . X . . . . .
    . . O . b d . . .
    . . . . . O . . .
    . . . . . . . . .
    . . . . . . . . .
    . . . . . . . . .
"""
"""Black is to play a, White b: b is looked at, with one X and two O within two points of it."""
KO = """
    . . . . . . . . e
    . X O . . . . . .
    X O a O . . . . .
    . X O . . . . . .
    . . . . . . . . .
    . . . . . . . . .
    . . X . . . . . .
    . . . . . . . . .
    . . . . . . . b .
"""


def pattern(text: str, moves: str, to_play: str = "black", rules: str = "chinese") -> int:
    """Of the last of these moves, letters of the drawing, "-" passing."""
    drawn = Drawn(text, to_play, rules)
    record = [drawn.game.points if letter == "-" else drawn.at[letter] for letter in moves]
    return int(patterns(drawn.game, [([], [record])])[0])


def patterns(game: Go, parts: list[tuple[list[int], list[list[int]]]], features: str = "zhugo") -> NDArray[np.uint64]:
    return positions(game, parts, features).patterns


def positions(game: Go, parts: list[tuple[list[int], list[list[int]]]], features: str) -> Positions:
    """What the rules say of the leaves of these records."""
    leaves = leaves_of(game, parts)
    planes, values = (np.zeros((len(leaves), *shape), np.float32) for shape in game.feature_shapes(features))
    return game.replay(leaves, features, planes, values)


def changed(text: str, row: int, column: int, mark: str) -> str:
    rows = [line.split() for line in text.strip().splitlines()]
    rows[row][column] = mark
    return "\n".join(" ".join(one) for one in rows)


SAME = [
    ("nothing is other", (HERE, "ab")),
    ("a stone three points away", (changed(HERE, 4, 7, "X"), "ab")),
    ("a stone three rows away", (changed(HERE, 1, 4, "O"), "ab")),
    ("other rules, no ko to fight", (HERE, "ab", "black", "japanese")),
    ("a longer way to the same", (HERE, "--ab")),
]
OTHER = [
    ("a stone beside it", (changed(HERE, 3, 4, "X"), "ab")),
    ("a stone in the corner of what is looked at", (changed(HERE, 6, 2, "O"), "ab")),
    ("a stone that is not there", (changed(HERE, 3, 3, "."), "ab")),
    ("a stone of the other colour", (changed(HERE, 3, 3, "O"), "ab")),
    ("another move before", (HERE, "cb")),
    ("a pass before", (HERE, "-b")),
    ("another player", (HERE, "ab", "white")),
    ("another point", (HERE, "ad")),
]


@pytest.mark.parametrize("case", [row[1] for row in SAME], ids=[row[0] for row in SAME])
def test_what_is_the_same(case: tuple[Any, ...]) -> None:
    assert pattern(*case) == pattern(HERE, "ab")


@pytest.mark.parametrize("case", [row[1] for row in OTHER], ids=[row[0] for row in OTHER])
def test_what_is_another(case: tuple[Any, ...]) -> None:
    assert pattern(*case) != pattern(HERE, "ab")


def test_the_same_stones_elsewhere_are_another_pattern() -> None:
    moved = "\n".join([*HERE.strip().splitlines()[1:], ". . . . . . . . ."]).replace("c", "a", 1)
    assert len({pattern(text, "ab") for text in (HERE, moved)}) == 2


def test_a_stone_in_atari_is_another_though_what_takes_its_liberties_is_out_of_sight() -> None:
    """X at the left edge of what is looked at has two liberties, and one after a stone three points from b."""
    chain = changed(changed(HERE, 4, 2, "X"), 3, 3, ".")
    chain = changed(changed(chain, 3, 2, "O"), 5, 2, "O")
    assert pattern(chain, "ab") == pattern(changed(chain, 0, 0, "O"), "ab")
    caught = changed(chain, 4, 1, "O")
    assert pattern(chain, "ab") != pattern(caught, "ab")
    assert pattern(changed(chain, 4, 1, "X"), "ab") == pattern(chain, "ab"), "a longer chain that has liberties"


def test_a_ban_of_ko_is_another_pattern_while_it_lasts() -> None:
    """Black takes at a, or plays there where nothing is to take; White goes to b, Black to e: the stones are alike."""
    quiet = changed(KO, 2, 1, ".")
    banned = Drawn(KO)
    assert banned.play("a").ko_point == banned.at["a"] - 1
    assert Drawn(quiet).play("a").ko_point is None
    assert pattern(KO, "ab") != pattern(quiet, "ab")
    assert pattern(KO, "abe") == pattern(quiet, "abe")


def test_a_pass_has_no_pattern_and_neither_has_a_move_that_none_comes_before() -> None:
    assert pattern(HERE, "a-") == pattern(HERE, "b") == NO_PATTERN


def test_no_move_leads_to_the_first_position() -> None:
    assert patterns(Go.from_spec({"size": 9}), [([], [[]])]).tolist() == [NO_PATTERN]
    assert patterns(Go.from_spec({"size": 9, "black": [40], "to_play": "white"}), [([], [[]])]).tolist() == [NO_PATTERN]


@pytest.mark.parametrize("features", FEATURES)
def test_a_position_has_its_pattern_however_a_search_comes_to_it(features: str) -> None:
    """From one root or from several, as a root or as a leaf, whatever the net looks at."""
    game, record = Go.from_spec({"size": 19}), [60, 72, 300, 361, 288, 61]
    whole = [int(patterns(game, [([], [record[:end]])])[0]) for end in range(len(record) + 1)]
    passes = record.index(361)
    assert whole[0] == whole[1] == whole[passes + 1] == NO_PATTERN
    assert len(set(whole)) == len(whole) - 2
    for end in range(len(record) + 1):
        parts = [(record[:begin], [record[begin:end]]) for begin in range(end + 1)]
        assert patterns(game, parts, features).tolist() == [whole[end]] * len(parts)
    assert patterns(game, [([*record, game.points + 1], [[]])], features).tolist() == [whole[-1]], "a switch is no move"


def test_they_are_the_same_numbers_on_every_machine() -> None:
    """Searchers of one tree may be on several."""
    assert pattern(HERE, "ab") == 7927152946103603160


def situation(reference: SlowGame, before: int | None, move: int) -> tuple[Any, ...] | None:
    """All that KataGo's pattern depends on, as it stands before the move; None where it has none."""
    if before is None or move == reference.points:
        return None
    around = []
    row, column = divmod(move, reference.width)
    for r in range(row - 2, row + 3):
        for c in range(column - 2, column + 3):
            if 0 <= r < reference.height and 0 <= c < reference.width:
                point = r * reference.width + c
                stone = reference.stones[point]
                around.append((stone, stone != 0 and len(reference.chain(reference.stones, point)[1]) == 1))
    return reference.to_play, before, move, tuple(around), reference.ko_point


@EXAMPLES
@given(games(largest=5, moves=120))
def test_patterns_are_equal_exactly_where_the_situations_are(case: tuple[Go, list[int]]) -> None:
    game, choices = case
    position, reference, before = Position(game), slow(game), None
    expected: list[Any] = [None]
    for choice in choices:
        move = choose(position, choice)
        expected.append(situation(reference, before, move) if move <= game.points else expected[-1])
        before = move if move <= game.points else before
        position.play(move)
        reference.play(move)
    record = position.record
    found = patterns(game, [(record[:end], [[]]) for end in range(len(record) + 1)]).tolist()
    assert len(set(zip(found, expected, strict=True))) == len(set(found)) == len(set(expected))
    assert all((one == NO_PATTERN) == (what is None) for one, what in zip(found, expected, strict=True))
