"""Records of Go games, as programs walk through them and write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sgfmill import sgf_grammar

from games.go.coords import to_sgf
from games.go.game import Go
from games.go.sgf import GameRecord, Segment
from zhugo.shared.errors import UserError


def empty(size: int, komi: float) -> GameRecord:
    """A game without moves."""
    return GameRecord({"size": size, "komi": komi, "rules": "chinese"}, [])


def positions(segment: Segment) -> list[list[int]]:
    """The record up to each position: before every move, with the switch that leads to its player, and at the end."""
    switch, record = segment.game.points + 1, segment.record
    return [record[:at] for at, move in enumerate(record) if move != switch] + [record]


def moves(segment: Segment) -> list[tuple[int, int]]:
    """(player, move) of every move, switches left out; +1 Black, -1 White."""
    go = segment.game
    # every entry of a record hands the turn over, switches too
    return [(go.to_play * (-1) ** at, move) for at, move in enumerate(segment.record) if move <= go.points]


def after_moves(game: GameRecord, count: int) -> Segment:
    """The position after the first ``count`` moves, with what is set up there; the segments before it are gone.

    Raises ``UserError`` when there are not so many moves.
    """
    before = 0
    found = None
    for segment in game.segments:
        all_positions = positions(segment)
        if 0 <= count - before < len(all_positions):
            found = Segment(segment.spec, all_positions[count - before])
        before += len(all_positions) - 1
    if found is None:
        raise UserError(f"the game has {before} moves, not {count}")
    return found


def before_move(game: GameRecord, number: int) -> Segment:
    """The position in which move ``number`` is played, counted from 1; the last one of a shorter game (GTP 2)."""
    return after_moves(game, min(max(number - 1, 0), sum(segment.move_count for segment in game.segments)))


def as_sgf(game: Go, record: Sequence[int], info: Mapping[str, str] | None = None) -> str:
    """The game as SGF; ``info`` are properties of its root such as ``PB`` and ``RE``."""
    size = f"{game.width}" if game.width == game.height else f"{game.width}:{game.height}"
    root: dict[str, Any] = {"GM": "1", "FF": "4", "CA": "UTF-8", "AP": "ZhuGo", "SZ": size, "KM": f"{game.komi:g}"}
    root |= {name: _escaped(text) for name, text in (info or {}).items()}
    text = "".join(f"{name}[{value}]" for name, value in root.items())
    for name, points in (("AB", game.black), ("AW", game.white)):
        text += name + "".join(f"[{to_sgf(point, game.width, game.height)}]" for point in points) if points else ""
    if len(game.black) > 1 and not game.white:
        text += f"HA[{len(game.black)}]"
    if game.to_play < 0:
        text += "PL[W]"
    return f"(;{text}{_moves_as_sgf(game, record)})\n"


def _moves_as_sgf(game: Go, record: Sequence[int]) -> str:
    nodes = ""
    for at, move in enumerate(record):
        if move <= game.points:
            colour = "B" if game.to_play * (-1) ** at > 0 else "W"
            nodes += f";{colour}[{to_sgf(move, game.width, game.height)}]"
    return nodes


def _escaped(text: str) -> str:
    escaped: bytes = sgf_grammar.escape_text(text.encode())
    return escaped.decode()


def title(game: GameRecord) -> str:
    """The game in one line, for headings."""
    players = f"{game.info.get('black', 'Black')} (B) – {game.info.get('white', 'White')} (W)"
    go = game.game
    details = [f"{go.width}×{go.height}", f"komi {go.komi:g}", game.info.get("result", "")]
    return f"{players}   {', '.join(detail for detail in details if detail)}"
