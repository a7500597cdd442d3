"""How much of its limits a search for a move uses: less when little is at stake, as KataGo can be told to."""

from __future__ import annotations

from msgspec.structs import replace

from protocol.messages import Limits
from zhugo.bridges.gtp.engine import Engine

RECENT = 3
"""Searches whose values must all be those of a winner."""


def share(engine: Engine, player: int) -> float:
    """The part of its limits, by the settings, for a move of ``player``."""
    settings = engine.settings
    moves = [entry for entry in engine.position.record if entry <= engine.pass_move]
    after = 1.0
    if moves[-1:] == [engine.pass_move]:
        again = moves[-3:-2] == [engine.pass_move]  # that is, the opponent's turn before
        after = settings.effort_after_passes if again else settings.effort_after_pass
    return after * _when_winning(engine, player)


def part(limits: Limits, share: float, least: int) -> Limits:
    """So much of these limits; visits never below ``least``."""
    if share >= 1.0:
        return limits

    def of(count: int | None) -> int | None:
        return None if count is None else max(least, round(count * share))

    seconds = None if limits.seconds is None else limits.seconds * share
    return replace(limits, visits=of(limits.visits), new_visits=of(limits.new_visits), seconds=seconds)


def _when_winning(engine: Engine, player: int) -> float:
    """KataGo, cpp/program/playutils.cpp, getSearchFactor."""
    settings, recent = engine.settings, engine.recent_values[-RECENT:]
    if len(recent) < RECENT or settings.winning >= 1.0:
        return 1.0
    excess = min(player * value for value in recent) - settings.winning
    return 1.0 + max(0.0, excess) / (1.0 - settings.winning) * (settings.effort_when_winning - 1.0)
