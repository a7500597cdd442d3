"""How nets are compared, as presets and ``--set`` have it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Arena(Struct, frozen=True, forbid_unknown_fields=True):
    """games: at most; they come in pairs. visits: of every search. opening_plies: random moves that a pair begins with,
    at most. accept: the mean score from which a new net takes the place of the old; at 0 every new net does, and games
    only measure. margin: the new net is taken to score accept - margin or accept + margin, and games end when one of
    the two is so unlikely that the chance of being wrong is ``risk``. max_moves: cut a game off, which is a draw but in
    Go, where the board is counted as it stands; when None, twice as many as there are different moves, and at least
    200. at_once: games at a time in one process."""

    games: Annotated[int, Meta(ge=2, le=100_000, multiple_of=2)] = 200
    visits: Annotated[int, Meta(ge=2, le=1_000_000)] = 100
    opening_plies: Annotated[int, Meta(ge=0, le=1000)] = 6
    accept: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.55
    margin: Annotated[float, Meta(gt=0.0, le=0.5)] = 0.05
    risk: Annotated[float, Meta(gt=0.0, lt=0.5)] = 0.05
    max_moves: Annotated[int, Meta(ge=1, le=20_000)] | None = None
    at_once: Annotated[int, Meta(ge=2, le=10_000, multiple_of=2)] = 32

    @property
    def processes(self) -> int:
        """How many processes have something to play."""
        return -(-self.games // self.at_once)
