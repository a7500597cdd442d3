"""Where handicap stones go."""

from __future__ import annotations

from games.game import GameError


def fixed_handicap(width: int, height: int, stones: int) -> list[int]:
    """The points of a fixed handicap (GTP version 2, section 4.1.1), 2 to 9 stones on boards of 7 lines and more.

    More than four need odd sides of at least 9. On rectangles each side has its own lines, as in KataGo
    (cpp/program/playutils.cpp). Raises ``GameError`` for what has no such points.
    """
    most = 0
    if min(width, height) >= 7:
        most = 9 if width % 2 == height % 2 == 1 and min(width, height) >= 9 else 4
    if not 2 <= stones <= most:
        raise GameError(f"no fixed handicap of {stones} on {width}×{height}")
    (left, middle, right), (top, center, bottom) = _lines(width), _lines(height)
    corners = [(bottom, left), (top, right), (top, left), (bottom, right)]
    sides = [(center, left), (center, right), (top, middle), (bottom, middle)]
    chosen = corners[: min(stones, 4)] + (sides[: stones // 2 * 2 - 4] if stones > 5 else [])
    if stones in (5, 7, 9):
        chosen.append((center, middle))
    return [row * width + column for row, column in chosen]


def _lines(side: int) -> tuple[int, int, int]:
    """The lines of a side on which stones go: the third or the fourth, the middle, and the one across."""
    low = 2 if side < 13 else 3
    return low, side // 2, side - 1 - low
