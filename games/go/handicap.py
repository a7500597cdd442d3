"""Where handicap stones go."""

from __future__ import annotations

from games.game import GameError


def fixed_handicap(width: int, height: int, stones: int) -> list[int]:
    """The points of a fixed handicap (GTP version 2, section 4.1.1), 2 to 9 stones on square boards from 7×7.

    More than four need an odd board of at least 9×9. Raises ``GameError`` for what has no such points.
    """
    most = 0
    if width == height and width >= 7:
        most = 9 if width % 2 == 1 and width >= 9 else 4
    if not 2 <= stones <= most:
        raise GameError(f"no fixed handicap of {stones} on {width}×{height}")
    low = 2 if width < 13 else 3
    high, middle = width - 1 - low, width // 2
    lower_left, upper_right, upper_left, lower_right = (high, low), (low, high), (low, low), (high, high)
    left, right, top, bottom = (middle, low), (middle, high), (low, middle), (high, middle)
    corners = [lower_left, upper_right, upper_left, lower_right]
    center = [(middle, middle)] if stones in (5, 7, 9) else []
    sides = {5: [], 6: [left, right], 7: [left, right], 8: [left, right, top, bottom], 9: [left, right, top, bottom]}
    chosen = corners[: min(stones, 4)] + sides.get(stones, []) + center
    return [row * width + col for row, col in chosen]
