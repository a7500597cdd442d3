"""Moves that a search for a move does not look at, since others come to the same."""

from __future__ import annotations

from games.go.symmetric_moves import symmetric_copies
from games.go.useless_moves import useless_moves
from zhugo.bridges.gtp.engine import Engine


def useless(engine: Engine) -> list[int]:
    """The moves of the player to move that can change nothing, by the rules of the search and by those of the end."""
    if not engine.settings.useless_pruning:
        return []
    takes_dead_off = engine.game.rules.takes_dead_off and engine.rules.takes_dead_off
    return useless_moves(engine.position, takes_dead_off)


def copies(engine: Engine) -> list[int]:
    """All but one of the moves that come to the same by symmetry."""
    return symmetric_copies(engine.position) if engine.settings.symmetry_pruning else []


def has_useful_moves(engine: Engine) -> bool:
    """Whether there is a move other than the pass that may change something."""
    legal = engine.position.legal()[: engine.pass_move]
    legal[useless(engine)] = False
    return bool(legal.any())
