"""One report of a search as a line, as Leela Zero and as KataGo write it.

Win rates, leads and ownership are of the side to move, unless the settings say otherwise. Where the net gives no lead
or no ownership, those fields are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import structs

from protocol.messages import ChildReport, Report
from zhugo.bridges.gtp.analyze_options import Options
from zhugo.bridges.gtp.engine import Engine

WHOLE = ("visits", "edgeVisits", "order", "pvVisits", "pvEdgeVisits")
"""Fields whose numbers are whole."""

Line = Callable[[Engine, Options, Report], str]


def lz_line(engine: Engine, options: Options, report: Report) -> str:
    """``info move …`` for each move; rates in ten-thousandths."""
    sign = _sign(engine, report)

    def info(child: ChildReport) -> str:
        rate, lcb = (round(_rate(sign, value) * 10000) for value in (child.value, child.lcb))
        return (
            f"info move {engine.vertex(child.move)} visits {child.visits} winrate {rate} "
            f"prior {round(child.prior * 10000)} lcb {lcb} order {child.order} pv {_vertices(engine, child.pv)}"
        )

    return " ".join(info(child) for child in _shown(options, report))


def kata_line(engine: Engine, options: Options, report: Report) -> str:
    """``info move …`` for each move, then ``rootInfo`` and ``ownership`` if asked."""
    sign = _sign(engine, report)
    parts = [_kata_info(engine, options, child, sign) for child in _shown(options, report)]
    if options.root_info and report.visits:
        rate, raw = _rate(sign, report.value), _rate(sign, report.raw_value)
        raw_lead = "" if report.raw_lead is None else f" rawLead {sign * report.raw_lead:.6g}"
        parts.append(
            f"rootInfo visits {report.visits} utility {sign * report.utility:.6g} winrate {rate:.6g} "
            f"{_scores(report, sign)}weight {report.weight:.6g} "
            f"rawWinrate {raw:.6g}{raw_lead}"
        )
    if options.ownership and report.ownership:
        parts.append(f"ownership {_numbers(report.ownership, sign)}")
    return " ".join(parts)


def sabaki_line(engine: Engine, options: Options, report: Report) -> str:
    """As ``kata_line``, with a decimal point in every number that might have one: Sabaki takes others for per cent."""
    words, key = [], ""
    for word in kata_line(engine, options, report).split(" "):
        key = word if word[:1].isalpha() else key
        fraction = key not in WHOLE and word.lstrip("-").isdigit()
        words.append(f"{word}.0" if fraction else word)
    return " ".join(words)


def _kata_info(engine: Engine, options: Options, child: ChildReport, sign: int) -> str:
    rate, lcb = (_rate(sign, value) for value in (child.value, child.lcb))
    text = (
        f"info move {engine.vertex(child.move)} visits {child.visits} edgeVisits {child.visits} "
        f"utility {sign * child.utility:.6g} winrate {rate:.6g} "
        f"{_scores(child, sign)}prior {child.prior:.6g} "
        f"lcb {lcb:.6g} utilityLcb {sign * child.utility_lcb:.6g} weight {child.weight:.6g} order {child.order} "
        f"pv {_vertices(engine, child.pv)}"
    )
    visits = " ".join(str(count) for count in child.pv_visits)
    text += f" pvVisits {visits}" if options.pv_visits else ""
    text += f" pvEdgeVisits {visits}" if options.pv_edge_visits else ""
    if options.moves_ownership and child.ownership:
        text += f" movesOwnership {_numbers(child.ownership, sign)}"
    return text


def _shown(options: Options, report: Report) -> list[ChildReport]:
    """The moves of a line: those with visits, and the likeliest others up to the least number that was asked for."""
    shown = [child for child in report.children if child.visits][: options.most_moves]
    if len(shown) >= options.least_moves or not shown:
        return shown
    known = {child.move for child in shown}
    others = [move for move, prior in enumerate(report.policy) if prior >= 0 and move not in known]
    others.sort(key=lambda move: -report.policy[move])
    for move in others[: min(options.least_moves, options.most_moves) - len(shown)]:
        # nothing is known of it yet but what is known of the position
        value, lead, prior = report.value, report.lead, report.policy[move]
        lcb = -float(report.to_play)
        child = ChildReport(move, len(shown), 0, value, lead, prior, lcb, 0.0, [move], [0])
        shown.append(structs.replace(child, utility=report.utility, utility_lcb=lcb))
    return shown


def _scores(of: Report | ChildReport, sign: int) -> str:
    if of.lead is None:
        return ""
    lead, score = sign * of.lead, sign * (of.lead if of.score is None else of.score)
    stdev = "" if of.score_deviation is None else f"scoreStdev {of.score_deviation:.6g} "
    return f"scoreMean {lead:.6g} {stdev}scoreLead {lead:.6g} scoreSelfplay {score:.6g} "


def _sign(engine: Engine, report: Report) -> int:
    """+1 when Black's side is told."""
    return {"black": 1, "white": -1}.get(engine.settings.perspective, report.to_play)


def _rate(sign: int, value: float) -> float:
    return (sign * value + 1.0) / 2.0


def _vertices(engine: Engine, moves: Iterable[int]) -> str:
    return " ".join(engine.vertex(move) for move in moves)


def _numbers(values: Iterable[float], sign: int) -> str:
    return " ".join(f"{sign * value + 0.0:.4g}" for value in values)  # plus 0.0: no "-0"
