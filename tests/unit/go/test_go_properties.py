"""The kernels against the plain rules, over games that Hypothesis makes up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sgfmill import boards as sgfmill_boards

from games.go import board as kernels
from games.go import coords
from games.go.game import Go
from games.go.position import Position
from tests.unit.go.reference import SlowGame

EXAMPLES = settings(max_examples=60)
KO_AND_SUICIDE = [(ko, suicide) for ko in ("SIMPLE", "POSITIONAL", "SITUATIONAL") for suicide in (False, True)]


@st.composite
def games(draw: st.DrawFn, largest: int = 7, moves: int = 120) -> tuple[Go, list[int]]:
    """A game and its choices; small boards, so that captures, kos and suicides are many."""
    width, height = draw(st.integers(2, largest)), draw(st.integers(2, largest))
    ko, suicide = draw(st.sampled_from(KO_AND_SUICIDE))
    spec = {"size": [width, height], "rules": {"ko": ko, "suicide": suicide}, "komi": 0.5}
    seed = draw(st.integers(0, 2**32 - 1))
    length = draw(st.integers(0, moves))
    return Go.from_spec(spec), list(np.random.default_rng(seed).integers(0, 2**31, length))


def slow(game: Go) -> SlowGame:
    return SlowGame(game.width, game.height, game.rules.ko, game.rules.suicide)


def played(game: Go, choices: list[int]) -> Iterator[tuple[Position, SlowGame]]:
    """Both boards before every move; rarely a pass or a switch."""
    position, reference = Position(game), slow(game)
    yield position, reference
    for choice in choices:
        move = choose(position, choice)
        position.play(move)
        reference.play(move)
        yield position, reference


def choose(position: Position, choice: int) -> int:
    points = position.game.points
    legal = np.flatnonzero(position.legal()[:points])
    if len(legal) == 0 or choice % 37 == 0:
        return points + (choice % 74 == 0)
    return int(legal[choice % len(legal)])


@EXAMPLES
@given(games())
def test_stones_captures_and_liberties_are_those_of_a_flood_fill(case: tuple[Go, list[int]]) -> None:
    for position, reference in played(*case):
        assert tuple(position.stones.ravel()) == reference.stones
        assert position.captures == (reference.captured[-1], reference.captured[1])
        for point in range(position.game.points):
            if reference.stones[point]:
                chain, liberties = reference.chain(reference.stones, point)
                assert position.chain(point) == sorted(chain)
                assert position.liberties(point) == sorted(liberties)
                head = int(position._board["head"][point])
                assert int(position._board["liberties"][head]) == len(liberties)
                assert int(position._board["chain_size"][head]) == len(chain)


@EXAMPLES
@given(games(largest=5))
def test_legality_is_that_of_trying_it_on_a_copy(case: tuple[Go, list[int]]) -> None:
    for position, reference in played(*case):
        reasons = [reference.why_illegal(p) for p in range(position.game.points)]
        # where simple ko and superko both forbid, either is the reason
        assert [position.why_illegal(p) for p in range(position.game.points)] == reasons
        assert [bool(legal) for legal in position.legal()] == [reason is None for reason in reasons] + [True]


@EXAMPLES
@given(games())
def test_undoing_brings_back_every_byte_that_means_anything(case: tuple[Go, list[int]]) -> None:
    game, choices = case
    position = Position(game)
    seen = [meaning(position)]
    for choice in choices:
        position.play(choose(position, choice))
        seen.append(meaning(position))
    for expected in reversed(seen):
        assert meaning(position) == expected
        if position.record:
            position.undo()


def meaning(position: Position) -> dict[str, Any]:
    """All of a board but the entries of heads that are none."""
    board = position._board
    everything: dict[str, Any] = {name: board[name].tolist() for name in kernels.BOARD.names}
    stones = board["stones"][: position.game.points]
    for name in ("head", "next_stone"):
        everything[name] = [int(board[name][p]) for p in np.flatnonzero(stones)]
    heads = sorted({int(board["head"][p]) for p in np.flatnonzero(stones)})
    for name in ("chain_size", "liberties", "liberty_set"):
        everything[name] = [board[name][head].tolist() for head in heads]
    return everything


@EXAMPLES
@given(games())
def test_the_hash_is_that_of_the_stones_set_up_afresh(case: tuple[Go, list[int]]) -> None:
    *_, (position, reference) = played(*case)
    stones = np.array(reference.stones)
    expected = 0
    for point in np.flatnonzero(stones):
        expected ^= int(kernels.ZOBRIST[0 if stones[point] == 1 else 1, point])
    assert position.hash == expected
    afresh = Go.from_spec(
        {
            "size": [position.game.width, position.game.height],
            "black": np.flatnonzero(stones == 1).tolist(),
            "white": np.flatnonzero(stones == -1).tolist(),
        }
    )
    assert Position(afresh).hash == position.hash


@EXAMPLES
@given(st.integers(2, 19), st.integers(0, 2**32 - 1))
def test_sgfmill_sees_the_same_stones_and_the_same_area(size: int, seed: int) -> None:
    game = Go.from_spec({"size": size, "rules": "tromp-taylor", "komi": 0})
    position, other = Position(game), sgfmill_boards.Board(size)
    for choice in np.random.default_rng(seed).integers(0, 2**31, 3 * size * size // 2):
        move = choose(position, int(choice))
        color = "b" if position.to_play == 1 else "w"
        position.play(move)
        if move < game.points:
            other.play(*coords.to_sgfmill(move, size, size), color)
    marks = {None: 0, "b": 1, "w": -1}
    theirs = [[marks[other.get(row, col)] for col in range(size)] for row in reversed(range(size))]
    assert position.stones.tolist() == theirs
    assert position.lead() == other.area_score()


@pytest.mark.parametrize("size", [2, 9, 19])
def test_a_copy_is_equal_and_apart(size: int) -> None:
    position = Position(Go.from_spec({"size": size}), [0])
    copies = kernels.new_boards(1)
    kernels.copy_board(copies[0], position._board)
    assert copies[0].tobytes() == position._board.tobytes()
    position.play(1)
    assert int(copies[0]["move_number"]) == 1
