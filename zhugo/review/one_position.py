"""One position searched, and the answer in words."""

from __future__ import annotations

from games.go.sgf import Segment
from protocol.client import Client
from protocol.messages import Limits, Report
from zhugo.review.annotate import side_line
from zhugo.review.move_costs import win_rate
from zhugo.shared.errors import UserError
from zhugo.shared.searching import finished
from zhugo.shared.waiting import tell_place


def search(client: Client, name: str, record: Segment, limits: Limits) -> Report:
    """The final report of a search at the end of ``record``, in session ``name``.

    Raises ``UserError`` when there is nothing to search.
    """
    session = client.open(name, "go", record.spec, record.record, queued=tell_place)
    report = finished(session.search(limits))
    if report.chosen is None:
        raise UserError("the game is over at this position" if report.reason == "terminal" else "no move was searched")
    return report


def describe(record: Segment, report: Report) -> str:
    """The move on the first line; what is thought of it and what is expected to follow below."""
    assert report.chosen is not None
    best = next(child for child in report.children if child.move == report.chosen)
    line = " ".join(record.game.vertex(move) for move in best.pv)
    return "\n".join(
        [
            record.game.vertex(report.chosen),
            f"{side_line(win_rate(report.value), report.lead)}  ({report.visits} visits, {report.elapsed:.1f} s)",
            f"pv {line}",
        ]
    )
