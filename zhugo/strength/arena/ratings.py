"""Elo from net to net: every new net is rated by its games against the one before it. Kept as a JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from protocol.files import write_whole
from zhugo.shared.errors import UserError, one_line
from zhugo.strength.arena.contest import Outcome


class Rating(Struct, frozen=True):
    """One contest. new, old: names of nets. elo: the new net's, by the old one's and their games; low, high: ends of
    the 95 % interval of the difference, None where a sweep leaves one open. ratio: see ``sprt``."""

    new: str
    old: str
    accepted: bool
    wins: int
    draws: int
    losses: int
    difference: float
    low: float | None
    high: float | None
    ratio: float
    elo: float

    @classmethod
    def of(cls, new: str, old: str, outcome: Outcome, elo_of_old: float) -> Self:
        """What a contest says of the new net."""
        difference = outcome.elo
        return cls(
            new,
            old,
            outcome.verdict == "accepted",
            outcome.count(1.0),
            outcome.count(0.5),
            outcome.count(0.0),
            difference.elo,
            difference.elo_low,
            difference.elo_high,
            outcome.ratio,
            elo_of_old + difference.elo,
        )


class Ratings:
    """The history in a file, which need not be there yet."""

    def __init__(self, path: Path) -> None:
        """Raises ``UserError`` for a file that is no history."""
        self._path = path
        self.history: list[Rating] = []
        try:
            self.history = msgspec.json.decode(path.read_bytes(), type=list[Rating])
        except FileNotFoundError:
            pass
        except (OSError, msgspec.DecodeError) as error:
            raise UserError(f"Elo history {path}: {one_line(error)}") from None

    def of(self, net: str) -> float:
        """The Elo of a net; 0 for one that was never new."""
        return next((rating.elo for rating in reversed(self.history) if rating.new == net), 0.0)

    def add(self, new: str, old: str, outcome: Outcome) -> Rating:
        """Keep a contest, in place of an earlier one of this new net. Raises ``OSError`` on a full disk."""
        rating = Rating.of(new, old, outcome, self.of(old))
        self.history = [one for one in self.history if one.new != new] + [rating]
        write_whole(self._path, msgspec.json.format(msgspec.json.encode(self.history), indent=1))
        return rating
