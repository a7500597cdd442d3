"""Commands of KataGo for debugging, which GUIs do not look for."""

from __future__ import annotations

import math
import sys

from protocol.messages import Report
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.genmove import choose_move
from zhugo.bridges.gtp.play_commands import announced, played
from zhugo.bridges.gtp.protocol import Arguments, Command

SHOWN = 10
"""Moves of a search that are shown on stderr."""


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def search_as(plays: bool) -> Command:
        def search(arguments: Arguments) -> str:
            player = arguments.color(0)
            decision = choose_move(engine, player)
            print(_told(engine, decision.report), file=sys.stderr, flush=True)
            return (played if plays else announced)(engine, player, decision)

        return search

    def time_control(_arguments: Arguments) -> str:
        return "\n".join(f"{name} {_clock(engine, player)}" for name, player in (("Black", 1), ("White", -1)))

    return {
        "genmove_debug": search_as(plays=True),
        "kata-search_debug": search_as(plays=False),
        "kata-debug-print-tc": time_control,
    }


def _told(engine: Engine, report: Report) -> str:
    """What a search came to, and its best moves, from Black's side."""
    lines = [f"zhugo: {report.visits} visits, value {report.value:.4f}{_lead(report.lead)}"]
    for child in report.children[:SHOWN]:
        variation = " ".join(engine.vertex(move) for move in child.pv)
        lines.append(
            f"zhugo: {engine.vertex(child.move)} {child.visits} visits, value {child.value:.4f}{_lead(child.lead)}, "
            f"prior {child.prior:.4f}: {variation}"
        )
    return "\n".join(lines)


def _lead(lead: float | None) -> str:
    return "" if lead is None else f", lead {lead:.2f}"


def _clock(engine: Engine, player: int) -> str:
    """A player's clock by ``kata-time_settings``' words, what is left on it, and what the next move may take."""
    clock = engine.clock
    system, left = clock.system, clock.left.get(player)
    budget = clock.budget(player, len(engine.position.record), engine.game.points)
    if system.main is None or budget is None:
        return "no limit"
    told = {
        "main": system.main,
        "period": system.period,
        "stones": system.stones,
        "periods": system.periods,
        "increment": system.increment,
        "most": system.most,
        "longest": system.longest,
    }
    words = [f"{name} {value:g}" for name, value in told.items() if value not in (0, math.inf) or name == "main"]
    if left is not None:
        words.append(f"left {left.seconds:g} stones {left.stones} periods {left.periods}")
    return " ".join([*words, f"aim {budget.aim:.3g} latest {budget.latest:.3g}"])
