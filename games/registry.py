"""The games by name, and the model of each one's specifications."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from games import specs
from games.game import Game, GameError
from games.specs import Specification, short


def _go() -> Kind:
    from games.go.game import Go
    from games.go.spec import GoSpec

    return Kind(GoSpec, Go.from_spec)


def _openspiel() -> Kind:
    from games.openspiel.game import OpenSpielGame
    from games.openspiel.spec import OpenSpielSpec

    return Kind(OpenSpielSpec, OpenSpielGame.from_spec)


class Kind(NamedTuple):
    """A game that is known by name: what its specifications may hold, and how the game of one is made."""

    model: type[Specification]
    make: Callable[[Any], Game]


_KINDS: dict[str, Callable[[], Kind]] = {"go": _go, "openspiel": _openspiel}


def kind(name: str) -> Kind:
    """What is known by this name. Raises ``GameError``."""
    if name not in _KINDS:
        raise GameError(f"unknown game {short(name)}; known: {', '.join(sorted(_KINDS))}")
    return _KINDS[name]()


def read(name: str, spec: Mapping[str, Any]) -> Specification:
    """``spec`` as the model of the game ``name`` has it. Raises ``GameError`` where it has no place for it."""
    return specs.read(spec, kind(name).model)


def load(name: str, spec: Specification | Mapping[str, Any]) -> Game:
    """The game ``name`` as ``spec`` describes it, what ``read`` gave or a dict. Raises ``GameError``."""
    found = kind(name)
    return found.make(spec if isinstance(spec, found.model) else specs.read(spec, found.model))


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
