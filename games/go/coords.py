"""The coordinate systems, and the way from one to another.

| system | example on 19×19, the upper right star point | counts from |
|---|---|---|
| move | 3 * 19 + 15 = 72; the pass is width * height | 0 at the top left, row by row |
| row, column | (3, 15) | the top left |
| GTP vertex | "Q16", "pass" | columns A.. without I from the left, rows 1.. from the bottom |
| SGF | "pd", "" for the pass | columns then rows, a.. from the top left |

sgfmill's (row, col) counts rows from the bottom.
"""

from __future__ import annotations

COLUMNS = "ABCDEFGHJKLMNOPQRST"


def to_vertex(move: int, width: int, height: int) -> str:
    """The GTP vertex of a move; "pass" for the pass."""
    if move == width * height:
        return "pass"
    row, col = divmod(move, width)
    return f"{COLUMNS[col]}{height - row}"


def from_vertex(text: str, width: int, height: int) -> int:
    """The move of a GTP vertex in either case. Raises ``ValueError`` with one clear line."""
    name = text.strip().upper()
    if name == "PASS":
        return width * height
    col = COLUMNS.find(name[:1]) if name else -1
    if col < 0 or not (name[1:].isascii() and name[1:].isdigit()) or len(name) > 3:
        raise ValueError(f"{text!r} is no vertex")
    row = height - int(name[1:])
    if col >= width or not 0 <= row < height:
        raise ValueError(f"{text!r} lies outside the {width}×{height} board")
    return row * width + col


def to_sgf(move: int, width: int, height: int) -> str:
    """The SGF point of a move, "" for the pass."""
    if move == width * height:
        return ""
    row, col = divmod(move, width)
    return chr(ord("a") + col) + chr(ord("a") + row)


def from_sgf(text: str, width: int, height: int) -> int:
    """The move of an SGF point; "" and, up to 19×19, "tt" pass. Raises ``ValueError`` with one clear line."""
    if text == "" or (text == "tt" and width <= 19 and height <= 19):
        return width * height
    if len(text) != 2:
        raise ValueError(f"{text!r} is no SGF point")
    col, row = (ord(c) - ord("a") for c in text)
    if not (0 <= col < width and 0 <= row < height):
        raise ValueError(f"SGF point {text!r} lies outside the {width}×{height} board")
    return row * width + col


def from_sgfmill(point: tuple[int, int] | None, width: int, height: int) -> int:
    """The move of sgfmill's (row from the bottom, column); None is the pass."""
    if point is None:
        return width * height
    row, col = point
    return (height - 1 - row) * width + col


def to_sgfmill(move: int, width: int, height: int) -> tuple[int, int] | None:
    """sgfmill's (row from the bottom, column) of a move; None for the pass."""
    if move == width * height:
        return None
    row, col = divmod(move, width)
    return (height - 1 - row, col)
