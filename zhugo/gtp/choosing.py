"""Which move to play: a search within the clock, then whether to pass, and whether to resign."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from protocol.messages import Limits, Report, Restriction
from zhugo.gtp import effort, judging, life, passing
from zhugo.gtp.controller import Sign
from zhugo.gtp.engine import Engine

LEAST_VISITS = 2
"""The position's own visit, and one of a move."""
OWNERSHIP_VISITS = 8
"""More visits for a search that came to its end without an evaluation."""


@dataclass(frozen=True)
class Decision:
    """The move to play and the search behind it."""

    move: int
    report: Report
    cancelled: bool = False


@dataclass(frozen=True)
class Wishes:
    """How a controller wants a move searched for.

    ``every``: seconds between reports. ``clean_up``: dead stones are to be captured before a pass.
    ``cancellable``: the next line of input ends the search, and there is no decision.
    """

    every: float | None = None
    restrictions: Sequence[Restriction] = ()
    moves_ownership: bool = False
    clean_up: bool = False
    cancellable: bool = False


Thought = Generator[Report, None, Decision]
"""The reports of a search for a move while it runs; its value is the decision."""


def choose(engine: Engine, player: int, wishes: Wishes | None = None) -> Decision:
    """Search for ``player`` and decide; nothing is played. Raises ``GtpError``."""
    thought = think(engine, player, wishes)
    while True:
        try:
            next(thought)
        except StopIteration as end:
            decision: Decision = end.value
            return decision


def think(engine: Engine, player: int, wishes: Wishes | None = None) -> Thought:
    """As ``choose``, with the reports on the way to the decision. The clock of ``player`` runs meanwhile."""
    began = time.monotonic()
    share = effort.share(engine, player)
    try:
        with engine.turn_of(player):
            decision = yield from _thought(engine, player, wishes or Wishes(), share)
        if not decision.cancelled:
            engine.recent_values.append(decision.report.value)
        return decision
    finally:
        engine.clock.spend(player, time.monotonic() - began)


def _thought(engine: Engine, player: int, wishes: Wishes, share: float) -> Thought:
    began = time.monotonic()
    seconds = _seconds(engine, player)
    restrictions = [*wishes.restrictions, *_no_pass(engine, player, wishes.clean_up)]
    # visits that were made before the restrictions say nothing of the moves that these leave
    limits = effort.part(engine.settings.limits(seconds, anew=bool(restrictions)), share, LEAST_VISITS)
    until: Sign = "line" if wishes.cancellable else "interrupt"
    final: Report | None = None
    for report in engine.reports(limits, wishes.every, restrictions, wishes.moves_ownership, until):
        if report.final:
            final = report
        else:
            yield report
    if wishes.cancellable and (final is None or final.reason == "stopped"):
        return Decision(engine.pass_move, final or _unsearched(engine), cancelled=True)
    if final is None or final.chosen is None:
        # a clock that had run out left no time to look at any move
        final = engine.search(Limits(new_visits=LEAST_VISITS), restrictions)
    move = engine.pass_move if final.chosen is None else final.chosen
    if final.lead is not None and not restrictions:
        left = None if seconds is None else max(0.0, seconds - (time.monotonic() - began))
        move = passing.choose(final, engine.pass_move, _finish(engine, final, left))
    return Decision(move, final)


def _unsearched(engine: Engine) -> Report:
    """The report of a search that never began, since there was no daemon yet."""
    return Report(
        request=0,
        session=engine.name,
        record=engine.position.record,
        to_play=1 if engine.to_play > 0 else -1,
        children=[],
        chosen=None,
        elapsed=0.0,
        final=True,
        reason="stopped",
        nodes=0,
        bytes=0,
        visits=0,
        new_visits=0,
        value=0.0,
        lead=None,
        raw_value=0.0,
        raw_lead=None,
    )


def _seconds(engine: Engine, player: int) -> float | None:
    clock = engine.clock.seconds_for(player, len(engine.position.record), engine.game.points)
    return min((limit for limit in (engine.settings.seconds, clock) if limit is not None), default=None)


def _no_pass(engine: Engine, player: int, clean_up: bool) -> list[Restriction]:
    """Keeps a player who cleans up from passing while dead stones of the opponent are on the board."""
    if not clean_up:
        return []
    colors = engine.position.stones.reshape(-1)
    dead = life.dead_points(judging.judge(engine))
    return [Restriction(1 if player > 0 else -1, [engine.pass_move], 1)] if any(colors[dead] == -player) else []


def _finish(engine: Engine, report: Report, seconds: float | None) -> passing.Finish:
    """What passing needs to know, within ``seconds``."""
    if not report.ownership:
        # a tree that earlier searches grew has its visits without a new evaluation, and then says nothing of owners
        report = engine.search(Limits(new_visits=OWNERSHIP_VISITS, seconds=seconds))
    ownership = judging.owners(engine, report)
    dead = judging.taken_off(engine, life.judge(engine.position, ownership))
    opponent_passed = engine.position.record[-1:] == [engine.pass_move]
    return passing.Finish(engine.position.lead(dead), life.settled(ownership), opponent_passed)


def resigns(engine: Engine, player: int, report: Report) -> bool:
    """Count this search of ``player`` as hopeless or not; whether it is time to resign."""
    rate = (player * report.value + 1.0) / 2.0
    engine.hopeless[player] = engine.hopeless.get(player, 0) + 1 if rate < engine.settings.resign_below else 0
    return 0 < engine.settings.resign_after <= engine.hopeless[player]
