"""Whether a search by the clock goes on beyond its share, since its choice may still change."""

from __future__ import annotations

from protocol.messages import Report

MOST_OF_SHARE = 1.5
"""Times its share that such a search may take, as far as the clock allows."""
CLOSE = 0.6
"""The part of the chosen move's visits from which on another one is a rival."""


def is_unsettled(report: Report) -> bool:
    """Whether another move has more visits than the chosen one, or nearly as many."""
    chosen = next((child.visits for child in report.children if child.move == report.chosen), 0)
    rivals = [child.visits for child in report.children if child.move != report.chosen]
    return max(rivals, default=0) >= max(CLOSE * chosen, 1.0)
