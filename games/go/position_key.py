"""A number for a position, equal where searches may share what they know of it.

Positions of one key have the same stones, the same player to move, as many passes before them and as many stones of
each colour taken off, the button in the same hands, and the same legal moves, by ko and superko too. They may differ in
the order of the moves that led there. With each move that is no pass there are more stones, or more were taken off, so
no position of a game has the key of an earlier one. KataGo does the like (cpp/game/graphhash.cpp).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.board import BLACK, EMPTY, MAX_POINTS, Board, Word, random_words

_SEED = 0x506F736974696F6E

# The same in every run and on every machine: searchers of one tree must agree.
_WORDS = random_words(8 + MAX_POINTS, _SEED)
_WHITE_TO_PLAY, _PASSES, _BLACK_TAKEN, _WHITE_TAKEN, _BUTTON, _FIRST = _WORDS[:6]
_FORBIDDEN = _WORDS[8:]


@njit(cache=True)
def position_key(b: Board, legal: NDArray[np.bool_]) -> Word:
    """The key of a position whose legal moves are these, which is not over; never 0."""
    h = b.hash
    if b.to_play != BLACK:
        h ^= _WHITE_TO_PLAY
    h += _PASSES * np.uint64(b.passes)
    h += _BLACK_TAKEN * np.uint64(b.captured_black)
    h += _WHITE_TAKEN * np.uint64(b.captured_white)
    h += _BUTTON * np.uint64(b.button + 1)
    h += _FIRST * np.uint64(b.opening_black)
    for p in range(b.points):
        if b.stones[p] == EMPTY and not legal[p]:
            h ^= _FORBIDDEN[p]
    return h if h != 0 else _FIRST
