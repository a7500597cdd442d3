"""The nodes of a record, numbered, and how they may be changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import chain, count
from string import ascii_uppercase
from typing import Any

from games.go.coords import to_sgf
from games.go.rules import Rules, name_of
from games.go.sgf import GameRecord, record_of_line, trees_with_notes
from games.go.sgf.errors import SgfError
from games.go.sgf.tree import MOVES, Node, escape, main_line, serialise
from zhugo.shared import records

MARKS = ("TR", "SQ", "CR", "MA")
LABEL = "LB"
MOST_NODES = 1_000_000


def rules_text(rules: Rules) -> str:
    """Their name, or all options where they have none."""
    return name_of(rules) or json.dumps(rules.as_dict())


class BadEdit(ValueError):
    """A change that cannot be; the text says why, in one line."""


class RecordTree:
    """A game with its variations. Nodes have numbers, which stay; the root's is 0.

    ``root``: of the SGF. ``notes``: what was mended or left out when it was read. Raises ``GameError`` when it is not a
    game of Go that can be played here.
    """

    def __init__(self, root: Node, notes: Sequence[str] = ()) -> None:
        self.root = root
        self._nodes: dict[int, Node] = {}
        self._numbers: dict[Node, int] = {}
        self._parents: dict[int, int] = {}
        self._next = 0
        self._number(root, None)
        self.game: GameRecord = record_of_line(main_line(root))
        self.notes = [*notes, *self.game.notes]
        moves = [node for node in main_line(root) if node.move is not None]
        kept = sum(segment.move_count for segment in self.game.segments)
        self.illegal_node = self._numbers[moves[kept]] if kept < len(moves) else None
        """The first move of the main line that the rules do not allow. The board shows it nevertheless."""
        go = self.game.game
        self.width, self.height, self.points = go.width, go.height, go.points

    @classmethod
    def new(cls, spec: dict[str, Any], info: dict[str, str]) -> RecordTree:
        """An empty game of a specification; ``info`` are properties of its root."""
        game = GameRecord(spec, [])
        text = records.as_sgf(game.game, [], info)
        root, _ = trees_with_notes(text.encode())[0]
        root.properties["RU"] = [escape(rules_text(game.game.rules))]
        return cls(root)

    @classmethod
    def read_all(cls, data: bytes) -> list[RecordTree | SgfError]:
        """Every game in ``data``, or why it is none. Raises ``SgfError`` when there is no game at all."""
        found: list[RecordTree | SgfError] = []
        for root, notes in trees_with_notes(data):
            try:
                found.append(cls(root, notes))
            except SgfError as error:
                found.append(error)
        return found

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, number: int) -> bool:
        return number in self._nodes

    @property
    def numbers(self) -> list[int]:
        """All nodes, parents before children."""
        return list(self._nodes)

    def node(self, number: int) -> Node:
        """Raises ``BadEdit`` without such a node."""
        try:
            return self._nodes[number]
        except KeyError:
            raise BadEdit(f"there is no node {number}") from None

    def number(self, node: Node) -> int:
        """Of one of its nodes."""
        return self._numbers[node]

    def parent(self, number: int) -> int | None:
        """None for the root."""
        return self._parents.get(number)

    def children(self, number: int) -> list[int]:
        """The first one continues the main line."""
        return [self._numbers[child] for child in self.node(number).children]

    def line(self, number: int) -> list[int]:
        """The nodes from the root to one, both included."""
        found = [number]
        while (parent := self._parents.get(found[-1])) is not None:
            found.append(parent)
        return found[::-1]

    def main_line(self) -> list[int]:
        """From the root, the first child each time."""
        return [self._numbers[node] for node in main_line(self.root)]

    def end_of(self, number: int) -> int:
        """The last node of the line that the first children go on with."""
        return self._numbers[main_line(self.node(number))[-1]]

    def child_with(self, number: int, color: int, point: int) -> int | None:
        """The child in which this move is played."""
        name, text = MOVES[color < 0], to_sgf(point, self.width, self.height)
        for child in self.node(number).children:
            if child.move is not None and child.move[0] == name and self._plain(child.move[1]) == text:
                return self._numbers[child]
        return None

    def add_move(self, number: int, color: int, point: int) -> int:
        """The child in which this move is played, a new one where there is none. Whether it is legal is not asked."""
        known = self.child_with(number, color, point)
        if known is not None:
            return known
        if len(self._nodes) >= MOST_NODES:
            raise BadEdit(f"a record has {MOST_NODES:,} nodes at most")
        child = Node({MOVES[color < 0]: [to_sgf(point, self.width, self.height)]})
        self.node(number).children.append(child)
        return self._number(child, number)

    def delete(self, number: int) -> list[int]:
        """Take a node away with all below it; their numbers. Raises ``BadEdit`` for the root."""
        parent = self._parents.get(number)
        node = self.node(number)
        if parent is None:
            raise BadEdit("the first node cannot be deleted")
        self._nodes[parent].children.remove(node)
        gone = []
        waiting = [node]
        while waiting:
            each = waiting.pop()
            waiting += each.children
            gone.append(self._numbers.pop(each))
            del self._nodes[gone[-1]], self._parents[gone[-1]]
        return gone

    def promote(self, number: int) -> int:
        """Put a node first among its siblings; its parent. Raises ``BadEdit`` for the root."""
        parent = self._parents.get(number)
        node = self.node(number)
        if parent is None:
            raise BadEdit("the first node has no siblings")
        siblings = self._nodes[parent].children
        siblings.remove(node)
        siblings.insert(0, node)
        return parent

    def comment(self, number: int, text: str) -> None:
        """Say this at a node, and nothing else."""
        self._say(self.node(number), "C", [escape(text)] if text else [])

    def mark(self, number: int, kind: str, points: Sequence[int]) -> None:
        """Give ``points`` this mark, or take it from those that have it; ``LB`` gives each a letter of its own."""
        node = self.node(number)
        places = [to_sgf(point, self.width, self.height) for point in points if point < self.points]
        if kind == LABEL:
            labels = dict(value.partition(":")[::2] for value in node.properties.get(LABEL, ()))
            for place in places:
                if labels.pop(place, None) is None:
                    labels[place] = _free_letter(labels.values())
            self._say(node, LABEL, [f"{place}:{text}" for place, text in labels.items()])
        elif kind in MARKS:
            for name in MARKS:
                there = list(node.properties.get(name, ()))
                kept = [value for value in there if value not in places]
                added = [place for place in places if place not in there] if name == kind else []
                self._say(node, name, kept + added)
        else:
            raise BadEdit(f"there is no mark {kind[:20]!r}")

    def say(self, name: str, text: str) -> None:
        """Give a property of the root this text; with ``""`` take it away."""
        self._say(self.root, name, [escape(text)] if text else [])

    def as_sgf(self) -> bytes:
        """The whole game, in UTF-8."""
        self.root.properties["CA"] = ["UTF-8"]
        return serialise(self.root).encode()

    def _number(self, node: Node, parent: int | None) -> int:
        """Number a node and all below it; its own number."""
        first = self._next
        waiting: list[tuple[Node, int | None]] = [(node, parent)]
        while waiting:
            each, above = waiting.pop()
            number, self._next = self._next, self._next + 1
            self._nodes[number], self._numbers[each] = each, number
            if above is not None:
                self._parents[number] = above
            waiting += [(child, number) for child in reversed(each.children)]
        return first

    def _plain(self, value: str) -> str:
        text = value.strip()
        return "" if text == "tt" and self.width <= 19 and self.height <= 19 else text

    def _say(self, node: Node, name: str, values: list[str]) -> None:
        if values:
            node.properties[name] = values
        else:
            node.properties.pop(name, None)


def _free_letter(taken: Iterable[str]) -> str:
    used = set(taken)
    names = chain(ascii_uppercase, map(str, count(1)))
    return next(name for name in names if name not in used)
