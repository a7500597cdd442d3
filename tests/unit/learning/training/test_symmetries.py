"""A turned game is the same game: what is legal, what a net sees and who wins turn with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import games
from games import Game, Leaves, Positions
from zhugo.learning.training.symmetries import symmetries

GAMES = [
    ("go", {"size": 5}, 8),
    ("go", {"size": [3, 5]}, 4),
    ("openspiel", {"game": "connect_four(rows=4,columns=5)"}, 2),
    ("openspiel", {"game": "dots_and_boxes"}, 8),
    ("openspiel", {"game": "dots_and_boxes(num_rows=1,num_cols=2)"}, 4),
    ("openspiel", {"game": "gomoku(size=5)"}, 8),
    ("openspiel", {"game": "hex(board_size=3)"}, 2),
    ("openspiel", {"game": "mnk(m=3,n=4,k=3)"}, 4),
    ("openspiel", {"game": "othello"}, 4),
    ("openspiel", {"game": "tic_tac_toe"}, 8),
]


def replayed(game: Game, record: list[int]) -> tuple[NDArray[np.float32], Positions]:
    """Planes and rules of the positions after 0, 1, … all moves of a record."""
    n = len(record) + 1
    plane_shape, global_shape = game.feature_shapes(game.own_features)
    planes, globals_ = np.empty((n, *plane_shape), np.float32), np.empty((n, *global_shape), np.float32)
    offsets = np.concatenate(([0], np.cumsum(np.arange(n)))).astype(np.int32)
    moves = np.array([move for length in range(n) for move in record[:length]], np.uint16)
    leaves = Leaves([game.root([])], np.zeros(n, np.int32), offsets, moves)
    return planes, game.replay(leaves, game.own_features, planes, globals_)


@pytest.mark.parametrize(("name", "spec", "count"), GAMES, ids=lambda value: str(value))
def test_a_turned_game_is_the_same_game(name: str, spec: dict[str, Any], count: int) -> None:
    game = games.load(name, spec)
    known = symmetries(game)
    assert len(known) == count
    assert (known[0].moves == np.arange(game.num_moves)).all()
    rng = np.random.default_rng(1)
    for _ in range(3):
        record: list[int] = []
        planes, positions = replayed(game, record)
        while len(record) < 30 and not positions.terminal[-1]:
            record.append(int(rng.choice(np.flatnonzero(positions.legal[-1]))))
            planes, positions = replayed(game, record)
        for symmetry in known:
            old_to_new = np.argsort(symmetry.moves)
            turned_planes, turned = replayed(game, [int(old_to_new[move]) for move in record])
            np.testing.assert_array_equal(turned_planes, symmetry.of_planes(planes))
            np.testing.assert_array_equal(turned.legal, positions.legal[:, symmetry.moves])
            np.testing.assert_array_equal(turned.result, positions.result)
            np.testing.assert_array_equal(turned.to_play, positions.to_play)


def test_the_symmetries_of_a_game_are_all_different() -> None:
    game = games.load("go", {"size": 5})
    assert len({symmetry.moves.tobytes() for symmetry in symmetries(game)}) == 8
