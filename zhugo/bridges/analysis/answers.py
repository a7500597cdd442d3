"""What is said of a turn: the daemon's report as KataGo's analysis engine writes it, and the other forms of answers.

Win rates, leads and ownership are the perspective's that the query asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from games.go.coords import to_vertex
from protocol.messages import ChildReport, Report
from zhugo.bridges.analysis.query import Turn, Wishes
from zhugo.shared.human_policy import blended
from zhugo.shared.local_net import NetRecord

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


def analysis(turn: Turn, report: Report, human: NetRecord | None = None) -> Answer:
    """What a search says; the last answer to the turn if the report is final.

    ``human``: what a net beside the daemon's says that imitates people.
    """
    wishes, view = turn.wishes, _View(turn)
    children = report.children if human is None else _as_people_choose(turn, report, human)
    answer: Answer = {
        "id": wishes.id,
        "isDuringSearch": not report.final,
        "turnNumber": turn.number,
        "moveInfos": [_move_info(view, wishes, child, human) for child in children if child.visits],
        "rootInfo": _root_info(view, report) | _human_root_info(view, human),
    }
    if wishes.ownership and report.ownership:
        answer["ownership"] = view.owners(report.ownership)
    if report.policy:
        answer["policy"] = [round(prior, DIGITS) for prior in report.policy]
        if human is not None:
            answer["humanPolicy"] = [round(prior, DIGITS) for prior in human.policy.tolist()]
    return answer


def _as_people_choose(turn: Turn, report: Report, human: NetRecord) -> list[ChildReport]:
    """The children in the order in which they would be played if people's policy had its share in it."""
    style = turn.wishes.human
    if style.share == 0.0:
        return report.children
    width, height = turn.place.spec["size"]
    weights = blended(report, human.policy.tolist(), style, (), width * height)
    children = sorted(report.children, key=lambda child: (-weights.get(child.move, 0.0), child.order))
    return [
        structs.replace(child, preference=weights.get(child.move, 0.0), order=order)
        for order, child in enumerate(children)
    ]


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


def _move_info(view: _View, wishes: Wishes, child: ChildReport, human: NetRecord | None) -> Answer:
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
    if human is not None:
        info["humanPrior"] = round(max(0.0, float(human.policy[child.move])), DIGITS)
    info |= _score(view, child)
    if child.lead is not None:
        info["scoreMean"] = info["scoreLead"]
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
    if report.raw_score is not None:
        info["rawScoreSelfplay"] = view.value(report.raw_score)
    if report.raw_score_deviation is not None:
        info["rawScoreSelfplayStdev"] = round(report.raw_score_deviation, DIGITS)
    return info | _score(view, report)


def _human_root_info(view: _View, human: NetRecord | None) -> Answer:
    """What the imitating net says of the position, as far as it says it."""
    if human is None:
        return {}
    info = {"humanWinrate": view.rate(human.black_win - human.white_win)}
    if human.score is not None:
        info["humanScoreMean"] = view.value(human.score)
    for name, value in (
        ("humanScoreStdev", human.score_deviation),
        ("humanStWrError", None if human.value_error is None else human.value_error / 2.0),
        ("humanStScoreError", human.score_error),
    ):
        if value is not None:
            info[name] = round(value, DIGITS)
    return info


def _score(view: _View, of: Report | ChildReport) -> Answer:
    """The score's fields, none where the net knows no points; the deviation only where it says one."""
    if of.lead is None:
        return {}
    score = {
        "scoreLead": view.value(of.lead),
        "scoreSelfplay": view.value(of.lead if of.score is None else of.score),
    }
    return score if of.score_deviation is None else score | {"scoreStdev": round(of.score_deviation, DIGITS)}
