"""The positions of a record that a review searches."""

from __future__ import annotations

from dataclasses import dataclass, replace

from games.game import GameError
from games.go.sgf import Segment
from games.go.sgf.events import Move, events_of
from zhugo.web.record import BadEdit, Place, RecordTree

MOST = 5000
"""Positions of a record that are reviewed; the main line comes first."""


@dataclass(frozen=True)
class Spot:
    """The position at a node. ``move``: (color, point) that leads there, None where the node has none.

    ``number``: of moves on the line up to here. ``main``: on the main line. ``before``: the position in which the move
    was played, with its player to move; None without a move to judge.
    """

    node: int
    segment: Segment
    move: tuple[int, int] | None
    number: int
    main: bool
    before: Segment | None

    @property
    def to_play(self) -> int:
        """Who moves there: +1 Black, -1 White."""
        return to_play(self.segment)


def to_play(segment: Segment) -> int:
    """Who moves at the end of a segment."""
    first = -1 if str(segment.spec.get("to_play", "black")).lower().startswith("w") else 1
    return int(first * (-1) ** len(segment.record))


def spots_of(tree: RecordTree) -> list[Spot]:
    """The main line, then the variations, each behind what it branches off from.

    Where the next move is not of the player whose turn it is, the turn is handed over before it, as in a daemon's
    record of the whole game: so every position is the one that the next move is judged by.
    """
    found: list[Spot] = []
    branches: list[tuple[Spot | None, int]] = []
    spot: Spot | None = None
    for number in tree.main_line():
        spot = _add(tree, number, spot, True, found, branches)
    while branches and len(found) < MOST:
        spot, number = branches.pop(0)
        while spot is not None and len(found) < MOST:
            below = _add(tree, number, spot, False, found, branches)
            children = tree.children(number)
            if not children:
                break
            spot, number = below, children[0]
    by_node = {one.node: one for one in found}
    return [_with_turn(one, [by_node.get(child) for child in tree.children(one.node)]) for one in found]


def _with_turn(spot: Spot, below: list[Spot | None]) -> Spot:
    """The spot with the turn of the move that follows in the main line of its node."""
    following = below[0].before if below and below[0] is not None else None
    if following is None or following.spec != spot.segment.spec:
        return spot
    is_turned = len(following.record) == len(spot.segment.record) + 1
    return replace(spot, segment=following) if is_turned else spot


def _add(
    tree: RecordTree,
    number: int,
    above: Spot | None,
    main: bool,
    found: list[Spot],
    branches: list[tuple[Spot | None, int]],
) -> Spot | None:
    """The spot of a node, below that of its parent; None where nothing can be searched."""
    spot = _spot(tree, number, above, main)
    if spot is not None:
        found.append(spot)
        branches += [(spot, child) for child in tree.children(number)[1:]]
    return spot


def _spot(tree: RecordTree, number: int, above: Spot | None, main: bool) -> Spot | None:
    node = tree.node(number)
    events = events_of([node], tree.width, tree.height, [])
    move = next(((event.color, event.point) for event in events if isinstance(event, Move)), None)
    count = (0 if above is None else above.number) + (move is not None)
    known = None if move is None or move[1] is None else (move[0], move[1])
    if above is None or number == tree.illegal_node or node.sets_up or "PL" in node.properties:
        try:
            return _made(number, Place.of(tree, number).segment, known, count, main)
        except (BadEdit, GameError):
            return None
    if move is None:
        return _made(number, above.segment, None, count, main)
    if known is None:
        return None
    record = [*above.segment.record]
    if to_play(above.segment) != known[0]:
        record.append(tree.points + 1)
    return _made(number, Segment(above.segment.spec, [*record, known[1]]), known, count, main)


def _made(node: int, segment: Segment, move: tuple[int, int] | None, number: int, main: bool) -> Spot:
    is_played = move is not None and segment.record[-1:] == [move[1]]
    return Spot(node, segment, move, number, main, Segment(segment.spec, segment.record[:-1]) if is_played else None)
