"""A search that goes on until the controller does, also where others share its session.

A session has one search, of the client that asked last. The others see its reports while it is about their position,
and begin a search of their own when it ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from protocol.messages import Limits, Report
from zhugo.bridges.gtp.analyze_options import Options
from zhugo.bridges.gtp.engine import Engine
from zhugo.shared.restrictions import leave_nothing

TAKEN = ("replaced", "moved", "stopped", "closed")
"""How a search without limits ends when it was somebody else who ended it."""
IDLE_SECONDS = 1.0


def live_reports(engine: Engine, options: Options) -> Iterator[Report]:
    """Yield reports until the next line of input. Raises ``GtpError`` when the search fails."""
    if leave_nothing(engine.position, options.restrictions):
        yield from _of_no_move(engine)
        _stay_open(engine)
    while not engine.controller.waiting(0.0):
        reason = ""
        for report in engine.reports(
            Limits(),
            options.every,
            options.restrictions,
            options.moves_ownership,
            "line",
            engine.settings.for_analysis(),
        ):
            yield report
            reason = report.reason
        if reason in TAKEN:
            yield from _seen(engine, options)
        else:
            # the game is over here, or memory is full: nothing new comes, yet the answer stays open
            _stay_open(engine)


def _seen(engine: Engine, options: Options) -> Iterator[Report]:
    """Somebody else's search, until it ends or the controller goes on."""
    while not engine.controller.waiting(options.every):
        report = engine.session.query(pv_length=engine.settings.pv_length, moves_ownership=options.moves_ownership)
        if report.record == engine.position.record and engine.is_seen_alike():
            yield report
        if report.elapsed == 0.0:
            return


def _of_no_move(engine: Engine) -> Iterator[Report]:
    """What is known of a position where no move may be looked at."""
    for report in engine.reports(Limits(visits=1), until="line", how=engine.settings.for_analysis()):
        if report.final:
            yield structs.replace(report, children=[], chosen=None)


def _stay_open(engine: Engine) -> None:
    """Wait for the next line of input."""
    while not engine.controller.waiting(IDLE_SECONDS):
        pass
