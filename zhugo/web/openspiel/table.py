"""A game between two players, of whom each is a person or the engine. Pure: what the engine chose is told."""

from __future__ import annotations

import sys

from games.openspiel.game import OpenSpielGame
from zhugo.shared.errors import UserError
from zhugo.web.openspiel import messages as m
from zhugo.web.openspiel.boards import board_of
from zhugo.web.openspiel.played_line import PlayedLine

BOTH = (1, -1)


class Table:
    """The game that all who look at it play. ``players``: who they are, and how long the engine thinks.

    The engine moves where nothing was taken back. Where something was, it waits until it is told to go on, so that one
    can look at what was before; and it waits where it has failed.
    """

    def __init__(self, game: OpenSpielGame, visits: int) -> None:
        """A person who makes the first move, against the engine with so many visits a move."""
        self.board = board_of(game)
        self.line = PlayedLine(game)
        first: m.Kind = "person" if self.line.turn > 0 else "engine"
        second: m.Kind = "engine" if self.line.turn > 0 else "person"
        self.players = m.Players(first, second, visits)
        self._is_told = self._has_failed = False
        """Whether the engine is to move here in any case, and whether it is not."""
        self._known: dict[int, tuple[int, float]] = {}
        """By node, visits and the first player's rate of the search that knows most of it."""

    @property
    def engine_moves(self) -> bool:
        """Whether the engine is to choose a move now."""
        return self._is_engines and not self._has_failed and (self.line.is_at_end or self._is_told)

    @property
    def waits(self) -> bool:
        """Whether it is the engine's turn, and it waits."""
        return self._is_engines and not self.engine_moves

    def play(self, number: int, move: int) -> None:
        """A person's move behind so many moves. Raises ``UserError``."""
        if number != self.line.number:
            raise UserError("the game has gone on meanwhile")
        if self._is_engines:
            raise UserError("the engine is to move")
        self._moved(move)

    def engine_chose(self, node: int, move: int) -> None:
        """The engine's move at a position; nothing happens where it is not asked for any more."""
        if self.engine_moves and node == self.line.node:
            self._moved(move)

    def engine_failed(self, node: int) -> None:
        """The engine has no move for a position, and waits there until it is told to go on."""
        if node == self.line.node:
            self._rest()
            self._has_failed = True

    def undo(self) -> None:
        """Back to where a person had a choice. Raises ``UserError``."""
        number = self.line.back(self._choosing)
        if number is None:
            raise UserError("there is no move to take back")
        self.go(number)

    def redo(self) -> None:
        """On to where a person had a choice, or the end of what was played. Raises ``UserError``."""
        number = self.line.on(self._choosing)
        if number is None:
            raise UserError("nothing was taken back")
        self.go(number)

    def go(self, number: int) -> None:
        """To the position behind so many moves. Raises ``UserError``."""
        self.line.go(number)
        self._rest()

    def go_on(self) -> None:
        """Have the engine move where it waits. Raises ``UserError``."""
        if not self._is_engines:
            raise UserError("the engine is not to move here")
        self._is_told, self._has_failed = True, False

    def seat(self, players: m.Players) -> None:
        """These play from now on."""
        self.players = players
        self._rest()

    def begin_again(self) -> None:
        """The same players at an empty board."""
        self.line.clear()
        self._known.clear()
        self._rest()

    def learn(self, node: int, visits: int, rate: float) -> None:
        """A search knows the rate of a position."""
        if visits >= self._known.get(node, (0, 0.0))[0]:
            self._known[node] = visits, rate

    def position(self) -> m.Position:
        """The game as it stands."""
        line = self.line
        now, record = line.standing(), line.record
        rates = [self._known[node][1] if node in self._known else None for node in line.nodes]
        names = self.board.names([], line.moves)
        moves = [m.Played(*each) for each in zip(line.turns[:-1], names, rates[1:], strict=True)]
        return m.Position(
            line.node,
            line.number,
            moves,
            rates[0],
            line.turn,
            now.result,
            self.board.score(record),
            self.board.view(record),
            record[-1] if record else None,
            (self.players.first, self.players.second),
            self.players.visits,
            self.players.seconds,
            self.engine_moves,
            self.waits,
            line.back(self._choosing) is not None,
            not line.is_at_end,
        )

    @property
    def _is_engines(self) -> bool:
        return self.line.turn != 0 and self._kinds[self.line.turn] == "engine"

    @property
    def _kinds(self) -> dict[int, m.Kind]:
        return {1: self.players.first, -1: self.players.second}

    @property
    def _choosing(self) -> tuple[int, ...]:
        """The players who are persons; where there is none, one goes back by single moves."""
        return tuple(player for player in BOTH if self._kinds[player] == "person") or BOTH

    def _moved(self, move: int) -> None:
        self.line.play(move)
        if (result := self.line.standing().result) is not None:
            self._known[self.line.node] = sys.maxsize, (1 + result) / 2
        self._rest()

    def _rest(self) -> None:
        self._is_told = self._has_failed = False
