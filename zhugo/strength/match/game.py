"""One game between two GTP programs, with a referee who knows the rules and keeps the record."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from games.game import IllegalMove
from games.go.coords import from_vertex
from games.go.game import Go
from games.go.position import Position
from zhugo.strength.match import final_score
from zhugo.strength.match.game_setup import set_up
from zhugo.strength.match.program import Program, ProgramFailed, Refusal

MOVES_PER_POINT = 3
"""A game ends without a result after so many moves a point, unless told otherwise."""
COLORS = {1: "black", -1: "white"}


@dataclass(frozen=True)
class Terms:
    """What all games of a match have in common. ``spec``: for ``Go.from_spec``; ``seconds``: for one answer.

    Black stones of ``spec`` are a handicap, and then White is to play.
    """

    spec: dict[str, Any]
    seconds: float
    max_moves: int

    def described(self) -> dict[str, Any]:
        """What is played, as a journal has it: the size, the komi, the rules and the handicap, if there is one."""
        handicap = len(self.spec.get("black", ()))
        plain = {name: what for name, what in self.spec.items() if name not in ("black", "to_play")}
        return {**plain, "handicap": handicap} if handicap else plain


@dataclass
class PlayedGame:
    """One game. ``result`` as SGF has it; ``how`` it ended, in a word or two; ``note``: a remark on it.

    ``moves`` begin with the opening. ``opinions``: what Black and White made of the final board, where they were asked.
    ``failed``: the player, "black" or "white", whose program is of no use any more. ``thought``: seconds by player.
    """

    moves: list[int] = field(default_factory=list)
    result: str = "Void"
    how: str = ""
    note: str = ""
    opinions: tuple[str, str] | None = None
    failed: str | None = None
    thought: dict[str, float] = field(default_factory=lambda: {"black": 0.0, "white": 0.0})

    @property
    def winner(self) -> str | None:
        """The colour that won, "nobody" for a draw; None where there is no result."""
        return {"B": "black", "W": "white", "0": "nobody"}.get(self.result[0])


class _Over(Exception):
    """The game is over for what a player did."""


def play_game(
    black: Program, white: Program, terms: Terms, arbiter: final_score.Arbiter, opening: Sequence[int] = ()
) -> PlayedGame:
    """Play on from the opening to two passes, a resignation, a forfeit or too many moves.

    A program that fails, or plays an illegal move, loses the game; one that refuses a legal move of its opponent leaves
    it without a result. Raises ``Refusal`` when a program does not take the size, the komi or the handicap.
    """
    table = _Table({"black": black, "white": white}, terms, arbiter)
    try:
        table.set_up(opening)
        table.play()
    except _Over:
        pass
    table.played.moves = table.position.record
    return table.played


class _Table:
    """Where a game is played: the players, the position, and what is to be said of the game so far."""

    def __init__(self, players: dict[str, Program], terms: Terms, arbiter: final_score.Arbiter) -> None:
        self.players, self.terms, self.arbiter = players, terms, arbiter
        self.position = Position(Go.from_spec(terms.spec))
        self.played = PlayedGame()

    def set_up(self, opening: Sequence[int]) -> None:
        """The first position, then the moves of the opening, for both players."""
        game = self.position.game
        for color, player in self.players.items():
            set_up(player, game, partial(self._ask, color))
        for move in opening:
            mover = COLORS[self.position.to_play]
            vertex = game.vertex(move)
            self.position.play(move)
            for color in self.players:
                self._show(color, mover, vertex)

    def play(self) -> None:
        """To the end."""
        while len(self.position.record) < self.terms.max_moves:
            mover = COLORS[self.position.to_play]
            vertex = self._move_of(mover)
            if self.position.is_over:
                self._score()
                return
            self._show(_other(mover), mover, vertex)
        self._void("too long", f"no end after {self.terms.max_moves} moves")

    def _move_of(self, mover: str) -> str:
        """Let the mover move, and play it here: the vertex."""
        began = time.monotonic()
        try:
            vertex = self._ask(mover, f"genmove {mover}").lower()
        except Refusal as error:
            self.played.failed = mover
            self._lose(mover, "forfeit", str(error))
        self.played.thought[mover] += time.monotonic() - began
        if vertex == "resign":
            self._lose(mover, "resignation", "")
        number = len(self.position.record) + 1
        try:
            self.position.play(from_vertex(vertex, self.position.game.width, self.position.game.height))
        except (ValueError, IllegalMove) as error:
            self._lose(
                mover, "forfeit", f"{self.players[mover].label!r} plays {vertex[:40]!r} as move {number}: {error}"
            )
        return vertex

    def _show(self, color: str, mover: str, vertex: str) -> None:
        """Tell a player of a move."""
        try:
            self._ask(color, f"play {mover} {vertex}")
        except Refusal as error:
            self._void("refused", str(error))

    def _score(self) -> None:
        black, white = self._score_of("black"), self._score_of("white")
        verdict = final_score.settle(self.position, black, white, self.arbiter)
        self.played.result, self.played.how = verdict.score, verdict.by
        self.played.opinions = (str(black), str(white))
        if verdict.by != "agreed" or str(black) != str(white):
            self.played.note = f"Black says {black}, White says {white}"

    def _score_of(self, color: str) -> final_score.PlayerScore:
        try:
            return final_score.score_of_player(self.position, self.players[color], self.terms.seconds)
        except ProgramFailed as failure:
            self._fail(color, failure)

    def _ask(self, color: str, command: str) -> str:
        try:
            return self.players[color].ask(command, self.terms.seconds)
        except ProgramFailed as failure:
            self._fail(color, failure)

    def _fail(self, color: str, failure: ProgramFailed) -> NoReturn:
        self.played.failed = color
        self._lose(color, "forfeit", str(failure))

    def _lose(self, color: str, how: str, note: str) -> NoReturn:
        sign = "R" if how == "resignation" else "F"
        self.played.result, self.played.how, self.played.note = f"{_other(color)[0].upper()}+{sign}", how, note
        raise _Over

    def _void(self, how: str, note: str) -> NoReturn:
        self.played.result, self.played.how, self.played.note = "Void", how, note
        raise _Over


def _other(color: str) -> str:
    return "white" if color == "black" else "black"
