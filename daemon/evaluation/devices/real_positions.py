"""Positions of games that were really played: what nets are calibrated and checked on. Of other games than Go there are
no records; they are played at random."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import games
from daemon.gpu_client import Batch, take
from games import Game, GameError, Leaves, Positions
from games.go import sgf

RECORDS = Path(games.__file__).parent / "records"

STRIDE = 5
"""A net is calibrated on the positions before moves 0, 5, 10 …; the others are there to check it."""

RANDOM_GAMES, RANDOM_MOVES = 16, 30


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
        yield _batch(game, features, [read.record[:end] for end in range(start, len(read.record), STRIDE)])


def played_at_random(name: str, spec: dict[str, Any], features: str, seed: int = 0) -> Batch:
    """Positions from the first moves of a few random games of ``games.load(name, spec)``."""
    game, draws = games.load(name, spec), random.Random(seed)
    records: list[list[int]] = []
    running: list[list[int]] = [[] for _ in range(RANDOM_GAMES)]
    for _ in range(RANDOM_MOVES):
        legal = _replayed(game, features, running)[0].legal
        running = [
            [*record, draws.choice(np.flatnonzero(row))]
            for record, row in zip(running, legal, strict=True)
            if row.any()
        ]
        records += running
    return _batch(game, features, records)


def _batch(game: Game, features: str, records: Sequence[Sequence[int]]) -> Batch:
    """The positions after these records, but for those where the game is over."""
    positions, planes, global_inputs = _replayed(game, features, records)
    live = np.flatnonzero(~positions.terminal)
    return Batch(planes[live], global_inputs[live], take(positions, live))


def _replayed(
    game: Game, features: str, records: Sequence[Sequence[int]]
) -> tuple[Positions, NDArray[np.float32], NDArray[np.float32]]:
    leaves = Leaves(
        [game.root([])],
        np.zeros(len(records), np.int32),
        np.concatenate(([0], np.cumsum([len(record) for record in records]))).astype(np.int32),
        np.array([move for record in records for move in record], np.uint16),
    )
    planes, global_inputs = (np.zeros((len(records), *shape), np.float32) for shape in game.feature_shapes(features))
    return game.replay(leaves, features, planes, global_inputs), planes, global_inputs
