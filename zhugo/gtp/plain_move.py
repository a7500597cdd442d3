"""A move by the rules alone, for when nothing has been evaluated and there is no time to wait for it. Pure.

It is legal, fills no own eye, captures and saves what is in atari, leaves nothing of its own in atari if it can be
helped, and otherwise takes large points: where nobody is near, on the lines on which games begin.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from games.go.position import Position

CAPTURE, SAVE, ATARI, SELF_ATARI = 10.0, 8.0, 2.0, -30.0
"""What a stone is worth that is captured or saved; what it is worth to threaten a chain, and to be threatened."""
SENSELESS = -15.0
"""A move that is worth less is not played while a pass is allowed."""
FAR = 4
"""Stones at this distance or farther off do not matter to a point."""


def plain_move(position: Position, forbidden: Collection[int] = ()) -> int:
    """A move for whose turn it is; the pass when every other is senseless."""
    board = _Board(position)
    legal = position.legal()
    points = [p for p in range(position.game.points) if legal[p] and p not in forbidden]
    worth = {p: board.worth(p) for p in points if not board.is_eye(p)}
    best = max(worth, key=lambda p: worth[p], default=None)
    pass_move = position.game.points
    if pass_move in forbidden and points:
        return points[0] if best is None else best
    return pass_move if best is None or worth[best] < SENSELESS else best


@dataclass(frozen=True)
class _Chain:
    color: int
    stones: frozenset[int]
    liberties: frozenset[int]


class _Board:
    """The stones of a position by chains, and how good a point is for whose turn it is."""

    def __init__(self, position: Position) -> None:
        self.width, self.height = position.game.width, position.game.height
        self.player = position.to_play
        self.stones: list[int] = position.stones.reshape(-1).tolist()
        self.chains: dict[int, _Chain] = {}
        for point, color in enumerate(self.stones):
            if color and point not in self.chains:
                chain = self._chain(point)
                self.chains.update(dict.fromkeys(chain.stones, chain))
        self.occupied = [point for point, color in enumerate(self.stones) if color]

    def is_eye(self, point: int) -> bool:
        """Whether it is an eye of the player's: own stones around, and no more strange corners than an eye may have."""
        beside = self._beside(point)
        if any(self.stones[q] != self.player for q in beside):
            return False
        corners = self._corners(point)
        strange = sum(self.stones[q] == -self.player for q in corners)
        return strange == 0 or (len(corners) == 4 and strange == 1)

    def worth(self, point: int) -> float:
        """How good it is, in no unit: to be compared."""
        chains = {self.chains[q] for q in self._beside(point) if self.stones[q]}
        own = [chain for chain in chains if chain.color == self.player]
        taken = [chain for chain in chains if chain.color != self.player and len(chain.liberties) == 1]
        captured = sum(len(chain.stones) for chain in taken)
        liberties = {q for q in self._beside(point) if not self.stones[q]}.union(
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
        row, col = divmod(point, self.width)
        ideal = 3 if min(self.width, self.height) >= 13 else 2
        lines = sorted((min(row, self.height - 1 - row), min(col, self.width - 1 - col)))
        off = abs(lines[0] - ideal) + 0.5 * (lines[1] != ideal)
        near = min((abs(row - q // self.width) + abs(col - q % self.width) for q in self.occupied), default=FAR)
        return 0.5 * min(near, FAR) - 0.5 * off - (1.0 if lines[0] == 0 else 0.0)

    def _chain(self, point: int) -> _Chain:
        color, stones, liberties, open_points = self.stones[point], {point}, set[int](), [point]
        while open_points:
            for q in self._beside(open_points.pop()):
                if self.stones[q] == color and q not in stones:
                    stones.add(q)
                    open_points.append(q)
                elif not self.stones[q]:
                    liberties.add(q)
        return _Chain(color, frozenset(stones), frozenset(liberties))

    def _beside(self, point: int) -> list[int]:
        return self._at(point, ((-1, 0), (1, 0), (0, -1), (0, 1)))

    def _corners(self, point: int) -> list[int]:
        return self._at(point, ((-1, -1), (-1, 1), (1, -1), (1, 1)))

    def _at(self, point: int, steps: tuple[tuple[int, int], ...]) -> list[int]:
        row, col = divmod(point, self.width)
        places = ((row + down, col + right) for down, right in steps)
        return [r * self.width + c for r, c in places if 0 <= r < self.height and 0 <= c < self.width]
