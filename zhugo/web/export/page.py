"""A reviewed game as one HTML file that needs no server: the board's own page, with what a server would tell it inside.

The file asks the network for nothing, and its policy says so: only its own script and style, known by their hashes, may
run. What a record says is data, in which no ``<`` stands, and the page shows it as text alone.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files

from games.go.sgf.tree import main_line
from zhugo.pages.bundle import LIBRARY, filled, script
from zhugo.review.annotate import described
from zhugo.review.move_costs import Position
from zhugo.review.report import Review
from zhugo.shared import records
from zhugo.shared.errors import UserError
from zhugo.web import messages as m
from zhugo.web.export.reviewed import review_of
from zhugo.web.record import RecordTree, game_message
from zhugo.web.review.game_review import judged, summary_message
from zhugo.web.review.spots import spots_of

PAGE = files("zhugo.web") / "page"
ENTRY = "export"
_STYLES = ((LIBRARY, "board.css"), (PAGE, "style.css"), (PAGE, "panels.css"), (PAGE, "review.css"))
_GAME = "game"


def page_of_game(tree: RecordTree, title: str, analyses: Mapping[int, Position], by: str) -> Callable[[], bytes]:
    """The page of a record as far as it was analysed, by node; ``by`` says who did it.

    What is returned makes it, and knows nothing of the tree any more.
    """
    game_review = review_of(tree, analyses, _GAME)
    told = [game_message(_GAME, title, tree), game_review.everything(), game_review.summary()]
    return lambda: page(title, by, [one for one in told if one is not None])


def page_of_review(review: Review, data: bytes, number: int, by: str) -> bytes:
    """The page of a review of game ``number`` in ``data``. Raises ``UserError`` for another game."""
    tree = RecordTree.read_all(data)[number]
    if not isinstance(tree, RecordTree):
        raise UserError(str(tree))
    nodes = main_line(tree.root)
    players = {spot.node: spot.to_play for spot in spots_of(tree) if spot.main}
    positions = [
        judged(at, position, players.get(at, 1))
        for node, position in described(nodes, review.positions, review.segments)
        for at in [tree.number(node)]
    ]
    played = [tree.number(node) for node in nodes if node.move is not None]
    by_number = dict(enumerate(played, 1))
    parents = {node: parent for node in played if (parent := tree.parent(node)) is not None}
    title = records.title(review.game)
    told: list[m.Told] = [game_message(_GAME, title, tree), m.Reviewed(_GAME, positions)]
    if review.moves:
        told.append(summary_message(_GAME, review.summary, by_number, parents, None))
    return page(title, by, told)


def page(title: str, by: str, told: Sequence[m.Told]) -> bytes:
    """The file that shows what is told of one game."""
    welcome = m.Welcome(0, version("zhugo"), by, [], [], [], False, [])
    messages = f"[{','.join(m.write(one) for one in (welcome, *told))}]"
    program, style = _program(), _style()
    return filled(
        (PAGE / "export.html").read_text(encoding="utf-8"),
        title=html.escape(title),
        style=style,
        style_hash=_hash(style),
        script=program,
        script_hash=_hash(program),
        messages=as_data(messages),
    ).encode()


def as_data(text: str) -> str:
    """JSON that no HTML parser finds an end of a script, or a comment, in."""
    json.loads(text)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


@lru_cache(maxsize=1)
def _program() -> str:
    found = script(PAGE, ENTRY)
    if "</script" in found.lower():
        raise ValueError("a script of the page would end where it should not")
    return found


@lru_cache(maxsize=1)
def _style() -> str:
    return "\n".join((folder / name).read_text(encoding="utf-8") for folder, name in _STYLES)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
