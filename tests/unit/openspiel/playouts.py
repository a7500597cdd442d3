"""Games of OpenSpiel played at random, and the same positions as the search asks for them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import games
from games import Leaves, Positions
from games.game import ANY_FEATURES
from games.openspiel.game import OpenSpielGame
from games.registry import named


def game(text: str) -> OpenSpielGame:
    loaded = games.load(*named(text))
    assert isinstance(loaded, OpenSpielGame)
    return loaded


def playouts(played: OpenSpielGame, count: int, seed: int) -> list[list[int]]:
    """Whole games, every move drawn from the legal ones."""
    draws, records = random.Random(seed), []
    for _ in range(count):
        state, record = played.root([]), []
        while not state.is_terminal():
            record.append(draws.choice(state.legal_actions()))
            state.apply_action(record[-1])
        records.append(record)
    return records


def state_after(played: OpenSpielGame, record: Sequence[int]) -> Any:
    """OpenSpiel's own state, moved by nobody but OpenSpiel."""
    state = played.root([])
    for move in record:
        state.apply_action(move)
    return state


def replayed(
    played: OpenSpielGame, roots: Sequence[Sequence[int]], paths: Sequence[tuple[int, Sequence[int]]]
) -> tuple[Positions, NDArray[np.float32], NDArray[np.float32]]:
    """What the game says of all these paths, each from one of the roots, and their features."""
    lengths = [len(path) for _, path in paths]
    leaves = Leaves(
        [played.root(root) for root in roots],
        np.array([root for root, _ in paths], np.int32),
        np.concatenate(([0], np.cumsum(lengths))).astype(np.int32),
        np.array([move for _, path in paths for move in path], np.uint16),
    )
    planes, values = (
        np.full((len(paths), *shape), np.nan, np.float32) for shape in played.feature_shapes(ANY_FEATURES)
    )
    return played.replay(leaves, ANY_FEATURES, planes, values), planes, values
