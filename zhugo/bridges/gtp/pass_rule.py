"""When to pass. Pure.

A pass is right only if the game is not worth less after the opponent's best reply and after two passes as these rules
count. So it is compared with the best move in both:

- *after the reply*: the opponent's best move, as a search of the position after the pass sees it. He must move there,
  for what his pass is worth is counted. Where the pass ends the game itself it is asked for only while borders are
  open, for then nobody knows whether the opponent agrees to the end, and to which score, or if somebody wants it
  (``conservativePass``);
- *counted*: two passes, by the rules of the game. Where dead stones come off (``Rules.takes_dead_off``) this is the
  score without them, with open land given to whom it would go, and what goes to who plays there first to the opponent,
  who is to move then. Where none come off (Tromp-Taylor) it is the board as it stands.

A search estimates leads, and counting is exact; the two differ by noise. So a move is better than the count only if it
adds to the count, too: a dame by area, a stone that keeps an open point, or a step towards a capture that the rules
demand. A move in one's own area adds nothing by area, and costs a point by territory. A move that costs something is
not played against a reply that takes nothing from the count, unless the search expects that reply to cost much.

While borders are open the count does not see what is left to take. So a move that the search chose is played, and where
it chose the pass no reply is dismissed.

What goes to who plays there first, as an exact search of its zone finds, is taken before all, also where the search of
the whole board sees nothing in it; only not where that search is clearly against it.

Under area scoring a neutral point outside seki is worth a point to the player who takes it. Such points are taken
before the pass, unless the search finds that this loses something.

Where the net gives no lead, nobody can tell, and the search's choice stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.messages import ChildReport, Report

GAIN = 0.5
"""What a move must promise beyond the pass, in points, to be worth playing."""
SURPRISE = 5.0
"""So many points a reply must cost in a search if it takes nothing from the count, and the move costs something."""
LEAST_SHARE = 0.1
"""Children with less than this share of the most visited one's visits do not count as promises."""
SETTLED = 0.5
"""A point counts as settled when its mean ownership is at least this far to one side; on small boards nets doubt."""
NEARLY_OVER = 0.75
"""With less than this share of the points settled nobody thinks of passing."""


@dataclass(frozen=True)
class PassAndMove:
    """A pass and the best move, as Black's lead in points.

    counted: after two passes. after_reply: after the opponent's best move; None where he has none, or no turn any more.
    best: after the move, as a search sees it; move_counted: after it and two passes. reply_counted: after the pass, the
    reply and two passes; None where that says nothing, as by area, and while borders are open.
    """

    counted: float
    after_reply: float | None
    best: float
    move_counted: float
    reply_counted: float | None = None


def is_right(player: int, weighed: PassAndMove) -> bool:
    """Whether passing is worth no less to ``player`` than the move."""
    if weighed.after_reply is not None:
        costs = player * (weighed.move_counted - weighed.counted) < 0
        takes = weighed.reply_counted is None or player * (weighed.counted - weighed.reply_counted) > 0
        least = SURPRISE if costs and not takes else GAIN
        if player * (weighed.best - weighed.after_reply) >= least:
            return False
    adds = player * (weighed.move_counted - weighed.counted) > 0
    return not (adds and player * (weighed.best - weighed.counted) >= GAIN)


def best_move(report: Report, pass_move: int) -> ChildReport | None:
    """The child that is not the pass with the best order, among those with visits to speak of."""
    most = max((child.visits for child in report.children), default=0)
    known = [child for child in report.children if child.move != pass_move and child.visits > most * LEAST_SHARE]
    return min(known, key=lambda child: child.order, default=None)


def is_nearly_over(ownership: Sequence[float]) -> bool:
    """Whether so much of the board is settled that a pass may be thought of."""
    return sum(abs(one) >= SETTLED for one in ownership) >= NEARLY_OVER * len(ownership)
