"""What a session can say of its cursor: the report, and the move that it would choose."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal, Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daemon.core import search_tree as st
from daemon.core.search_tree import Tree
from daemon.core.session import Session
from protocol.messages import ChildReport, Ending, Report, SearchSettings

LCB_DEVIATIONS = 5.0
"""Standard errors that the lower confidence bound lies below the mean (KataGo's lcbStdevs)."""

LCB_VISIT_SHARE = 0.15
"""A move needs this share of the most visits to be chosen for its bound (KataGo's minVisitPropForLCB)."""


@dataclass(frozen=True)
class Children:
    """The cursor's children that a search may choose, in move order; arrays of one length.

    ``value`` and ``lead``: means, Black's side, NaN without visits; for the lead see ``mean_lead``. ``bound``:
    lower confidence bound of the value for the player to move, seen from that player's side.
    """

    nodes: NDArray[np.int32]
    moves: NDArray[np.int64]
    visits: NDArray[np.int64]
    prior: NDArray[np.float64]
    value: NDArray[np.float64]
    lead: NDArray[np.float64]
    variance: NDArray[np.float64]
    bound: NDArray[np.float64]


def children(tree: Tree, node: int) -> Children:
    """The children of ``node`` as they are."""
    nodes = st.children_of(tree, node)
    nodes = nodes[tree.prior[nodes] >= 0.0]
    nodes = nodes[np.argsort(tree.move[nodes], kind="stable")]
    n = tree.visits[nodes].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = tree.W[nodes] / n
        # The variance of a few values says little: one more, a whole point away, stands for what was not seen.
        variance = np.maximum(tree.W_squared[nodes] / n - value**2, 0.0)
        error = np.sqrt((variance * n + 1.0) / (n + 1.0) / n)
    bound = int(tree.to_play[node]) * value - LCB_DEVIATIONS * error
    return Children(
        nodes,
        tree.move[nodes].astype(np.int64),
        tree.edge_visits[nodes].astype(np.int64),
        tree.prior[nodes].astype(np.float64),
        value,
        mean_lead(tree, nodes),
        variance,
        np.where(n > 0, bound, -math.inf),
    )


def mean_lead(tree: Tree, nodes: NDArray[Any]) -> NDArray[np.float64]:
    """The mean of the leads that were backed up through each node; NaN where fewer than half of its visits said one.

    Of a net without leads those few visits that ended the game are no fair sample.
    """
    said = tree.lead_visits[nodes]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(2 * said >= tree.visits[nodes], tree.lead_sum[nodes] / said, math.nan)


def permitted(found: Children, avoid: NDArray[np.int32]) -> Children:
    """Those children whose moves are not avoided; all of them where none is left. avoid: as ``walk`` takes it."""
    kept = avoid[found.moves] == 0
    if kept.all() or not kept.any():
        return found
    return Children(*(getattr(found, column.name)[kept] for column in fields(Children)))


def order(found: Children, settings: SearchSettings) -> NDArray[np.int64]:
    """Indices of the children, the one to choose without temperature first.

    By visits, then prior, then move order. ``lcb`` puts the best bound among the well-visited first.
    """
    indices = np.lexsort((found.moves, -found.prior, -found.visits))
    if settings.choice == "lcb" and len(indices) and found.visits.max() > 0:
        well_visited = found.visits >= max(1.0, LCB_VISIT_SHARE * found.visits.max())
        best = int(np.argmax(np.where(well_visited, found.bound, -math.inf)))
        indices = np.concatenate(([best], indices[indices != best]))
    return indices


def choose(session: Session, found: Children, indices: NDArray[np.int64]) -> int | None:
    """The move that the session's settings choose, None without a visited child. Draws from its generator if warm."""
    visited = found.visits > 0
    if not visited.any():
        return None
    temperature = session.settings.temperature
    if temperature == 0.0:
        return int(found.moves[indices[0]])
    # the most visited first becomes 1, so that however cold it is, nothing grows without end
    with np.errstate(over="ignore", divide="ignore"):
        logits = np.log(np.maximum(found.visits, 1) / found.visits.max()) / temperature
    weights = np.where(visited, np.exp(logits), 0.0)
    return int(session.rng.choice(found.moves, p=weights / weights.sum()))


@njit(cache=True)
def _principal_variation(t: Tree, node: int, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Moves and visits of the most visited line from ``node`` on, its own move first."""
    length = min(length, int(t.used[st.NODES]))
    moves = np.empty(length, np.int64)
    visits = np.empty(length, np.int64)
    moves[0], visits[0] = t.move[node], t.edge_visits[node]
    count = 1
    while count < length:
        best = st.NONE
        child = t.first_child[node]
        while child != st.NONE:
            if t.edge_visits[child] > 0 and (
                best == st.NONE
                or t.edge_visits[child] > t.edge_visits[best]
                or (t.edge_visits[child] == t.edge_visits[best] and t.prior[child] >= t.prior[best])
            ):
                best = child
            child = t.next_sibling[child]
        if best == st.NONE:
            break
        moves[count], visits[count] = t.move[best], t.edge_visits[best]
        count += 1
        node = best
    return moves[:count], visits[:count]


class Asked(Protocol):
    """What a report answers: a search, or a query."""

    @property
    def request(self) -> int:
        """Its number."""

    @property
    def max_children(self) -> int:
        """Children to report at most."""

    @property
    def pv_length(self) -> int:
        """Moves of each variation at most."""

    @property
    def moves_ownership(self) -> bool:
        """Whether to say who owns what after each child."""


def make_report(
    session: Session, asked: Asked, now: float, reason: Ending | Literal[""] = "", failure: str = ""
) -> Report:
    """The session's report; ``reason`` makes it final."""
    tree, cursor, search = session.tree, session.cursor, session.search
    found = permitted(children(tree, cursor), session.avoid[0 if tree.to_play[cursor] > 0 else 1])
    indices = order(found, session.settings)
    visits = session.visits
    return Report(
        request=asked.request,
        session=session.name,
        record=session.record,
        to_play=int(tree.to_play[cursor]),  # type: ignore[arg-type]
        visits=visits,
        new_visits=visits - search.visits_before if search else 0,
        value=float(tree.W[cursor] / visits) if visits else 0.0,
        lead=_said(mean_lead(tree, np.array([cursor]))[0]) if visits else 0.0,
        raw_value=float(tree.value[cursor]),
        raw_lead=_said(tree.lead[cursor]),
        children=_child_reports(session, found, indices[: asked.max_children], asked),
        chosen=choose(session, found, indices) if reason or session.settings.temperature == 0.0 else None,
        elapsed=now - search.began if search else 0.0,
        final=bool(reason),
        reason=reason,
        nodes=int(tree.used[st.NODES]),
        bytes=st.bytes_used(tree),
        ownership=_ownership(session, cursor),
        policy=_policy(tree, cursor) if session.settings.policy else [],
        failure=failure[:4000],
    )


def report_of_failed(session: Session, request: int, reason: Ending, failure: str = "") -> Report:
    """The final report of a session that failed, for nothing can be asked of it any more."""
    return Report(
        request=request,
        session=session.name,
        record=[],  # who knows how far its last work got
        to_play=0,
        visits=0,
        new_visits=0,
        value=0.0,
        lead=None,
        raw_value=0.0,
        raw_lead=None,
        children=[],
        chosen=None,
        elapsed=0.0,
        final=True,
        reason=reason,
        nodes=0,
        bytes=0,
        failure=failure,
    )


def _policy(tree: Tree, node: int) -> list[float]:
    """The priors that the net gave ``node``, -1 where illegal; empty without priors."""
    policy: list[float] = st.policy(tree, node).tolist() if tree.row[node] != st.NONE else []
    return policy


def _said(lead: float) -> float | None:
    return None if math.isnan(lead) else float(lead)


def _ownership(session: Session, node: int) -> list[float]:
    """The mean of what was seen below ``node``, the cursor or a child of it; empty if nothing was."""
    seen = session.ownership.get(node) if session.settings.ownership else None
    return seen.mean if seen else []


def _child_reports(session: Session, found: Children, indices: NDArray[np.int64], asked: Asked) -> list[ChildReport]:
    side = int(session.tree.to_play[session.cursor])
    # rows of plain numbers: numpy's own, looked at one by one, take most of the time of a report
    columns = [getattr(found, column.name)[indices].tolist() for column in fields(Children)]
    reports = []
    for rank, (node, move, visits, prior, value, lead, variance, bound) in enumerate(zip(*columns, strict=True)):
        known = math.isfinite(value)
        pv, pv_visits = [move], [visits]
        if asked.pv_length > 1:
            pv, pv_visits = (part.tolist() for part in _principal_variation(session.tree, node, asked.pv_length))
        report = ChildReport(
            move=move,
            order=rank,
            visits=visits,
            value=value if known else 0.0,
            lead=_said(lead) if known else 0.0,
            prior=prior,
            lcb=side * bound if known else -float(side),
            utility_variance=variance if known else 0.0,
            pv=pv,
            pv_visits=pv_visits,
            ownership=_ownership(session, node) if asked.moves_ownership else [],
        )
        reports.append(report)
    return reports
