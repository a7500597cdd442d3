"""A record that was played under other rules than those that are to count from now on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from games.game import IllegalMove
from games.go.game import Go
from games.go.position import Position
from games.go.spec import MAX_UNCHECKED


def continued(spec: Mapping[str, Any], record: Sequence[int]) -> Position:
    """The position after ``record``, in the game of ``spec`` with as few entries unchecked as the record needs.

    Raises ``GameError`` where there is no such game, ``IllegalMove`` for a move that no rules allow.
    """
    checked = {name: value for name, value in spec.items() if name != "unchecked"}
    try:
        return Position(Go.from_spec(checked), record)
    except IllegalMove:
        tolerant = Position(Go.from_spec({**checked, "unchecked": min(len(record), MAX_UNCHECKED)}))
    needed = 0
    for at, entry in enumerate(record):
        needed = needed if tolerant.why_illegal(entry) is None else at + 1
        tolerant.play(entry)
    return Position(Go.from_spec({**checked, "unchecked": needed}), record)
