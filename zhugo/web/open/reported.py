"""What a search says of a position, in the words of the page."""

from __future__ import annotations

from protocol.messages import Report
from zhugo.review.move_costs import Position
from zhugo.web import messages as m
from zhugo.web.review.game_review import candidates, rounded_points


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
        rounded_points(position.lead),
        candidates(position, report.to_play or 1),
        [round(each, 2) for each in report.ownership],
        [round(each, 4) for each in report.policy],
        running,
        round(report.new_visits / report.elapsed, 1) if report.elapsed > 0 else 0.0,
        None if cost is None or cost[0] is None else round(cost[0], 2),
        None if cost is None else round(cost[1], 4),
    )
