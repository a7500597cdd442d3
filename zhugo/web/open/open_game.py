"""A game that is open: its record, and what is known of its positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from games.go.sgf import Segment
from zhugo.review.move_costs import Position, review_moves
from zhugo.web import messages as m
from zhugo.web.open.playing import Playing
from zhugo.web.record import BadEdit, Place, RecordTree, about, game_message, node_message


@dataclass(eq=False)
class OpenGame:
    """``name``: its own in the store. ``live``: the best search of each node's position while it was looked at.

    ``playing``: the game against the engine in it, the last one. ``state``: what was saved of that.
    """

    name: str
    title: str
    tree: RecordTree
    changed: float = 0.0
    live: dict[int, Position] = field(default_factory=dict)
    playing: Playing | None = None
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def is_played(self) -> bool:
        """Whether a game against the engine goes on in it."""
        return self.playing is not None and not self.playing.is_over

    def saved_state(self) -> dict[str, Any]:
        """What is to be saved beside the record."""
        return self.state if self.playing is None else {"playing": self.playing.saved()}

    @property
    def moves(self) -> int:
        """Of the main line."""
        return sum(self.tree.node(number).move is not None for number in self.tree.main_line())

    def listed(self) -> m.GameName:
        """In the list of games."""
        return m.GameName(self.name, self.title, self.changed, self.moves, self.is_played)

    def message(self) -> m.Game:
        """All of it."""
        return game_message(self.name, self.title, self.tree)

    def changes(self, nodes: Sequence[int], removed: Sequence[int] = (), *, of_root: bool = False) -> m.GameChanged:
        """The message that tells of these nodes."""
        shown = [node_message(self.tree, number) for number in nodes]
        return m.GameChanged(self.name, shown, list(removed), about(self.tree) if of_root else None)

    def place(self, node: int) -> Segment:
        """The position of a node, for the daemon. Raises ``BadEdit`` or ``GameError``."""
        return Place.of(self.tree, node).segment

    def play(self, node: int, point: int) -> tuple[int, m.GameChanged | None]:
        """The node in which ``point`` is played behind ``node``, and what is new. Raises ``BadEdit``, ``GameError``."""
        position = Place.of(self.tree, node).position
        known = self.tree.child_with(node, position.to_play, point)
        if known is not None:
            return known, None
        if point > self.tree.points:
            raise BadEdit(f"{point} is no point of this board")
        if (reason := position.why_illegal(point)) is not None:
            raise BadEdit(f"{position.game.vertex(point)} cannot be played: {reason}")
        return self.add(node, position.to_play, point)

    def add(self, node: int, color: int, point: int) -> tuple[int, m.GameChanged | None]:
        """As ``play``, of a move that is known to be legal."""
        new = self.tree.add_move(node, color, point)
        return new, self.changes([node, new])

    def edit(self, asked: m.Edit) -> m.GameChanged:
        """Change the record. Raises ``BadEdit``."""
        node = asked.node
        match asked.what:
            case "delete":
                parent = self.tree.parent(node)
                if self.playing is not None and self.is_played and node in self.tree.line(self.playing.node):
                    raise BadEdit("this is a move of the game that is being played")
                gone = self.tree.delete(node)
                for each in gone:
                    self.live.pop(each, None)
                assert parent is not None
                return self.changes([parent], gone)
            case "promote":
                return self.changes([self.tree.promote(node)])
            case "comment":
                self.tree.comment(node, asked.text)
            case "mark":
                self.tree.mark(node, asked.text, asked.points)
        return self.changes([node])

    def cost(self, node: int, known: Callable[[int], Position | None]) -> tuple[float | None, float] | None:
        """What the move at a node lost, by what was found while one looked and what is ``known`` besides.

        In points (None where the net has none) and win rate; None while the position before it is not known.
        """
        move, parent = node_message(self.tree, node).move, self.tree.parent(node)
        if move is None or parent is None or node not in self.live:
            return None
        found = [one for one in (self.live.get(parent), known(parent)) if one is not None]
        if not found:
            return None
        review = review_moves([max(found, key=lambda one: one.visits), self.live[node]], [move])[0]
        return review.point_loss, review.rate_loss
