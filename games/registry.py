"""The games by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from games.game import Game, GameError


def _go(spec: dict[str, Any]) -> Game:
    from games.go.game import Go

    return Go.from_spec(spec)


def _openspiel(spec: dict[str, Any]) -> Game:
    from games.openspiel.game import OpenSpielGame

    return OpenSpielGame.from_spec(spec)


_GAMES: dict[str, Callable[[dict[str, Any]], Game]] = {"go": _go, "openspiel": _openspiel}


def load(name: str, spec: dict[str, Any]) -> Game:
    """The game ``name`` as ``spec`` describes it. Raises ``GameError`` when either makes no sense."""
    try:
        make = _GAMES[name]
    except KeyError:
        raise GameError(f"unknown game {name!r}; known: {', '.join(sorted(_GAMES))}") from None
    return make(spec)


def named(text: str, size: int | None = None) -> tuple[str, dict[str, Any]]:
    """What ``load`` takes, for a game as people write it: ``go``, or OpenSpiel's name and parameters.

    ``size``: of a board of Go, which has no other parameters here. Raises ``GameError``.
    """
    if text == "go":
        return "go", {"size": 19 if size is None else size}
    if size is not None:
        raise GameError(f"a size is for go; write {text}'s parameters behind its name: {text}(key=value,...)")
    from games.openspiel.game import OpenSpielGame

    return "openspiel", OpenSpielGame(text).spec()
