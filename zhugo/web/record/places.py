"""The position at a node of a record, as the daemon searches it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from games.go.plain_board import PlainBoard
from games.go.position import Position
from games.go.sgf import Segment, record_of_line
from games.go.sgf.events import Move, SetUp, events_of
from games.go.sgf.tree import Node
from zhugo.shared import records
from zhugo.web.record.tree import RecordTree


@dataclass(frozen=True)
class Place:
    """The position at a node. ``segment``: for the daemon; its record begins where stones were set up last.

    ``illegal``: why a move on the way could not be played by the rules. The position is then set up as the stones
    stand, and has no history.
    """

    segment: Segment
    illegal: str = ""

    @classmethod
    def of(cls, tree: RecordTree, number: int) -> Place:
        """That of a node. Raises ``BadEdit`` without one, ``GameError`` where there is no such position."""
        line = tree.line(number)
        nodes = [tree.node(each) for each in line]
        moves = sum(node.move is not None for node in nodes)
        if moves == 0 and line == tree.main_line()[: len(line)]:
            return cls(Segment(tree.game.spec, []))  # with the stones that a handicap puts there and no node has
        record = record_of_line(nodes)
        if moves == sum(segment.move_count for segment in record.segments):
            return cls(record.segments[-1])
        return cls(_as_it_stands(tree, nodes), complaint(record.notes))

    @property
    def position(self) -> Position:
        """To play on."""
        return Position(self.segment.game, self.segment.record)


def main_places(tree: RecordTree) -> list[tuple[int, Place]]:
    """(node, position) along the main line: of the last node before the first move, and of every move's node."""
    numbers = tree.main_line()
    moves = [number for number in numbers if tree.node(number).move is not None]
    first = numbers.index(moves[0]) if moves else len(numbers)
    line = [numbers[max(0, first - 1)], *moves]
    segments = tree.game.segments
    if len(segments) == 1 and segments[0].move_count == len(moves):
        return [
            (number, Place(Segment(tree.game.spec, record)))
            for number, record in zip(line, records.positions(tree.game), strict=True)
        ]
    return [(number, Place.of(tree, number)) for number in line]


def complaint(notes: Sequence[str]) -> str:
    """What the notes of a record say of the move at which it stops."""
    found = next((note for note in reversed(notes) if " is illegal: " in note or " is none: " in note), notes[-1])
    return found.partition(";")[0]


def _as_it_stands(tree: RecordTree, nodes: Sequence[Node]) -> Segment:
    """The stones after every move was put on the board, whatever the rules say, and what has no liberties was taken."""
    spec, go = tree.game.spec, tree.game.game
    stones = [0] * go.points
    for color, points in ((1, go.black), (-1, go.white)):
        for point in points:
            stones[point] = color
    board = PlainBoard(go.width, go.height, go.to_play, stones)
    for event in events_of(nodes, go.width, go.height, []):
        if isinstance(event, SetUp):
            for point, color in event.stones.items():
                board.stones[point] = color
            board.to_play = event.player or board.to_play
        else:
            put_stone(board, event)
            board.to_play = -event.color
    black, white = ([point for point, each in enumerate(board.stones) if each == color] for color in (1, -1))
    base = {name: value for name, value in spec.items() if name in ("size", "komi", "rules")}
    return Segment({**base, "black": black, "white": white, "to_play": "black" if board.to_play > 0 else "white"}, [])


def put_stone(board: PlainBoard, move: Move) -> None:
    """Put a move's stone on a board, whatever the rules say, and take what has no liberties."""
    if move.point is None or move.point >= board.points:
        return
    board.stones[move.point] = move.color
    others = [point for point in board.beside(move.point) if board.stones[point] == -move.color]
    for point in (*others, move.point):
        if board.stones[point] and not (chain := board.chain(point)).liberties:
            for stone in chain.stones:
                board.stones[stone] = 0
