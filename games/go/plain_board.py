"""A board in plain Python: for a few stones, or while the kernels of ``board`` are not loaded yet. Pure.

Moves on it are strict: ko and suicide are forbidden, whatever the rules allow. Longer cycles are not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Chain:
    """Stones of one colour that are connected, and their liberties."""

    color: int
    stones: frozenset[int]
    liberties: frozenset[int]


class PlainBoard:
    """Stones by point from the top left: +1 Black, -1 White, 0 none. The pass is the number of points."""

    def __init__(self, width: int, height: int, to_play: int = 1, stones: Sequence[int] = ()) -> None:
        self.width, self.height, self.to_play = width, height, to_play
        self.points = width * height
        self.stones = list(stones) or [0] * self.points
        self._ko: int | None = None
        self._beside = [self._at(point, ((-1, 0), (1, 0), (0, -1), (0, 1))) for point in range(self.points)]

    def beside(self, point: int) -> list[int]:
        """The points next to a point."""
        return self._beside[point]

    def corners(self, point: int) -> list[int]:
        """The points diagonally next to a point."""
        return self._at(point, ((-1, -1), (-1, 1), (1, -1), (1, 1)))

    def chain(self, point: int) -> Chain:
        """That of the stone at a point."""
        color, stones, liberties, open_points = self.stones[point], {point}, set[int](), [point]
        while open_points:
            for q in self.beside(open_points.pop()):
                if self.stones[q] == color and q not in stones:
                    stones.add(q)
                    open_points.append(q)
                elif not self.stones[q]:
                    liberties.add(q)
        return Chain(color, frozenset(stones), frozenset(liberties))

    def chains(self) -> dict[int, Chain]:
        """All of them, by each of their points."""
        found: dict[int, Chain] = {}
        for point, color in enumerate(self.stones):
            if color and point not in found:
                chain = self.chain(point)
                found.update(dict.fromkeys(chain.stones, chain))
        return found

    def legal(self) -> list[bool]:
        """What ``to_play`` may play, by move."""
        chains = self.chains()
        return [*(self._is_legal(point, chains) for point in range(self.points)), True]

    def play(self, color: int, move: int) -> bool:
        """Play for a player, whoever's turn it is. False, and nothing has changed, where it is not legal here."""
        before = self.to_play, self._ko
        if color != self.to_play:
            self.to_play, self._ko = color, None
        if move == self.points:
            self._ko = None
        elif self._is_legal(move, self.chains()):
            self._put(move)
        else:
            self.to_play, self._ko = before
            return False
        self.to_play = -color
        return True

    def _is_legal(self, point: int, chains: dict[int, Chain]) -> bool:
        if self.stones[point] or point == self._ko:
            return False
        for q in self.beside(point):
            if not self.stones[q]:
                return True
            own = self.stones[q] == self.to_play
            if own == (len(chains[q].liberties) > 1):
                return True  # the own chain keeps a liberty, or the other one is captured
        return False

    def _put(self, point: int) -> None:
        self.stones[point] = self.to_play
        beside = [self.chain(q) for q in self.beside(point) if self.stones[q] == -self.to_play]
        taken = {q for chain in beside if not chain.liberties for q in chain.stones}
        for q in taken:
            self.stones[q] = 0
        chain = self.chain(point)
        alone = len(chain.stones) == len(chain.liberties) == 1
        self._ko = next(iter(taken)) if len(taken) == 1 and alone else None

    def _at(self, point: int, steps: tuple[tuple[int, int], ...]) -> list[int]:
        row, col = divmod(point, self.width)
        places = ((row + down, col + right) for down, right in steps)
        return [r * self.width + c for r, c in places if 0 <= r < self.height and 0 <= c < self.width]
