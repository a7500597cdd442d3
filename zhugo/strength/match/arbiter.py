"""Who scores a board on which the players differ: a third GTP program, started when it is first needed."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field

from games.go.board import BLACK
from games.go.position import Position
from zhugo.shared.errors import UserError
from zhugo.strength.match.final_score import LEAST_SECONDS, count, normal_score
from zhugo.strength.match.game_setup import set_up
from zhugo.strength.match.program import Program, Refusal
from zhugo.strength.match.sides import Side


@dataclass
class Arbiter:
    """One for a whole match, called from any thread. Without a side every stone that stands is alive."""

    side: Side | None
    _program: Program | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, position: Position) -> str:
        """The score as SGF writes it. Raises ``UserError``."""
        if self.side is None:
            return position.final_score([])
        with self._lock:
            if self._program is None:
                self._program = self.side.start()
                self._program.greet()
            return _score(position, self._program)

    def close(self) -> None:
        """End the program."""
        if self._program is not None:
            self._program.close()


def _score(position: Position, program: Program) -> str:
    game = position.game
    set_up(program, game, lambda command: program.ask(command, LEAST_SECONDS))
    colors = ("black", "white") if game.to_play == BLACK else ("white", "black")
    for at, move in enumerate(position.record):
        program.ask(f"play {colors[at % 2]} {game.vertex(move)}", LEAST_SECONDS)
    with suppress(Refusal, ValueError):
        return count(position, program, LEAST_SECONDS)
    score = normal_score(program.ask("final_score", LEAST_SECONDS))
    if score is None:
        raise UserError(f"the referee {program.label!r} has no score for the board")
    return score
