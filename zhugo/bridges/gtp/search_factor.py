"""The part of its limits that a search for a move uses: less after passes or when winning (KataGo's searchFactor)."""

from __future__ import annotations

from msgspec.structs import replace

from protocol.messages import Limits
from zhugo.bridges.gtp.engine import Engine

RECENT = 3
"""Searches whose values must all be those of a winner."""


def factor_of_move(engine: Engine, player: int) -> float:
    """The part of its limits that a search for a move of ``player`` uses, in (0, 1]."""
    settings = engine.settings
    moves = [entry for entry in engine.position.record if entry <= engine.pass_move]
    after = 1.0
    if moves[-1:] == [engine.pass_move]:
        again = moves[-3:-2] == [engine.pass_move]  # that is, the opponent's turn before
        after = settings.search_factor_after_two_passes if again else settings.search_factor_after_pass
    return after * _when_winning(engine, player)


def scaled(limits: Limits, factor: float, least: int) -> Limits:
    """The limits times ``factor``; visits never below ``least``."""
    if factor >= 1.0:
        return limits

    def of(count: int | None) -> int | None:
        return None if count is None else max(least, round(count * factor))

    seconds = None if limits.seconds is None else limits.seconds * factor
    return replace(limits, visits=of(limits.visits), new_visits=of(limits.new_visits), seconds=seconds)


def _when_winning(engine: Engine, player: int) -> float:
    """KataGo, cpp/program/playutils.cpp, getSearchFactor."""
    settings, recent = engine.settings, engine.recent_values[-RECENT:]
    if len(recent) < RECENT or settings.winning_threshold >= 1.0:
        return 1.0
    excess = min(player * value for value in recent) - settings.winning_threshold
    return 1.0 + max(0.0, excess) / (1.0 - settings.winning_threshold) * (settings.search_factor_when_winning - 1.0)
