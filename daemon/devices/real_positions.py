"""Positions of games that were really played: what nets are calibrated and checked on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

import games
from daemon.gpu_client import Batch, take
from games import GameError, Leaves
from games.go import sgf

RECORDS = Path(games.__file__).parent / "records"


STRIDE = 5
"""A net is calibrated on the positions before moves 0, 5, 10 …; the others are there to check it."""


def sample(features: str, sides: range, starts: Sequence[int]) -> list[Batch]:
    """The positions before moves s, s + 5, s + 10 … of the bundled games on boards of these sides, for s in starts.

    Each batch is of one game. Raises ``GameError`` when Go has no such features, or no game is of such a size.
    """
    found = [batch for start in starts for batch in _positions(features, sides, start)]
    if not found:
        raise GameError(f"no game is bundled on boards of {sides.start} to {sides.stop - 1} lines")
    return found


def _positions(features: str, sides: range, start: int) -> Iterator[Batch]:
    for path in sorted(RECORDS.glob("*.sgf")):
        read = sgf.read(path)
        game = read.game
        if game.width not in sides or game.height not in sides:
            continue
        lengths = np.arange(start, len(read.record), STRIDE)
        moves = [read.record[:length] for length in lengths]
        leaves = Leaves(
            [game.root([])],
            np.zeros(len(lengths), np.int32),
            np.concatenate(([0], np.cumsum(lengths))).astype(np.int32),
            np.array([move for path in moves for move in path], np.uint16),
        )
        planes, global_inputs = (
            np.zeros((len(lengths), *shape), np.float32) for shape in game.feature_shapes(features)
        )
        positions = game.replay(leaves, features, planes, global_inputs)
        live = np.flatnonzero(~positions.terminal)
        yield Batch(planes[live], global_inputs[live], take(positions, live))
