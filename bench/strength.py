"""What two searchers cost in strength: games between a sequential search and one with collisions, at equal visits.

Each move is a fresh search, so that nothing but the selection differs. Openings are random moves from a seed; each is
played twice, with colours changed.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

import nets
from bench.oracle import Oracle
from bench.policies import Setting, run
from games.go.game import Go
from zhugo.match.elo import elo

OPENING_MOVES = 6


def measure(net_file: Path | None, games: int, size: int, visits: int, batch: int, first: int = 0) -> dict[str, Any]:
    """The parallel search's score against the sequential one, and what that is in Elo. Raises ``NetError``.

    Games are decided by two passes, or by a net that is sure (a value beyond 0.98) in the second half of the game.
    """
    torch.set_num_threads(1)
    net = nets.load(net_file)
    game = Go.from_spec({"size": size, "komi": 7.0})
    sides = (Setting(batch=batch, searchers=2, visits=visits), Setting(visits=visits))
    results = []
    for number in range(games):
        opening = _opening(game, first + number // 2)
        black, white = sides if number % 2 == 0 else sides[::-1]
        winner = _play(net, game, opening, black, white)
        results.append(winner if number % 2 == 0 else -winner)
    rating = elo([(1 + result) / 2 for result in results])
    assert rating is not None
    return {"net": net.name, "games": games, "size": size, "visits": visits, "batch": batch, **asdict(rating)}


def _opening(game: Go, seed: int) -> list[int]:
    rng = np.random.default_rng(seed)
    inner = [y * game.width + x for y in range(2, game.height - 2) for x in range(2, game.width - 2)]
    return [int(move) for move in rng.choice(inner, OPENING_MOVES, replace=False)]


def _play(net: nets.Net, game: Go, opening: list[int], black: Setting, white: Setting) -> int:
    """One game: +1 Black won, -1 White, 0 drawn or endless."""
    record = list(opening)
    order = np.arange(game.num_moves)
    while len(record) < 3 * game.points:
        oracle = Oracle(net, game, record)
        found = oracle.evaluate([()], order)
        if found["terminal"][0]:
            return int(np.sign(found["value"][0]))
        if abs(found["value"][0]) > 0.98 and len(record) > game.points // 2:
            return int(np.sign(found["value"][0]))
        mover = black if len(record) % 2 == 0 else white
        record.append(run(oracle, mover, order).best)
    return 0
