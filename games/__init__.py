"""What a game is. ``games.load(name, spec)`` gives one: ``go``, or any that ``openspiel`` adapts."""

from games.game import (
    USUAL_OPTIMISM,
    Game,
    GameError,
    IllegalMove,
    Leaves,
    Positions,
    takes_optimism,
    takes_players,
    with_optimism,
    with_players,
)
from games.registry import load, read

__all__ = [
    "USUAL_OPTIMISM",
    "Game",
    "GameError",
    "IllegalMove",
    "Leaves",
    "Positions",
    "load",
    "read",
    "takes_optimism",
    "takes_players",
    "with_optimism",
    "with_players",
]
