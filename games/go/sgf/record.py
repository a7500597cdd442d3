"""A game as a file tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from games.go.game import Go


@dataclass(frozen=True)
class Segment:
    """Moves that follow one another from a position that was set up. spec: for ``Go.from_spec``.

    record: the moves, with a switch wherever a player moves twice running.
    """

    spec: dict[str, Any]
    record: list[int]

    @property
    def game(self) -> Go:
        """The game that the record is of."""
        return Go.from_spec(self.spec)

    @property
    def move_count(self) -> int:
        """How many moves it has, switches left out."""
        game = self.game
        return sum(move <= game.points for move in self.record)


@dataclass(frozen=True)
class GameRecord(Segment):
    """A game. Its own ``spec`` and ``record`` go up to where stones are set up behind a move, if they are.

    info: players, ranks, result, date and place, where the file names them, under the keys black, white, black_rank,
    white_rank, result, date, event, round, place and name. notes: what the file says that was not taken literally, and
    every move that was left out, one line each. later: the segments behind set-up stones. No history reaches across;
    the komi of each holds what was earned before: prisoners, where they count, and White's points for a handicap.
    """

    info: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    later: tuple[Segment, ...] = ()

    @property
    def segments(self) -> list[Segment]:
        """All of it, in order."""
        return [Segment(self.spec, self.record), *self.later]
