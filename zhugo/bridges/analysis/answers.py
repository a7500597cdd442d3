"""What is said of a turn: the daemon's report as KataGo's analysis engine writes it, and the other forms of answers.

Win rates, leads and ownership are the perspective's that the query asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from games.go.coords import to_vertex
from protocol.messages import ChildReport, Report
from zhugo.bridges.analysis.query import Turn, Wishes

Answer = dict[str, Any]

DIGITS = 8


def error(text: str, query_id: str | None = None, field: str | None = None) -> Answer:
    """Something is wrong with a line, or with one field of a query."""
    return {"error": text} if query_id is None else {"error": text, "field": field, "id": query_id}


def warning(text: str, query_id: str, field: str) -> Answer:
    """A query is followed, but not in every field."""
    return {"warning": text, "field": field, "id": query_id}


def nothing(turn: Turn) -> Answer:
    """The last answer to a turn that ended before anything was known of it."""
    return {"id": turn.wishes.id, "isDuringSearch": False, "noResults": True, "turnNumber": turn.number}


def is_known(report: Report) -> bool:
    """Whether there is anything to say."""
    return report.visits > 0


def analysis(turn: Turn, report: Report) -> Answer:
    """What a search says; the last answer to the turn if the report is final."""
    wishes, view = turn.wishes, _View(turn)
    answer: Answer = {
        "id": wishes.id,
        "isDuringSearch": not report.final,
        "turnNumber": turn.number,
        "moveInfos": [_move_info(view, wishes, child) for child in report.children if child.visits],
        "rootInfo": _root_info(view, report),
    }
    if wishes.ownership and report.ownership:
        answer["ownership"] = view.owners(report.ownership)
    if report.policy:
        answer["policy"] = [round(prior, DIGITS) for prior in report.policy]
    return answer


class _View:
    """Numbers and moves as the query's perspective has them."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self._sides: tuple[int, int] = tuple(turn.place.spec["size"])
        self._sign = {"BLACK": 1, "WHITE": -1, "SIDETOMOVE": turn.place.to_play}[turn.wishes.perspective]

    def value(self, value: float) -> float:
        return round(self._sign * value, DIGITS)

    def rate(self, value: float) -> float:
        return round((1.0 + self._sign * value) / 2.0, DIGITS)

    def owners(self, ownership: Sequence[float]) -> list[float]:
        return [round(self._sign * owner, DIGITS) for owner in ownership]

    def vertices(self, moves: Sequence[int]) -> list[str]:
        return [to_vertex(move, *self._sides) for move in moves]


def _move_info(view: _View, wishes: Wishes, child: ChildReport) -> Answer:
    vertices = view.vertices(child.pv)
    info: Answer = {
        "move": vertices[0],
        "visits": child.visits,
        "edgeVisits": child.visits,
        "winrate": view.rate(child.value),
        "utility": view.value(child.utility),
        "lcb": view.rate(child.lcb),
        "utilityLcb": view.value(child.utility_lcb),
        "prior": round(child.prior, DIGITS),
        "weight": round(child.weight, DIGITS),
        "edgeWeight": round(child.weight, DIGITS),
        "playSelectionValue": round(child.preference, DIGITS),
        "order": child.order,
        "pv": vertices,
    }
    info |= _score(view, child.lead, child.score_deviation)
    if child.lead is not None:
        info["scoreMean"] = info["scoreLead"]
    if wishes.no_result_value:
        info["noResultValue"] = 0.0
    if wishes.pv_visits:
        info["pvVisits"] = info["pvEdgeVisits"] = child.pv_visits
    if wishes.moves_ownership and child.ownership:
        info["ownership"] = view.owners(child.ownership)
    return info


def _root_info(view: _View, report: Report) -> Answer:
    place = view.turn.place
    info: Answer = {
        "visits": report.visits,
        "winrate": view.rate(report.value),
        "utility": view.value(report.utility),
        "weight": round(report.weight, DIGITS),
        "rawWinrate": view.rate(report.raw_value),
        "currentPlayer": "B" if place.to_play > 0 else "W",
        "thisHash": place.this_hash,
        "symHash": place.sym_hash,
    }
    if report.raw_lead is not None:
        info["rawLead"] = view.value(report.raw_lead)
    return info | _score(view, report.lead, report.score_deviation)


def _score(view: _View, lead: float | None, deviation: float | None) -> Answer:
    """The score's fields, none where the net knows no points; the deviation only where it says one."""
    if lead is None:
        return {}
    score = {"scoreLead": view.value(lead), "scoreSelfplay": view.value(lead)}
    return score if deviation is None else score | {"scoreStdev": round(deviation, DIGITS)}
