"""What gtp2ogs reads from an engine's stderr and passes on: lines that begin as KataGo's do."""

from __future__ import annotations

import math

from protocol.messages import Report
from zhugo.bridges.gtp.engine import Engine

GREETING = "GTP ready, as KataGo for gtp2ogs"
"""gtp2ogs expects such lines from a program of which a line names KataGo."""


def line(engine: Engine, report: Report) -> str:
    """The search behind a move in one line. The deviation is that of the leads of the moves searched."""
    best = report.children[0] if report.children else None
    rate = (report.to_play * report.value + 1.0) / 2.0
    pv = " ".join(engine.vertex(move) for move in best.pv) if best else ""
    lead = report.to_play * (report.lead or 0.0)
    told = report.to_play * engine.advantage.latest
    advantage = f"(PDA {told:.2f}) " if told else ""
    return (
        f"MALKOVICH:Visits {report.visits} Winrate {100 * rate:.2f}% ScoreLead {lead:.1f} "
        f"ScoreStdev {_deviation(report):.1f} {advantage}PV {pv}"
    )


def _deviation(report: Report) -> float:
    leads = [(child.visits, child.lead) for child in report.children if child.lead is not None and child.visits]
    total = sum(visits for visits, _ in leads)
    if not total:
        return 0.0
    mean = sum(visits * lead for visits, lead in leads) / total
    return math.sqrt(sum(visits * (lead - mean) ** 2 for visits, lead in leads) / total)
