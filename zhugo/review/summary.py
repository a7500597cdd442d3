"""A review summed up: how well each player played, where the points went, and which positions are worth a second look.

What a move lost is in points; behind a net that gives no leads it is what its player's win rate fell by, of which the
whole counts as ``POINTS_PER_RATE`` points, and means of points are not given. A pass that lost nothing worth a word
says nothing of its player, and is left out.

Accuracy is KaTrain's: 100 · 0.75 ** (weighted mean of the losses). The weight of a move is the expected loss of the
moves that the net would draw there, and at least a quarter of what the move itself lost, between 0.05 and 1: an easy
move counts for little, and a large mistake for much.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zhugo.review.move_costs import INACCURACY, POINTS_PER_RATE, Candidate, MoveReview, Position
from zhugo.review.rank import rank_of

BOUNDS = (0.5, 1.5, 3.0, 6.0, 12.0)
"""Points that part the classes of losses, KaTrain's; a loss on a bound is of the higher class."""
WORTH_A_WORD = 2
"""The class from which a move is among the mistakes, whatever its win rate says."""
OPENING, MIDDLE = 50, 150
"""The last moves of opening and middle game on 19×19; on other boards in proportion to their points."""
TOP = 5
MOST_QUESTIONS = 12
QUESTION_SIZE = 3
"""The class from which a mistake is a question."""
QUESTION_VISITS = 16
CLEAR_SHARE, CLEAR_POINTS, SERIOUS_SHARE = 0.5, 1.0, 0.1
"""One move is clearly best: it has this share of the visits, and all moves with a tenth of its visits lose a point."""
_LEAST_WEIGHT = 0.05


@dataclass(frozen=True)
class Phase:
    """Of a player, in one phase. ``mean_loss`` in points a move, None without leads or moves."""

    moves: int
    mean_loss: float | None
    accuracy: float


@dataclass(frozen=True)
class PlayerSummary:
    """How a player played. ``accuracy`` in [0, 100], 0 without moves.

    ``best``, ``top``: shares of moves that are the search's first choice, and among its first five. ``losses``: how
    many moves in each class of ``BOUNDS``, the last one beyond them all. ``phases``: opening, middle, end.
    ``strength``: as ``rank_of`` says it.
    """

    moves: int
    accuracy: float
    mean_loss: float | None
    best: float
    top: float
    losses: tuple[int, ...]
    phases: tuple[Phase, ...]
    strength: str


@dataclass(frozen=True)
class Mistake:
    """A move that cost something. ``size``: its class of ``BOUNDS``. ``phase``: 0 opening, 1 middle, 2 end."""

    review: MoveReview
    size: int
    phase: int


@dataclass(frozen=True)
class GameSummary:
    """``phases``: the last move of the opening, and of the middle game. ``mistakes``: the costliest first.

    ``questions``: numbers of moves before which there is one move to find, in the order of the game.
    """

    bounds: tuple[float, ...]
    phases: tuple[int, int]
    black: PlayerSummary
    white: PlayerSummary
    mistakes: tuple[Mistake, ...]
    questions: tuple[int, ...]


def phases_of(points: int) -> tuple[int, int]:
    """The last moves of opening and middle game on a board of so many points."""
    return round(OPENING * points / 361), round(MIDDLE * points / 361)


def phase_of(number: int, phases: tuple[int, int]) -> int:
    """In which phase a move is: 0 opening, 1 middle, 2 end."""
    return bisect_right(phases, number - 1)


def loss_of(review: MoveReview) -> float:
    """What a move lost, in points or what counts as such."""
    return review.rate_loss * POINTS_PER_RATE if review.point_loss is None else review.point_loss


def size_of(review: MoveReview) -> int:
    """The class of what a move lost."""
    return bisect_right(BOUNDS, loss_of(review))


def summarise(reviews: Sequence[MoveReview], width: int, height: int) -> GameSummary:
    """The summary of the moves that were reviewed, be they all of a game or not."""
    phases = phases_of(width * height)
    counted = [one for one in reviews if one.move < width * height or one.cost >= INACCURACY]
    mistakes = [
        Mistake(one, size_of(one), phase_of(one.number, phases))
        for one in counted
        if one.cost >= INACCURACY or size_of(one) >= WORTH_A_WORD
    ]
    mistakes.sort(key=lambda one: (-one.review.cost, one.review.number))
    asked = [one.review.number for one in mistakes if one.size >= QUESTION_SIZE and has_clear_best(one.review)]
    return GameSummary(
        BOUNDS,
        phases,
        _player([one for one in counted if one.player > 0], phases, width, height),
        _player([one for one in counted if one.player < 0], phases, width, height),
        tuple(mistakes),
        tuple(sorted(asked[:MOST_QUESTIONS])),
    )


def has_clear_best(review: MoveReview) -> bool:
    """Whether there was one move to find where this one was played, and it was not played."""
    before = review.before
    if review.better is None or before.visits < QUESTION_VISITS:
        return False
    best, *others = before.candidates
    if best.visits < CLEAR_SHARE * sum(one.visits for one in before.candidates):
        return False
    serious = [one for one in others if one.visits >= SERIOUS_SHARE * best.visits]
    return all(behind(best, one, review.player) >= CLEAR_POINTS for one in serious)


def behind(best: Candidate, other: Candidate, player: int) -> float:
    """By how much a candidate is worse than the best one for the player, in points or what counts as such."""
    if best.lead is None or other.lead is None:
        return player * (best.win_rate - other.win_rate) * POINTS_PER_RATE
    return player * (best.lead - other.lead)


def _player(reviews: Sequence[MoveReview], phases: tuple[int, int], width: int, height: int) -> PlayerSummary:
    parts: list[list[MoveReview]] = [[], [], []]
    for one in reviews:
        parts[phase_of(one.number, phases)].append(one)
    losses = [0] * (len(BOUNDS) + 1)
    for one in reviews:
        losses[size_of(one)] += 1
    return PlayerSummary(
        len(reviews),
        _accuracy(reviews),
        _mean_loss(reviews),
        _share(one.move in _first(one.before, 1) for one in reviews),
        _share(one.move in _first(one.before, TOP) for one in reviews),
        tuple(losses),
        tuple(Phase(len(part), _mean_loss(part), _accuracy(part)) for part in parts),
        rank_of(reviews, width, height),
    )


def _first(position: Position, count: int) -> list[int]:
    return [one.move for one in position.candidates[:count]]


def _share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found) if found else 0.0


def _mean_loss(reviews: Sequence[MoveReview]) -> float | None:
    losses = [one.point_loss for one in reviews if one.point_loss is not None]
    return sum(losses) / len(losses) if losses else None


def _accuracy(reviews: Sequence[MoveReview]) -> float:
    if not reviews:
        return 0.0
    weights = [_weight(one) for one in reviews]
    mean = sum(weight * loss_of(one) for weight, one in zip(weights, reviews, strict=True)) / sum(weights)
    return float(100.0 * 0.75**mean)


def _weight(review: MoveReview) -> float:
    candidates = review.before.candidates
    priors = sum(one.prior for one in candidates)
    expected = sum(one.prior * max(0.0, behind(candidates[0], one, review.player)) for one in candidates)
    hard = expected / priors if priors > 0 else 0.0
    return max(_LEAST_WEIGHT, min(1.0, max(hard, loss_of(review) / 4)))
