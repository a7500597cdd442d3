"""Handicap as files have it: ``HA`` with stones, without them, or against them. What is on the board counts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from games.game import GameError
from games.go import coords
from games.go.board import BLACK, WHITE
from games.go.handicap import fixed_handicap
from games.go.sgf.errors import counted
from games.go.sgf.events import Event, Move
from games.go.sgf.properties import plain_number, text_of
from games.go.sgf.tree import Node
from games.go.sgf.walk import spec_of, walk


def told(about: Node, notes: list[str]) -> int:
    """The number that ``HA`` has; 0 without one."""
    text = text_of(about, "HA")
    if text is None:
        return 0
    number = re.search(r"-?\d{1,6}", plain_number(text))
    if number is None or int(number[0]) < 0:
        notes.append(f"handicap {text!r} is no number of stones, and is left out")
        return 0
    return int(number[0])


def stones_played_again(stones: Mapping[int, int], events: Sequence[Event]) -> set[int]:
    """Set-up stones that Black then places once more, move by move: they are placed by the moves alone."""
    placed = {move.point for move in _of_black(events)}
    own = {point for point, color in stones.items() if color == BLACK}
    return {point for point in placed if point in own} if len(placed) > 1 and placed <= own else set()


def stones_to_put(
    count: int, base: Mapping[str, Any], stones: Mapping[int, int], events: Sequence[Event], notes: list[str]
) -> list[int]:
    """The points of a handicap of ``count`` that the file does not place itself.

    base: size, rules and komi. stones: what is set up at the start. The record wins over the number, and that is noted.
    """
    if stones:
        black = len(stones) if WHITE not in stones.values() else 0
        if black and count and black != count:
            notes.append(f"handicap {count}, but {counted(black, 'stone', 'is')} set up: those count")
        return []
    if count < 2:
        return []
    moves = [event for event in events if isinstance(event, Move)]
    placed = len(_of_black(events))
    if moves and placed:
        if placed == 1 and len(moves) > 1:
            notes.append(f"handicap {count} without stones, but Black moves first: no stones are put")
        elif placed != count:
            notes.append(f"handicap {count}, but Black begins with {counted(placed, 'move')}: those count")
        return []
    return _fixed(count, base, events, notes)


def _fixed(count: int, base: Mapping[str, Any], events: Sequence[Event], notes: list[str]) -> list[int]:
    size = base["size"]
    width, height = (size, size) if isinstance(size, int) else size
    try:
        points = fixed_handicap(width, height, count)
    except GameError:
        notes.append(f"handicap {count} without stones, and no fixed points for it on {width}×{height}: none are put")
        return []
    with_stones = walk(spec_of(base, dict.fromkeys(points, BLACK), WHITE), events)
    without = walk(spec_of(base, {}, WHITE), events)
    if with_stones.moves < without.moves:
        names = " ".join(coords.to_vertex(point, width, height) for point in points)
        notes.append(
            f"handicap {count} without stones, but the record does not go with stones on {names} "
            f"(move {with_stones.moves + 1}): none are put"
        )
        return []
    notes.append(f"handicap {count} without stones, read as the fixed points")
    return points


def _of_black(events: Sequence[Event]) -> list[Move]:
    """Black's moves before White's first one, passes left out."""
    moves = [event for event in events if isinstance(event, Move)]
    return list(takewhile(lambda move: move.color == BLACK, moves))
