"""How often a net chooses an optimal move of a game that is solved: its search, and its policy alone.

Positions are drawn from games of random moves, each position at most once, and all lengths of such games alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.solver import best, solver
from games import GameError
from games.openspiel.game import OpenSpielGame
from zhugo.learning.loop.folder import net_file, read_history
from zhugo.shared.errors import UserError
from zhugo.strength.arena.engine import Engine, Search
from zhugo.strength.arena.openings import positions_after

AT_ONCE = 64
_ATTEMPTS = 50
"""So many random games are played for each position that is wanted, before there are taken to be no more."""


@dataclass(frozen=True)
class Positions:
    """Sampled positions of a game, and what every legal move of each comes to."""

    game: OpenSpielGame
    records: Sequence[list[int]]
    values: Sequence[dict[int, int]]


def solved(text: str, positions: int, most_moves: int | None = None, seed: int = 1) -> Positions:
    """So many, those with at most ``most_moves`` legal moves; as many as can be solved when None.

    Raises ``GameError`` for a game without a solver.
    """
    known, game = solver(text), OpenSpielGame(text)
    bounds = [bound for bound in (most_moves, known.most_moves) if bound is not None]
    records = sample(game, positions, min(bounds, default=None), seed)
    return Positions(game, records, [known.values(record) for record in records])


def measure(
    text: str, net: Path, visits: int, positions: int, most_moves: int | None = None, seed: int = 1
) -> dict[str, Any]:
    """Shares of the sampled positions, see ``solved``, where an optimal move is chosen; see ``shares``."""
    known = solved(text, positions, most_moves, seed)
    with Engine(net, Search(known.game.name, known.game.spec(), visits, AT_ONCE)) as engine:
        return {"game": text, "visits": visits, **shares(known, engine)}


def shares(known: Positions, engine: Engine) -> dict[str, Any]:
    """``choices``: the positions in which some legal move is not optimal, and the same shares of these."""
    matters = np.array([len(best(one)) < len(one) for one in known.values])
    chosen = list(_chosen(engine, known.records))
    right = np.array([[move in best(one) for move in moves] for moves, one in zip(chosen, known.values, strict=True)])
    return {
        "positions": len(known.records),
        "search_optimal": float(right[:, 0].mean()),
        "policy_optimal": float(right[:, 1].mean()),
        "choices": {
            "positions": int(matters.sum()),
            "search_optimal": float(right[matters, 0].mean()),
            "policy_optimal": float(right[matters, 1].mean()),
        },
    }


def last_net(run: Path) -> Path:
    """The net that plays at the end of a run of ``zhugo learn``. Raises ``UserError``."""
    history = read_history(run)
    if not history:
        raise UserError(f"run {run}: no iteration is finished yet")
    return net_file(run, history[-1].net)


def sample(game: OpenSpielGame, count: int, most_moves: int | None, seed: int) -> list[list[int]]:
    """Records that lead to so many different positions, or to as many as are found. Raises ``GameError`` for none."""
    rng = np.random.default_rng(seed)
    seen: set[str] = set()
    found: list[list[int]] = []
    for _ in range(_ATTEMPTS * count):
        if len(found) == count:
            break
        record = _random_position(game, most_moves, rng)
        picture = "" if record is None else game.picture(record)
        if record is not None and picture not in seen:
            seen.add(picture)
            found.append(record)
    if not found:
        raise GameError(f"{game.own_features} has no position with at most {most_moves} moves")
    return found


def _random_position(game: OpenSpielGame, most_moves: int | None, rng: np.random.Generator) -> list[int] | None:
    """One of the positions of a random game in which somebody is to move and has not too many moves."""
    record: list[int] = []
    suitable: list[int] = []
    while len(legal := np.flatnonzero(positions_after(game, [record]).legal[0])):
        if most_moves is None or len(legal) <= most_moves:
            suitable.append(len(record))
        record.append(int(rng.choice(legal)))
    return record[: int(rng.choice(suitable))] if suitable else None


def _chosen(engine: Engine, records: Sequence[list[int]]) -> Iterator[tuple[int, int]]:
    """The moves of search and of policy."""
    for begin in range(0, len(records), AT_ONCE):
        part = dict(enumerate(records[begin : begin + AT_ONCE]))
        found = engine.search(part)
        engine.forget()
        for place in part:
            report = found[place]
            assert report.chosen is not None, "two visits choose a move"
            yield report.chosen, int(np.argmax(report.policy))
