"""A move by the rules alone, for when nothing has been evaluated and there is no time to wait for it. Pure.

It is legal, fills no own eye, captures and saves stones in atari, and avoids self-atari. Otherwise it takes large
points: far from other stones, on the third and fourth lines.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from games.go.plain_board import PlainBoard

if TYPE_CHECKING:  # whose import loads kernels, for which there may have been no time either
    from games.go.position import Position

CAPTURE, SAVE, ATARI, SELF_ATARI = 10.0, 8.0, 2.0, -30.0
"""What a stone is worth that is captured or saved; what it is worth to threaten a chain, and to be threatened."""
SENSELESS = -15.0
"""A move that is worth less is not played while a pass is allowed."""
FAR = 4
"""Stones at this distance or farther off do not matter to a point."""


def fallback_move(position: Position, forbidden: Collection[int] = ()) -> int:
    """A move for the player to move; a pass when every move is worse than ``SENSELESS``."""
    game = position.game
    board = PlainBoard(game.width, game.height, position.to_play, position.stones.reshape(-1).tolist())
    return fallback_move_on(board, position.legal().tolist(), forbidden)


def fallback_move_on(board: PlainBoard, legal: Sequence[bool], forbidden: Collection[int] = ()) -> int:
    """The same on a board that may be played on as ``legal`` says, by move."""
    view = _View(board)
    points = [p for p in range(board.points) if legal[p] and p not in forbidden]
    worth = {p: view.worth(p) for p in points if not view.is_eye(p)}
    best = max(worth, key=lambda p: worth[p], default=None)
    if board.points in forbidden and points:
        return points[0] if best is None else best
    return board.points if best is None or worth[best] < SENSELESS else best


class _View:
    """How good the points of a board are for the player to move."""

    def __init__(self, board: PlainBoard) -> None:
        self.board, self.stones, self.player = board, board.stones, board.to_play
        self.chains = board.chains()
        self.occupied = [divmod(point, board.width) for point in self.chains]

    def is_eye(self, point: int) -> bool:
        """Whether it is an eye of the player's: own stones around, and no more strange corners than an eye may have."""
        if any(self.stones[q] != self.player for q in self.board.beside(point)):
            return False
        corners = self.board.corners(point)
        strange = sum(self.stones[q] == -self.player for q in corners)
        return strange == 0 or (len(corners) == 4 and strange == 1)

    def worth(self, point: int) -> float:
        """How good it is, in no unit: to be compared."""
        beside = self.board.beside(point)
        chains = {self.chains[q] for q in beside if self.stones[q]}
        own = [chain for chain in chains if chain.color == self.player]
        taken = [chain for chain in chains if chain.color != self.player and len(chain.liberties) == 1]
        captured = sum(len(chain.stones) for chain in taken)
        liberties = {q for q in beside if not self.stones[q]}.union(
            *(chain.liberties for chain in own), *(chain.stones for chain in taken)
        ) - {point}
        saved = sum(len(chain.stones) for chain in own if len(chain.liberties) == 1)
        threatened = [chain for chain in chains if chain.color != self.player and len(chain.liberties) == 2]
        worth = CAPTURE * captured + ATARI * len(threatened) + self._place(point)
        if len(liberties) < 2:
            return worth + (0.0 if captured else SELF_ATARI)
        return worth + SAVE * saved

    def _place(self, point: int) -> float:
        """Better far from stones, and on the third or fourth line of large boards."""
        width, height = self.board.width, self.board.height
        row, col = divmod(point, width)
        ideal = 3 if min(width, height) >= 13 else 2
        lines = sorted((min(row, height - 1 - row), min(col, width - 1 - col)))
        off = abs(lines[0] - ideal) + 0.5 * (lines[1] != ideal)
        near = min((abs(row - r) + abs(col - c) for r, c in self.occupied), default=FAR)
        return 0.5 * min(near, FAR) - 0.5 * off - (1.0 if lines[0] == 0 else 0.0)
