"""How strong somebody played in one game, from what their moves lost: a guess, and told as a span.

kyu = 9.5 · sqrt(m) - 4.7, m the mean of the points that the moves up to the end of the middle game lost, each loss 12
at most; 3 ranks to either side. It was fitted to 20 players of 10 games on 19×19, reviewed with the bundled net at 50
visits: this program's levels 20k, 15k, 12k, 8k, 5k and 2k; GNU Go 3.8 at level 10, taken for 8k; and KataGo's 6-block
net of 2020 at 16 visits, taken for 1k, which is where our levels have so many. These levels were themselves measured
against GNU Go alone (docs/strength.md), and no people are among them. The fit misses by 2.3 ranks in the mean (root of
the mean square) and by 6 at most: programs that overlook moves lose other points than people do.

It says nothing (``""``) on other boards, without leads, of fewer than 40 such moves, of reviews with fewer than 20
visits a position. Nobody was measured beyond 1k, where the reviewing net's own mistakes are as large as the player's.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from zhugo.review.move_costs import MoveReview

SIZE = 19
LAST_MOVE = 150
FEWEST = 40
LEAST_VISITS = 20
MOST_LOSS = 12.0
SLOPE, SHIFT = 9.5, -4.7
EITHER_SIDE = 3
STRONGEST, WEAKEST = 1, 20
"""Ranks in kyu that were measured."""


def rank_of(reviews: Sequence[MoveReview], width: int, height: int) -> str:
    """The span of ranks of the player of these moves, as ``8k–2k``; ``≥ 4k`` and ``≤ 16k`` beyond what was measured."""
    losses = [
        min(MOST_LOSS, one.point_loss)
        for one in reviews
        if one.number <= LAST_MOVE and one.point_loss is not None and one.before.visits >= LEAST_VISITS
    ]
    if (width, height) != (SIZE, SIZE) or len(losses) < FEWEST:
        return ""
    kyu = SLOPE * sqrt(sum(losses) / len(losses)) + SHIFT
    weaker, stronger = round(kyu + EITHER_SIDE), round(kyu - EITHER_SIDE)
    if stronger < STRONGEST:
        return f"≥ {max(STRONGEST, weaker)}k"
    return f"≤ {min(WEAKEST, stronger)}k" if weaker > WEAKEST else f"{weaker}k–{stronger}k"
