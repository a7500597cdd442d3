"""The rules of Go once more, plain and slow: what the kernels are compared with. Points and colours as there."""

from __future__ import annotations

from collections.abc import Iterator

Stones = tuple[int, ...]


class SlowGame:
    """A game whose every position is kept whole; stones are a tuple of 0, 1 and -1."""

    def __init__(self, width: int, height: int, ko: str = "SIMPLE", suicide: bool = False) -> None:
        self.width, self.height, self.ko, self.suicide = width, height, ko, suicide
        self.points = width * height
        self.stones: Stones = (0,) * self.points
        self.to_play = 1
        self.captured = {1: 0, -1: 0}
        self.past: list[tuple[Stones, int]] = [(self.stones, 1)]
        self.ko_point: int | None = None

    def around(self, p: int) -> Iterator[int]:
        """The neighbours of a point."""
        row, col = divmod(p, self.width)
        for r, c in ((row - 1, col), (row, col - 1), (row, col + 1), (row + 1, col)):
            if 0 <= r < self.height and 0 <= c < self.width:
                yield r * self.width + c

    def corners(self, p: int) -> list[int | None]:
        """The four diagonal neighbours, None off the board."""
        row, col = divmod(p, self.width)
        return [
            r * self.width + c if 0 <= r < self.height and 0 <= c < self.width else None
            for r, c in ((row - 1, col - 1), (row - 1, col + 1), (row + 1, col - 1), (row + 1, col + 1))
        ]

    def chain(self, stones: Stones, p: int) -> tuple[set[int], set[int]]:
        """The stones and the liberties of the chain at ``p``, by flood fill."""
        chain, liberties, todo = {p}, set(), [p]
        while todo:
            for q in self.around(todo.pop()):
                if stones[q] == 0:
                    liberties.add(q)
                elif stones[q] == stones[p] and q not in chain:
                    chain.add(q)
                    todo.append(q)
        return chain, liberties

    def after(self, stones: Stones, p: int, color: int) -> tuple[Stones, set[int]]:
        """The stones when ``color`` has played on ``p``, and which came off; a suicide comes off too."""
        board = list(stones)
        board[p] = color
        gone: set[int] = set()
        for q in self.around(p):
            if board[q] == -color:
                chain, liberties = self.chain(tuple(board), q)
                if not liberties:
                    gone |= chain
        for q in gone:
            board[q] = 0
        chain, liberties = self.chain(tuple(board), p)
        if not liberties:
            gone = chain
            for q in gone:
                board[q] = 0
        return tuple(board), gone

    def why_illegal(self, p: int) -> str | None:
        """The reason against a point, as ``Position.why_illegal``, found by trying it on a copy."""
        color = self.to_play
        if self.stones[p] != 0:
            return "occupied"
        stones, gone = self.after(self.stones, p, color)
        if p in gone and (not self.suicide or gone == {p}):
            return "suicide"
        if p == self.ko_point and gone and p not in gone:
            return "ko"
        repeated = {
            "SIMPLE": False,
            "POSITIONAL": any(stones == earlier for earlier, _ in self.past),
            "SITUATIONAL": (stones, -color) in self.past,
        }[self.ko]
        return "superko" if repeated else None

    def play(self, p: int) -> None:
        """Play a legal point, the pass or the switch."""
        color = self.to_play
        if p < self.points:
            stones, gone = self.after(self.stones, p, color)
            chain, liberties = self.chain(stones, p) if stones[p] else (set(), set())
            self.ko_point = min(gone) if len(gone) == 1 and len(chain) == 1 and len(liberties) == 1 else None
            self.captured[-color if p not in gone else color] += len(gone)
            self.stones = stones
        elif p == self.points:
            self.ko_point = None
        self.to_play = -color
        self.past.append((self.stones, self.to_play))

    def is_true_eye(self, p: int, color: int) -> bool:
        """As the table of ``features`` defines it."""
        if self.stones[p] != 0 or any(self.stones[q] != color for q in self.around(p)):
            return False
        diagonals = self.corners(p)
        bad = sum(q is not None and self.stones[q] == -color for q in diagonals)
        return bad < (1 if None in diagonals else 2)

    def ladder(self, p: int) -> tuple[bool, set[int]]:
        """Whether the chain at ``p`` dies in a ladder, and the ataris that do it when it has two liberties."""
        _, liberties = self.chain(self.stones, p)
        if len(liberties) == 1:
            return self._escape_fails(self.stones, None, p), set()
        works = set()
        if len(liberties) == 2:
            for q in liberties:
                stones, gone = self.after(self.stones, q, -self.stones[p])
                if q not in gone and not (q == self.ko_point and gone) and self._escape_fails(stones, None, p):
                    works.add(q)
        return bool(works), works

    def _ko_after(self, stones: Stones, gone: set[int], q: int) -> int | None:
        chain, liberties = self.chain(stones, q)
        return min(gone) if len(gone) == 1 and len(chain) == 1 and len(liberties) == 1 else None

    def _prey(self, stones: Stones, p: int) -> set[int]:
        """Last liberties of the opponent's chains in atari around the chain at ``p``."""
        found = set()
        for stone in self.chain(stones, p)[0]:
            for q in self.around(stone):
                if stones[q] == -stones[p]:
                    liberties = self.chain(stones, q)[1]
                    if len(liberties) == 1:
                        found |= liberties
        return found

    def _escape_fails(self, stones: Stones, ko: int | None, p: int) -> bool:
        """The defender of ``p`` to move."""
        color = stones[p]
        _, liberties = self.chain(stones, p)
        if len(liberties) > 1 or ko is not None:
            return False
        for q in self._prey(stones, p) | liberties:
            after, gone = self.after(stones, q, color)
            if q not in gone and not self._attack_works(after, self._ko_after(after, gone, q), p):
                return False
        return True

    def _attack_works(self, stones: Stones, ko: int | None, p: int) -> bool:
        """The attacker of ``p`` to move."""
        _, liberties = self.chain(stones, p)
        if len(liberties) != 2:
            return len(liberties) < 2
        if self._is_double_ko(stones, p, liberties):
            return True
        for q in liberties:
            after, gone = self.after(stones, q, -stones[p])
            if q in gone or (q == ko and gone):
                continue
            if self._escape_fails(after, self._ko_after(after, gone, q), p):
                return True
        return False

    def _is_double_ko(self, stones: Stones, p: int, liberties: set[int]) -> bool:
        color = stones[p]
        for q in liberties:
            _, gone = self.after(stones, q, -color)
            walled = all(stones[n] == color for n in self.around(q))
            if not walled or q in gone or len(gone) != 1:
                return False
            if len(self.chain(self.after(stones, q, color)[0], q)[1]) > 2:
                return False
        return not self._prey(stones, p)
