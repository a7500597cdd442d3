"""What a match is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhugo.strength.match.game import Terms
from zhugo.strength.match.sides import Side


@dataclass(frozen=True)
class Match:
    """A match as it was asked for. ``referee`` scores boards on which the players differ; None: all stones live.

    ``about``: what else every game depends on, and the texts of the sides do not say.
    """

    sides: tuple[Side, Side]
    games: int
    terms: Terms
    opening_moves: int
    seed: int
    referee: Side | None
    out: Path | None = None
    parallel: int = 1
    about: Mapping[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """What every game depends on; games of matches in which any of it differs are not counted together."""
        names = ("first", "second", "referee")
        sides = dict(zip(names, (*self.sides, self.referee), strict=True))
        return {
            **{name: side and side.text for name, side in sides.items()},
            **{f"net of {name}": side.net_sha256 for name, side in sides.items() if side and side.net_sha256},
            **self.terms.described(),
            "opening moves": self.opening_moves,
            "seed": self.seed,
            "seconds a move": self.terms.seconds,
            "most moves": self.terms.max_moves,
            **self.about,
        }

    def first_is(self, number: int) -> str:
        """The colour of the first side in a game: they take turns, so that each opening is played from both sides."""
        return "black" if number % 2 == 0 else "white"
