"""What a person may set of the engine: by the command's options, and later by ``kata-set-param``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from msgspec import structs

from protocol.messages import Limits, SearchSettings

Perspective = Literal["side", "black", "white"]
"""Whose win rates and leads are told: those of the side to move, or always one player's."""


@dataclass
class Settings:
    """``visits``, ``playouts``, ``seconds``: what a search for a move may cost; a clock may cut the time further.
    ``visits`` counts those that the tree has already, ``playouts`` does not. ``search``: how to search.

    ``resign_below``: a win rate that is hopeless, 0 for never to resign; after ``resign_after`` hopeless moves in a
    row the engine resigns. ``wide_root_noise``: the weight of noise at the root of an analysis, so that it looks at
    more moves. ``chat``: say on stderr what gtp2ogs reads there.
    """

    visits: int | None
    seconds: float | None
    ponder: bool = False
    resign_below: float = 0.0
    resign_after: int = 3
    wide_root_noise: float = 0.0
    pv_length: int = 15
    perspective: Perspective = "side"
    chat: bool = False
    playouts: int | None = None
    search: SearchSettings = field(default_factory=lambda: SearchSettings(ownership=True, policy=True))

    def for_play(self) -> SearchSettings:
        """How to search for a move."""
        return self.search

    def for_analysis(self) -> SearchSettings:
        """How to search for people."""
        return structs.replace(self.search, noise_weight=min(1.0, self.wide_root_noise))

    def limits(self, seconds: float | None, anew: bool = False) -> Limits:
        """Those of a search for a move within ``seconds``; ``anew``: what the tree has already does not count."""
        if not anew:
            return Limits(self.visits, self.playouts, seconds)
        known = [limit for limit in (self.visits, self.playouts) if limit is not None]
        return Limits(new_visits=min(known, default=None), seconds=seconds)
