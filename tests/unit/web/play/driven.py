"""A game that a test plays, with the time it says, and an engine that says what the test has it say."""

from __future__ import annotations

from typing import Any

from zhugo.web import messages
from zhugo.web.play import events as e
from zhugo.web.play.game import Game
from zhugo.web.play.standing import Standing

SPEC: dict[str, Any] = {"size": 5, "komi": 7.5, "rules": "chinese"}
PASS = 25
NOTHING = messages.Count([], [], [], 0.0, 7.5, "W+7.5", [])
"""What the engine counts on an empty board."""
ANY_LINE = ((1, 2),)


class Driven:
    """``now`` is the time; ``there``: the engine is, from the start."""

    def __init__(
        self,
        spec: dict[str, Any] | None = None,
        before: list[tuple[int, int]] | None = None,
        turn: int | None = None,
        there: bool = True,
        **opponent: Any,
    ) -> None:
        self.now = 100.0
        self.game = Game.begun(spec or SPEC, before or [], messages.Opponent(**opponent), self.now, turn)
        if there:
            self.say(e.EngineBack())

    def say(self, event: e.Event) -> Standing:
        self.game.handle(event, self.now)
        return self.standing

    def wait(self, seconds: float) -> Driven:
        """Time goes by; a clock that falls meanwhile is an event when it does."""
        end = self.now + seconds
        while (deadline := self.game.deadline) is not None and deadline <= end:
            self.now = deadline
            self.game.handle(e.Tick(), self.now)
        self.now = end
        return self

    @property
    def standing(self) -> Standing:
        return self.game.standing(self.now)

    @property
    def points(self) -> list[int]:
        return [move.point for move in self.standing.moves]

    def plays(self, point: int) -> Standing:
        return self.say(e.PersonMoves(point))

    def acts(self, what: Any, point: int | None = None) -> Standing:
        return self.say(e.PersonActs(what, point))

    def wanted(self) -> str | None:
        return None if self.game.wanted is None else self.game.wanted.kind

    def number(self, kind: str) -> int:
        assert self.game.wanted is not None
        assert self.game.wanted.kind == kind
        return self.game.wanted.number

    def engine_plays(self, move: int | None) -> Standing:
        return self.say(e.EngineMoves(self.number("move"), move))

    def engine_judges(self, loss: float | None) -> Standing:
        return self.say(e.MoveJudged(self.number("judge_move"), loss, ANY_LINE))

    def engine_counts(self, count: messages.Count = NOTHING) -> Standing:
        return self.say(e.EndJudged(self.number("judge_end"), count))

    def brought_back(self) -> Driven:
        """The same game in another process, a long time later."""
        other = object.__new__(Driven)
        other.now = self.now + 3600
        other.game = Game.brought_back(self.game.saved(), other.now)
        other.say(e.EngineBack())
        return other


def refused(game: Driven, event: e.Event) -> str:
    """Why it is; nothing has changed then."""
    before = game.game.saved(), game.game.wanted
    try:
        game.say(event)
    except e.Refused as error:
        assert (game.game.saved(), game.game.wanted) == before
        return str(error)
    raise AssertionError(f"{event} is not refused")
