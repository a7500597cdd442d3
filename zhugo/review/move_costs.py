"""What each move of a game cost, from the reports on every position of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.messages import ChildReport, Report

INACCURACY = 0.05
"""Cost from which a move is worth a word in the annotated game."""
MISTAKE = 0.10
BLUNDER = 0.20
POINTS_PER_RATE = 40.0
"""How many points count as much as the whole win rate: late in a decided game only points tell moves apart."""


def win_rate(value: float) -> float:
    """Black's win rate in [0, 1] from a value in [-1, 1]."""
    return (value + 1.0) / 2.0


@dataclass(frozen=True)
class Candidate:
    """A move that the search looked at, with what it leads to. ``win_rate`` and ``lead`` are Black's.

    ``lead`` is None where the net does not say, here and in positions.
    """

    move: int
    visits: int
    win_rate: float
    lead: float | None
    prior: float
    pv: tuple[int, ...]


@dataclass(frozen=True)
class Position:
    """What the search says of one position. ``win_rate`` in [0, 1] and ``lead`` in points are Black's."""

    win_rate: float
    lead: float | None
    visits: int
    candidates: tuple[Candidate, ...]

    @classmethod
    def of(cls, report: Report) -> Position:
        """The position of a final report; its children come best first."""
        children = [child for child in report.children if child.visits]
        children.sort(key=lambda child: (child.move != report.chosen, child.order))
        return cls(win_rate(report.value), report.lead, report.visits, tuple(_candidate(child) for child in children))


@dataclass(frozen=True)
class MoveReview:
    """One move of the game. ``number`` counts from 1, ``player`` is +1 Black, -1 White.

    ``rate_loss`` and ``point_loss`` are what the player lost by it, in win rate and points: the difference between the
    positions before and after it, at least 0, and 0 where the search would have played the same. ``point_loss`` is None
    where the net gives no lead.
    """

    number: int
    player: int
    move: int
    before: Position
    after: Position
    rate_loss: float
    point_loss: float | None

    @property
    def better(self) -> Candidate | None:
        """What the search would have played, None where it agrees with the game."""
        best = self.before.candidates[0] if self.before.candidates else None
        return None if best is None or best.move == self.move else best

    @property
    def cost(self) -> float:
        """One number to order mistakes by: the greater of both losses, points as ``POINTS_PER_RATE`` weighs them."""
        return max(self.rate_loss, (self.point_loss or 0.0) / POINTS_PER_RATE)


def review_moves(positions: Sequence[Position], moves: Sequence[tuple[int, int]], first: int = 1) -> list[MoveReview]:
    """Review every move, ``moves`` being (player, move) and ``positions`` those before each and after the last.

    first: the number of the first move.
    """
    if len(positions) != len(moves) + 1:
        raise ValueError("a game has one position more than moves")
    return [
        _review(first + at, player, move, positions[at], positions[at + 1]) for at, (player, move) in enumerate(moves)
    ]


def biggest_mistakes(reviews: Sequence[MoveReview], count: int) -> list[MoveReview]:
    """The ``count`` moves that cost most, the costliest first; none that cost less than an inaccuracy."""
    worth_a_word = [review for review in reviews if review.cost >= INACCURACY]
    return sorted(worth_a_word, key=lambda review: (-review.cost, review.number))[:count]


def _review(number: int, player: int, move: int, before: Position, after: Position) -> MoveReview:
    agreed = bool(before.candidates) and before.candidates[0].move == move
    rate_loss = 0.0 if agreed else max(0.0, player * (before.win_rate - after.win_rate))
    point_loss = None
    if before.lead is not None and after.lead is not None:
        point_loss = 0.0 if agreed else max(0.0, player * (before.lead - after.lead))
    return MoveReview(number, player, move, before, after, rate_loss, point_loss)


def _candidate(child: ChildReport) -> Candidate:
    return Candidate(child.move, child.visits, win_rate(child.value), child.lead, child.prior, tuple(child.pv))
