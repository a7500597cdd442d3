"""A record with its review written into it, as SGF."""

from __future__ import annotations

from collections.abc import Mapping

from games.go.sgf.tree import Node, serialise
from zhugo.review.annotate import annotate_nodes
from zhugo.review.move_costs import Position
from zhugo.web.export.reviewed import review_of
from zhugo.web.record import RecordTree


def annotated(tree: RecordTree, analyses: Mapping[int, Position], by: str) -> bytes:
    """The whole record in UTF-8, its main line annotated as far as it was analysed, as ``zhugo analyze`` does it.

    analyses: by node. by: who reviewed, such as ``ZhuGo, a net``. The tree itself stays as it is.
    """
    game_review = review_of(tree, analyses)
    copies = _copied(tree.root)
    main = [spot for spot in game_review.spots if spot.main]
    described = [
        (copies[tree.node(spot.node)], found) for spot in main if (found := game_review.position(spot.node)) is not None
    ]
    moves = []
    for spot, review in game_review.reviews():
        parent = tree.parent(spot.node)
        if parent is not None:
            moves.append((copies[tree.node(parent)], copies[tree.node(spot.node)], review))
    root = copies[tree.root]
    go = tree.game.game
    annotate_nodes(root, described, moves, (tree.width, tree.height), go.vertex, by)
    return serialise(root).encode()


def _copied(root: Node) -> dict[Node, Node]:
    """A copy of every node, by the node."""
    copies: dict[Node, Node] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        copies[node] = Node({name: list(values) for name, values in node.properties.items()})
        waiting += node.children
    for node, copy in copies.items():
        copy.children = [copies[child] for child in node.children]
    return copies
