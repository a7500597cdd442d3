"""What happens in the main line: moves, stones that are set up, and who is to move, in the order of the nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from games.go.board import BLACK, EMPTY, WHITE
from games.go.sgf.properties import player_of, point_of, points_of
from games.go.sgf.tree import SET_UP, Node

_COLORS = {"AB": BLACK, "AW": WHITE, "AE": EMPTY}


@dataclass(frozen=True)
class SetUp:
    """Stones by point, EMPTY where one is taken away, and who is to move, None where nothing says so.

    beside_move: the same node has a move, and comes next.
    """

    stones: dict[int, int]
    player: int | None
    beside_move: bool


@dataclass(frozen=True)
class Move:
    """A move of BLACK or WHITE; point is None where ``complaint`` says why it is none."""

    color: int
    point: int | None
    complaint: str = ""


Event = SetUp | Move


def events_of(nodes: Sequence[Node], width: int, height: int, notes: list[str]) -> list[Event]:
    """The events of a main line; what cannot be understood is noted, or is a move with its complaint."""
    events: list[Event] = []
    for node in nodes:
        move = node.move
        player = player_of(node, notes)
        if node.sets_up or player is not None:
            events.append(SetUp(_stones(node, width, height, notes), player, move is not None))
        if move is not None:
            events.append(_move(*move, width, height, notes))
    return events


def _stones(node: Node, width: int, height: int, notes: list[str]) -> dict[int, int]:
    stones: dict[int, int] = {}
    for name in SET_UP:
        for value in node.properties.get(name, ()):
            if not value.strip():
                continue
            try:
                points = points_of(value, width, height)
            except ValueError as error:
                notes.append(f"a set-up stone is left out: {error}")
                continue
            stones |= dict.fromkeys(points, _COLORS[name])
    return stones


def _move(name: str, value: str, width: int, height: int, notes: list[str]) -> Move:
    color = BLACK if name == "B" else WHITE
    try:
        point, read_as = point_of(value, width, height)
    except ValueError as error:
        return Move(color, None, str(error))
    if read_as is not None and read_as not in notes:
        notes.append(read_as)
    return Move(color, point)
