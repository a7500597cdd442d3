"""The games by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from games.game import Game, GameError


def _go(spec: dict[str, Any]) -> Game:
    from games.go.game import Go

    return Go.from_spec(spec)


_GAMES: dict[str, Callable[[dict[str, Any]], Game]] = {"go": _go}


def load(name: str, spec: dict[str, Any]) -> Game:
    """The game ``name`` as ``spec`` describes it. Raises ``GameError`` when either makes no sense."""
    try:
        make = _GAMES[name]
    except KeyError:
        raise GameError(f"unknown game {name!r}; known: {', '.join(sorted(_GAMES))}") from None
    return make(spec)
