"""The numbers that ``pass_rule`` needs, found by searches and by counting: the pass compared with moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from games.go import life
from games.go.life import Fate, Judgement
from games.go.position import Position
from protocol.messages import Limits, Report, Restriction
from zhugo.bridges.gtp import pass_rule, root_pruning
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.game_end import NODES_A_SECOND, PLIES

MOST_DOUBT = 2.0
"""By so many points a search may be against a move that an exact search of a part of the board asks for."""
OWNERSHIP_VISITS = 8
"""More visits for a search that came to its end without an evaluation."""
LEAST_VISITS, MOST_VISITS = 24, 200
"""Of a search of the position after the pass, and of one of moves that were not looked at: as many as the first had."""
MOST_SECONDS, SHARE = 0.6, 0.2
"""With a clock, of each of these: no more, nor more than this share of what is left until the answer must be out."""


def move_or_pass(engine: Engine, player: int, report: Report, move: int) -> int:
    """What to play for ``player``, who is to move, instead of ``move``, to which a search came: it, a pass, or better.

    Raises ``OutOfTime``.
    """
    best = pass_rule.best_move(report, engine.pass_move)
    if best is None and move == engine.pass_move and not root_pruning.has_useful_moves(engine):
        return move
    if report.lead is None:
        return move
    if not report.ownership:
        # a tree that earlier searches grew has its visits without a new evaluation, and then says nothing of owners
        report = engine.search(_limits(engine, OWNERSHIP_VISITS))
    if not report.ownership or (move != engine.pass_move and not pass_rule.is_nearly_over(report.ownership)):
        return move
    return _PassComparison(engine, player, report).choice(move)


@dataclass(frozen=True)
class _SearchedMove:
    """A move, and Black's lead after it as a search sees it."""

    move: int
    lead: float


class _PassComparison:
    """One position, and how it ends if it ends there."""

    def __init__(self, engine: Engine, player: int, report: Report) -> None:
        self._engine, self._player, self._report = engine, player, report
        self._ended = _judge(engine, report)
        """What becomes of the stones if play goes on."""
        self._known: dict[tuple[int, ...], float] = {}
        """What ``_judged_after`` has found."""
        self._visits = min(max(report.visits, LEAST_VISITS), MOST_VISITS)

    def choice(self, chosen: int) -> int:
        """The move to play where ``chosen`` is what the search came to."""
        engine = self._engine
        best = self._best(chosen)
        if best is None:
            return engine.pass_move
        left = self._left_to_take(best)
        if left is not None:
            return left
        if chosen != engine.pass_move and self._ended.has_open_borders:
            return chosen
        if not pass_rule.is_right(self._player, self._compared(best)):
            return best.move
        better = self._towards_capture(best)
        if better is not None:
            return better
        dame = self._dame()
        if best.move in dame:
            return best.move
        other = self._searched(_restriction(self._player, dame, 1, allow=True)) if dame else None
        if other is not None and self._player * (best.lead - other.lead) < pass_rule.GAIN:
            return other.move
        return engine.pass_move

    def _best(self, chosen: int) -> _SearchedMove | None:
        """The best move that is not the pass."""
        child = pass_rule.best_move(self._report, self._engine.pass_move)
        if child is not None and child.lead is not None and child.move == chosen:
            return _SearchedMove(child.move, child.lead)
        avoided = [self._engine.pass_move, *root_pruning.useless(self._engine)]
        return self._searched(_restriction(self._player, avoided, 1))

    def _left_to_take(self, best: _SearchedMove) -> int | None:
        """A move in what goes to who plays there first, where the opponent would have it after a pass.

        It is the best move if that takes it, else the one that the exact search of the zone begins with, unless the
        search of the whole board finds that this loses more than it is likely to err.
        """
        if not self._ended.left:
            return None
        passed = self._judged_after(self._engine.pass_move)
        gain = self._player * (self._ended.lead - passed)
        if gain < pass_rule.GAIN:
            return None
        if self._player * (self._judged_after(best.move) - passed) > gain / 2:
            return best.move
        first = self._ended.left[0]
        if not self._engine.position.legal()[first]:
            return None
        other = self._searched(_restriction(self._player, [first], 1, allow=True))
        loses = gain if other is None else self._player * (best.lead - other.lead)
        return first if loses < min(max(pass_rule.GAIN, gain / 2), MOST_DOUBT) else None

    def _judged_after(self, *moves: int) -> float:
        """Black's lead after these moves if play goes on: who is to move then takes the largest of what is left."""
        if moves not in self._known:
            self._known[moves] = _judged(self._engine, self._after(*moves), self._report).lead
        return self._known[moves]

    def _counted_after(self, move: int) -> float:
        """Black's lead after this move and two passes, by these rules."""
        if self._engine.game.rules.takes_dead_off:
            return self._judged_after(move)
        return life.as_it_stands(self._after(move)).lead

    def _after(self, *moves: int) -> Position:
        return Position(self._engine.game, [*self._engine.position.record, *moves])

    def _compared(self, best: _SearchedMove) -> pass_rule.PassAndMove:
        passed = self._engine.position.record[-1:] == [self._engine.pass_move]
        is_open = self._ended.has_open_borders
        ends = passed and not is_open and not self._engine.settings.conservative_pass
        reply = None if ends else self._reply()
        reply_counted = None
        if reply is not None and not is_open and self._engine.game.rules.is_territory:
            reply_counted = self._judged_after(self._engine.pass_move, reply.move)
        return pass_rule.PassAndMove(
            counted=self._counted_after(self._engine.pass_move),
            after_reply=None if reply is None else reply.lead,
            best=best.lead,
            move_counted=self._counted_after(best.move),
            reply_counted=reply_counted,
        )

    def _reply(self) -> _SearchedMove | None:
        """The opponent's best move after a pass, also where the pass would end the game."""
        engine = self._engine
        ends = engine.position.record[-1:] == [engine.pass_move]
        engine.position.play(engine.pass_move + ends)
        try:
            no_pass = _restriction(-self._player, [engine.pass_move], PLIES)
            return self._searched(no_pass, _restriction(-self._player, root_pruning.useless(engine), 1))
        finally:
            engine.position.undo()

    def _towards_capture(self, best: _SearchedMove) -> int | None:
        """Where dead stones must be captured: a move on a point that is nobody's, if more is to be had than counts.

        The best move may well be one at home, where a search that will capture them some time sees no difference.
        """
        engine = self._engine
        if engine.game.rules.takes_dead_off:
            return None
        standing = life.as_it_stands(engine.position)
        if self._player * (best.lead - standing.lead) < pass_rule.GAIN:
            return None
        legal = engine.position.legal()[: engine.game.points]
        nobodys = np.flatnonzero((standing.owners == 0) & legal).tolist()
        other = self._searched(_restriction(self._player, nobodys, 1, allow=True)) if nobodys else None
        return None if other is None or pass_rule.is_right(self._player, self._compared(other)) else other.move

    def _searched(self, *restrictions: Restriction) -> _SearchedMove | None:
        """What a search comes to that is restricted so; None without a move that is not useless."""
        if not root_pruning.has_useful_moves(self._engine):
            return None
        report = self._engine.search(_limits(self._engine, self._visits), restrictions)
        child = next((child for child in report.children if child.move == report.chosen), None)
        return None if child is None or child.lead is None else _SearchedMove(child.move, child.lead)

    def _dame(self) -> list[int]:
        """By area: the points that are nobody's, may be played on, and are no liberty of a group in seki."""
        engine = self._engine
        if engine.game.rules.is_territory:
            return []
        stones = engine.position.stones.reshape(-1)
        legal = engine.position.legal()[: engine.game.points]
        open_points = np.flatnonzero((self._ended.owners == 0) & (stones == 0) & legal).tolist()
        seki = self._ended.points(Fate.SEKI)
        shared = {liberty for stone in seki for liberty in engine.position.liberties(stone)}
        return [point for point in open_points if point not in shared]


def _judge(engine: Engine, report: Report) -> Judgement:
    """What becomes of the stones if play goes on, as far as there is time to find out."""
    # a copy: if it is late it goes on, and the game does, too
    return _judged(engine, Position(engine.game, engine.position.record), report)


def _judged(engine: Engine, position: Position, report: Report) -> Judgement:
    """As ``_judge`` of another position, with the ownership of the report."""
    seconds = _seconds(engine)
    nodes = life.ALL_NODES if seconds is None else int(seconds * NODES_A_SECOND)
    return engine.answer_deadline.get(lambda: life.judge(position, report.ownership, nodes))


def _restriction(player: int, moves: list[int], plies: int, allow: bool = False) -> Restriction:
    return Restriction(1 if player > 0 else -1, moves, plies, allow)


def _limits(engine: Engine, visits: int) -> Limits:
    return Limits(new_visits=visits, seconds=_seconds(engine))


def _seconds(engine: Engine) -> float | None:
    """How long one search may take; None without a clock."""
    left = engine.answer_deadline.left
    return None if left is None else min(MOST_SECONDS, SHARE * left)
