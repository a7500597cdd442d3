"""When to resign. Pure.

A player resigns when he has been sure of losing for several own moves in a row, by win rate and by points, and the
points are settled: they have swung by less than he is behind. Nobody resigns before a part of the board is played. A
player who gave a handicap is behind from the start. A schedule says how much he should have caught up by each move, and
he resigns only when he is well behind it. The schedule and its numbers are KataGo's (cpp/command/gtp.cpp, shouldResign
and initialBlackAdvantage).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from games.go.position import Position
from protocol.messages import Report

FAIR_KOMI = 7.0
STONE_AREA, STONE_TERRITORY = 15.0, 14.0
"""What a handicap stone is worth in points."""
HANDICAP = 0.9
"""From so many points on a start is a handicap."""
HANDICAP_PLAYED = 0.2
"""Of the board, the part that is played before anybody resigns a game with a handicap against him."""
CAUGHT_UP = 0.6
"""Of the board, the part that is played when a handicap should be caught up."""
BEHIND, BEHIND_SHARE = 5.0, 0.15
"""So many points, and this share of the handicap, make well behind the schedule."""
LEAST_SHARE = 0.1
"""Moves with less than this share of the most visited one's visits promise nothing."""


@dataclass(frozen=True)
class Terms:
    """``win_rate``: below it a game is lost, 0 for never; ``turns``: for so many own moves in a row.

    ``points``: behind by at least so many; ``played``: not before so many moves for each point of the board.
    """

    win_rate: float
    turns: int = 3
    points: float = 3.0
    played: float = 0.2


@dataclass(frozen=True)
class Estimate:
    """What a search for a player's move found, from his side: win rate and lead; None where the net knows no points.

    ``best_lead``: the largest lead among the moves with a fair share of the visits.
    """

    win_rate: float
    lead: float | None
    best_lead: float | None

    @classmethod
    def of(cls, report: Report, player: int) -> Estimate:
        """That of a search for ``player``."""
        rate = (player * report.value + 1.0) / 2.0
        if report.lead is None:
            return cls(rate, None, None)
        most = max((child.visits for child in report.children), default=0)
        leads = [
            player * child.lead
            for child in report.children
            if child.lead is not None and child.visits and child.visits >= LEAST_SHARE * most
        ]
        lead = player * report.lead
        return cls(rate, lead, max([lead, *leads]))


@dataclass(frozen=True)
class GameProgress:
    """How far a game is. ``points`` of the board, ``moves`` played, ``handicap`` against the player in points."""

    points: int
    moves: int
    handicap: float

    @classmethod
    def of(cls, position: Position, player: int) -> GameProgress:
        """That of a game, for ``player``. Stones of a position that was set up count as moves, a handicap does not."""
        game, switch = position.game, position.game.points + 1
        given, entries = handicap(position)
        set_up = 0 if given else len(game.black) + len(game.white)
        moves = sum(entry != switch for entry in position.record[entries:])
        return cls(game.points, set_up + moves, player * -black_advantage(position, given))


def handicap(position: Position) -> tuple[int, int]:
    """Stones that Black had on the board before White moved, and the entries of the record that placed them.

    No stones in a game, or a position, without a handicap. Moves that Black plays in a row at the start count, and
    those between which White passes, as servers send them.
    """
    game = position.game
    record, switch, pass_move = position.record, game.points + 1, game.points
    stones, entries, black = len(game.black), 0, game.to_play > 0
    for at, entry in enumerate(record):
        if entry < pass_move and not black:
            if record[at + 1 : at + 2] == [switch]:
                return 0, 0  # White has several in a row, too: somebody sets up a position
            break
        if entry < pass_move:
            stones, entries = stones + 1, at + 1
        black = not black
    return (0, 0) if game.white or stones < 2 else (stones, entries)


def black_advantage(position: Position, stones: int) -> float:
    """What Black is ahead by at the start of a game with so many handicap stones."""
    game = position.game
    if stones < 2:
        return FAIR_KOMI - game.komi
    worth = STONE_TERRITORY if game.rules.is_territory else STONE_AREA
    # White moves first, so that one of the stones is no more than the first move of an even game
    return worth * (stones - 1) + FAIR_KOMI - game.komi - game.rules.handicap_bonus(stones)


def resigns(terms: Terms, progress: GameProgress, estimates: Sequence[Estimate]) -> bool:
    """Whether a player resigns after searches that came to ``estimates``, the last one for the move to play now."""
    last = estimates[-terms.turns :]
    if terms.win_rate <= 0 or len(last) < terms.turns or any(one.win_rate >= terms.win_rate for one in last):
        return False
    with_handicap = progress.handicap > HANDICAP
    played = terms.played * progress.points
    if with_handicap:
        played = max(played, int(HANDICAP_PLAYED * progress.points) + 1)
    if progress.moves < played:
        return False
    leads = [one.best_lead for one in last if one.best_lead is not None]
    if len(leads) < len(last):
        return not with_handicap or progress.moves >= CAUGHT_UP * progress.points
    needed = min(-terms.points, _schedule(progress)) if with_handicap else -terms.points
    return max(leads) <= needed and _settled(leads)


def _schedule(progress: GameProgress) -> float:
    """The lead below which a player is well behind the schedule on which he catches up with a handicap."""
    first = HANDICAP_PLAYED * progress.points
    way = max(1.0, CAUGHT_UP * progress.points - first)
    left = 1.0 - min(1.0, max(0.0, (progress.moves - first) / way))
    return -progress.handicap * (left + BEHIND_SHARE) - BEHIND


def _settled(leads: Sequence[float]) -> bool:
    """Whether the leads, all below 0 or 0, have swung by less than what is missing at best."""
    return max(leads) - min(leads) <= -max(leads)
