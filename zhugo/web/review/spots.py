"""The positions of a record that a review searches."""

from __future__ import annotations

from dataclasses import dataclass

from games.game import GameError
from games.go.sgf import Segment
from games.go.sgf.events import Move, events_of
from zhugo.web.record import BadEdit, Place, RecordTree

MOST = 5000
"""Positions of a record that are reviewed; the main line comes first."""


@dataclass(frozen=True)
class Spot:
    """The position at a node. ``move``: (color, point) that leads there, None where the node has none.

    ``number``: of moves on the line up to here. ``main``: on the main line.
    """

    node: int
    segment: Segment
    move: tuple[int, int] | None
    number: int
    main: bool

    @property
    def before(self) -> Segment | None:
        """The position in which the move was played, with its player to move; None without a move to judge."""
        record = self.segment.record
        if self.move is None or not record or record[-1] != self.move[1]:
            return None
        return Segment(self.segment.spec, record[:-1])

    @property
    def to_play(self) -> int:
        """Who moves there: +1 Black, -1 White."""
        return to_play(self.segment)


def to_play(segment: Segment) -> int:
    """Who moves at the end of a segment."""
    first = -1 if str(segment.spec.get("to_play", "black")).lower().startswith("w") else 1
    return int(first * (-1) ** len(segment.record))


def spots_of(tree: RecordTree) -> list[Spot]:
    """The main line, then the variations, each behind what it branches off from."""
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
    return found


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
            return Spot(number, Place.of(tree, number).segment, known, count, main)
        except (BadEdit, GameError):
            return None
    if move is None:
        return Spot(number, above.segment, None, count, main)
    if known is None:
        return None
    record = [*above.segment.record]
    if to_play(above.segment) != known[0]:
        record.append(tree.points + 1)
    return Spot(number, Segment(above.segment.spec, [*record, known[1]]), known, count, main)
