"""What two searchers cost in strength: games between a sequential search and one with collisions, at equal visits.

Each move is a fresh search, so that nothing but the selection differs. Openings are random moves from a seed; each is
played twice, with colours changed.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.oracle import Oracle, device_for
from bench.policies import Setting, run
from daemon.gpu_client import Device
from games.go.game import Go
from zhugo.match.elo import elo

OPENING_MOVES = 6
EVEN = 0.4
"""The largest value, for either side, of an opening that is played: others say who began better, not who plays so."""


def measure(net_file: Path | None, games: int, size: int, visits: int, batch: int, first: int = 0) -> dict[str, Any]:
    """The parallel search's score against the sequential one, and what that is in Elo. Raises ``NetError``.

    ``games`` is even. Games are decided by two passes, or by a net that is sure (a value beyond 0.98) in the second
    half of the game.
    """
    device = device_for(net_file)
    game = Go.from_spec({"size": size, "komi": 7.0})
    sides = (Setting(batch=batch, searchers=2, visits=visits), Setting(visits=visits))
    scores = []
    for number in range(games // 2):
        opening = _opening(device, game, first + number)
        results = _play(device, game, opening, *sides), -_play(device, game, opening, *sides[::-1])
        scores.append((2 + sum(results)) / 4)
    rating = elo(scores)  # of pairs, whose games are not independent of each other
    assert rating is not None
    pairs = {
        "pairs_won": sum(score > 0.5 for score in scores),
        "pairs_even": scores.count(0.5),
        "pairs_lost": sum(score < 0.5 for score in scores),
    }
    about = {"net": device.info.name, "games": games, "size": size, "visits": visits, "batch": batch}
    return {**about, **pairs, **asdict(rating)}


def _opening(device: Device, game: Go, seed: int) -> list[int]:
    rng = np.random.default_rng(seed)
    inner = [y * game.width + x for y in range(2, game.height - 2) for x in range(2, game.width - 2)]
    while True:
        opening = [int(move) for move in rng.choice(inner, OPENING_MOVES, replace=False)]
        found = Oracle(device, game, opening).evaluate([()], np.arange(game.num_moves))
        if abs(found["value"][0]) <= EVEN:
            return opening


def _play(device: Device, game: Go, opening: list[int], black: Setting, white: Setting) -> int:
    """One game: +1 Black won, -1 White, 0 drawn or endless."""
    record = list(opening)
    order = np.arange(game.num_moves)
    while len(record) < 3 * game.points:
        oracle = Oracle(device, game, record)
        found = oracle.evaluate([()], order)
        if found["terminal"][0]:
            return int(np.sign(found["value"][0]))
        if abs(found["value"][0]) > 0.98 and len(record) > game.points // 2:
            return int(np.sign(found["value"][0]))
        mover = black if len(record) % 2 == 0 else white
        record.append(run(oracle, mover, order).best)
    return 0
