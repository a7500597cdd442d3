"""Everything that the page and its server say to each other: JSON over one WebSocket, a message a frame.

A message names itself by ``type``. What the page asks for is ``Asked``, what it hears ``Told``; both lists are closed.
An answer to bad input is ``Failed``, and nothing changes.

Units: ``black_win_rate`` in [0, 1] and ``black_lead`` in points are Black's; losses are the mover's, at least 0. A
point is a number, row by row from the top left; the pass is width · height. ``color`` is 1 for Black, -1 for White. A
node's number is its game's own and stays as long as the game is open. Times are seconds. A number that is not known is
null, never made up.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta, Struct

ALIVE_SECONDS = 5.0
MAX_FRAME = 16 << 20
"""Bytes of a message from the page; a record of this size has a million moves."""

Text = Annotated[str, Meta(max_length=1 << 16)]
Word = Annotated[str, Meta(max_length=200)]
Natural = Annotated[int, Meta(ge=0, le=1 << 53)]
Color = Literal[1, -1]
Points = Annotated[list[Annotated[int, Meta(ge=0, le=400)]], Meta(max_length=400)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, Meta(ge=0.0, le=1e7)]


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


class Message(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag=_snake):
    """The base of all. ``replaces``: one of its kind makes those worthless that are still on their way."""

    replaces: ClassVar[bool] = False


# What the page asks for.


class Hello(Message, frozen=True):
    """The first message. ``game``, ``node``: what was looked at before a connection broke. Answer: ``Welcome``."""

    name: Word = ""
    game: Word | None = None
    node: Natural | None = None


class NewGame(Message, frozen=True):
    """Open an empty board, or one with a handicap that is placed by the rules. ``opponent``: play against the engine.

    ``rules``: a name or KataGo's long form. ``komi``: null for that of the rules. Answer: ``Game``, then ``At``.
    """

    width: Annotated[int, Meta(ge=2, le=19)] = 19
    height: Annotated[int, Meta(ge=2, le=19)] = 19
    rules: Word = "chinese"
    komi: Annotated[float, Meta(ge=-400.0, le=400.0)] | None = None
    handicap: Annotated[int, Meta(ge=0, le=9)] = 0
    opponent: Opponent | None = None


class Clock(Struct, frozen=True, forbid_unknown_fields=True):
    """A clock for each player. ``main`` seconds first; then by ``system``:

    ``absolute``: nothing. ``byoyomi``: ``periods`` of ``period`` seconds a move. ``canadian``: ``stones`` moves in each
    ``period``. ``fischer``: each move adds ``period`` to what is left.
    """

    system: Literal["absolute", "byoyomi", "canadian", "fischer"]
    main: Seconds
    period: Seconds = 0.0
    periods: Annotated[int, Meta(ge=0, le=1000)] = 0
    stones: Annotated[int, Meta(ge=0, le=1000)] = 0


class Opponent(Struct, frozen=True, forbid_unknown_fields=True):
    """How the engine plays. ``human``: the person's color. ``level``: a rank such as ``12k``; null: its best.

    ``visits`` or ``seconds`` of a move, where there is no level and no clock. ``clock``: null for none. ``teaching``:
    warn of moves that lose so many points or more, and offer to take them back; null: never.
    """

    human: Color = 1
    level: Word | None = None
    visits: Annotated[int, Meta(ge=2, le=10_000_000)] | None = None
    seconds: Annotated[float, Meta(ge=0.05, le=3600.0)] | None = None
    clock: Clock | None = None
    teaching: Annotated[float, Meta(ge=0.2, le=100.0)] | None = None


class Load(Message, frozen=True):
    """Open the games of a file. ``data``: its bytes in base 64. Answer: a ``Game`` each, and ``At`` the first."""

    name: Word
    data: Annotated[str, Meta(max_length=MAX_FRAME)]


class Browse(Message, frozen=True):
    """See a folder of the library. ``path``: below its root, ``""`` the root itself. Answer: ``Library``."""

    path: Annotated[str, Meta(max_length=4096)] = ""


class Open(Message, frozen=True):
    """Open a file of the library. Answer: as to ``Load``."""

    path: Annotated[str, Meta(max_length=4096)]


class Join(Message, frozen=True):
    """Look at a game that is open, or was saved. Answer: ``Game``, then ``At``."""

    game: Word
    node: Natural | None = None


class Remove(Message, frozen=True):
    """Take a game off the list and off the disk. Answer to all: ``Games``."""

    game: Word


class Go(Message, frozen=True):
    """Look at another node. Answer: ``At``."""

    node: Natural


class PlayMove(Message, frozen=True):
    """Play at a node, for whose turn it is there; a move that is there already is gone to.

    In a game against the engine, at its end, it is the person's move of that game. Answer: ``GameChanged`` and ``At``.
    """

    node: Natural
    point: Natural


class PlayLine(Message, frozen=True):
    """Add a line of moves below a node, as ``PlayMove`` does each, and look at its end. Not a move of a game."""

    node: Natural
    points: Points


class Edit(Message, frozen=True):
    """Change a record. ``delete``: a node and what is below it. ``promote``: it comes first among its siblings.

    ``comment``: its text is ``text``. ``mark``: ``points`` get the markup ``text`` (TR, SQ, CR, MA, or LB with a letter
    of its own each), or lose it where they have it. Answer: ``GameChanged``.
    """

    node: Natural
    what: Literal["delete", "promote", "comment", "mark"]
    text: Text = ""
    points: Points = []


class Follow(Message, frozen=True):
    """Look at what another one looks at, from now on; null: one's own view. Any ``Go`` of one's own ends it, too."""

    viewer: Natural | None


class Analyze(Message, frozen=True):
    """Search the position that is looked at, wherever that moves, until ``on`` is false. Answers: ``Analysis``.

    ``only``: moves that are searched, all if empty; ``avoid``: moves that are not. ``every``: seconds between answers.
    ``visits``: where a search ends, null for never. ``ownership``: whether points' owners are told.
    """

    on: bool
    only: Points = []
    avoid: Points = []
    every: Annotated[float, Meta(ge=0.02, le=60.0)] = 0.1
    visits: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    ownership: bool = True


class Start(Message, frozen=True):
    """Play against the engine from the node that is looked at, in a variation of its own. Answer: ``Play``."""

    opponent: Opponent


class Act(Message, frozen=True):
    """In a game against the engine. Answer: ``Play``.

    ``undo``: the person's last move and the engine's answer. ``hint``: what the engine would play, in ``Play.hint``.
    ``keep``: the move stands that was warned of. ``count``: the game ends here, without passes. ``toggle``: the chain
    at ``point`` is dead, or alive again, in counting. ``agree``: the count stands. ``resume``: play goes on. ``pause``
    and ``go_on``: of the clocks. ``end``: leave the game without a result.
    """

    what: Literal["undo", "hint", "keep", "resign", "count", "toggle", "agree", "resume", "pause", "go_on", "end"]
    point: Natural | None = None


class Review(Message, frozen=True):
    """Search every position of the main line, the one that is looked at first; ``visits`` 0 ends it.

    What is on disk with as many visits is not searched again. ``net``: a second one to compare with, by its name in
    ``Welcome.nets``; null: the engine's own. Answers: ``Reviewed``, ``ReviewState`` and ``Summary``.
    """

    visits: Annotated[int, Meta(ge=0, le=1_000_000)] = 50
    net: Word | None = None


Asked = (
    Hello | NewGame | Load | Browse | Open | Join | Remove | Go | PlayMove | PlayLine | Edit | Follow | Analyze | Start
    | Act | Review
)  # fmt: skip


# What it hears.


class GameName(Struct, frozen=True):
    """A game in the list. ``changed``: seconds since 1970."""

    game: str
    title: str
    changed: float
    moves: int
    played: bool
    """Against the engine, and not over."""


class Welcome(Message, frozen=True):
    """``viewer``: one's own number. ``levels``: ranks, the weakest first. ``nets``: others to compare with."""

    viewer: int
    version: str
    net: str
    levels: list[str]
    rules: list[str]
    nets: list[str]
    library: bool
    games: list[GameName]


class Games(Message, frozen=True):
    """The games that are open or were saved, the newest first."""

    games: list[GameName]


class Node(Struct, frozen=True, omit_defaults=True):
    """A node of a record. ``children``: the first one continues the main line.

    ``move``: (color, point). ``black``, ``white``, ``empty``: points that are set up. ``to_play``: who moves, where the
    node says so. ``label``: (point, text); ``marks``: point and TR, SQ, CR, MA. ``lines``: arrows and lines, from and
    to. ``left``: seconds on the mover's clock, and ``stones`` or periods left there. ``illegal``: why the move could
    not be played by the rules; it is on the board nevertheless, as the record has it.
    """

    node: int
    parent: int | None = None
    children: list[int] = []
    move: tuple[int, int] | None = None
    black: list[int] = []
    white: list[int] = []
    empty: list[int] = []
    to_play: int | None = None
    comment: str = ""
    name: str = ""
    marks: list[tuple[int, str]] = []
    labels: list[tuple[int, str]] = []
    lines: list[tuple[int, int, str]] = []
    left: float | None = None
    stones: int | None = None
    good: str = ""
    """What the record thinks of the move: TE, BM, DO or IT."""
    illegal: str = ""


class Game(Message, frozen=True):
    """A whole record. ``root`` is its first node. ``about``: of players, place and so on, as SGF names them.

    ``notes``: what was mended or left out when it was read, a line each.
    """

    game: str
    title: str
    width: int
    height: int
    rules: str
    komi: float
    handicap: int
    about: dict[str, str]
    notes: list[str]
    root: int
    nodes: list[Node]


class GameChanged(Message, frozen=True):
    """``nodes`` are new or changed, ``removed`` are gone."""

    game: str
    nodes: list[Node]
    removed: list[int] = []
    about: dict[str, str] | None = None


class At(Message, frozen=True):
    """Where one looks now. ``viewer``: who led there, where one follows."""

    game: str
    node: int
    viewer: int | None = None


class Viewer(Struct, frozen=True):
    """One who looks at a game. ``follows``: the number of another one."""

    viewer: int
    name: str
    node: int
    follows: int | None = None


class Viewers(Message, frozen=True):
    """All who look at a game."""

    game: str
    viewers: list[Viewer]


class Candidate(Struct, frozen=True):
    """A move that was looked at, best first. ``loss``: points beside the best move, its mover's; null without leads."""

    move: int
    visits: int
    black_win_rate: float
    black_lead: float | None
    prior: float
    loss: float | None
    pv: list[int]


class Analysis(Message, frozen=True):
    """What a search knows of a position. ``running``: it goes on.

    ``ownership``: a number a point, +1 Black to -1 White, empty where nobody says. ``policy``: a number a move, -1
    where it is illegal. ``loss``, ``rate_loss``: what the move that leads here lost, by what is known of the position
    before it; null where that was not searched.
    """

    replaces: ClassVar[bool] = True

    game: str
    node: int
    visits: int
    black_win_rate: float
    black_lead: float | None
    candidates: list[Candidate]
    ownership: list[float]
    policy: list[float]
    running: bool
    visits_per_second: float
    loss: float | None = None
    rate_loss: float | None = None


class ClockLeft(Struct, frozen=True):
    """Of one player: seconds left at ``Play.at``; ``overtime``: whether the main time is used up."""

    seconds: float
    overtime: bool
    periods: int
    stones: int


class Warned(Message, frozen=True):
    """The person's move at ``node`` lost so much; ``better``: lines, best first. Answered by ``undo`` or ``keep``."""

    game: str
    node: int
    loss: float
    better: list[list[int]]


class Count(Struct, frozen=True):
    """A count to agree on. ``dead``: stones that are taken off. ``black_land``, ``white_land``: whose points are whose.

    ``result``: as SGF writes it. ``unsure``: chains, by one point each, that the engine is not sure of.
    """

    dead: list[int]
    black_land: list[int]
    white_land: list[int]
    black: float
    white: float
    result: str
    unsure: list[int]


class Play(Message, frozen=True):
    """A game against the engine as it stands. ``node``: its last move. ``turn``: who moves.

    ``state``: ``person`` or ``engine`` moves, a move was ``warned`` of, ``counting``, or ``over``. ``clocks``: Black's
    and White's as they stood at the server's moment of sending; that of ``running`` runs on, null for none. ``paused``:
    by the person. ``result``: as SGF writes it, ``""`` while there is none. ``said``: what the engine has to say, in
    plain words.
    """

    game: str
    node: int
    state: Literal["person", "engine", "warned", "counting", "over"]
    turn: int
    opponent: Opponent
    clocks: tuple[ClockLeft, ClockLeft] | None
    running: Color | None
    paused: bool
    result: str
    undos: int
    hint: list[Candidate] = []
    count: Count | None = None
    said: str = ""


class Judged(Struct, frozen=True):
    """What a review knows of the position at a node. ``candidates``: the best few."""

    node: int
    visits: int
    black_win_rate: float
    black_lead: float | None
    candidates: list[Candidate]


class Reviewed(Message, frozen=True):
    """Positions of a review, new or better known. ``net``: of a second net, null for the engine's own."""

    game: str
    positions: list[Judged]
    net: str | None = None


class ReviewState(Message, frozen=True):
    """How far a review is."""

    game: str
    running: bool
    done: int
    of: int
    visits: int
    net: str | None = None
    failure: str = ""


class Phase(Struct, frozen=True):
    """Of a player, in one phase: ``mean_loss`` in points a move, null without leads."""

    moves: int
    mean_loss: float | None
    accuracy: float


class PlayerSummary(Struct, frozen=True):
    """How a player played. ``accuracy`` in [0, 100]. ``best``, ``top``: shares of moves that are the engine's first
    choice, and among its first five. ``losses``: how many moves in each class of ``Summary.bounds``, the last one
    beyond them all. ``phases``: opening, middle, end. ``strength``: a rank in words that such play speaks of, ``""``
    where too few moves tell.
    """

    moves: int
    accuracy: float
    mean_loss: float | None
    best: float
    top: float
    losses: list[int]
    phases: list[Phase]
    strength: str


class Mistake(Struct, frozen=True):
    """A move that lost something: ``node`` is the position behind it. ``size``: its class in ``Summary.bounds``."""

    node: int
    number: int
    color: int
    move: int
    loss: float | None
    rate_loss: float
    size: int
    better: list[int]


class Summary(Message, frozen=True):
    """A review summed up, as far as it is. ``bounds``: points that part the classes of losses.

    ``mistakes``: the costliest first. ``questions``: nodes before a mistake at which there is one move to find.
    """

    game: str
    bounds: list[float]
    phases: tuple[int, int]
    """The last move of the opening, and of the middle game."""
    black: PlayerSummary
    white: PlayerSummary
    mistakes: list[Mistake]
    questions: list[int]
    net: str | None = None


class Entry(Struct, frozen=True):
    """In a folder. ``path``: for ``Browse`` or ``Open``."""

    name: str
    path: str
    folder: bool


class Library(Message, frozen=True):
    """A folder of the library."""

    path: str
    entries: list[Entry]


class EngineState(Message, frozen=True):
    """The daemon, once a second. ``there``: it answers; else ``note`` says what is waited for."""

    replaces: ClassVar[bool] = True

    there: bool
    note: str = ""
    net: str = ""
    device: str = ""
    busy: float = 0.0
    mean_batch: float = 0.0
    visits_per_second: float = 0.0
    evaluations_per_second: float = 0.0
    collisions_per_second: float = 0.0
    parked: float = 0.0
    trace: bool = False
    """Whether ``/why`` has something to show."""


class Alive(Message, frozen=True):
    """Nothing was to be told for ``ALIVE_SECONDS``. A page that hears nothing for much longer has lost its server."""


class Failed(Message, frozen=True):
    """What was asked could not be done. ``about``: the ``type`` of the message, ``""`` where it was none."""

    about: str
    reason: str


Told = (
    Welcome | Games | Game | GameChanged | At | Viewers | Analysis | Warned | Play | Reviewed | ReviewState | Summary
    | Library | EngineState | Alive | Failed
)  # fmt: skip

LOOKING = (Hello, Browse, Join, Go, Follow)
"""What changes nothing, and has nothing searched."""

_DECODER: msgspec.json.Decoder[Asked] = msgspec.json.Decoder(Asked)
_ENCODER = msgspec.json.Encoder()


def read(frame: str | bytes) -> Asked:
    """A message of the page. Raises ``msgspec.MsgspecError``, whose text is for people."""
    return _DECODER.decode(frame)


def only_looks(asked: Asked) -> bool:
    """Whether it changes nothing, and has nothing searched."""
    return isinstance(asked, LOOKING) or (isinstance(asked, Analyze) and not asked.on)


def write(message: Message) -> str:
    """A message for the page."""
    return _ENCODER.encode(message).decode()
