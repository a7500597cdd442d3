"""What happens in a game against the engine, and what it wants of the engine: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zhugo.bridges.gtp.clock import Left
from zhugo.web import messages


class Refused(Exception):
    """What was asked cannot be done now, and nothing has changed. The text is one line for people."""


# Of the person.


@dataclass(frozen=True)
class PersonMoves:
    """``point``: the pass included."""

    point: int


@dataclass(frozen=True)
class PersonActs:
    """As ``messages.Act`` says."""

    what: Literal["undo", "hint", "keep", "resign", "count", "toggle", "agree", "resume", "pause", "go_on", "end"]
    point: int | None = None


# Of the engine. ``number``: of the request that is answered; an answer to one that is not wanted any more is dropped.


@dataclass(frozen=True)
class EngineMoves:
    """``move``: None when it resigns."""

    number: int
    move: int | None


@dataclass(frozen=True)
class MoveJudged:
    """The person's last move lost so many points, None where the net does not say. ``better``: lines, best first."""

    number: int
    loss: float | None
    better: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class EndJudged:
    """How the game ends if it ends here, as the engine sees it."""

    number: int
    count: messages.Count


@dataclass(frozen=True)
class Hinted:
    """What the engine would play."""

    number: int
    candidates: tuple[messages.Candidate, ...]


@dataclass(frozen=True)
class LookedAhead:
    """The position is known well enough to judge the person's next move by it."""

    number: int


@dataclass(frozen=True)
class EngineFails:
    """The request cannot be answered; ``why`` is one line."""

    number: int
    why: str


@dataclass(frozen=True)
class EngineAway:
    """There is no daemon; it is waited for."""


@dataclass(frozen=True)
class EngineBack:
    """There is one again."""


# Of those who look on.


@dataclass(frozen=True)
class Watched:
    """Whether anybody looks at the game, as everybody takes it that somebody does at first."""

    by_anybody: bool


# Of the clock.


@dataclass(frozen=True)
class Tick:
    """``Game.deadline`` has come."""


Event = (
    PersonMoves
    | PersonActs
    | EngineMoves
    | MoveJudged
    | EndJudged
    | Hinted
    | LookedAhead
    | EngineFails
    | EngineAway
    | EngineBack
    | Watched
    | Tick
)

Kind = Literal["move", "judge_move", "judge_end", "hint", "look_ahead"]


@dataclass(frozen=True)
class Request:
    """What the engine is to do now, and nothing else. ``record``: the game's entries up to here, as in its session.

    ``move``: play for who is to move, with ``left`` on his clock, if there is one. ``judge_move``: say what the last
    entry lost. ``judge_end``: count. ``hint``: say what is best here. ``look_ahead``: search here, for a later
    ``judge_move``.
    """

    number: int
    kind: Kind
    record: tuple[int, ...]
    left: Left | None = None
