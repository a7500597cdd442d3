"""A judgement of the end as the page shows it, and as a person changes it. Pure."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from games.go import life
from games.go.board import BLACK, WHITE
from games.go.life import Fate, Judgement
from games.go.position import Position
from zhugo.web.messages import Count


def count_of(judgement: Judgement) -> Count:
    """The count of a judgement. Land is every point that is counted for a player and has no living stone of his."""
    stones = judgement.position.stones.reshape(-1)
    dead = judgement.points(Fate.DEAD)
    alive = stones.copy()
    alive[dead] = 0
    black = _points_of_black(judgement)
    return Count(
        dead=dead,
        black_land=np.flatnonzero((judgement.owners == BLACK) & (alive == 0)).tolist(),
        white_land=np.flatnonzero((judgement.owners == WHITE) & (alive == 0)).tolist(),
        black=black,
        white=black - judgement.lead,
        result=judgement.score,
        unsure=[chain.points[0] for chain in judgement.unsure],
    )


def counted(position: Position, dead: Collection[int]) -> Count:
    """The count with these stones dead, one of a chain suffices, and all others alive or in seki."""
    return count_of(life.with_dead(position, dead))


def toggled(position: Position, dead: Collection[int], point: int) -> set[int]:
    """The dead stones when the chain at ``point`` is dead that was alive, or the other way round.

    Raises ``ValueError`` where there is none.
    """
    chain = set(position.chain(point)) if 0 <= point < position.game.points else set()
    if not chain:
        raise ValueError("there is no stone")
    return set(dead) ^ chain if chain <= set(dead) else set(dead) | chain


def _points_of_black(judgement: Judgement) -> float:
    """Black's points; White's are fewer by the lead, komi and what White gets for a handicap included."""
    position = judgement.position
    owners = judgement.owners.copy()
    owners[owners != BLACK] = 0
    plain = position.game.score_rules._replace(komi=0.0, handicap=-1)
    dead, seki = judgement.points(Fate.DEAD), judgement.points(Fate.SEKI)
    filled = [point for point in judgement.filled if owners[point] == BLACK]
    points = position.lead(dead, plain, owners, seki, filled)
    if position.game.rules.is_territory:
        prisoners_of_white = position.captures[1] + int((position.stones.reshape(-1)[dead] == BLACK).sum())
        return points + prisoners_of_white
    return points + 0.5 * (position.button == WHITE)
