"""The moves of one game, and how far one has gone back in them; the game's own rules judge them."""

from __future__ import annotations

from collections.abc import Container

from games.openspiel.game import OpenSpielGame
from zhugo.bridges.play.shown import Standing, standing
from zhugo.shared.errors import UserError


class PlayedLine:
    """``moves``: all. ``number``: how many of them lead to the position that is looked at.

    ``nodes``, ``turns``: of the positions behind 0, 1 … moves: a number of its own, and who is to move, 0 where it is
    over.
    """

    def __init__(self, game: OpenSpielGame) -> None:
        self._game = game
        self._count = 0
        self.moves: list[int] = []
        self.nodes: list[int] = []
        self.turns: list[int] = []
        self.clear()

    @property
    def record(self) -> list[int]:
        """The moves to the position that is looked at."""
        return self.moves[: self.number]

    @property
    def node(self) -> int:
        """The position that is looked at."""
        return self.nodes[self.number]

    @property
    def turn(self) -> int:
        """Who is to move there."""
        return self.turns[self.number]

    @property
    def is_at_end(self) -> bool:
        """Whether nothing was taken back."""
        return self.number == len(self.moves)

    def standing(self) -> Standing:
        """How the position stands."""
        return standing(self._game, self.record)

    def clear(self) -> None:
        """Begin again."""
        self.moves.clear()
        self.number = 0
        self._add()

    def play(self, move: int) -> None:
        """Make a move; another one than before takes the place of what was played. Raises ``UserError``."""
        if self.number < len(self.moves) and self.moves[self.number] == move:
            self.number += 1
            return
        if not self.turn:
            raise UserError("the game is over")
        if move not in self._game.move_names(self.record):
            raise UserError(f"{move} is not a legal move here")
        self.moves[self.number :] = [move]
        self.number += 1
        self._add()

    def go(self, number: int) -> None:
        """To the position behind so many moves. Raises ``UserError``."""
        if number > len(self.moves):
            raise UserError(f"the game has no {number} moves")
        self.number = number

    def back(self, choosing: Container[int]) -> int | None:
        """How many moves led to the last position before this one in which one of these players had a choice."""
        found = (at for at in reversed(range(self.number)) if self.turns[at] in choosing)
        return next(found, None)

    def on(self, choosing: Container[int]) -> int | None:
        """The same of the next one behind it, or the end of what was played; None at the end."""
        if self.is_at_end:
            return None
        later = range(self.number + 1, len(self.moves))
        return next((at for at in later if self.turns[at] in choosing), len(self.moves))

    def _add(self) -> None:
        """The position that is looked at is new."""
        now = self.standing()
        self._count += 1
        self.nodes[self.number :] = [self._count]
        self.turns[self.number :] = [0 if now.result is not None else now.to_play]
