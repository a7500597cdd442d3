"""Finished games made up for tests."""

from __future__ import annotations

import math

from zhugo.learning.samples.shard import BY_THE_RULES, PlayedGame, PlayedPosition


def played(number: int, plies: int = 3, game: str = "heap") -> PlayedGame:
    """A game of so many plies, every second position searched fully."""
    positions = [
        PlayedPosition(ply, 1 - 2 * (ply % 2), 8 + ply, ply % 2 == 0, [0, 2], [5, 2 + ply], 0.5) for ply in range(plies)
    ]
    record = [ply % 3 for ply in range(plies)]
    return PlayedGame(number, game, {"heap": 6}, "ab" * 32, 1.0, math.nan, BY_THE_RULES, [], record, positions)
