"""Pictures of a record: the position at a node, and a line of moves as it is played out."""

from __future__ import annotations

from collections.abc import Sequence

from games.go.plain_board import PlainBoard
from games.go.sgf.events import Move, SetUp, events_of
from zhugo.web import messages as m
from zhugo.web.export.diagram import Diagram, gif, png
from zhugo.web.record import RecordTree, node_message
from zhugo.web.record.places import put_stone

MOST_FRAMES = 400
MOST_SECONDS = 60.0


def png_of(tree: RecordTree, node: int, pixels: int = 1000, numbered: int = 0, *, coordinates: bool = True) -> bytes:
    """A PNG of the position at a node, with its marks and letters; the last ``numbered`` moves have their numbers.

    Raises ``BadEdit`` without such a node.
    """
    line = tree.line(node)
    numbers = _numbers(tree, line)
    first = max(numbers.values(), default=0) - numbered
    return png(_diagram(tree, line, numbers, first, coordinates), pixels)


def gif_of(
    tree: RecordTree,
    node: int,
    moves: int | None = None,
    pixels: int = 480,
    seconds: float = 1.0,
    *,
    coordinates: bool = True,
) -> bytes:
    """A GIF of the last ``moves`` moves up to a node, a move every ``seconds``, each with its number.

    moves: None for all; 400 at most. Raises ``BadEdit`` without such a node.
    """
    line = tree.line(node)
    numbers = _numbers(tree, line)
    played = [at for at, number in enumerate(line) if number in numbers]
    shown = played[-min(MOST_FRAMES, len(played) if moves is None else max(1, moves)) :]
    first = numbers[line[shown[0]]] - 1 if shown else 0
    ends = [shown[0], *(at + 1 for at in shown)] if shown else [len(line)]
    frames = [_diagram(tree, line[: max(1, end)], numbers, first, coordinates) for end in ends]
    return gif(frames, pixels, max(0.05, min(MOST_SECONDS, seconds)))


def stones_at(tree: RecordTree, line: Sequence[int]) -> list[int]:
    """Who has each point behind these nodes, from the root on: as the record has it, whatever the rules say."""
    go = tree.game.game
    board = PlainBoard(go.width, go.height)
    for color, points in ((1, go.black), (-1, go.white)):
        for point in points:
            board.stones[point] = color
    for event in events_of([tree.node(number) for number in line], go.width, go.height, []):
        if isinstance(event, SetUp):
            for point, color in event.stones.items():
                board.stones[point] = color
        else:
            put_stone(board, event)
    return board.stones


def _diagram(tree: RecordTree, line: Sequence[int], numbers: dict[int, int], first: int, coordinates: bool) -> Diagram:
    """The position behind ``line``; moves beyond number ``first`` have numbers, where their stones still stand."""
    stones = stones_at(tree, line)
    told = node_message(tree, line[-1])
    texts: dict[int, str] = {}
    for number in line:
        move = _move(tree, number)
        if move is not None and numbers[number] > first and move[1] < tree.points and stones[move[1]] == move[0]:
            texts[move[1]] = str(numbers[number])
    texts |= {point: text[:3] for point, text in told.labels}
    return Diagram(tree.width, tree.height, stones, texts, dict(told.marks), _last(told, tree.points), coordinates)


def _last(told: m.Node, points: int) -> int | None:
    return told.move[1] if told.move is not None and told.move[1] < points else None


def _numbers(tree: RecordTree, line: Sequence[int]) -> dict[int, int]:
    """The numbers of the moves on a line, by node."""
    found: dict[int, int] = {}
    for number in line:
        if tree.node(number).move is not None:
            found[number] = len(found) + 1
    return found


def _move(tree: RecordTree, number: int) -> tuple[int, int] | None:
    """(color, point) of a node's move."""
    for event in events_of([tree.node(number)], tree.width, tree.height, []):
        if isinstance(event, Move) and event.point is not None:
            return event.color, event.point
    return None
