"""Ladders on drawn boards, and against a reader written apart. White attacks the chain at b unless said otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from games.go.ladders import CAPTURES_BLACK, CAPTURES_WHITE, mark_ladders, new_readers
from games.go.position import Position
from tests.unit.go.drawn import Drawn
from tests.unit.go.test_go_properties import EXAMPLES, games, given, played

OPEN = """
. . . . . . .
. . O . . . .
. O X a . . .
. O b . . . .
. . . . . . .
. . . . . . .
. . . . . . .
"""

LADDERS = {
    # name: (drawing, letters of the moves that capture)
    "to the edge": (OPEN, "a"),
    "a breaker on its way": (
        OPEN.replace(". . . . . . .\n. . . . . . .\n. . . . . . .", ". . . . . . .\n. . . . X . .\n. . . . . . ."),
        "",
    ),
    "an attacker's stone on its way": (
        OPEN.replace(". . . . . . .\n. . . . . . .\n. . . . . . .", ". . . . . . .\n. . . . O . .\n. . . . . . ."),
        "a",
    ),
    "a net is no ladder": (
        """
        . . . . . .
        . . O . . .
        . O X a . .
        . . b . . .
        . . . . O .
        . . . . . .
        """,
        "",
    ),
    "under a wall along the edge": (
        """
        . O O O O .
        b X X a . .
        """,
        "ab",
    ),
    "an attacker that can be taken": (
        """
        . . . . . . .
        X X O . . . .
        X O X a . . .
        X O b . . . .
        . . . . . . .
        . . . . . . .
        . . . . . . .
        """,
        "",
    ),
    "three liberties are too many": (". . . .\n. X . .\n. O . .\n. . . .", ""),
}


def marked(position: Position) -> tuple[set[int], dict[int, int]]:
    """Caught stones, and the bits of the moves that capture."""
    caught, moves = np.zeros(361, np.uint8), np.zeros(361, np.uint8)
    before = position._board.tobytes()
    mark_ladders(position._board, new_readers()[0], caught, moves)
    points = position.game.points
    after = {name: position._board[name].tolist() for name in ("stones", "hash", "ko_point", "ever", "suicide")}
    assert after == {name: np.frombuffer(before, position._board.dtype)[0][name].tolist() for name in after}
    return set(np.flatnonzero(caught[:points]).tolist()), {
        int(p): int(moves[p]) for p in np.flatnonzero(moves[:points])
    }


@pytest.mark.parametrize("name", LADDERS)
def test_ladders_on_a_chain_with_two_liberties(name: str) -> None:
    drawing, letters = LADDERS[name]
    for player in ("black", "white"):
        drawn = Drawn(drawing, to_play=player)
        caught, moves = marked(drawn.position)
        works = {point for point, bits in moves.items() if bits & CAPTURES_BLACK}
        assert works == {drawn.at[letter] for letter in letters}
        black = {point for point in caught if drawn.marks[point] == "X"}
        assert bool(black) == bool(letters)


def test_colours_are_alike() -> None:
    drawn = Drawn(OPEN.translate(str.maketrans("XO", "OX")))
    caught, moves = marked(drawn.position)
    assert moves == {drawn.at["a"]: CAPTURES_WHITE}
    assert caught == {drawn.marks.index("O")}


ATARI = {
    # name: (drawing, whether the black chain in atari dies)
    "running along the edge": (
        """
        . . . . .
        . O O . .
        O X . . .
        """,
        True,
    ),
    "running along the edge to a friend": (
        """
        . . . . .
        . O O X .
        O X . X .
        """,
        False,
    ),
    "running into the open": (
        """
        . . . . .
        . . O . .
        . O X O .
        . . . . .
        . . . . .
        """,
        False,
    ),
    "no way out": (
        """
        X O . .
        . O . .
        O . . .
        """,
        True,
    ),
    "taking the attacker": (
        """
        X O X X .
        X . O X .
        O . . . .
        """,
        False,
    ),
}


@pytest.mark.parametrize("name", ATARI)
def test_a_chain_in_atari_whose_owner_moves(name: str) -> None:
    drawing, dies = ATARI[name]
    drawn = Drawn(drawing)
    position = drawn.position
    (chain,) = {
        tuple(position.chain(point))
        for point, mark in enumerate(drawn.marks)
        if mark == "X" and len(position.liberties(point)) == 1
    }
    assert set(chain) <= marked(position)[0] if dies else not set(chain) & marked(position)[0]


@EXAMPLES
@given(games(largest=6, moves=60))
def test_another_reader_agrees(case: tuple[object, list[int]]) -> None:
    for number, (position, reference) in enumerate(played(*case)):  # type: ignore[arg-type]
        if number % 5:
            continue
        caught, moves = marked(position)
        expected_caught: set[int] = set()
        expected_moves: dict[int, int] = {}
        for point, color in enumerate(reference.stones):
            if color == 0 or point in expected_caught:
                continue
            dies, works = reference.ladder(point)
            if dies:
                expected_caught |= reference.chain(reference.stones, point)[0]
            for move in works:
                bit = CAPTURES_BLACK if color == 1 else CAPTURES_WHITE
                expected_moves[move] = expected_moves.get(move, 0) | bit
        assert caught == expected_caught
        assert moves == expected_moves
