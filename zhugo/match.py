"""Games between two GTP programs, with a referee who knows the rules and keeps the record."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import games
from games.game import IllegalMove
from games.go.coords import from_vertex
from zhugo.errors import UserError

LONGEST_GAME = 3
"""A game ends without a result after so many moves per point."""
END_SECONDS = 10.0


class Program:
    """A GTP program in a process of its own. What it says on stderr is kept for when it fails."""

    def __init__(self, command: str) -> None:
        self.command = command
        self._said = tempfile.TemporaryFile(mode="w+", errors="replace")  # noqa: SIM115 - lives as long as the program
        try:
            self._process = subprocess.Popen(
                shlex.split(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                text=True,
            )
        except (OSError, ValueError, IndexError) as error:
            self._said.close()
            raise UserError(f"cannot start {command!r}: {error}") from error
        self.name = self.ask("name")

    def ask(self, command: str) -> str:
        """The answer to one command. Raises ``UserError`` when the program refuses or has gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        lines: list[str] = []
        with suppress(BrokenPipeError):
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        for line in self._process.stdout:
            if line.strip():
                lines.append(line.rstrip("\n"))
            elif lines:
                break
        answer = "\n".join(lines)
        if not answer:
            raise UserError(f"{self.command!r} ended at {command!r}: {self._last_words()}")
        if not answer.startswith("="):
            raise UserError(f"{self.command!r} answers {command!r} with {answer!r}")
        return answer[1:].strip()

    def close(self) -> None:
        """End the program, by asking it first."""
        with suppress(UserError, OSError):
            self.ask("quit")
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._said.close()

    def _last_words(self) -> str:
        self._said.seek(0)
        return (self._said.read().strip().splitlines() or ["it said nothing"])[-1]


@contextmanager
def program(command: str) -> Iterator[Program]:
    """A running program that ends with the block."""
    running = Program(command)
    try:
        yield running
    finally:
        running.close()


@dataclass
class PlayedGame:
    """One game. ``result`` as SGF has it; ``scores`` is what Black and White made of the final board."""

    spec: dict[str, Any]
    black: str
    white: str
    moves: list[int] = field(default_factory=list)
    result: str = "Void"
    scores: tuple[str, str] = ("", "")

    @property
    def agreed(self) -> bool:
        """Whether both programs say the same of the final board, or one resigned."""
        return self.scores[0] == self.scores[1]


def play_game(
    black: Program, white: Program, spec: dict[str, Any], on_move: Callable[[PlayedGame], None] = lambda _game: None
) -> PlayedGame:
    """Play to two passes, a resignation or far too many moves. Raises ``UserError`` for an illegal move."""
    rules = games.load("go", spec)
    size = spec["size"]
    played = PlayedGame(spec, black.name, white.name)
    for player in (black, white):
        for command in (f"boardsize {size}", "clear_board", f"komi {spec['komi']:g}"):
            player.ask(command)
    pass_move = size * size
    while len(played.moves) < LONGEST_GAME * size * size:
        mover, other, colour = (black, white, "b") if len(played.moves) % 2 == 0 else (white, black, "w")
        vertex = mover.ask(f"genmove {colour}").lower()
        if vertex == "resign":
            played.result = "W+R" if colour == "b" else "B+R"
            return played
        try:
            played.moves.append(from_vertex(vertex, size, size))
            rules.root(played.moves)
        except (ValueError, IllegalMove) as error:
            raise UserError(f"{mover.name} plays {vertex!r} as move {len(played.moves)}: {error}") from error
        other.ask(f"play {colour} {vertex}")
        on_move(played)
        if played.moves[-2:] == [pass_move, pass_move]:
            played.scores = (normal_score(black.ask("final_score")), normal_score(white.ask("final_score")))
            played.result = played.scores[0] if played.agreed else "Void"
            return played
    return played


def normal_score(text: str) -> str:
    """A score as every program is understood to mean it: ``B+3.0`` and ``B+3`` are one."""
    side, plus, points = text.strip().upper().partition("+")
    with suppress(ValueError):
        return f"{side}+{float(points):g}" if plus else f"{float(side):g}"
    return text.strip()
