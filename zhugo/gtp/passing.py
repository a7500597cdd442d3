"""When to pass. Pure.

A search counts the board as it stands after two passes, dead stones and all, for that is what the rules say without an
opponent's word. Programs and people take dead stones off by agreement. So the search's opinion of the pass is not
asked: passing is worth the *agreed score*, the one with dead stones removed, and is right when no move gains on it.
Where the net gives no lead, nobody can tell, and the search's choice stands.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.messages import ChildReport, Report

GAIN = 0.5
"""A move that promises less than this many points beyond the agreed score is not worth playing."""
LEAST_SHARE = 0.1
"""Children with less than this share of the most visited one's visits do not count as promises."""


@dataclass(frozen=True)
class Finish:
    """What is known of a position besides its search.

    ``agreed_lead`` is Black's lead with dead stones taken off; ``settled`` says that every point has its owner.
    ``opponent_passed``: a pass would end the game.
    """

    agreed_lead: float
    settled: bool
    opponent_passed: bool


def choose(report: Report, pass_move: int, finish: Finish) -> int:
    """The move to play at a searched position: the search's own choice, unless passing or not passing is wiser."""
    chosen = pass_move if report.chosen is None else report.chosen
    best = _best_move(report, pass_move)
    if best is None:
        return pass_move
    if best.lead is None:
        return chosen
    player = report.to_play
    gain = player * (best.lead - finish.agreed_lead)
    lost_anyway = player * finish.agreed_lead < 0
    if chosen == pass_move:
        # The search may see a win in the pass that the opponent will not grant: dead stones that it counts as alive.
        return best.move if finish.opponent_passed and lost_anyway and gain >= GAIN else pass_move
    return pass_move if finish.settled and gain < GAIN else chosen


def _best_move(report: Report, pass_move: int) -> ChildReport | None:
    """The child that is not the pass with the best order, among those with visits to speak of."""
    most = max((child.visits for child in report.children), default=0)
    known = [child for child in report.children if child.move != pass_move and child.visits > most * LEAST_SHARE]
    return min(known, key=lambda child: child.order, default=None)
