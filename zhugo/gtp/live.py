"""A search that goes on until the controller does, also where others share its session.

A session has one search. Whoever asked last has it; the others see it too as long as it is about their position, and
take over when it ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from protocol.messages import Limits, Report
from zhugo.gtp.analyze_options import Options
from zhugo.gtp.engine import Engine

TAKEN = ("replaced", "moved", "stopped", "closed")
"""How a search without limits ends when it was somebody else who ended it."""
IDLE_SECONDS = 1.0


def live_reports(engine: Engine, options: Options) -> Iterator[Report]:
    """Reports until the next line of input. Raises ``GtpError`` when the search fails."""

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
            while not engine.controller.waiting(IDLE_SECONDS):
                pass


def _seen(engine: Engine, options: Options) -> Iterator[Report]:
    """Somebody else's search, until it ends or the controller goes on."""
    while not engine.controller.waiting(options.every):
        report = engine.session.query(pv_length=engine.settings.pv_length, moves_ownership=options.moves_ownership)
        if report.record == engine.position.record:
            yield report
            if report.elapsed == 0.0:
                return
