"""The count of the games of a match so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from zhugo.strength.elo import Elo, elo

SCORES = {"first": 1.0, "nobody": 0.5, "second": 0.0}
"""What the first side gets for a game by who won it."""


@dataclass(frozen=True)
class GameLine:
    """One game as the journal keeps it.

    number: from 0. first: the colour of the first side. winner: "first", "second", "nobody" for a draw, None without
    a result. how, note: how it ended. opinions: Black's and White's of the final board. moves: the opening's too.
    seconds: what each side's moves took, the first side's first. sgf: its file.
    """

    number: int
    first: str
    result: str
    winner: str | None
    how: str
    note: str = ""
    opinions: tuple[str, str] | None = None
    moves: int = 0
    seconds: tuple[float, float] = (0.0, 0.0)
    sgf: str | None = None

    @property
    def differ(self) -> bool:
        """Whether the players made different scores of the final board."""
        return self.opinions is not None and self.opinions[0] != self.opinions[1]


@dataclass(frozen=True)
class Tally:
    """Sums over games, from the first side's view. no_result: games that count for neither."""

    games: int
    wins: int
    draws: int
    losses: int
    no_result: int
    wins_as_black: int
    wins_as_white: int
    forfeits: tuple[int, int]
    disagreements: int
    mean_moves: float
    elo: Elo | None

    @classmethod
    def of(cls, games: Iterable[GameLine]) -> Tally:
        """The count of these games."""
        lines = list(games)
        scored = [line for line in lines if line.winner is not None]
        won = [line for line in scored if line.winner == "first"]
        forfeited = [line.winner for line in scored if line.how == "forfeit"]
        return cls(
            games=len(lines),
            wins=len(won),
            draws=sum(line.winner == "nobody" for line in scored),
            losses=sum(line.winner == "second" for line in scored),
            no_result=len(lines) - len(scored),
            wins_as_black=sum(line.first == "black" for line in won),
            wins_as_white=sum(line.first == "white" for line in won),
            forfeits=(forfeited.count("second"), forfeited.count("first")),
            disagreements=sum(line.differ for line in lines),
            mean_moves=sum(line.moves for line in lines) / len(lines) if lines else 0.0,
            elo=elo([SCORES[line.winner] for line in scored if line.winner is not None]),
        )

    @property
    def score(self) -> str:
        """Games won, drawn (if any) and lost."""
        return "-".join(str(n) for n in (self.wins, self.draws, self.losses) if n is not self.draws or n)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, the Elo's figures among the others."""
        figures = asdict(self)
        return figures | (figures.pop("elo") or {})
