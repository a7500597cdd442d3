"""Games between two ways to search at equal visits: what two searchers cost in strength, and what parts of it give.

Each move is a fresh search, so that nothing but the selection differs; what the net says of a position is kept for the
rest of the game, and for the game after it. Openings are random moves from a seed; each is played twice, with colours
changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.oracle import Known, Oracle, device_for
from bench.policies import Setting, run
from daemon.gpu_client import Device
from games.go.game import Go
from zhugo.shared.workers import Workers
from zhugo.strength.elo import elo

OPENING_MOVES = 6
EVEN = 0.4
"""The largest value, for either side, of an opening that is played: others say who began better, not who plays so."""


@dataclass(frozen=True)
class Terms:
    """What all games of a measurement have in common.

    ``other``: what ``setting`` plays, None for a sequential search of as many visits.
    """

    net: Path | None
    size: int
    setting: Setting
    other: Setting | None = None


def measure(terms: Terms, games: int, first: int, jobs: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """The setting's score against the other one, and what that is in Elo. Raises ``NetError``.

    ``games`` is even, ``first`` the seed of the first opening; ``jobs`` processes play, and ``tell`` hears of each pair
    of games. Games are decided by two passes, or by a net that is sure (a value beyond 0.98) in the second half of the
    game.
    """
    name = device_for(terms.net).info.name  # fails here rather than in every process
    with Workers(jobs, _begin, (terms,)) as pool:
        scores: list[float] = []
        for played in [pool.submit(_pair, seed) for seed in range(first, first + games // 2)]:
            scores.append(played.result())
            tell(f"{len(scores)} of {games // 2} pairs of games: {elo(scores)} Elo")
    rating = elo(scores)  # of pairs, whose games are not independent of each other
    assert rating is not None
    pairs = {
        "pairs_won": sum(score > 0.5 for score in scores),
        "pairs_even": scores.count(0.5),
        "pairs_lost": sum(score < 0.5 for score in scores),
    }
    about = {"net": name, "games": games, "size": terms.size, "visits": terms.setting.visits}
    how = {"batch": terms.setting.batch, "k": terms.setting.k}
    return {**about, **how, **pairs, **asdict(rating)}


class _Player:
    """What a process plays with."""

    terms: Terms
    device: Device


def _begin(terms: Terms) -> None:
    _Player.terms, _Player.device = terms, device_for(terms.net)


def _pair(seed: int) -> float:
    """The setting's score in [0, 1] over both games of an opening."""
    setting = _Player.terms.setting
    other = _Player.terms.other or Setting(visits=setting.visits)
    game = Go.from_spec({"size": _Player.terms.size, "komi": 7.0})
    known: Known = {}
    opening = _opening(game, seed, known)
    black = _play(game, opening, (setting, other), known)
    white = _play(game, opening, (other, setting), known)
    return (2 + black - white) / 4


def _opening(game: Go, seed: int, known: Known) -> list[int]:
    rng = np.random.default_rng(seed)
    inner = [y * game.width + x for y in range(2, game.height - 2) for x in range(2, game.width - 2)]
    while True:
        opening = [int(move) for move in rng.choice(inner, OPENING_MOVES, replace=False)]
        found = Oracle(_Player.device, game, opening, known).evaluate([()], np.arange(game.num_moves))
        if abs(found["value"][0]) <= EVEN:
            return opening


def _play(game: Go, opening: Iterable[int], sides: tuple[Setting, Setting], known: Known) -> int:
    """One game, Black's side first: +1 Black won, -1 White, 0 drawn or endless."""
    record = list(opening)
    order = np.arange(game.num_moves)
    while len(record) < 3 * game.points:
        oracle = Oracle(_Player.device, game, record, known)
        found = oracle.evaluate([()], order)
        if found["terminal"][0]:
            return int(np.sign(found["value"][0]))
        if abs(found["value"][0]) > 0.98 and len(record) > game.points // 2:
            return int(np.sign(found["value"][0]))
        record.append(run(oracle, sides[len(record) % 2], order).best)
    return 0
