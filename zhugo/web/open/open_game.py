"""A game that is open: its record, and what is known of its positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from games.go.sgf import Segment
from zhugo.review.move_costs import Position
from zhugo.web import messages as m
from zhugo.web.open.known import cost_of
from zhugo.web.record import BadEdit, Place, RecordTree, about, game_message, main_places, node_message


@dataclass(eq=False)
class OpenGame:
    """``name``: its own in the store. ``known``: the best search of each node's position so far."""

    name: str
    title: str
    tree: RecordTree
    changed: float = 0.0
    known: dict[int, Position] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    """What was saved beside the record."""

    @property
    def is_played(self) -> bool:
        """Whether a game against the engine goes on in it."""
        return False

    def saved_state(self) -> dict[str, Any]:
        """What is to be saved beside the record."""
        return self.state

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
                gone = self.tree.delete(node)
                for each in gone:
                    self.known.pop(each, None)
                assert parent is not None
                return self.changes([parent], gone)
            case "promote":
                return self.changes([self.tree.promote(node)])
            case "comment":
                self.tree.comment(node, asked.text)
            case "mark":
                self.tree.mark(node, asked.text, asked.points)
        return self.changes([node])

    def learn(self, positions: Mapping[int, Position]) -> None:
        """Take what searches say of nodes, where it is better than what was known."""
        for node, position in positions.items():
            if node in self.tree and (node not in self.known or self.known[node].visits <= position.visits):
                self.known[node] = position

    def cost(self, node: int) -> tuple[float | None, float] | None:
        """What the move at a node lost, where that is known: see ``cost_of``."""
        parent = self.tree.parent(node)
        return cost_of(self.known, parent, node, node_message(self.tree, node).move)

    def main_positions(self) -> list[tuple[int, Segment]]:
        """Node and position along the main line."""
        return [(node, place.segment) for node, place in main_places(self.tree)]
