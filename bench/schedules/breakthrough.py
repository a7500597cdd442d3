"""Breakthrough on a board of 7x7, and what stands in for a net there: pawns are counted and looked at one by one.

A game for matches that need thousands of searches: it knows no draw, is decided by tactics, and its positions are
evaluated in microseconds. Pawns move one row forward, straight or aslant, and take aslant; who first reaches the last
row has won (Troyka 2000).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from protocol.bounded import ILLEGAL_PRIOR

Path = tuple[int, ...]

SIZE = 7
SQUARES = SIZE * SIZE
LAST = SIZE - 1

_ROW, _HANGING, _TEMPO, _STEEP = 0.04, 0.4, 0.2, 0.4
"""In pawns: what the square of a pawn's row is worth, what one is worth less that can be taken for nothing, and to be
the one to move; by what tanh of the balance is steeper."""

_WON, _LOST = 0.97, -0.93
"""The value where the mover reaches the last row at once; where the opponent will, and nobody can take that pawn."""

_REACH, _STOP, _TAKE, _TAKE_ROW, _FORWARD, _LOSE = 12.0, 8.0, 1.2, 0.35, 0.15, 1.5
"""Logits of the policy: to reach the last row, to take a pawn that would, to take, and by the row of what is taken; by
the row that is reached; less for a square where the pawn is taken for nothing."""


class Breakthrough:
    """See ``matches.Playing``. Move 3 · square + 1 + aslant, from a square row by row; Black's pawns begin at row 0."""

    name = "breakthrough, 7x7"
    num_moves = 3 * SQUARES

    def evaluate(self, leaves: Sequence[tuple[int, Path]]) -> dict[str, Any]:
        """The arrays of an ``Update`` for these positions."""
        n = len(leaves)
        lengths = np.array([len(path) for _, path in leaves], np.int64)
        moves = np.fromiter((move for _, path in leaves for move in path), np.int64, int(lengths.sum()))
        value, over, logits = np.empty(n), np.empty(n, np.uint8), np.full((n, self.num_moves), -math.inf)
        _look(moves, lengths, value, over, logits)
        side = 1 - 2 * (lengths % 2)
        most = logits.max(axis=1, keepdims=True)
        weights = np.exp(logits - np.where(np.isfinite(most), most, 0.0))
        priors = (weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)).astype(np.float16).view(np.uint16)
        priors[np.isneginf(logits)] = ILLEGAL_PRIOR
        return {
            "to_play": side.astype(np.int8),
            "terminal": over,
            "value": (side * value).astype(np.float32),
            "lead": np.full(n, math.nan, np.float32),
            "priors": priors,
            "ownership": np.zeros((0, 0), np.float32),
        }


@njit(cache=True)
def _guards(board: NDArray[np.int8], row: int, column: int, side: int, behind: int) -> int:
    """How many pawns of ``side`` stand aslant in the next row before (1) or behind (-1) a square, as that side goes."""
    found, row = 0, row + side * behind
    if 0 <= row < SIZE:
        for other in (column - 1, column + 1):
            if 0 <= other < SIZE and board[row * SIZE + other] == side:
                found += 1
    return found


@njit(cache=True)
def _look(
    moves: NDArray[np.int64],
    lengths: NDArray[np.int64],
    value: NDArray[np.float64],
    over: NDArray[np.uint8],
    logits: NDArray[np.float64],
) -> None:
    """Of each record of moves: the value for the player to move, whether the game is over, and the logits of the legal
    moves where it is not.
    """
    first = 0
    for leaf in range(len(lengths)):
        board = np.zeros(SQUARES, np.int8)
        board[: 2 * SIZE] = 1
        board[SQUARES - 2 * SIZE :] = -1
        mover = 1
        for move in moves[first : first + lengths[leaf]]:
            start = move // 3
            board[start] = 0
            board[start + mover * SIZE + move % 3 - 1] = mover
            mover = -mover
        first += lengths[leaf]
        balance = _TEMPO
        pawns = reached = running = stopped = 0
        wins = False
        for square in range(SQUARES):
            side = int(board[square])
            if side == 0:
                continue
            row, column = square // SIZE, square % SIZE
            ahead = row if side > 0 else LAST - row
            takers = _guards(board, row, column, -side, -1)
            worth = 1.0 + _ROW * ahead * ahead
            if takers > _guards(board, row, column, side, -1):
                worth -= _HANGING
            balance += worth if side == mover else -worth
            if side == mover:
                pawns += 1
                wins = wins or ahead == LAST - 1
            elif ahead == LAST:
                reached += 1
            elif ahead == LAST - 1:
                running += 1
                stopped += takers > 0
        over[leaf] = reached > 0 or pawns == 0
        if over[leaf]:
            value[leaf] = -1.0
            continue
        if wins:
            value[leaf] = _WON
        elif running > 1 or running > stopped:
            value[leaf] = _LOST
        else:
            value[leaf] = math.tanh(_STEEP * balance)
        _write_logits(board, mover, logits[leaf])


@njit(cache=True)
def _write_logits(board: NDArray[np.int8], mover: int, logits: NDArray[np.float64]) -> None:
    """Of the legal moves."""
    for square in range(SQUARES):
        if board[square] != mover:
            continue
        row, column = square // SIZE + mover, square % SIZE
        ahead = row if mover > 0 else LAST - row
        for aslant in (-1, 0, 1):
            to = row * SIZE + column + aslant
            if not 0 <= column + aslant < SIZE or board[to] == mover or (aslant == 0 and board[to] != 0):
                continue
            logit = _FORWARD * ahead
            if board[to] != 0:
                taken = LAST - ahead
                logit += _TAKE + _TAKE_ROW * taken + (_STOP if taken == LAST - 1 else 0.0)
            if ahead == LAST:
                logit += _REACH
            guards = _guards(board, row, column + aslant, mover, -1) - (aslant != 0)
            if _guards(board, row, column + aslant, -mover, -1) > guards:
                logit -= _LOSE
            logits[3 * square + 1 + aslant] = logit
