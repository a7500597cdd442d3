"""Answers commands while the engine's kernels load or compile, when a clock runs from the first line on.

A start takes a second or two, and on the first run on a machine half a minute, in which the engine cannot tell what is
legal. A controller that has set a clock and asks for a move meanwhile gets one by the rules alone, in time. All else
waits for the engine, which then takes the game over as it stands.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from games.go.coords import from_vertex, to_vertex
from games.go.plain_board import PlainBoard
from zhugo.bridges.gtp import time_commands
from zhugo.bridges.gtp.clock import Clock
from zhugo.bridges.gtp.controller import InputLines
from zhugo.bridges.gtp.fallback_move import fallback_move_on
from zhugo.bridges.gtp.protocol import Arguments, Command, GtpError, Request, framed, parse, warn

ENGINE = ("zhugo.shared.private_daemon", "zhugo.bridges.gtp.bridge", "zhugo.bridges.gtp.configuration")
"""What takes long to import."""
PAUSE = 0.02
"""Seconds between looks at whether the engine is there."""
HANDING_OVER = 2.0
"""Seconds that the engine may need to take over on a busy machine; a move that is due sooner is played here."""
SIZE = 19
SIZES = range(2, 20)
KOMI = 100.0


class _ForTheEngine(Exception):
    """Only the engine can answer this."""


@dataclass
class StartupGame:
    """A game of Go without superko. ``now``: the clock by which lines are read.

    ``journal``: the commands that make the engine's game the same; ``moved``: some of them were its own moves, the last
    of which was answered at ``turn_ended``.
    """

    clock: Clock = field(default_factory=Clock)
    now: Callable[[], float] = time.monotonic
    journal: list[str] = field(default_factory=list)
    moved: bool = False
    turn_ended: float = -math.inf

    def __post_init__(self) -> None:
        self._board = PlainBoard(SIZE, SIZE)
        self._played = 0
        self._of_time = time_commands.commands(self)

    def serve(self, lines: InputLines, engine_is_there: threading.Event, write: Callable[[str], None]) -> None:
        """Answer commands until the engine is there, or a line comes that only it can answer."""
        while not engine_is_there.is_set():
            if not lines.waiting(PAUSE):
                continue
            line, read_at = lines.peek()
            request = None if line is None else parse(line)
            try:
                if line is None:
                    return
                said = None if request is None else self._answer(request, read_at, engine_is_there)
            except (_ForTheEngine, GtpError):
                return
            next(iter(lines))
            if request is not None and said is not None:
                write(framed("=", request.id, said))

    def hand_over(self, commands: Mapping[str, Command]) -> None:
        """Play the game so far in the engine, whose commands these are."""
        for line in self.journal:
            name, *words = line.split()
            commands[name](Arguments(words))

    def _answer(self, request: Request, read_at: float, engine_is_there: threading.Event) -> str:
        """The answer to a command. Raises ``GtpError`` and ``_ForTheEngine``, and then nothing has happened."""
        arguments = request.arguments
        match request.name:
            case "genmove":
                return self._genmove(arguments.color(0), read_at, engine_is_there)
            case "play":
                return self._play(arguments.color(0), arguments.word(1, "the vertex"))
            case "boardsize":
                return self._boardsize(arguments)
            case "clear_board":
                self._clear(self._board.width)
                self.journal.append("clear_board")
                return ""
            case "komi":
                return self._komi(arguments.number(0, "komi"))
            case name if name in self._of_time:
                said = self._of_time[name](arguments)
                assert isinstance(said, str)
                return said
        raise _ForTheEngine

    def _genmove(self, player: int, read_at: float, engine_is_there: threading.Event) -> str:
        began = max(read_at, self.turn_ended)
        budget = self.clock.budget(player, self._played, self._board.points)
        if budget is None:
            raise _ForTheEngine
        # it moves as late as a search would end: the engine may be there by then
        came = engine_is_there.wait(max(0.0, began + budget.aim - self.now()))
        if came and began + budget.latest - self.now() > HANDING_OVER:
            raise _ForTheEngine
        board = self._board
        if player != board.to_play:
            board = PlainBoard(board.width, board.height, player, board.stones)
        move = fallback_move_on(board, board.legal())
        vertex = to_vertex(move, board.width, board.height)
        self._play(player, vertex)
        self.moved = True
        self.turn_ended = self.now()
        self.clock.spend(player, self.turn_ended - began)
        warn(f"the engine still starts: {vertex} is played by the rules alone")
        return vertex

    def _play(self, player: int, vertex: str) -> str:
        try:
            move = from_vertex(vertex, self._board.width, self._board.height)
        except ValueError:
            raise _ForTheEngine from None
        if not self._board.play(player, move):
            raise _ForTheEngine
        self._played += 1
        self.journal.append(f"play {'b' if player > 0 else 'w'} {vertex}")
        return ""

    def _boardsize(self, arguments: Arguments) -> str:
        size = arguments.integer(0, "the board size") if len(arguments) == 1 else 0
        if size not in SIZES:
            raise _ForTheEngine
        if size != self._board.width:
            self._clear(size)
        self.journal.append(f"boardsize {size}")
        return ""

    def _komi(self, komi: float) -> str:
        if not (abs(komi) <= KOMI and (2 * komi).is_integer()):
            raise _ForTheEngine
        self.journal.append(f"komi {komi}")
        return ""

    def _clear(self, size: int) -> None:
        self._board, self._played, self.moved = PlainBoard(size, size), 0, False


def answer_meanwhile(lines: InputLines, lag: float | None) -> StartupGame:
    """Load the engine and its kernels in a thread, and answer commands on stdout meanwhile."""
    engine_is_there = threading.Event()

    def load() -> None:
        try:
            for module in ENGINE:
                import_module(module)
            import_module("zhugo.bridges.gtp.game_kernels").load_kernels()
        finally:
            engine_is_there.set()

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    threading.Thread(target=load, name="gtp-kernels", daemon=True).start()
    startup_game = StartupGame() if lag is None else StartupGame(Clock(lag=lag))
    startup_game.serve(lines, engine_is_there, write)
    return startup_game
