"""Everything that the page of a game of OpenSpiel and its server say to each other, as ``zhugo.web.messages`` does.

A player is 1, who is OpenSpiel's first, or -1, the second. A ``rate`` in [0, 1] is the first player's. A move is
OpenSpiel's action. ``number`` is how many moves were made before. A position's ``node`` is its own: another one with as
many moves before it has another.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta, Struct

from zhugo.web.messages import Alive, EngineState, Failed, Message, Natural, Word

Player = Literal[1, -1]
Kind = Literal["person", "engine"]


# What the page asks for.


class Hello(Message, frozen=True):
    """The first message. Answer: ``Welcome``, then ``Position``."""

    name: Word = ""


class Players(Message, frozen=True):
    """Who plays from now on, and how long the engine thinks. Answer to all: ``Position``.

    ``visits``, ``seconds`` of a move; null: no such limit, but with neither the usual visits.
    """

    first: Kind
    second: Kind
    visits: Annotated[int, Meta(ge=2, le=10_000_000)] | None = None
    seconds: Annotated[float, Meta(ge=0.05, le=3600.0)] | None = None


class NewGame(Message, frozen=True):
    """Begin again with the same players. Answer to all: ``Position``."""


class PlayMove(Message, frozen=True):
    """Make a move for whose turn it is behind so many moves; what was played there before is no more.

    Refused where the game has gone on, or the engine is to move. Answer to all: ``Position``.
    """

    number: Natural
    move: Natural


class Undo(Message, frozen=True):
    """Back to where a person had a choice last, or one move where no person plays. Answer to all: ``Position``."""


class Redo(Message, frozen=True):
    """The other way. Answer to all: ``Position``."""


class Go(Message, frozen=True):
    """To the position behind so many moves. Answer to all: ``Position``."""

    number: Natural


class GoOn(Message, frozen=True):
    """Have the engine move here, where it waits since moves were taken back. Answer to all: ``Position``."""


class Analyze(Message, frozen=True):
    """Search the position, wherever the game goes, until ``on`` is false. Answers: ``Analysis``.

    ``every``: seconds between answers. ``visits``: where a search ends, null for never.
    """

    on: bool
    every: Annotated[float, Meta(ge=0.02, le=60.0)] = 0.1
    visits: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None


Asked = Hello | Players | NewGame | PlayMove | Undo | Redo | Go | GoOn | Analyze


# What it hears.


class Welcome(Message, frozen=True):
    """``title``: the game's. ``ignorant``: the engine has no net, and knows the rules and nothing else."""

    version: str
    title: str
    ignorant: bool
    usual_visits: int


class Line(Struct, frozen=True):
    """A line of dots and boxes: its move, what ``zhugo play`` calls it, and the dot that it goes across or down from.

    ``drawn``: who drew it, 0 nobody; then it may be drawn.
    """

    move: int
    name: str
    across: bool
    row: int
    column: int
    drawn: int


class DotsView(Struct, frozen=True, tag_field="kind", tag="dots"):
    """The board of dots and boxes. ``boxes``: whose each is, row by row, 0 nobody's."""

    rows: int
    columns: int
    lines: list[Line]
    boxes: list[int]


class NamedMove(Struct, frozen=True):
    """A legal move, and what OpenSpiel calls it."""

    move: int
    name: str


class WordsView(Struct, frozen=True, tag_field="kind", tag="words"):
    """A board as OpenSpiel draws it, and the moves that may be made there."""

    picture: str
    moves: list[NamedMove]


class Played(Struct, frozen=True):
    """A move of the game. ``rate``: of the position behind it as a search knows it, null where none looked."""

    player: int
    name: str
    rate: float | None


class Position(Message, frozen=True):
    """The game as it stands. ``moves``: all, also those behind ``number``, which can be made again.

    ``to_play``: 0 where it is over. ``result``: 1 the first player won, -1 the second, 0 drawn, null while it goes on.
    ``score``: what the players have, null in a game that does not count. ``rate``: of the beginning, as ``Played`` has
    it. ``thinking``: the engine does. ``waits``: it is the engine's turn, and it waits for ``GoOn``. ``last``: the move
    that led here.
    """

    node: int
    number: int
    moves: list[Played]
    rate: float | None
    to_play: int
    result: int | None
    score: tuple[int, int] | None
    board: DotsView | WordsView
    last: int | None
    players: tuple[Kind, Kind]
    visits: int | None
    seconds: float | None
    thinking: bool
    waits: bool
    can_undo: bool
    can_redo: bool


class Candidate(Struct, frozen=True):
    """A move that was looked at, best first. ``pv``: the line that is expected, itself the first; ``names`` of it."""

    move: int
    visits: int
    rate: float
    prior: float
    pv: list[int]
    names: list[str]


class Analysis(Message, frozen=True):
    """What a search knows of a position. ``running``: it goes on."""

    replaces: ClassVar[bool] = True

    node: int
    visits: int
    rate: float
    candidates: list[Candidate]
    running: bool
    visits_per_second: float


Told = Welcome | Position | Analysis | EngineState | Alive | Failed

_DECODER: msgspec.json.Decoder[Asked] = msgspec.json.Decoder(Asked)


def read(frame: str | bytes) -> Asked:
    """A message of the page. Raises ``msgspec.MsgspecError``, whose text is for people."""
    return _DECODER.decode(frame)
