"""Games played at random, as self-play would write them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import games
from games import Game, Leaves, Positions
from zhugo.learning.samples.files import save
from zhugo.learning.samples.shard import BY_THE_RULES, PlayedGame, PlayedPosition, make_shard

GO = ("go", {"size": 7, "komi": 7.5, "rules": "chinese"})
TIC_TAC_TOE = ("openspiel", {"game": "tic_tac_toe"})


def positions_after(game: Game, records: Sequence[Sequence[int]]) -> Positions:
    """What the rules say after each of the records."""
    shapes = game.feature_shapes(game.own_features)
    planes, globals_ = (np.empty((len(records), *shape), np.float32) for shape in shapes)
    leaves = Leaves(
        [game.root(record) for record in records],
        np.arange(len(records), dtype=np.int32),
        np.zeros(len(records) + 1, np.int32),
        np.zeros(0, np.uint16),
    )
    return game.replay(leaves, game.own_features, planes, globals_)


def play(name: str, spec: dict[str, Any], number: int, longest: int = 30) -> PlayedGame:
    """A game at random: visits, too, are drawn, and every other search is a full one."""
    game = games.load(name, spec)
    rng = np.random.default_rng(number)
    record: list[int] = []
    searched: list[PlayedPosition] = []
    now = positions_after(game, [record])
    while not now.terminal[0] and len(record) < longest:
        legal = np.flatnonzero(now.legal[0]).tolist()
        counts = rng.integers(1, 20, len(legal)).tolist()
        value = float(rng.uniform(-1, 1))
        full = len(record) % 2 == 0
        searched.append(PlayedPosition(len(record), int(now.to_play[0]), sum(counts), full, legal, counts, value))
        record.append(int(rng.choice(legal)))
        now = positions_after(game, [record])
    scored = name == "go"
    ownership = rng.integers(-1, 2, 49).tolist() if scored else []
    lead = float(rng.normal() * 10) if scored else math.nan
    result = float(now.result[0]) or float(rng.choice([-1.0, 1.0]))
    return PlayedGame(number, name, spec, "0" * 64, result, lead, BY_THE_RULES, ownership, record, searched)


def write(directory: Path, numbers: Sequence[int], kind: tuple[str, dict[str, Any]] = TIC_TAC_TOE) -> Path:
    """A shard of those games, named by the first; the folder."""
    directory.mkdir(exist_ok=True)
    save(make_shard([play(*kind, number) for number in numbers]), directory / f"w0-{numbers[0]:06}.npz")
    return directory
