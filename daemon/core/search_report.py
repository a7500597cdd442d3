"""What a session can say of its cursor."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Literal, Protocol

import numpy as np
from msgspec import UNSET
from numba import njit
from numpy.typing import NDArray

from daemon.core import search_tree as st
from daemon.core.choice import Children, children, choose, mean_lead, order, permitted, preferences, score_and_deviation
from daemon.core.gumbel import improved_policy
from daemon.core.search_tree import Tree
from daemon.core.session import Session
from protocol.messages import ChildReport, Ending, Report, SessionStatus


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
        child = t.first_child[t.original[node] if t.state[node] == st.TRANSPOSED else node]
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
    found = permitted(children(tree, cursor, session.puct), session.avoid[0 if tree.to_play[cursor] > 0 else 1])
    preferred = preferences(session, found)
    indices = order(found, preferred)
    visits, here = session.visits, np.array([cursor], np.int32)
    score, deviation = (_said(number[0]) for number in score_and_deviation(tree, here))
    says_score = bool(tree.score_deviation[cursor] > 0.0)
    return Report(
        request=asked.request,
        session=session.name,
        record=session.record,
        to_play=int(tree.to_play[cursor]),  # type: ignore[arg-type]
        visits=visits,
        new_visits=visits - search.visits_before if search else 0,
        value=float(tree.mean_value[cursor]),
        lead=_said(mean_lead(tree, here)[0]) if visits else 0.0,
        raw_value=float(tree.value[cursor]),
        raw_lead=_said(tree.lead[cursor]),
        children=_child_reports(session, found, preferred, indices[: asked.max_children], asked),
        chosen=choose(session, found, preferred, indices) if reason or session.settings.temperature == 0.0 else None,
        elapsed=now - search.began if search else 0.0,
        final=bool(reason),
        reason=reason,
        nodes=int(tree.used[st.NODES]),
        bytes=st.bytes_used(tree),
        ownership=_ownership(session, cursor),
        policy=_policy(tree, cursor) if session.settings.policy else [],
        improved_policy=_improved_policy(session) if session.settings.root_selection == "gumbel" else UNSET,
        failure=failure[:4000],
        utility=float(tree.mean_utility[cursor]) if visits else 0.0,
        weight=float(tree.weight[cursor]),
        score=score,
        score_deviation=deviation,
        raw_score=float(tree.score[cursor]) if says_score else None,
        raw_score_deviation=float(tree.score_deviation[cursor]) if says_score else None,
    )


def report_of_failed(session: str, request: int, reason: Ending, failure: str = "") -> Report:
    """The final report of a session, by its key, that failed, or of which nothing else can be asked any more."""
    return Report(
        request=request,
        session=session,
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


def session_status(session: Session) -> SessionStatus:
    """The session in the daemon's status, under its key."""
    return SessionStatus(
        session=session.name,
        game=session.game,
        clients=len(session.clients),
        moves=len(session.record),
        visits=session.visits,
        nodes=int(session.tree.used[st.NODES]),
        bytes=session.bytes_held(),
        searching=session.search is not None,
        max_bytes=session.settings.max_bytes,
        owner=session.owner or UNSET,
    )


def _policy(tree: Tree, node: int) -> list[float]:
    """The priors that the net gave ``node``, -1 where illegal; empty without priors."""
    policy: list[float] = st.policy(tree, node).tolist() if tree.row[node] != st.NONE else []
    return policy


def _improved_policy(session: Session) -> list[float]:
    """What Gumbel's search would teach the net, -1 where illegal; empty without priors."""
    tree, cursor = session.tree, session.cursor
    if tree.row[cursor] == st.NONE:
        return []
    improved: list[float] = improved_policy(tree, cursor, session.settings).tolist()
    return improved


def _said(lead: float) -> float | None:
    return None if math.isnan(lead) else float(lead)


def _ownership(session: Session, node: int) -> list[float]:
    """The mean of what was seen below ``node``, the cursor or a child of it; empty if nothing was."""
    seen = session.ownership.get(node) if session.settings.ownership else None
    return seen.mean if seen else []


def _child_reports(
    session: Session,
    found: Children,
    preferred: NDArray[np.float64],
    indices: NDArray[np.int64],
    asked: Asked,
) -> list[ChildReport]:
    side = int(session.tree.to_play[session.cursor])
    # rows of plain numbers: numpy's own, looked at one by one, take most of the time of a report
    columns = {column.name: getattr(found, column.name)[indices].tolist() for column in fields(Children)}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    # KataGo, cpp/search/searchresults.cpp: the radius is one of utilities, of which the value is a part
    span = 1.0 + session.settings.static_score_utility + session.settings.dynamic_score_utility
    reports = []
    for rank, (row, preference) in enumerate(zip(rows, preferred[indices].tolist(), strict=True)):
        known = row["visits"] > 0 and math.isfinite(row["value"])
        pv, pv_visits = [row["move"]], [row["visits"]]
        if asked.pv_length > 1:
            pv, pv_visits = (part.tolist() for part in _principal_variation(session.tree, row["node"], asked.pv_length))
        report = ChildReport(
            move=row["move"],
            order=rank,
            visits=row["visits"],
            value=row["value"] if known else 0.0,
            lead=_said(row["lead"]) if known else 0.0,
            prior=row["prior"],
            lcb=min(max(row["value"] - side * row["radius"] / span, -1.0), 1.0) if known else -float(side),
            utility_variance=row["variance"] if known else 0.0,
            pv=pv,
            pv_visits=pv_visits,
            ownership=_ownership(session, row["node"]) if asked.moves_ownership else [],
            utility=row["utility"] if known else 0.0,
            utility_lcb=row["utility"] - side * row["radius"] if known else -side * row["radius"],
            weight=row["weight"],
            score=_said(row["score"]),
            score_deviation=_said(row["deviation"]),
            preference=preference,
        )
        reports.append(report)
    return reports
