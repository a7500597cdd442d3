"""The game that GTP speaks of, and its session in the daemon. The search itself is the daemon's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from games.game import GameError, IllegalMove
from games.go.coords import from_vertex
from games.go.game import Go
from games.go.position import Position
from protocol.client import Client
from protocol.errors import RefusedError
from protocol.messages import Limits, Report, Restriction, SearchSettings
from zhugo.errors import UserError
from zhugo.gtp import life, passing
from zhugo.gtp.clock import Clock
from zhugo.gtp.protocol import GtpError
from zhugo.searching import finished

PLAYERS: tuple[Literal[1, -1], ...] = (1, -1)
LEAST_VISITS = 2
"""The position's own visit, and one of a move."""
JUDGING_VISITS = 60
"""Visits of the short search that tells dead stones from living ones."""
OWNERSHIP_VISITS = 8
"""More visits for a search that came to its end without an evaluation."""
JUDGING_PLIES = 4
"""For so many plies that search may not pass: the pass would end the game with dead stones counted as alive."""
ANSWER_SECONDS = 120.0
"""How long after the end of its time a search may still take to say so: a first batch may have to compile."""


@dataclass(frozen=True)
class Thinking:
    """What limits a search for a move: the person's options; the clock may cut the time further."""

    visits: int | None
    seconds: float | None


@dataclass
class Engine:
    """State of one GTP conversation.

    ``spec`` is the Go specification of the game, ``position`` where it stands. The session's cursor always stands
    there too. ``input_waiting(timeout)`` tells a running answer that the controller has gone on.
    """

    client: Client
    thinking: Thinking
    input_waiting: Callable[[float], bool]
    name: str = "gtp"
    spec: dict[str, Any] = field(default_factory=lambda: {"size": 19, "komi": 7.5, "rules": "chinese"})
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.position = Position(Go.from_spec(self.spec))
        self.session = self.client.open(self.name, "go", self.spec, (), SearchSettings(ownership=True))

    @property
    def game(self) -> Go:
        """Size and rules."""
        return self.position.game

    @property
    def pass_move(self) -> int:
        """The number of the pass."""
        return self.game.points

    @property
    def to_play(self) -> int:
        """+1 Black, -1 White."""
        return self.position.to_play

    def vertex(self, move: int) -> str:
        """A move as GTP writes it."""
        return self.game.vertex(move)

    def move(self, vertex: str) -> int:
        """The move that GTP writes so. Raises ``GtpError``."""
        try:
            return from_vertex(vertex, self.game.width, self.game.height)
        except ValueError as error:
            raise GtpError(f"syntax error: {error}") from error

    def start(self, record: Sequence[int] = (), **changes: Any) -> None:
        """Another game: the specification with ``changes`` (None removes an entry), at the end of ``record``.

        Raises ``GtpError`` when there is no such game, and the old one goes on.
        """
        spec = {name: value for name, value in {**self.spec, **changes}.items() if value is not None}
        try:
            position = Position(Go.from_spec(spec), record)
            self.session.reset("go", spec, list(record))
        except (GameError, RefusedError) as error:
            raise GtpError(str(error)) from error
        self.spec, self.position = spec, position

    def clear(self) -> None:
        """An empty board; size, komi and rules stay."""
        self.start(black=None, white=None, to_play=None)

    def change(self, **changes: Any) -> None:
        """Another specification for the same moves."""
        self.start(self.position.record, **changes)

    def play(self, player: int, move: int) -> None:
        """Play a move for ``player``, whoever's turn it is. Raises ``GtpError`` when it is illegal."""
        before = len(self.position.record)
        try:
            self.position.play_as(player, move)
        except IllegalMove as error:
            raise GtpError(f"illegal move: {error}") from error
        for entry in self.position.record[before:]:
            self.session.play(entry)

    def undo(self, count: int = 1) -> None:
        """Take back the last ``count`` moves. Raises ``GtpError`` when there are fewer."""
        record = self.position.record
        left = len(record)
        for _ in range(count):
            if left == 0:
                raise GtpError("cannot undo")
            left -= 1
            if left and record[left - 1] > self.pass_move:
                left -= 1
        for _ in range(len(record) - left):
            self.position.undo()
        if left < len(record):
            self.session.undo(len(record) - left)

    def turn_to(self, player: int) -> bool:
        """Hand the turn to ``player``; whether that took a switch."""
        if player == self.to_play:
            return False
        self.position.play(self.pass_move + 1)
        self.session.play(self.pass_move + 1)
        return True

    def turn_back(self) -> None:
        """Undo a ``turn_to`` that took a switch."""
        self.position.undo()
        self.session.undo()

    def choose(self, player: int) -> tuple[int, Report | None]:
        """Search for ``player`` and say what to play; nothing is played. No report where the game is over."""
        turned = self.turn_to(player)
        try:
            if self.position.is_over:
                return self.pass_move, None
            report = self.search(self._limits(player))
            if report.chosen is None:
                # a clock that had run out left no time to look at any move
                report = self.search(Limits(visits=LEAST_VISITS))
            if report.lead is None and report.chosen is not None:
                # the net knows nothing of points and owners, so there is no more to ask it
                return report.chosen, report
            return passing.choose(report, self.pass_move, self._finish(report)), report
        finally:
            if turned:
                self.turn_back()

    def search(self, limits: Limits, restrictions: Sequence[Restriction] = ()) -> Report:
        """Search at the cursor to the end of ``limits``. Raises ``GtpError`` with the reason when that fails."""
        seconds = None if limits.seconds is None else limits.seconds + ANSWER_SECONDS
        try:
            return finished(self.session.search(limits, restrictions=restrictions), seconds)
        except UserError as error:
            raise GtpError(str(error)) from error

    def judge(self) -> list[life.Verdict]:
        """Every chain on the board and its fate, by a short search that sees the game without its last passes."""
        record = self.position.record
        tail = self._tail(record)
        if tail:
            self.session.undo(tail)
        try:
            rule = [Restriction(player, [self.pass_move], JUDGING_PLIES) for player in PLAYERS]
            report = self.search(Limits(new_visits=JUDGING_VISITS), rule)
        finally:
            if tail:
                self.session.goto(record)
        return life.judge(self.position, self._owners(report))

    def final_score(self) -> str:
        """The score by the rules of the game, dead stones taken off, as GTP writes it."""
        return self.position.final_score(life.dead_points(self.judge()))

    def _finish(self, report: Report) -> passing.Finish:
        # a tree that earlier searches grew has its visits without a new evaluation, and then says nothing of owners
        ownership = self._owners(report if report.ownership else self.search(Limits(new_visits=OWNERSHIP_VISITS)))
        dead = life.dead_points(life.judge(self.position, ownership))
        opponent_passed = self.position.record[-1:] == [self.pass_move]
        return passing.Finish(self.position.lead(dead), life.settled(ownership), opponent_passed)

    def _owners(self, report: Report) -> Sequence[float]:
        """Who owns each point; where neither net nor search can say, the stones as they stand."""
        return report.ownership or self.position.stones.reshape(-1).tolist()

    def _limits(self, player: int) -> Limits:
        clock = self.clock.seconds_for(player, len(self.position.record), self.game.points)
        seconds = [limit for limit in (self.thinking.seconds, clock) if limit is not None]
        return Limits(visits=self.thinking.visits, seconds=min(seconds, default=None))

    def _tail(self, record: Sequence[int]) -> int:
        """How many passes, and switches among them, a record ends with."""
        at = len(record)
        while at and record[at - 1] >= self.pass_move:
            at -= 1
        return len(record) - at
