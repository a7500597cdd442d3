"""The reviewed game as an SGF that GUIs show: comments, win rates, candidate moves and the lines that were better.

Properties: ``C`` comments, ``V`` the lead in points (FF[4]: positive is good for Black), ``SBKV`` Black's win rate in
per cent (Sabaki's graph), ``DO``, ``BM[1]`` and ``BM[2]`` for inaccuracies, mistakes and blunders, ``LB`` on the
candidates of the position, ``HO`` on the costliest move. A better line is a variation beside the move that was played.
Whatever encoding the game was in, it comes out in UTF-8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sgfmill import sgf_grammar

from games.go import sgf
from games.go.coords import to_sgf
from games.go.sgf.properties import size_of
from games.go.sgf.tree import Node, escape, main_line, serialise
from zhugo.review.move_costs import BLUNDER, INACCURACY, MISTAKE, Candidate, MoveReview, Position

LETTERED = 4
"""Candidates of a position that get a letter."""


@dataclass(frozen=True)
class _Board:
    width: int
    height: int
    vertex: Callable[[int], str]

    def point(self, move: int) -> str:
        return to_sgf(move, self.width, self.height)


def annotate(
    data: bytes,
    positions: Sequence[Position],
    reviews: Sequence[MoveReview],
    vertex: Callable[[int], str],
    by: str,
    segments: Sequence[int] | None = None,
    number: int = 0,
) -> bytes:
    """Game ``number`` of ``data`` with its main line annotated; what stood in it already is kept.

    ``positions`` and ``reviews`` are of the main line; ``vertex`` names moves, ``by`` says who reviewed. segments: the
    moves of each of the record's segments, each of which has a position more; None: there is one.
    """
    root = sgf.trees(data)[number]
    nodes = main_line(root)
    parents = _parents(nodes)
    played = [node for node in nodes if node.move is not None]
    told = described(nodes, positions, segments or [len(reviews)])
    moves = [(parents.get(played[one.number - 1], root), played[one.number - 1], one) for one in reviews]
    annotate_nodes(root, told, moves, size_of(_with_size(nodes)), vertex, by)
    return serialise(root).encode()


def annotate_nodes(
    root: Node,
    positions: Iterable[tuple[Node, Position]],
    moves: Sequence[tuple[Node, Node, MoveReview]],
    size: tuple[int, int],
    vertex: Callable[[int], str],
    by: str,
) -> None:
    """Write what is known into the nodes below ``root``: of positions, and of moves with the nodes before and of them.

    size: width and height of the board.
    """
    board = _Board(*size, vertex)
    for node, position in positions:
        _describe(node, position, board)
    root.properties["CA"] = ["UTF-8"]
    _say(root, f"Reviewed by {by}.")
    costliest = max((review for _, _, review in moves), key=lambda review: review.cost, default=None)
    for before, node, review in moves:
        _judge(node, review, vertex)
        if review is costliest and review.cost >= INACCURACY:
            node.properties["HO"] = ["1"]
        if review.cost >= INACCURACY and review.better is not None:
            _add_line(before, review.player, review.better, board)


def side_line(win_rate: float, lead: float | None) -> str:
    """``B 61.3 %, B+2.4`` as every report of this program writes it; without the lead where there is none."""
    rate = f"B {win_rate:.1%}".replace("%", " %")
    if lead is None:
        return rate
    return f"{rate}, B+{lead:.1f}" if lead >= 0 else f"{rate}, W+{-lead:.1f}"


def _with_size(nodes: Sequence[Node]) -> Node:
    return next((node for node in nodes if "SZ" in node.properties), nodes[0])


def _parents(nodes: Sequence[Node]) -> dict[Node, Node]:
    return {child: parent for parent, child in pairwise(nodes)}


def described(
    nodes: Sequence[Node], positions: Sequence[Position], segments: Sequence[int]
) -> list[tuple[Node, Position]]:
    """The node of a main line in which each position stands, those of a ``Review``.

    The first of a segment has none where its move sets it up itself. segments: the moves of each.
    """
    played = [node for node in nodes if node.move is not None]
    parents = _parents(nodes)
    pairs: list[tuple[Node, Position]] = []
    done = at = 0
    for length in segments:
        moves = played[done : done + length]
        first = parents.get(moves[0]) if moves else nodes[-1]
        if first is not None and (done == 0 or first is not played[done - 1]):
            pairs.append((first, positions[at]))
        pairs += zip(moves, positions[at + 1 :], strict=False)
        done += length
        at += length + 1
    return pairs


def _describe(node: Node, position: Position, board: _Board) -> None:
    if position.lead is not None:
        node.properties["V"] = [f"{round(position.lead, 2):g}"]
    node.properties["SBKV"] = [f"{position.win_rate * 100:.2f}"]
    shown = [candidate for candidate in position.candidates[:LETTERED] if board.point(candidate.move)]
    if shown:
        node.properties["LB"] = [f"{board.point(one.move)}:{'ABCD'[at]}" for at, one in enumerate(shown)]
    named = (f"{'ABCD'[at]} {board.vertex(candidate.move)} ({candidate.visits})" for at, candidate in enumerate(shown))
    _say(node, f"{side_line(position.win_rate, position.lead)}  ({position.visits} visits)")
    if shown:
        _say(node, f"Candidates: {'  '.join(named)}")


def _judge(node: Node, review: MoveReview, vertex: Callable[[int], str]) -> None:
    if review.cost < INACCURACY:
        return
    if review.cost < MISTAKE:
        node.properties["DO"] = [""]
        word = "Inaccuracy"
    else:
        node.properties["BM"] = ["2" if review.cost >= BLUNDER else "1"]
        word = "Blunder" if review.cost >= BLUNDER else "Mistake"
    better = f" Better: {vertex(review.better.move)}." if review.better is not None else ""
    points = "" if review.point_loss is None else f", -{review.point_loss:.1f} points"
    _say(node, f"{word}: -{review.rate_loss * 100:.1f} % win rate{points}.{better}", first=True)


def _add_line(parent: Node, player: int, better: Candidate, board: _Board) -> None:
    node = parent
    for ply, move in enumerate(better.pv):
        child = Node({"B" if player * (-1) ** ply > 0 else "W": [board.point(move)]})
        node.children.append(child)
        node = child
        if ply == 0:
            judged = f"{side_line(better.win_rate, better.lead)}  ({better.visits} visits)"
            _say(node, f"Better: {board.vertex(better.move)}  {judged}")


def _say(node: Node, line: str, *, first: bool = False) -> None:
    written = node.first("C") or ""
    old = sgf_grammar.text_value(written.encode("utf-8", "replace")).decode("utf-8")
    parts = [line, old] if first else [old, line]
    node.properties["C"] = [escape("\n".join(part for part in parts if part))]
