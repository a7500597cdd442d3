"""A game against the engine as it is kept, and as it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field

from zhugo.bridges.gtp.clock import Left
from zhugo.web import messages

Stage = Literal["person", "engine", "warned", "counting", "over"]

AWAY = "The engine is away; the game goes on when it is back."
NO_POINTS = "This engine's net knows no points, so it cannot warn of mistakes."
UNSURE = "The engine is not sure of all stones."
OTHERWISE = "The engine counts otherwise."
AS_IT_STANDS = "Under these rules no stone is taken off that was not captured."
SAYINGS = (AWAY, NO_POINTS, UNSURE, OTHERWISE, AS_IT_STANDS)
"""All that ``Play.said`` can be, but for the reason why an engine fails."""

NOT_NOW: Mapping[Stage, str] = {
    "person": "it is your move",
    "engine": "it is the engine's turn",
    "warned": "take the move back, or keep it, first",
    "counting": "the game is being counted: agree, or resume it",
    "over": "the game is over",
}
"""Why something cannot be done in a stage."""
NOTHING_TO_UNDO = "there is no move of yours to take back"
STILL_JUDGED = "the engine still looks at what is dead"
NO_STONE = "there is no stone"
ILLEGAL: Mapping[str, str] = {
    "occupied": "this move is illegal: occupied",
    "ko": "this move is illegal: ko",
    "suicide": "this move is illegal: suicide",
    "superko": "this move is illegal: superko",
    "off the board": "this move is illegal: off the board",
}
"""By ``games.go.game.REASONS``."""
REFUSALS = (
    *NOT_NOW.values(),
    NOTHING_TO_UNDO,
    STILL_JUDGED,
    NO_STONE,
    AS_IT_STANDS,
    *ILLEGAL.values(),
)
"""All that a ``Refused`` can say."""


class PlayedMove(Struct, frozen=True):
    """A move of this game. ``left``: on the mover's clock behind it, None without clocks."""

    color: messages.Color
    point: int
    left: messages.ClockLeft | None = None


class State(Struct):
    """All that is known of a game, and what is saved of it: JSON, by msgspec.

    ``spec``, ``before``: the game as the daemon has it, and the entries of the record at which it began. ``since``: so
    many moves were played when passes began to count towards the end, as they do anew where play was resumed.
    ``judging``: the person's last move is looked at. ``seeking``: a hint was asked for. ``looked``: this position was
    looked at. ``own_count``: the engine's. ``failure``: why the engine does not go on.
    """

    spec: dict[str, Any]
    before: list[int]
    opponent: messages.Opponent
    stage: Stage = "person"
    moves: list[PlayedMove] = field(default_factory=list)
    left: dict[messages.Color, Left] = field(default_factory=dict)
    paused: bool = False
    result: str = ""
    undos: int = 0
    since: int = 0
    judging: bool = False
    seeking: bool = False
    looked: bool = False
    knows_points: bool = True
    hint: list[messages.Candidate] = field(default_factory=list)
    loss: float = 0.0
    better: list[list[int]] = field(default_factory=list)
    own_count: messages.Count | None = None
    count: messages.Count | None = None
    failure: str = ""


class Standing(Struct, frozen=True):
    """A game as it stands now, for its page and its record.

    ``moves``: all of it since it began, one after another below the node at which it began; a record has them if it
    adds those that are not there. ``loss``, ``better``: of the last move, while it is warned of.
    """

    stage: Stage
    turn: messages.Color
    opponent: messages.Opponent
    moves: tuple[PlayedMove, ...]
    clocks: tuple[messages.ClockLeft, messages.ClockLeft] | None
    running: messages.Color | None
    paused: bool
    result: str
    undos: int
    hint: tuple[messages.Candidate, ...] = ()
    count: messages.Count | None = None
    said: str = ""
    loss: float = 0.0
    better: tuple[tuple[int, ...], ...] = ()

    def play(self, game: str, node: int) -> messages.Play:
        """For the page. ``node``: that of the last of ``moves``."""
        return messages.Play(
            game=game,
            node=node,
            state=self.stage,
            turn=self.turn,
            opponent=self.opponent,
            clocks=self.clocks,
            running=self.running,
            paused=self.paused,
            result=self.result,
            undos=self.undos,
            hint=list(self.hint),
            count=self.count,
            said=self.said,
        )

    def warned(self, game: str, node: int) -> messages.Warned | None:
        """The warning that is to be answered, None where there is none."""
        if self.stage != "warned":
            return None
        return messages.Warned(game=game, node=node, loss=self.loss, better=[list(line) for line in self.better])
