"""A query that names its game as SGF, in the field ``sgf``, an addition to KataGo's protocol.

It stands for the fields of size, rules, komi, stones and moves. The same reader serves it as ``zhugo analyze``: moves
are numbered over the whole game, and where stones are set up behind a move the search sees no history across.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from games.go import sgf
from games.go.sgf import GameRecord, SgfError
from zhugo.bridges.analysis.errors import QueryError, shortened
from zhugo.shared import records

FIELD = "sgf"
STANDS_FOR = ("boardXSize", "boardYSize", "moves", "rules", "komi", "initialStones", "initialPlayer")


def record_of(query: Mapping[str, Any]) -> GameRecord | None:
    """The game that a query names as SGF, None where it has no such field. Raises ``QueryError``."""
    if FIELD not in query:
        return None
    text = query[FIELD]
    if not isinstance(text, str):
        raise QueryError(FIELD, f"the text of a game, not {shortened(text)}")
    if others := [name for name in STANDS_FOR if name in query]:
        raise QueryError(others[0], f"not together with {FIELD}")
    try:
        return sgf.parse(text.encode("utf-8", "replace"))
    except SgfError as error:
        raise QueryError(FIELD, str(error)) from error


def with_fields(query: Mapping[str, Any], record: GameRecord) -> dict[str, Any]:
    """The query with the fields that its game stands for."""
    game = record.game
    colors = {1: "B", -1: "W"}
    moves = [(colors[player], game.vertex(move)) for one in record.segments for player, move in records.moves(one)]
    others = {name: value for name, value in query.items() if name != FIELD}
    told = {"boardXSize": game.width, "boardYSize": game.height, "moves": moves, "rules": game.rules.as_dict()}
    return {**others, **told, "komi": game.komi}
