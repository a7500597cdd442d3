"""Pictures of a record: the position at a node, and a line of moves as it is played out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from games.go.plain_board import PlainBoard
from games.go.sgf.events import Event, SetUp, events_of
from zhugo.web.export.diagram import Diagram, gif, png
from zhugo.web.record import RecordTree, node_message
from zhugo.web.record.places import put_stone

MOST_FRAMES = 400
MOST_SECONDS = 60.0


def png_of(
    tree: RecordTree, node: int, pixels: int = 1000, numbered: int = 0, *, coordinates: bool = True
) -> Callable[[], bytes]:
    """A PNG of the position at a node, with its marks and letters; the last ``numbered`` moves have their numbers.

    What is returned draws it, and knows nothing of the tree any more. Raises ``BadEdit`` without such a node.
    """
    diagram = diagrams(tree, node, numbered, coordinates)[-1]
    return lambda: png(diagram, pixels)


def gif_of(
    tree: RecordTree,
    node: int,
    moves: int | None = None,
    pixels: int = 480,
    seconds: float = 1.0,
    *,
    coordinates: bool = True,
) -> Callable[[], bytes]:
    """A GIF of the last ``moves`` moves up to a node, a move every ``seconds``, each with its number.

    moves: None for all; 400 at most. As ``png_of`` else.
    """
    count = MOST_FRAMES if moves is None else max(1, min(MOST_FRAMES, moves))
    shown = diagrams(tree, node, count, coordinates)
    return lambda: gif(shown, pixels, max(0.05, min(MOST_SECONDS, seconds)))


def diagrams(tree: RecordTree, node: int, moves: int, coordinates: bool = True) -> list[Diagram]:
    """The positions before the last ``moves`` moves on the line to a node, and behind each of them.

    These moves have their numbers, as far as their stones still stand.
    """
    line = tree.line(node)
    played = [at for at, number in enumerate(line) if tree.node(number).move is not None]
    shown = played[-moves:] if moves > 0 else []
    ends = [*(at - 1 for at in shown if at > 0), len(line) - 1]
    go = tree.game.game
    board = PlainBoard(go.width, go.height)
    for color, points in ((1, go.black), (-1, go.white)):
        for point in points:
            board.stones[point] = color
    found: list[Diagram] = []
    numbers: dict[int, tuple[int, str]] = {}
    for at, number in enumerate(line):
        put = _put(board, events_of([tree.node(number)], go.width, go.height, []))
        if put is not None and at in shown:
            numbers[put[1]] = put[0], str(played.index(at) + 1)
        if at in ends:
            told = node_message(tree, number)
            texts = {point: text for point, (color, text) in numbers.items() if board.stones[point] == color}
            texts |= {point: text[:3] for point, text in told.labels}
            last = None if put is None else put[1]
            found.append(Diagram(go.width, go.height, [*board.stones], texts, dict(told.marks), last, coordinates))
    return found


def _put(board: PlainBoard, events: Sequence[Event]) -> tuple[int, int] | None:
    """Put what a node says on the board, whatever the rules say; color and point of its move, where it has a stone."""
    played = None
    for event in events:
        if isinstance(event, SetUp):
            for point, color in event.stones.items():
                board.stones[point] = color
        else:
            put_stone(board, event)
            if event.point is not None and event.point < board.points:
                played = event.color, event.point
    return played
