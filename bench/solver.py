"""Exact solutions of small games, to measure against: connect_four up to 30 places, dots_and_boxes.

connect_four is searched by alpha-beta over bitboards with a table of what is known; ``bench.dots_and_boxes`` has the
other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bench.dots_and_boxes import DotsAndBoxes
from bench.dots_search import MAX_LINES
from games.game import GameError
from games.openspiel import catalogue

MAX_PLACES = 30
_TABLE_BITS = 21

Shape = tuple[int, int, int]
"""Rows, columns, and how many in a row win."""


class Solver(Protocol):
    """What is known of one game."""

    most_moves: int | None
    """Positions with more legal moves than that take too long to solve; None: none do."""

    def values(self, record: Sequence[int]) -> dict[int, int]:
        """What each legal move after ``record`` comes to when both go on without a mistake.

        From the side of the player to move: +1 won, 0 drawn, -1 lost. Empty where the game is over.
        """


def best(values: dict[int, int]) -> set[int]:
    """The moves with which nothing is lost that could be had."""
    return {move for move, value in values.items() if value == max(values.values())}


@cache
def solver(text: str) -> Solver:
    """The solver of a game of OpenSpiel, see ``games.openspiel.catalogue``. Raises ``GameError`` when there is none."""
    _, game = catalogue.load(text)
    name, parameters = game.get_type().short_name, game.get_parameters()
    if name == "connect_four":
        rows, columns = parameters["rows"], parameters["columns"]
        if rows * columns <= MAX_PLACES and (rows + 1) * columns < 64:
            return ConnectFour(game, rows, columns, parameters["x_in_row"])
    if name == "dots_and_boxes" and game.num_distinct_actions() <= MAX_LINES:
        return DotsAndBoxes(parameters["num_rows"], parameters["num_cols"])
    raise GameError(
        f"{text} cannot be solved here: connect_four with up to {MAX_PLACES} places can, and dots_and_boxes with up to"
        f" {MAX_LINES} lines"
    )


class ConnectFour:
    """Bit ``column * (rows + 1) + row`` is a place, row 0 at the bottom; the bit above each column stays empty."""

    most_moves: int | None = None

    def __init__(self, game: Any, rows: int, columns: int, need: int) -> None:
        self._game = game
        self._shape: Shape = (rows, columns, need)
        self._keys = np.zeros(1 << _TABLE_BITS, np.uint64)
        self._bounds = np.zeros((1 << _TABLE_BITS, 2), np.int8)

    def values(self, record: Sequence[int]) -> dict[int, int]:
        """As ``Solver.values``."""
        state = self._game.new_initial_state()
        for move in record:
            state.apply_action(move)
        if state.is_terminal():
            return {}
        rows, columns, need = self._shape
        heights, stones, own = [0] * columns, 0, 0
        for at, column in enumerate(record):
            bit = 1 << (column * (rows + 1) + heights[column])
            heights[column] += 1
            stones |= bit
            own |= bit if at % 2 == len(record) % 2 else 0
        found = {}
        for column in state.legal_actions():
            after = own | 1 << (column * (rows + 1) + heights[column])
            if _in_a_row(after, rows, need):
                found[column] = 1
            else:
                found[column] = -_solve(stones ^ own, stones | after, self._shape, -1, 1, self._keys, self._bounds)
        return found


@njit(cache=True)
def _in_a_row(stones: int, rows: int, need: int) -> bool:
    """Whether ``need`` of these stones are in a line."""
    for step in (1, rows, rows + 1, rows + 2):
        line = stones
        for n in range(1, need):
            line &= stones >> (n * step)
        if line:
            return True
    return False


@njit(cache=True)
def _solve(
    own: int, stones: int, shape: Shape, alpha: int, beta: int, keys: NDArray[np.uint64], bounds: NDArray[np.int8]
) -> int:
    """The value of a position without a finished line for the player to move, whose stones are ``own``; fail-soft.

    keys, bounds: what is known of positions met before, the later in the place of the earlier.
    """
    rows, columns, _ = shape
    free, winning = _places(own, stones, shape)
    if free == 0:
        return 0
    if winning:
        return 1
    key = np.uint64(own + stones + _bottom(rows, columns))  # own + what marks the top of every column: unique
    slot = (key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _TABLE_BITS)
    low: int = -1
    high: int = 1
    if keys[slot] == key:
        low, high = bounds[slot, 0], bounds[slot, 1]
        if low >= beta or low == high:
            return low
        if high <= alpha:
            return high
    most, at_least = -1, max(alpha, low)
    for n in range(columns):
        column = (columns - 1) // 2 + (n + 1) // 2 * (1 if n % 2 else -1)
        place = free & ((1 << rows) - 1) << column * (rows + 1)
        if place:
            value = -_solve(stones ^ own, stones | place, shape, -beta, -at_least, keys, bounds)
            most = max(most, value)
            at_least = max(at_least, most)
            if most >= beta:
                break
    keys[slot] = key
    bounds[slot, 0] = low if most <= alpha else max(low, most)
    bounds[slot, 1] = high if most >= beta else min(high, most)
    return most


@njit(cache=True)
def _places(own: int, stones: int, shape: Shape) -> tuple[int, bool]:
    """Where a stone can go, one bit a column, and whether one of them wins."""
    rows, columns, need = shape
    free, winning = 0, False
    board = ((1 << (rows + 1) * columns) - 1) // ((1 << rows + 1) - 1) * ((1 << rows) - 1)
    places = (stones + _bottom(rows, columns)) & board
    for column in range(columns):
        place = places & ((1 << rows) - 1) << column * (rows + 1)
        free |= place
        winning |= place != 0 and _in_a_row(own | place, rows, need)
    return free, winning


@njit(cache=True)
def _bottom(rows: int, columns: int) -> int:
    """The lowest place of every column."""
    return ((1 << (rows + 1) * columns) - 1) // ((1 << rows + 1) - 1)
