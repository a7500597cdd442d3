"""What a search says of a position, in the words of the page."""

from __future__ import annotations

from protocol.messages import Report
from zhugo.review.move_costs import Position
from zhugo.web import messages as m

MOST_CANDIDATES = 40


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


def _points(points: float | None) -> float | None:
    return None if points is None else round(points, 2)
