"""Short games by a referee's clock: how many the engine loses on time, and how close it comes.

The clock runs from the moment at which a command is sent until its answer is there. In some games the engine is started
with the clock running: all lines are sent at once, and the seconds until the process listens are its own. In the others
it was started before, yet its daemon may still be starting. What the opponent takes is not counted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from games.go.coords import from_vertex
from games.go.game import Go
from games.go.position import Position
from zhugo.bridges.gtp.game_kernels import load_kernels
from zhugo.shared.errors import UserError
from zhugo.strength.match.program import Program
from zhugo.strength.match.sides import Side, parse

SYSTEMS = ("byoyomi 1 1 3", "absolute 20", "fischer 5 1", "canadian 0 5 5")
ANSWER_SECONDS = 300.0
"""An answer that takes longer is none."""
MOVES_PER_POINT = 3
COLORS = ("black", "white")


@dataclass(frozen=True)
class Blitz:
    """Games to play. ``engine``, ``opponent``: sides of a match. ``cold``: as the command has it."""

    engine: str
    opponent: str
    size: int
    games: int
    cold: int
    systems: Sequence[str]
    first: int = 0


@dataclass
class RefereeClock:
    """One player's clock, by the letter of its time system.

    Seconds: ``main``, what is left of it; ``period``, what a period has; ``left`` of the present one. ``stones`` and
    ``stones_left`` of a period; ``periods`` left, this one included.
    """

    main: float
    increment: float = 0.0
    period: float = 0.0
    stones: int = 0
    periods: int = 0
    endless: bool = False
    overtime: bool = False

    def __post_init__(self) -> None:
        self.left, self.stones_left = self.period, self.stones

    @classmethod
    def of(cls, system: str) -> RefereeClock:
        """That of the words of ``kata-time_settings``. Raises ``UserError``."""
        kind, *words = system.split()
        try:
            numbers = [float(word) for word in words]
            if kind == "absolute":
                (main,) = numbers
                return cls(main)
            if kind == "fischer":
                main, increment = numbers
                return cls(main, increment)
            main, period, count = numbers
        except ValueError:
            raise UserError(f"no time system for blitz games: {system}") from None
        if kind == "byoyomi":
            return cls(main, period=period, stones=1, periods=int(count))
        if kind == "canadian":
            return cls(main, period=period, stones=int(count), periods=1, endless=True)
        raise UserError(f"no time system for blitz games: {system}")

    def available(self) -> float:
        """Seconds that the next move may take before the game is lost."""
        if not self.periods:
            return self.main
        rest = (0 if self.endless else self.periods - 1) * self.period
        return (0.0 if self.overtime else self.main) + self.left + rest

    def take(self, used: float) -> None:
        """One move of so many seconds, not more than are available."""
        if not self.overtime:
            self.main -= used
            if self.main >= 0 or not self.periods:
                self.main += self.increment
                return
            self.overtime, used = True, -self.main
        self.left -= used
        while self.left < 0:
            self.left, self.periods = self.left + self.period, self.periods - 1
        self.stones_left -= 1
        if self.stones_left == 0 or not self.endless:
            self.left, self.stones_left = self.period, self.stones

    def words(self) -> str:
        """What ``time_left`` says behind the colour."""
        if not self.overtime:
            return f"{self.main:.3f} 0"
        return f"{self.left:.3f} {self.stones_left if self.endless else self.periods}"


@dataclass
class Played:
    """One game: seconds of each move of the engine, and what of them each was from losing by time."""

    system: str
    cold: bool
    seconds: list[float] = field(default_factory=list)
    margins: list[float] = field(default_factory=list)
    moves: int = 0
    periods_lost: int = 0
    lost: bool = False
    ended: str = ""


def measure(blitz: Blitz, tell: Callable[[str], None]) -> dict[str, Any]:
    """The figures of all games, each of which ``tell`` hears of. Raises ``UserError`` when a program fails."""
    for system in blitz.systems:
        RefereeClock.of(system)
    engine, opponent = parse(blitz.engine), parse(blitz.opponent)
    load_kernels()  # the referee's own, which are not to be loaded while a clock runs
    games: list[Played] = []
    warm: Program | None = None
    try:
        with closing(opponent.start()) as other:
            for number in range(blitz.first, blitz.first + blitz.games):
                cold = bool(blitz.cold) and number % blitz.cold == 0
                if not cold and warm is None:
                    warm = engine.start()
                    warm.ask("name", ANSWER_SECONDS)  # and no more than that: its daemon still starts
                game = _play(blitz, number, None if cold else warm, engine, other)
                games.append(game)
                tell(_line(number, game))
    finally:
        if warm is not None:
            warm.close()
    return {
        "games": len(games),
        "lost": sum(game.lost for game in games),
        "cold": sum(game.cold for game in games),
        "systems": [_row(system, [game for game in games if game.system == system]) for system in blitz.systems],
    }


def _play(blitz: Blitz, number: int, warm: Program | None, engine: Side, other: Program) -> Played:
    # cold games have a turn of their own, or they would all have the same system
    turn = number if warm is not None else number // blitz.cold
    system = blitz.systems[turn % len(blitz.systems)]
    began = time.monotonic()
    program = engine.start() if warm is None else warm
    try:
        return _Table(blitz.size, system, program, other, COLORS[number // 2 % 2], None if warm else began).play()
    finally:
        if warm is None:
            program.close()


@dataclass
class _Table:
    """A game on its way. ``began``: when the clock began to run for a program that was just started."""

    size: int
    system: str
    program: Program
    other: Program
    color: str
    began: float | None

    def __post_init__(self) -> None:
        self.clock = RefereeClock.of(self.system)
        self.played = Played(self.system, self.began is not None)
        self.position = Position(Go.from_spec({"size": self.size, "komi": 7.0, "rules": "tromp-taylor"}))

    def play(self) -> Played:
        """To its end."""
        start = [f"boardsize {self.size}", "clear_board", "komi 7"]
        for command in start:
            self.other.ask(command, ANSWER_SECONDS)
        self.unanswered = [*start, f"kata-time_settings {self.system}"]
        while len(self.position.record) < MOVES_PER_POINT * self.size * self.size:
            mover = COLORS[len(self.position.record) % 2]
            vertex = self._move() if mover == self.color else self._others_move(mover)
            if vertex == "resign" or self.played.lost:
                break
            self.position.play(from_vertex(vertex, self.size, self.size))
            if self.position.is_over:
                break
            if mover == self.color:
                self.other.ask(f"play {mover} {vertex}", ANSWER_SECONDS)
            else:
                self.unanswered.append(f"play {mover} {vertex}")
        self.played.moves = len(self.position.record)
        self.played.periods_lost = max(0, RefereeClock.of(self.system).periods - self.clock.periods)
        for command in self.unanswered:
            self.program.ask(command, ANSWER_SECONDS)
        self.played.ended = "time" if self.played.lost else "resign" if vertex == "resign" else "passes"
        return self.played

    def _move(self) -> str:
        """The engine's, by its clock; everything that it has not been told yet goes out with the command."""
        commands = [*self.unanswered, f"time_left {self.color} {self.clock.words()}", f"genmove {self.color}"]
        self.unanswered = []
        began, self.began = self.began, None
        began = time.monotonic() if began is None else began
        self.program.tell(*commands)
        for command in commands:
            answer = self.program.hear(command, ANSWER_SECONDS)
        used = time.monotonic() - began
        margin = self.clock.available() - used
        self.played.seconds.append(used)
        self.played.margins.append(margin)
        self.played.lost = margin < 0
        if not self.played.lost:
            self.clock.take(used)
        return answer.lower()

    def _others_move(self, color: str) -> str:
        return self.other.ask(f"genmove {color}", ANSWER_SECONDS).lower()


def _line(number: int, game: Played) -> str:
    start = "cold" if game.cold else "warm"
    text = f"game {number}: {game.system}, {start}, {game.moves} moves, by {game.ended}"
    if game.periods_lost:
        text += f", {game.periods_lost} periods lost"
    if not game.seconds:
        return text
    longest, nearest = max(game.seconds), min(game.margins)
    return f"{text}; first move {game.seconds[0]:.2f} s, longest {longest:.2f} s, nearest to losing {nearest:.2f} s"


def _row(system: str, games: Sequence[Played]) -> dict[str, Any]:
    seconds = [one for game in games for one in game.seconds]
    margins = [one for game in games for one in game.margins]
    return {
        "system": system,
        "games": len(games),
        "cold": sum(game.cold for game in games),
        "lost": sum(game.lost for game in games),
        "moves": len(seconds),
        "median_s": round(statistics.median(seconds), 3) if seconds else None,
        "longest_s": round(max(seconds), 3) if seconds else None,
        "periods_lost": sum(game.periods_lost for game in games),
        "nearest_to_losing_s": round(min(margins), 3) if margins else None,
    }
