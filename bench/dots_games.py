"""Games of dots and boxes between a net and a player that makes no mistake, from openings that are even."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.dots_and_boxes import DotsAndBoxes
from zhugo.strength.arena.engine import Engine

_LEFT = (0.75, 0.58, 0.42)
"""Shares of the lines that openings leave."""


def lines_left(known: DotsAndBoxes) -> list[int]:
    """How many lines openings leave, long games first: no more than it takes to know what the rest comes to."""
    most = known.num_moves if known.most_moves is None else known.most_moves
    return sorted({min(most, round(known.num_moves * share)) for share in _LEFT}, reverse=True)


def even_openings(known: DotsAndBoxes, left: int, count: int, seed: int) -> list[list[int]]:
    """So many different records of random moves that leave so many lines, after which nobody wins, or by one box where
    their number is odd."""
    rng = np.random.default_rng(seed)
    found: list[list[int]] = []
    while len(found) < count:
        record: list[int] = rng.permutation(known.num_moves)[: known.num_moves - left].tolist()
        if record not in found and abs(known.standing(record)[1] + max(known.margins(record).values())) <= 1:
            found.append(record)
    return found


@dataclass
class _Game:
    """net: the player that the net is, 1 the first. given: boxes that its moves gave away; blunders: how many of these
    moves gave away a win or a draw."""

    record: list[int]
    net: int
    given: list[int] = field(default_factory=list)
    blunders: int = 0


def play(known: DotsAndBoxes, engine: Engine, openings: Sequence[Sequence[int]], seed: int = 1) -> dict[str, Any]:
    """Each opening twice, with the sides changed: who makes no mistake has half of the points or more.

    score: of the net, a draw is a half. given_away: boxes a game by which its moves were worse than the best, whether
    or not that changed who won, and mistakes: such moves a game; blunders: moves a game that did change it.
    """
    rng = np.random.default_rng(seed)
    played = [_Game(list(record), net) for record in openings for net in (1, -1)]
    going = dict(enumerate(played))
    while going:
        moving = {place: game.record for place, game in going.items() if known.standing(game.record)[2] == game.net}
        for place, report in engine.search(moving).items() if moving else ():
            assert report.chosen is not None, "a search of two visits chooses a move"
            _take(known, going[place], report.chosen)
        for place, game in going.items():
            if place not in moving:
                game.record.append(known.play(game.record, rng))
        going = {place: game for place, game in going.items() if len(game.record) < known.num_moves}
    engine.forget()
    results = [game.net * int(np.sign(_first_leads(known, game.record))) for game in played]
    return {
        "games": len(played),
        "score": (sum(results) / len(results) + 1) / 2,
        "won": results.count(1),
        "drawn": results.count(0),
        "lost": results.count(-1),
        "given_away": sum(sum(game.given) for game in played) / len(played),
        "blunders": sum(game.blunders for game in played) / len(played),
        "mistakes": sum(given > 0 for game in played for given in game.given) / len(played),
    }


def _take(known: DotsAndBoxes, game: _Game, move: int) -> None:
    """A move of the net."""
    margins, lead = known.margins(game.record), known.standing(game.record)[1]
    most = max(margins.values())
    game.given.append(most - margins[move])
    game.blunders += bool(np.sign(lead + margins[move]) < np.sign(lead + most))
    game.record.append(move)


def _first_leads(known: DotsAndBoxes, record: Sequence[int]) -> int:
    """By how many boxes the first player is ahead."""
    _, lead, player = known.standing(record)
    return player * lead
