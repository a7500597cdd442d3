"""What a game is. ``games.load(name, spec)`` gives one: ``go``, or any that ``openspiel`` adapts."""

from games.game import Game, GameError, IllegalMove, Leaves, Positions
from games.registry import load, read

__all__ = ["Game", "GameError", "IllegalMove", "Leaves", "Positions", "load", "read"]
