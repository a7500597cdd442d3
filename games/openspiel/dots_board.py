"""What lies on a board of dots and boxes: who drew each line, and whose each box is, as OpenSpiel has it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from games.openspiel.game import OpenSpielGame

GAME = "dots_and_boxes"
_NAME = re.compile(r"P\d\(([hv]),(\d+),(\d+)\)")
_OWNERS = (0, 1, -1)
"""In the order of the observation's first axis, see ``planes.DotsAndBoxes``."""


class Line(NamedTuple):
    """Where the line of a move lies: across or down from the dot at a row and a column."""

    across: bool
    row: int
    column: int


@dataclass(frozen=True)
class DotsBoard:
    """The lines of a game, by move; ``rows`` × ``columns`` boxes."""

    game: OpenSpielGame
    rows: int
    columns: int
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, game: OpenSpielGame) -> DotsBoard:
        """The board of a game of dots and boxes."""
        lines = []
        for name in (names := game.move_names([])).values():
            found = _NAME.fullmatch(name)
            assert found is not None, name
            lines.append(Line(found[1] == "h", int(found[2]), int(found[3])))
        assert list(names) == list(range(len(lines)))
        return cls(game, max(line.row for line in lines), max(line.column for line in lines), tuple(lines))

    def owners(self, record: Sequence[int]) -> tuple[list[int], list[int]]:
        """Who drew each line, by move, and whose each box is, row by row: 1 the first player, -1 the second, 0 nobody.

        Raises ``IllegalMove``.
        """
        told = self.game.root(record).observation_tensor(0)
        of = np.argmax(np.reshape(told, (len(_OWNERS), self.rows + 1, self.columns + 1, 3)), axis=0)
        drawn = [_OWNERS[of[line.row, line.column, 0 if line.across else 1]] for line in self.lines]
        return drawn, [_OWNERS[each] for each in of[:-1, :-1, 2].reshape(-1)]
