"""Boards drawn as text: X black, O white, . empty, a letter a point that a test speaks of."""

from __future__ import annotations

from typing import Any

from games.go.game import Go
from games.go.position import Position


class Drawn:
    """A drawing, its points by letter, and the position that it shows. Points under a letter are empty."""

    def __init__(self, text: str, to_play: str = "black", rules: Any = "chinese", komi: float = 0.0) -> None:
        rows = [row.split() for row in text.strip().splitlines()]
        self.width, self.height = len(rows[0]), len(rows)
        marks = [mark for row in rows for mark in row]
        assert len(marks) == self.width * self.height, "ragged drawing"
        self.marks = marks
        self.at = {mark: point for point, mark in enumerate(marks) if mark not in ".XO"}
        self.spec = {
            "size": [self.width, self.height],
            "komi": komi,
            "rules": rules,
            "black": [p for p, mark in enumerate(marks) if mark == "X"],
            "white": [p for p, mark in enumerate(marks) if mark == "O"],
            "to_play": to_play,
        }
        self.game = Go.from_spec(self.spec)
        self.position = Position(self.game)

    def play(self, letters: str) -> Position:
        """Play the points of the letters in turn, "-" passing, on the position itself."""
        for letter in letters:
            self.position.play(self.game.points if letter == "-" else self.at[letter])
        return self.position


def diagram(position: Position) -> str:
    """The stones of a position, drawn."""
    marks = {0: ".", 1: "X", -1: "O"}
    return "\n".join(" ".join(marks[int(stone)] for stone in row) for row in position.stones)


def shaped(text: str) -> str:
    """A drawing with the blanks around its lines taken away, to compare with ``diagram``."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
