"""What is known of the positions of a game, in the words of the page."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.messages import Report
from zhugo.review.move_costs import Position, review_moves
from zhugo.web import messages as m
from zhugo.web.record import Place, RecordTree, node_message

MOST_CANDIDATES = 40
JUDGED_CANDIDATES = 5


def candidates(position: Position, color: int, count: int = MOST_CANDIDATES) -> list[m.Candidate]:
    """The moves that were looked at, best first. ``color``: who is to move."""
    best = position.candidates[0].lead if position.candidates else None
    return [
        m.Candidate(
            each.move,
            each.visits,
            round(each.win_rate, 4),
            _points(each.lead),
            round(each.prior, 5),
            None if best is None or each.lead is None else round(max(0.0, color * (best - each.lead)), 2),
            list(each.pv),
        )
        for each in position.candidates[:count]
    ]


def analysis(
    game: str, node: int, report: Report, running: bool, cost: tuple[float | None, float] | None
) -> m.Analysis:
    """A report of the daemon. ``cost``: what the move that leads here lost, in points and win rate, if known."""
    position = Position.of(report)
    return m.Analysis(
        game,
        node,
        report.visits,
        round(position.win_rate, 4),
        _points(position.lead),
        candidates(position, report.to_play or 1),
        [round(each, 2) for each in report.ownership],
        [round(each, 4) for each in report.policy],
        running,
        round(report.new_visits / report.elapsed, 1) if report.elapsed > 0 else 0.0,
        None if cost is None or cost[0] is None else round(cost[0], 2),
        None if cost is None else round(cost[1], 4),
    )


def judged(tree: RecordTree, node: int, position: Position) -> m.Judged:
    """What is known of the position at a node."""
    move = node_message(tree, node).move
    to_play = Place.of(tree, node).position.to_play if move is None else -move[0]
    shown = candidates(position, to_play, JUDGED_CANDIDATES)
    return m.Judged(node, position.visits, round(position.win_rate, 4), _points(position.lead), shown)


def cost_of(
    known: Mapping[int, Position], before: int | None, node: int, move: tuple[int, int] | None
) -> tuple[float | None, float] | None:
    """What a move lost, in points and win rate, by what is known of the positions before and behind it."""
    if move is None or before is None or before not in known or node not in known:
        return None
    review = review_moves([known[before], known[node]], [move])[0]
    return review.point_loss, review.rate_loss


def _points(points: float | None) -> float | None:
    return None if points is None else round(points, 2)
