"""Dots and boxes without a mistake: small boards by a table, the ends of larger ones by search; and a strong player.

Sizes are of boxes, as OpenSpiel has them: 3×3 is nine boxes, 24 lines, 16 dots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bench.dots_search import TO_THE_END, make_board, make_table, search
from games.game import GameError

TABLE_LINES = 24
"""Boards of so many lines are worked out whole, in 2**24 bytes: 3×3 boxes, 2×4, 1×7."""

MOST_LEFT = 26
"""Lines that may be left of a larger board for its end to be searched: from there it takes seconds at most."""

NODES = 1_000_000
"""That the player looks at, for a move, where the end is too far to be searched."""


_Margin = Callable[[int], int]
"""What the player to move gets of a position, less the other."""


class DotsAndBoxes:
    """What every move of a position comes to. Bit m of a mask is the line that OpenSpiel's move m draws."""

    def __init__(self, rows: int, columns: int) -> None:
        self.num_moves = (rows + 1) * columns + rows * (columns + 1)
        self.most_moves = None if self.num_moves <= TABLE_LINES else MOST_LEFT
        self._board = make_board(rows, columns)
        self._table = make_table()

    def values(self, record: Sequence[int]) -> dict[int, int]:
        """As ``bench.solver.Solver.values``: who has more boxes in the end."""
        lead = self.standing(record)[1]
        return {move: int(np.sign(lead + margin)) for move, margin in self.margins(record).items()}

    def margins(self, record: Sequence[int]) -> dict[int, int]:
        """The boxes that the mover still gets with each legal move, less the other's, when both make no mistake.

        Raises ``GameError`` where more lines are left than can be searched.
        """
        drawn = self.standing(record)[0]
        left = [move for move in range(self.num_moves) if not drawn >> move & 1]
        if self.most_moves is not None and len(left) > self.most_moves:
            raise GameError(f"{len(left)} lines are left: up to {self.most_moves} can be searched to the end")
        return {move: self._after(drawn, move, self._exact) for move in left}

    def standing(self, record: Sequence[int]) -> tuple[int, int, int]:
        """The lines that are drawn, the mover's boxes less the other's, and who moves: 1 the first player, else -1."""
        drawn, player, lead = 0, 1, 0
        for move in record:
            drawn |= 1 << move
            closed = self._closed(drawn, move)
            lead += player * closed
            player = player if closed else -player
        return drawn, player * lead, player

    def play(self, record: Sequence[int], rng: np.random.Generator, nodes: int = NODES) -> int:
        """A move: without a mistake where that can be said, else a box that can be had, or what alpha-beta thinks best.

        It looks ever deeper, in so many nodes. Of moves that are as good as each other, one is drawn.
        """
        drawn = self.standing(record)[0]
        left = [move for move in range(self.num_moves) if not drawn >> move & 1]
        if self.most_moves is None or len(left) <= self.most_moves:
            found = self.margins(record)
        else:
            closing = [move for move in left if self._closed(drawn | 1 << move, move)]
            found = self._looked_ahead(drawn, closing or left, nodes)
        return int(rng.choice([move for move, margin in found.items() if margin == max(found.values())]))

    def _looked_ahead(self, drawn: int, left: Sequence[int], nodes: int) -> dict[int, int]:
        """Margins as the deepest search has them that came to its end."""
        counter = np.array([nodes], np.int64)
        found: dict[int, int] = {}
        for depth in range(len(left)):
            margin = partial(self._search, depth=depth, counter=counter)
            deeper = {move: self._after(drawn, move, margin) for move in left}
            if counter[0] < 0 and found:
                break
            found = deeper
        return found

    def _after(self, drawn: int, move: int, margin: _Margin) -> int:
        """What the mover gets with a move, less the other."""
        after = drawn | 1 << move
        closed = self._closed(after, move)
        return closed + margin(after) if closed else -margin(after)

    def _exact(self, drawn: int) -> int:
        if self.most_moves is None:
            return int(self._margins[drawn])
        return self._search(drawn, TO_THE_END, np.array([2**62], np.int64))

    def _search(self, drawn: int, depth: int, counter: NDArray[np.int64]) -> int:
        most = len(self._board.boxes) + 1
        return int(search(drawn, depth, -most, most, self._board, self._table, counter))

    def _closed(self, drawn: int, move: int) -> int:
        return sum(box >> move & 1 and drawn & box == box for box in self._board.boxes.tolist())

    @cached_property
    def _margins(self) -> NDArray[np.int8]:
        return margins(self._board.boxes, self.num_moves)


@njit(cache=True)
def margins(boxes: NDArray[np.int64], lines: int) -> NDArray[np.int8]:
    """int8[2**lines], by the lines that are drawn: the boxes that the mover gets from here on less the other's.

    Worked out backwards from the full board, every move of every position; boxes: the four lines of each.
    """
    found = np.zeros(1 << lines, np.int8)
    for drawn in range((1 << lines) - 2, -1, -1):
        most = -len(boxes) - 1
        for line in range(lines):
            bit = 1 << line
            if drawn & bit == 0:
                after = drawn | bit
                closed = 0
                for box in boxes:
                    if box & bit and after & box == box:
                        closed += 1
                margin = closed + found[after] if closed else -found[after]
                most = max(most, margin)
        found[drawn] = most
    return found
