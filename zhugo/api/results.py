"""What a search and a review say, in a player's words: vertices such as D4, win rates from 0 to 1, points."""

from __future__ import annotations

from dataclasses import dataclass

from games.go.game import Go
from protocol.messages import Report
from zhugo.review.move_costs import MoveReview, Position, biggest_mistakes


@dataclass(frozen=True)
class Candidate:
    """A move that was looked at. ``win_rate`` in [0, 1] and ``lead`` in points are Black's; ``lead`` is None where the
    net does not say. ``prior``: what the net thought of it before the search. ``pv``: the expected line, from this
    move.
    """

    move: str
    visits: int
    win_rate: float
    lead: float | None
    prior: float
    pv: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """What a search knows of a position, all of it Black's side. ``candidates``: best first.

    ``best``: the move to play; None before there is one, and where the game is over. ``final``: the search has ended.
    """

    win_rate: float
    lead: float | None
    visits: int
    best: str | None
    candidates: tuple[Candidate, ...]
    final: bool

    @classmethod
    def of(cls, game: Go, report: Report) -> Analysis:
        """A report of the daemon in these words."""
        position = Position.of(report)
        return cls(
            position.win_rate,
            position.lead,
            position.visits,
            None if report.chosen is None else game.vertex(report.chosen),
            candidates(game, position),
            report.final,
        )


def candidates(game: Go, position: Position) -> tuple[Candidate, ...]:
    """The moves that were looked at in a position."""
    return tuple(
        Candidate(
            game.vertex(each.move),
            each.visits,
            each.win_rate,
            each.lead,
            each.prior,
            tuple(game.vertex(move) for move in each.pv),
        )
        for each in position.candidates
    )


@dataclass(frozen=True)
class ReviewedMove:
    """A move of a record. ``number`` counts from 1; ``player`` is B or W. ``win_rate`` and ``lead`` behind it are
    Black's.

    ``win_rate_loss``, ``point_loss``: what the player lost by it, at least 0; ``point_loss`` is None where the net
    gives no lead. ``better``: what the search would have played, None where it agrees.
    """

    number: int
    player: str
    move: str
    win_rate: float
    lead: float | None
    win_rate_loss: float
    point_loss: float | None
    better: Candidate | None


@dataclass(frozen=True)
class Review:
    """All moves of a record, in order. ``notes``: what the file says that was not taken literally, a line each."""

    moves: tuple[ReviewedMove, ...]
    notes: tuple[str, ...]
    _mistakes: tuple[int, ...]

    @classmethod
    def of(cls, reviews: list[tuple[Go, MoveReview]], notes: list[str]) -> Review:
        """Of every move, with the game that it was played in."""
        ranked = biggest_mistakes([review for _, review in reviews], len(reviews))
        return cls(
            tuple(_reviewed(game, review) for game, review in reviews),
            tuple(notes),
            tuple(review.number for review in ranked),
        )

    def mistakes(self, count: int = 10) -> list[ReviewedMove]:
        """The moves that cost most, the costliest first; none that cost next to nothing."""
        by_number = {move.number: move for move in self.moves}
        return [by_number[number] for number in self._mistakes[:count]]


def _reviewed(game: Go, review: MoveReview) -> ReviewedMove:
    better = None
    if review.better is not None:
        better = next(each for each in candidates(game, review.before) if each.move == game.vertex(review.better.move))
    return ReviewedMove(
        review.number,
        "B" if review.player > 0 else "W",
        game.vertex(review.move),
        review.after.win_rate,
        review.after.lead,
        review.rate_loss,
        review.point_loss,
        better,
    )
