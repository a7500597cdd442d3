"""The reviewed game as an SGF that GUIs show: comments, win rates, candidate moves and the lines that were better.

Properties: ``C`` comments, ``V`` the lead in points (FF[4]: positive is good for Black), ``SBKV`` Black's win rate in
per cent (Sabaki's graph), ``DO``, ``BM[1]`` and ``BM[2]`` for inaccuracies, mistakes and blunders, ``LB`` on the
candidates of the position, ``HO`` on the costliest move. A better line is a variation beside the move that was played.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sgfmill import sgf

from games.go.coords import to_sgfmill
from zhugo.errors import UserError
from zhugo.review.moves import BLUNDER, INACCURACY, MISTAKE, Candidate, MoveReview, Position

LETTERED = 4
"""Candidates of a position that get a letter."""


def check(text: bytes) -> None:
    """Raise ``UserError`` when the game of ``text`` cannot be annotated: boards must be square, encodings known."""
    try:
        sgf.Sgf_game.from_bytes(text).get_charset()
    except (ValueError, LookupError) as error:
        raise UserError(f"this game cannot be annotated: {error}") from error


def annotate(
    text: bytes, positions: Sequence[Position], reviews: Sequence[MoveReview], vertex: Callable[[int], str], by: str
) -> bytes:
    """The game of ``text`` with its main line annotated; what stood in it already is kept.

    ``positions`` and ``reviews`` are of the main line; ``vertex`` names moves, ``by`` says who reviewed.
    ``text`` must have passed ``check``.
    """
    game = sgf.Sgf_game.from_bytes(text)
    nodes = game.get_main_sequence()
    played = [node for node in nodes if node.get_move()[0] is not None]
    first = played[0].parent if played and played[0].parent is not None else nodes[0]
    before = [first, *played]
    for node, position in zip(before, positions, strict=False):
        _describe(node, position, vertex)
    _say(game.get_root(), f"Reviewed by {by}.")
    costliest = max(reviews, key=lambda review: review.cost, default=None)
    for review in reviews:
        node = played[review.number - 1]
        _judge(node, review, vertex)
        if review is costliest and review.cost >= INACCURACY:
            node.set("HO", 1)
        if review.cost >= INACCURACY and review.better is not None:
            _add_line(node.parent, review.player, review.better, vertex)
    result: bytes = game.serialise()
    return result


def side_line(win_rate: float, lead: float | None) -> str:
    """``B 61.3 %, B+2.4`` as every report of this program writes it; without the lead where there is none."""
    rate = f"B {win_rate:.1%}".replace("%", " %")
    if lead is None:
        return rate
    return f"{rate}, B+{lead:.1f}" if lead >= 0 else f"{rate}, W+{-lead:.1f}"


def _describe(node: Any, position: Position, vertex: Callable[[int], str]) -> None:
    size = node.get_size()
    if position.lead is not None:
        node.set("V", round(position.lead, 2))
    node.set_raw("SBKV", f"{position.win_rate * 100:.2f}".encode())
    shown = [candidate for candidate in position.candidates[:LETTERED] if candidate.move < size * size]
    if shown:
        node.set("LB", [(to_sgfmill(candidate.move, size, size), "ABCD"[at]) for at, candidate in enumerate(shown)])
    named = (f"{'ABCD'[at]} {vertex(candidate.move)} ({candidate.visits})" for at, candidate in enumerate(shown))
    _say(node, f"{side_line(position.win_rate, position.lead)}  ({position.visits} visits)")
    if shown:
        _say(node, f"Candidates: {'  '.join(named)}")


def _judge(node: Any, review: MoveReview, vertex: Callable[[int], str]) -> None:
    if review.cost < INACCURACY:
        return
    if review.cost < MISTAKE:
        node.set("DO", None)
        word = "Inaccuracy"
    else:
        node.set("BM", 2 if review.cost >= BLUNDER else 1)
        word = "Blunder" if review.cost >= BLUNDER else "Mistake"
    better = f" Better: {vertex(review.better.move)}." if review.better is not None else ""
    points = "" if review.point_loss is None else f", -{review.point_loss:.1f} points"
    _say(node, f"{word}: -{review.rate_loss * 100:.1f} % win rate{points}.{better}", first=True)


def _add_line(parent: Any, player: int, better: Candidate, vertex: Callable[[int], str]) -> None:
    node, size = parent, parent.get_size()
    for ply, move in enumerate(better.pv):
        node = node.new_child()
        colour = "b" if player * (-1) ** ply > 0 else "w"
        node.set_move(colour, to_sgfmill(move, size, size))
        if ply == 0:
            judged = f"{side_line(better.win_rate, better.lead)}  ({better.visits} visits)"
            node.set("C", f"Better: {vertex(better.move)}  {judged}")


def _say(node: Any, line: str, *, first: bool = False) -> None:
    old = _comment(node)
    parts = [line, old] if first else [old, line]
    node.set("C", "\n".join(part for part in parts if part))


def _comment(node: Any) -> str:
    """What stands there already; text that is not in the file's own encoding is left out."""
    try:
        text: str = node.get("C") if node.has_property("C") else ""
    except ValueError:
        return ""
    return text
