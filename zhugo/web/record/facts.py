"""A node and a game in the words of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sgfmill import sgf_grammar

from games.go.sgf.events import Move, SetUp, events_of
from games.go.sgf.properties import point_of, points_of, text_of
from games.go.sgf.tree import Node
from zhugo.web import messages as m
from zhugo.web.record.places import complaint
from zhugo.web.record.tree import LABEL, MARKS, RecordTree, rules_text

_JUDGEMENTS = ("TE", "BM", "DO", "IT")
_LINES = ("AR", "LN")
_TIMES = {"B": ("BL", "OB"), "W": ("WL", "OW")}
_ABOUT = (
    "PB", "PW", "BR", "WR", "BT", "WT", "RE", "DT", "EV", "RO", "PC", "GN", "GC", "SO", "AN", "US", "ON", "TM", "OT",
    "KM", "HA", "RU", "CP", "AP",
)  # fmt: skip


def game_message(game: str, title: str, tree: RecordTree) -> m.Game:
    """The whole record. ``game``: the name by which the page knows it."""
    go = tree.game.game
    return m.Game(
        game,
        title,
        go.width,
        go.height,
        rules_text(go.rules),
        go.komi,
        len(go.black) if not go.white else 0,
        about(tree),
        tree.notes,
        0,
        [node_message(tree, number) for number in tree.numbers],
    )


def about(tree: RecordTree) -> dict[str, str]:
    """What the root says of the game, by SGF's names."""
    return {name: text for name in _ABOUT if (text := said(tree.root, name))}


def said(node: Node, name: str) -> str:
    """A property's text, line ends kept; ``""`` without it."""
    value = node.first(name)
    if value is None:
        return ""
    plain: str = sgf_grammar.text_value(value.encode("utf-8", "replace")).decode("utf-8", "replace")
    return plain


def node_message(tree: RecordTree, number: int) -> m.Node:
    """One node. The first one has the stones and the turn that the game begins with, whoever wrote them where."""
    node = tree.node(number)
    events = events_of([node], tree.width, tree.height, [])
    stones, to_play = _set_up(events)
    move = next(((event.color, event.point) for event in events if isinstance(event, Move)), None)
    if number == 0:
        go = tree.game.game
        main = dict.fromkeys(go.black, 1) | dict.fromkeys(go.white, -1)
        stones, to_play = ({**main} if move is None else stones), go.to_play
    return m.Node(
        node=number,
        parent=tree.parent(number),
        children=tree.children(number),
        move=None if move is None or move[1] is None else (move[0], move[1]),
        black=[point for point, color in stones.items() if color > 0],
        white=[point for point, color in stones.items() if color < 0],
        empty=[point for point, color in stones.items() if color == 0],
        to_play=to_play,
        comment=said(node, "C"),
        name=text_of(node, "N") or "",
        marks=[(point, name) for name in MARKS for point in _points(tree, node.properties.get(name, ()))],
        labels=list(_labels(tree, node)),
        lines=list(_lines(tree, node)),
        left=_number(node, 0),
        stones=None if (left := _number(node, 1)) is None else int(left),
        good=next((name for name in _JUDGEMENTS if name in node.properties), ""),
        illegal=_illegal(tree, number, move),
    )


def _set_up(events: Sequence[Move | SetUp]) -> tuple[dict[int, int], int | None]:
    stones: dict[int, int] = {}
    player = None
    for event in events:
        if isinstance(event, SetUp):
            stones |= event.stones
            player = event.player if event.player is not None else player
    return stones, player


def _points(tree: RecordTree, values: Sequence[str]) -> Iterator[int]:
    for value in values:
        try:
            yield from points_of(value, tree.width, tree.height)
        except ValueError:
            continue


def _labels(tree: RecordTree, node: Node) -> Iterator[tuple[int, str]]:
    for value in node.properties.get(LABEL, ()):
        place, _, text = value.partition(":")
        for point in _points(tree, [place]):
            yield point, sgf_grammar.simpletext_value(text.encode()).decode("utf-8", "replace")[:8]


def _lines(tree: RecordTree, node: Node) -> Iterator[tuple[int, int, str]]:
    for name in _LINES:
        for value in node.properties.get(name, ()):
            try:
                begin, end = (point_of(part, tree.width, tree.height)[0] for part in value.split(":"))
            except ValueError:
                continue
            if max(begin, end) < tree.points:
                yield begin, end, name


def _number(node: Node, which: int) -> float | None:
    """What a player has left on the clock behind the move: seconds, or stones."""
    if node.move is None:
        return None
    try:
        return float(text_of(node, _TIMES[node.move[0]][which]) or "")
    except ValueError:
        return None


def _illegal(tree: RecordTree, number: int, move: tuple[int, int | None] | None) -> str:
    if move is not None and move[1] is None:
        return "not a point of this board"
    return complaint(tree.game.notes) if number == tree.illegal_node else ""
