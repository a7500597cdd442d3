"""Dots and boxes as people see it: OpenSpiel's picture with the names of its lines around it."""

from __future__ import annotations

_GAP = 4
"""Letters of the picture from one dot to the next."""


def labelled(picture: str) -> str:
    """The picture with columns above it and rows before it, so that every line can be named: ``h01`` is the one across
    at row 0, column 1, ``v`` is down. Below it, how many boxes each player has."""
    lines = picture.splitlines()
    dots = (max(map(len, lines)) - 1) // _GAP + 1
    names = [f"{'hv'[number % 2]} {number // 2}" for number in range(len(lines))]
    width = max(map(len, names)) + 1
    down = "v" + " " * (width - 1) + "".join(f"{column:<{_GAP}}" for column in range(dots))
    across = "h" + " " * (width + 1) + "".join(f"{column:<{_GAP}}" for column in range(dots - 1))
    board = [f"{name:<{width}}{line}" for name, line in zip(names, lines, strict=True)]
    inside = "".join(lines[1::2])
    boxes = f"boxes: player 1 {inside.count('1')}, player 2 {inside.count('2')}"
    return "\n".join(line.rstrip() for line in (down, across, *board, "", boxes))
