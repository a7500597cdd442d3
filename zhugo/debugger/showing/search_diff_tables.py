"""A difference between two searches as lines and tables for the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from zhugo.shared.figures import tables

MOST_MOVES = 10
"""Moves that are shown, the most visited in A first."""

ROOT_COLUMNS = {
    "visits": "visits",
    "total_variation": "TV",
    "kl": "KL",
    "a_best": "best A",
    "b_best": "best B",
    "a_visits": "N A",
    "b_visits": "N B",
}

MOVE_COLUMNS = {
    "move": "move",
    "a_visits": "N A",
    "b_visits": "N B",
    "a_share": "share A",
    "b_share": "share B",
    "a_q": "value A",
    "b_q": "value B",
}

Figures = dict[str, Any]


def told(found: Figures) -> Iterator[RenderableType]:
    """What ``diff.diff`` found, in the order in which it happened."""
    for side in "ab":
        yield Text(_search(side.upper(), found[side]))
    if found["settings"]:
        changed = (f"{name} {both['a']} | {both['b']}" for name, both in found["settings"].items())
        yield Text(f"set otherwise: {', '.join(changed)}")
    if found["same"]:
        yield Text("the same: every message, every ticket and the root")
        return
    partings = [(_message_title, found["first_message"]), (_grant_title, found["first_grant"])]
    for title, parting in sorted(partings, key=lambda each: _event(each[1])):
        if parting is not None:
            yield from _parting(found, title(parting), parting)
    yield Text(_best_move(found["best_move"]))
    yield from tables({"the roots at equal visits": [_renamed(row, ROOT_COLUMNS) for row in found["roots"]]})
    rows = [_renamed(row, MOVE_COLUMNS) for row in found["moves"]]
    more = f", and {len(rows) - MOST_MOVES} moves more" if len(rows) > MOST_MOVES else ""
    yield from tables({f"the root at the end{more}": rows[:MOST_MOVES]})
    yield from tables(
        {"sums": [{"": name.replace("_", " "), "A": both["a"], "B": both["b"]} for name, both in found["sums"].items()]}
    )


def _renamed(row: Figures, columns: Mapping[str, str]) -> Figures:
    return {columns[name]: "" if value is None else value for name, value in row.items() if name in columns}


def _search(side: str, search: Figures) -> str:
    rest = (
        f"session {search['session']}, {search['visits']:,} visits in {search['seconds']:.3f} s, best {search['best']}"
    )
    return f"{side}: {search['trace']}, {rest}"


def _event(parting: Figures | None) -> float:
    """When it was in A, or else in B: what is first is the cause of the other."""
    if parting is None:
        return 0.0
    return float((parting["a"] or parting["b"])["event"])


def _message_title(parting: Figures) -> str:
    return f"the first message that differs, behind {parting['same_before']:,} alike: {parting['why']}"


def _grant_title(parting: Figures) -> str:
    return f"the first tickets that differ, behind {parting['same_before']:,} grants alike"


def _parting(found: Figures, title: str, parting: Figures) -> Iterator[RenderableType]:
    """The two sides of it, and the commands that tell why."""
    rows = [{"": side.upper(), **parting[side]} for side in "ab" if parting[side] is not None]
    yield from tables({title: [{name: "" if value is None else value for name, value in row.items()} for row in rows]})
    for side in "ab":
        if parting[side] is not None and parting[side].get("leaf") is not None:
            yield Text(f"  {_story_command(found[side], parting[side])}")


def _story_command(search: Figures, given: Figures) -> str:
    """What tells how the leaf came to be chosen."""
    moves = ",".join([*search["after"].split(), *given["leaf"].split()])
    node = f"{moves}," if moves.isdigit() else moves  # a bare number would be a node's
    start = ["--from-start"] if search["after"] else []
    return f"zhugo trace story {shlex.join([search['trace'], node, *start, '--until', str(given['event'])])}"


def _best_move(best: Figures) -> str:
    if best["first_differs_at"] is None:
        return "the best move is always the same"
    both = " | ".join(
        f"{best[side]['move']} since event {best[side]['event']}" if best[side] else "none" for side in "ab"
    )
    end = "and at the end" if best["differs_at_end"] else "but not at the end"
    where = f"first at {best['first_differs_at']:,} visits ({both})"
    return f"the best move differs {where}, for {best['share']:.0%} of the visits, {end}"
