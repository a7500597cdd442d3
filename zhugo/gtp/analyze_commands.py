"""Commands that show a search while it runs, as Leela Zero (``lz-``) and KataGo (``kata-``) have them.

A line per interval, until any line of input comes. Win rates and leads are of the player to move; where the net gives
no lead, the fields about scores are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from protocol.errors import AnswerTimeout
from protocol.messages import ChildReport, Limits, Report
from zhugo.gtp.engine import Engine
from zhugo.gtp.protocol import Arguments, Command, GtpError, Stream

POLL = 0.02
"""Seconds between two looks whether the controller has gone on."""
LEAST_INTERVAL = 0.05

Info = Callable[[Engine, Report, ChildReport], str]


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def analyze_as(info: Info) -> Command:
        def analyze(arguments: Arguments) -> Stream:
            player, interval = _player_and_interval(engine, arguments)
            return _analyze(engine, player, interval, info)

        return analyze

    return {"lz-analyze": analyze_as(_lz_info), "kata-analyze": analyze_as(_kata_info)}


def _analyze(engine: Engine, player: int, interval: float, info: Info) -> Stream:
    turned = engine.turn_to(player)
    search = engine.session.search(Limits(), report_every=interval)
    try:
        while not engine.input_waiting(POLL):
            with suppress(AnswerTimeout):
                report = search.next(0.0)
                children = [child for child in report.children if child.visits]
                if children:
                    yield " ".join(info(engine, report, child) for child in children)
                if report.final:
                    # over at its root, or out of memory: nothing new comes, yet the answer stays open
                    while not engine.input_waiting(1.0):
                        pass
                    return
    finally:
        engine.session.stop()
        if turned:
            engine.turn_back()


def _lz_info(engine: Engine, report: Report, child: ChildReport) -> str:
    rate, lcb = (round(_rate(report, value) * 10000) for value in (child.value, child.lcb))
    prior = round(child.prior * 10000)
    return (
        f"info move {engine.vertex(child.move)} visits {child.visits} winrate {rate} prior {prior} lcb {lcb} "
        f"order {child.order} pv {_pv(engine, child)}"
    )


def _kata_info(engine: Engine, report: Report, child: ChildReport) -> str:
    rate, lcb = (_rate(report, value) for value in (child.value, child.lcb))
    lead = None if child.lead is None else f"{child.lead * report.to_play:.6g}"
    scores = "" if lead is None else f"scoreMean {lead} scoreLead {lead} "
    return (
        f"info move {engine.vertex(child.move)} visits {child.visits} utility {2 * rate - 1:.6g} winrate {rate:.6g} "
        f"{scores}prior {child.prior:.6g} lcb {lcb:.6g} "
        f"utilityLcb {2 * lcb - 1:.6g} order {child.order} pv {_pv(engine, child)}"
    )


def _rate(report: Report, value: float) -> float:
    return (report.to_play * value + 1.0) / 2.0


def _pv(engine: Engine, child: ChildReport) -> str:
    return " ".join(engine.vertex(move) for move in child.pv)


def _player_and_interval(engine: Engine, arguments: Arguments) -> tuple[int, float]:
    """``[color] [interval]``, the interval in hundredths of a second, also as ``interval N``. Raises ``GtpError``."""
    words = [word.lower() for word in arguments]
    player = engine.to_play
    if words and words[0] in ("b", "w", "black", "white"):
        player = 1 if words.pop(0)[0] == "b" else -1
    if words and words[0] == "interval":
        words.pop(0)
    interval = 100.0
    if words:
        interval = Arguments(words).number(0, "the interval")
        if len(words) > 1:
            raise GtpError(f"syntax error: {words[1][:40]} is not understood")
    return player, max(LEAST_INTERVAL, interval / 100.0)
