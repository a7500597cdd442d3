"""When a search may end before its limits: nothing that is left of them would change its choice."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from daemon.core.choice import children, order, permitted, preferences
from daemon.core.kernels import kernel
from daemon.core.search_tree import NONE, Tree
from daemon.core.session import ActiveSearch, Session

LEAST_SHARE = 0.1
"""Of a search by time, how much of the time must be over before its pace says what the rest of it will bring."""


def is_decided(session: Session, now: float) -> bool:
    """Whether the session's search, if it may end early, need not go on.

    That is when the move that it would choose has so many more visits than each other one that the visits that are left
    cannot close the gap. Where time is the limit, they are those of the pace so far.
    """
    if session.search is None or not session.search.limits.early or session.halving.under_way:
        return False  # sequential halving needs all of its visits
    left = _visits_left(session, session.search, now)
    if left == math.inf:
        return False
    avoid = session.avoid[0 if session.tree.to_play[session.cursor] > 0 else 1]
    if lead_in_visits(session.tree, session.cursor, avoid) <= left:
        return False
    found = permitted(children(session.tree, session.cursor, session.puct), avoid)
    first = order(found, preferences(session, found))[0]
    return bool(found.visits[first] == found.visits.max())


def _visits_left(session: Session, search: ActiveSearch, now: float) -> float:
    limits = search.limits
    left = math.inf
    if limits.visits is not None or limits.new_visits is not None:
        left = search.visits_left(session.visits)
    if limits.seconds is not None and now - search.began >= LEAST_SHARE * limits.seconds:
        pace = (session.visits - search.visits_before) / max(now - search.began, 1e-9)
        left = min(left, pace * (search.deadline - now))
    return left


@kernel
def lead_in_visits(t: Tree, node: int, avoid: NDArray[np.int32]) -> int:
    """How many visits more the most visited child of ``node`` has than the next, those left out that are avoided.

    avoid: int32[num_moves], above 0 for a move that is avoided.
    """
    most, second = 0, 0
    child = t.first_child[node]
    while child != NONE:
        visits = t.edge_visits[child]
        if visits > second and t.prior[child] >= 0.0 and avoid[t.move[child]] == 0:
            second = min(most, visits)
            most = max(most, visits)
        child = t.next_sibling[child]
    return int(most - second)
