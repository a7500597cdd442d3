"""A game as it begins: at any position of a record. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from games.game import GameError
from games.go.other_rules import continued
from games.go.position import Position
from zhugo.web import messages
from zhugo.web.play import clocks
from zhugo.web.play.clock_pair import COLORS
from zhugo.web.play.standing import State


def begun(
    spec: Mapping[str, Any], before: Sequence[tuple[int, int]], opponent: messages.Opponent, turn: int | None
) -> State:
    """A game from the position of ``spec`` after the moves ``before``, (color, point) each.

    ``turn``: who moves then, where that is not the other player. Raises ``GameError``, and ``ValueError`` for a clock
    without time.
    """
    position = _after(spec, before, turn)
    state = State({**spec}, position.record, opponent)
    state.stage = "person" if position.to_play == opponent.human else "engine"
    system = clocks.system_of(opponent.clock)
    if system is not None:
        state.left = {color: clocks.full(system) for color in COLORS}
    return state


def _after(spec: Mapping[str, Any], moves: Sequence[tuple[int, int]], turn: int | None) -> Position:
    """The position after these moves, with switches where a player moves twice."""
    first = continued(spec, [])
    switch, color, record = first.game.points + 1, first.to_play, []
    for mover, point in moves:
        if mover not in COLORS or not 0 <= point <= first.game.points:
            raise GameError(f"({mover}, {point}) is no move")
        record += [switch] * (mover != color) + [point]
        color = -mover
    if turn is not None and turn != color:
        record.append(switch)
    return continued(spec, record)
