"""The review as data; docs/analyze.md describes every field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zhugo.review.move_costs import Candidate, MoveReview, Position
from zhugo.review.summary import GameSummary, PlayerSummary

SCHEMA = "zhugo-review-1"


def review_as_json(
    about: Mapping[str, Any],
    numbers: Sequence[int],
    positions: Sequence[Position],
    reviews: Sequence[MoveReview],
    mistakes: Sequence[MoveReview],
    vertex: Callable[[int], str],
    summary: GameSummary,
) -> dict[str, Any]:
    """The document; ``about`` says of the game and the search what the caller knows.

    numbers: how many moves lead to each position.
    """
    return {
        "schema": SCHEMA,
        **about,
        "positions": [_position(number, position, vertex) for number, position in zip(numbers, positions, strict=True)],
        "moves": [_move(review, vertex) for review in reviews],
        "biggest_mistakes": [mistake.number for mistake in mistakes],
        "summary": {
            "loss_bounds": list(summary.bounds),
            "phase_ends": list(summary.phases),
            "black": _player(summary.black),
            "white": _player(summary.white),
            "questions": list(summary.questions),
        },
    }


def _position(number: int, position: Position, vertex: Callable[[int], str]) -> dict[str, Any]:
    return {
        "moves_before": number,
        "win_rate": round(position.win_rate, 4),
        "lead": _points(position.lead),
        "visits": position.visits,
        "candidates": [_candidate(candidate, vertex) for candidate in position.candidates],
    }


def _candidate(candidate: Candidate, vertex: Callable[[int], str]) -> dict[str, Any]:
    return {
        "move": vertex(candidate.move),
        "visits": candidate.visits,
        "win_rate": round(candidate.win_rate, 4),
        "lead": _points(candidate.lead),
        "prior": round(candidate.prior, 4),
        "pv": [vertex(move) for move in candidate.pv],
    }


def _player(player: PlayerSummary) -> dict[str, Any]:
    return {
        "moves": player.moves,
        "accuracy": round(player.accuracy, 1),
        "mean_point_loss": _points(player.mean_loss),
        "best_moves": round(player.best, 3),
        "top_five": round(player.top, 3),
        "losses": list(player.losses),
        "phases": [
            {"moves": one.moves, "accuracy": round(one.accuracy, 1), "mean_point_loss": _points(one.mean_loss)}
            for one in player.phases
        ],
        "strength": player.strength,
    }


def _points(points: float | None) -> float | None:
    return None if points is None else round(points, 2)


def _move(review: MoveReview, vertex: Callable[[int], str]) -> dict[str, Any]:
    return {
        "number": review.number,
        "player": "black" if review.player > 0 else "white",
        "move": vertex(review.move),
        "win_rate_loss": round(review.rate_loss, 4),
        "point_loss": _points(review.point_loss),
        "better": None if review.better is None else vertex(review.better.move),
    }
