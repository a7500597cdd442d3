"""Positions that pairs of games begin from: some legal moves drawn at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from games import Game, Leaves, Positions
from games.game import ANY_FEATURES

_ATTEMPTS = 20
"""So often another opening is drawn in place of one after which the game is over."""


def opening(game: Game, plies: int, seed: int, number: int) -> list[int]:
    """Opening ``number`` of a seed: up to ``plies`` moves, every length as likely, after which the game goes on."""
    rng = np.random.default_rng([seed, number])
    for _ in range(_ATTEMPTS):
        record: list[int] = []
        for _ in range(int(rng.integers(plies + 1))):
            legal = np.flatnonzero(positions_after(game, [record]).legal[0])
            if len(legal) == 0:
                break
            record.append(int(rng.choice(legal)))
        if not positions_after(game, [record]).terminal[0]:
            return record
    return []


def positions_after(game: Game, records: Sequence[Sequence[int]]) -> Positions:
    """What the rules say of the positions that records lead to."""
    n = len(records)
    planes, values = (np.empty((n, *shape), np.float32) for shape in game.feature_shapes(ANY_FEATURES))
    leaves = Leaves(
        roots=[game.root([])],
        root_of=np.zeros(n, np.int32),
        offsets=np.cumsum([0, *map(len, records)], dtype=np.int32),
        moves=np.array([move for record in records for move in record], np.uint16),
    )
    return game.replay(leaves, ANY_FEATURES, planes, values)
