"""What a page draws of a position: the board of dots and boxes, or what OpenSpiel says of any other game."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from games.openspiel import dots_board
from games.openspiel.dots_board import DotsBoard
from games.openspiel.game import OpenSpielGame
from zhugo.web.openspiel import messages as m

ONE_DIGIT = 10


class BoardView(Protocol):
    """How a game is shown. Every method raises ``IllegalMove``."""

    title: str

    def view(self, record: Sequence[int]) -> m.DotsView | m.WordsView:
        """The position behind a record."""

    def score(self, record: Sequence[int]) -> tuple[int, int] | None:
        """What the players have there; None in a game that does not count."""

    def names(self, record: Sequence[int], line: Sequence[int]) -> list[str]:
        """What the moves of a line are called that goes on from there."""


class DotsBoardView:
    """Dots, lines and boxes."""

    def __init__(self, game: OpenSpielGame) -> None:
        self._board = DotsBoard.of(game)
        rows, columns = self._board.rows, self._board.columns
        self.title = f"Dots and boxes {rows}×{columns}"
        between = "" if max(rows, columns) < ONE_DIGIT else ","
        self._names = [f"{'vh'[line.across]}{line.row}{between}{line.column}" for line in self._board.lines]

    def view(self, record: Sequence[int]) -> m.DotsView:
        """As ``BoardView``."""
        drawn, boxes = self._board.owners(record)
        lines = [
            m.Line(move, self._names[move], line.across, line.row, line.column, drawn[move])
            for move, line in enumerate(self._board.lines)
        ]
        return m.DotsView(self._board.rows, self._board.columns, lines, boxes)

    def score(self, record: Sequence[int]) -> tuple[int, int]:
        """As ``BoardView``: boxes."""
        _, boxes = self._board.owners(record)
        return boxes.count(1), boxes.count(-1)

    def names(self, _record: Sequence[int], line: Sequence[int]) -> list[str]:
        """As ``BoardView``: the end of OpenSpiel's names, which ``zhugo play`` takes too."""
        return [self._names[move] for move in line]


class WordsBoardView:
    """OpenSpiel's own picture, and the moves by their names."""

    def __init__(self, game: OpenSpielGame) -> None:
        self._game = game
        self.title = game.own_features

    def view(self, record: Sequence[int]) -> m.WordsView:
        """As ``BoardView``."""
        moves = self._game.move_names(record).items()
        return m.WordsView(self._game.picture(record), [m.NamedMove(move, name) for move, name in moves])

    def score(self, _record: Sequence[int]) -> None:
        """As ``BoardView``: it does not count."""

    def names(self, record: Sequence[int], line: Sequence[int]) -> list[str]:
        """As ``BoardView``."""
        return self._game.line_names(record, line)


def board_of(game: OpenSpielGame) -> BoardView:
    """How this game is shown."""
    return DotsBoardView(game) if game.short_name == dots_board.GAME else WordsBoardView(game)
