"""Which move to play: a search within the clock, then whether to pass, and whether to resign."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from msgspec import structs

from games.go.life import Fate
from protocol.errors import ConnectionLost
from protocol.messages import Limits, Report, Restriction
from zhugo.bridges.gtp import game_end, human_play, pass_comparison, resign_rule, root_pruning, search_factor
from zhugo.bridges.gtp.answer_deadline import OutOfTime
from zhugo.bridges.gtp.clock import Budget
from zhugo.bridges.gtp.controller import Sign
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.fallback_move import fallback_move
from zhugo.bridges.gtp.obvious_move import part_of_time
from zhugo.bridges.gtp.protocol import warn
from zhugo.bridges.gtp.resign_rule import Estimate, GameProgress
from zhugo.bridges.gtp.search_extension import MOST_OF_SHARE, is_unsettled

LEAST_VISITS = 2
"""The position's own visit, and one of a move."""
LEAST_SECONDS = 0.02
"""With less than this no search is begun."""
REPORTS = 4
"""With a clock, as many reports are asked for on the way: the last of them stands in for a final one that is late."""
LOOKS = 12
"""So often a search whose time is kept for later moves is looked at, in case its move is obvious."""
SURE = 0.9
LATE_GAME = 0.5
"""After so many moves for each point of the board it may be time to pass."""
PASSING_SHARE, PASSING_SECONDS = 0.2, 2.0
"""The share of a move's time that is kept to decide whether to pass, and the most seconds of it."""


@dataclass(frozen=True)
class Decision:
    """The move to play and the search behind it."""

    move: int
    report: Report
    cancelled: bool = False


@dataclass(frozen=True)
class GenmoveOptions:
    """How a move is to be searched for.

    ``every``: seconds between reports. ``clean_up``: dead stones are to be captured before a pass.
    ``cancellable``: the next line of input ends the search, and there is no decision.
    """

    every: float | None = None
    restrictions: Sequence[Restriction] = ()
    moves_ownership: bool = False
    clean_up: bool = False
    cancellable: bool = False


@dataclass(frozen=True)
class TimeShare:
    """When a search by the clock ends: at ``aim``, and if its choice is not settled then, at ``extended``. Moments.

    ``kept``: what is not used of it is there for later moves, so that one that is obvious may take less.
    """

    began: float
    aim: float
    extended: float
    kept: bool

    @classmethod
    def of(cls, began: float, factor: float, budget: Budget, after: float) -> TimeShare:
        """``after``: seconds of the time that are for what comes after the search."""
        extended = min(MOST_OF_SHARE * budget.aim, (budget.aim + budget.latest) / 2)
        aim, extended = budget.aim - after, max(budget.aim, extended) - after
        return cls(began, began + factor * aim, began + factor * extended, budget.kept)

    def is_used(self, part: float, now: float) -> bool:
        """Whether this part of the time until ``aim`` is over."""
        return now >= self.began + part * (self.aim - self.began)


MoveSearch = Generator[Report, None, Decision]
"""The reports of a search for a move while it runs; its value is the decision."""


def choose_move(engine: Engine, player: int, options: GenmoveOptions | None = None) -> Decision:
    """Search for ``player`` and decide; nothing is played. Raises ``GtpError``."""
    search = search_move(engine, player, options)
    while True:
        try:
            next(search)
        except StopIteration as end:
            decision: Decision = end.value
            return decision


def search_move(engine: Engine, player: int, options: GenmoveOptions | None = None) -> MoveSearch:
    """As ``choose_move``, with the reports on the way to the decision.

    The clock of ``player`` has run since the command was read. When the time is over, the decision is made from what
    there is: the last report, the policy of a first evaluation, or the rules alone.
    """
    began = engine.turn_began()
    budget = engine.clock.budget(player, len(engine.position.record), engine.game.points)
    factor = search_factor.factor_of_move(engine, player)
    share = latest = None
    if budget is not None:
        share = TimeShare.of(began, factor, budget, _kept_for_passing(engine, budget.aim))
        latest = began + budget.latest
    try:
        with engine.turn_of(player), engine.answer_deadline.until(latest):
            decision = yield from _search_and_decide(engine, player, options or GenmoveOptions(), factor, share)
        if decision.report.visits and not decision.cancelled:
            engine.note_search(decision.report)
        return decision
    finally:
        engine.end_turn(player, began)


def _search_and_decide(
    engine: Engine, player: int, options: GenmoveOptions, factor: float, share: TimeShare | None
) -> MoveSearch:
    aim = None if share is None else share.aim
    restrictions: list[Restriction] = list(options.restrictions)
    useless: list[int] = []
    report: Report | None = None
    late = False
    if aim is not None and not engine.is_ready:
        _by_the_rules(engine, player, restrictions)  # which has to load kernels, too: that is done before the wait
    try:
        restrictions += _no_pass(engine, player, options.clean_up, aim)
        if not restrictions:
            useless = root_pruning.useless(engine)
        obeyed = restrictions or _without(engine, [*useless, *root_pruning.copies(engine)])
        # visits from before the restrictions do not count: they may lie under moves that are now avoided
        kept = share is not None and share.kept
        limits = engine.settings.limits(engine.settings.seconds, anew=bool(obeyed), kept=kept)
        limits = search_factor.scaled(limits, factor, LEAST_VISITS)
        if useless and not root_pruning.has_useful_moves(engine):
            limits = structs.replace(limits, new_visits=LEAST_VISITS)  # for its value: there is nothing to choose from
        for report in _search_within(engine, options, limits, obeyed, share):
            if not report.final and options.every is not None:
                yield report
        if options.cancellable and (report is None or report.reason == "stopped"):
            return Decision(engine.pass_move, report or _unsearched(engine), cancelled=True)
        if report is None or report.chosen is None:
            # a clock that had run out left no time to look at any move
            report = engine.search(Limits(new_visits=LEAST_VISITS), obeyed)
    except OutOfTime:
        late = True
    if report is None or not report.visits:
        move = _by_the_rules(engine, player, restrictions)
        warn(f"nothing was evaluated in time: {engine.vertex(move)} is played by the rules alone")
        return Decision(move, _unsearched(engine))
    forbidden = _forbidden(engine, player, restrictions) | set(useless)
    move = human_play.choose(engine, report, _best(engine, report, forbidden), forbidden)
    if move != engine.pass_move:
        move = _at_level(engine, report, move, forbidden)
    if report.lead is not None and not restrictions and not (late and report.chosen is None):
        with suppress(OutOfTime):
            move = pass_comparison.move_or_pass(engine, player, report, move)
    return Decision(move, report)


def _kept_for_passing(engine: Engine, seconds: float) -> float:
    """Of so many seconds, those that are kept to decide whether to pass, late in the game."""
    record = engine.position.record
    is_late = record[-1:] == [engine.pass_move] or len(record) > LATE_GAME * engine.game.points
    return min(PASSING_SHARE * seconds, PASSING_SECONDS) if is_late else 0.0


def _search_within(
    engine: Engine,
    options: GenmoveOptions,
    limits: Limits,
    restrictions: Sequence[Restriction],
    share: TimeShare | None,
) -> Iterator[Report]:
    """The reports of a search for a move, and of another that goes on where the clock ended it unsettled.

    Where the time is kept for later moves, an obvious one ends the search before.
    """
    report = None
    tolerance = engine.settings.obvious
    quick = False
    for report in _search(engine, options, limits, restrictions, share):
        yield structs.replace(report, reason="time") if quick and report.final else report
        if share is None or not share.kept or quick or report.final:
            continue
        if share.is_used(part_of_time(report, tolerance), engine.now()):
            quick = True
            with suppress(ConnectionLost):
                engine.session.stop_soon()
    if share is None or report is None or limits.new_visits is not None:
        return
    by_the_clock = report.reason == "time" and engine.now() > share.aim - LEAST_SECONDS
    if by_the_clock and is_unsettled(report) and engine.now() < share.extended - LEAST_SECONDS:
        yield from _search(engine, options, limits, restrictions, replace(share, aim=share.extended))


def _search(
    engine: Engine,
    options: GenmoveOptions,
    limits: Limits,
    restrictions: Sequence[Restriction],
    share: TimeShare | None,
) -> Iterator[Report]:
    """The reports of a search for a move. With a clock some come on the way, in case the last one is late."""
    every = options.every
    left = engine.answer_deadline.left
    if left is not None:
        if left < LEAST_SECONDS:
            raise OutOfTime
        every = every or max(LEAST_SECONDS, left / REPORTS)
    if share is not None and share.kept and options.every is None and every is not None:
        every = min(every, max(LEAST_SECONDS, (share.aim - engine.now()) / LOOKS))
    until: Sign = "line" if options.cancellable else "interrupt"
    return engine.reports(
        limits, every, restrictions, options.moves_ownership, until, ends=None if share is None else share.aim
    )


def _best(engine: Engine, report: Report, forbidden: set[int]) -> int:
    """The move that a search chose, or would choose so far."""
    if report.chosen is not None:
        return report.chosen
    searched = [child for child in report.children if child.visits]
    if searched:  # a report on the way does not choose where the choice is drawn
        return min(searched, key=lambda child: child.order).move
    legal = engine.position.legal()
    likely = [move for move, prior in enumerate(report.policy) if prior >= 0 and legal[move] and move not in forbidden]
    points = [move for move in likely if move != engine.pass_move]
    if not points:
        return engine.pass_move
    best = max(points, key=lambda move: report.policy[move])
    # a pass by the policy alone is not to be trusted, unless it is almost sure
    return engine.pass_move if engine.pass_move in likely and report.policy[engine.pass_move] > SURE else best


def _at_level(engine: Engine, report: Report, best: int, forbidden: set[int]) -> int:
    """What is played at the level that was asked for, in place of the best move."""
    level = engine.settings.level
    if level is None or level.seen == 1.0 or not report.policy:
        return best
    points = np.flatnonzero(engine.position.legal()[: engine.pass_move])
    allowed = [move for move in points.tolist() if move not in forbidden]
    if not allowed:
        return best
    move = level.choose(report.policy, allowed, engine.settings.seed + len(engine.position.record))
    # nobody fills eyes for want of a better point: what is less likely than a pass is not played
    return move if report.policy[move] >= report.policy[engine.pass_move] else best


def _by_the_rules(engine: Engine, player: int, restrictions: Sequence[Restriction]) -> int:
    """A move by the rules, without a search."""
    return fallback_move(engine.position, _forbidden(engine, player, restrictions))


def _forbidden(engine: Engine, player: int, restrictions: Sequence[Restriction]) -> set[int]:
    """The moves that restrictions take from a player who is to move."""
    moves = set(range(engine.pass_move + 1))
    mine = [rule for rule in restrictions if rule.to_play == (1 if player > 0 else -1) and rule.depth > 0]
    return {move for rule in mine for move in (moves - set(rule.moves) if rule.allow else rule.moves)}


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


def _without(engine: Engine, moves: list[int]) -> list[Restriction]:
    """The restriction that leaves these moves out, none where there are none; a pass is always left."""
    left_out = sorted(set(moves))
    return [Restriction(1 if engine.position.to_play > 0 else -1, left_out, 1)] if left_out else []


def _no_pass(engine: Engine, player: int, clean_up: bool, aim: float | None) -> list[Restriction]:
    """The restriction that forbids a player who cleans up to pass while dead stones of the opponent are on the board.

    ``aim``: when the search for the move is to end; no more than half of the time until then goes into what is dead.
    Where that is not known in time the player does not pass, while the opponent has a stone.
    """
    if not clean_up:
        return []
    colors = engine.position.stones.reshape(-1)
    try:
        with engine.answer_deadline.until_at_most(None if aim is None else (engine.now() + aim) / 2):
            stones = game_end.judge(engine).points(Fate.DEAD)
    except OutOfTime:
        stones = np.flatnonzero(colors).tolist()
    return [Restriction(1 if player > 0 else -1, [engine.pass_move], 1)] if any(colors[stones] == -player) else []


def resigns(engine: Engine, player: int, report: Report) -> bool:
    """Remember the result of this search of ``player``. Returns whether to resign."""
    if not report.visits:
        return False
    estimates = engine.estimates.setdefault(player, [])
    estimates.append(Estimate.of(report, player))
    return resign_rule.resigns(engine.settings.for_resigning(), GameProgress.of(engine.position, player), estimates)
