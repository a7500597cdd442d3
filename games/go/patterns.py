"""A number for what a move does to its surroundings, the same wherever a search makes it.

KataGo groups the errors of its net by it (cpp/search/subtreevaluebiastable.cpp and localpattern.cpp): who moves, where,
the move before it, the stones of the 5 x 5 points around it before it is made, which of them are in atari, and the ban
of a ko then. Each of these has a random number; the pattern is the exclusive or of them. A pass has none, and neither
has a move that none comes before.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from games.go.board import BLACK, EMPTY, MAX_POINTS, NO_POINT, Board, Word, random_words

RADIUS = 2
NO_PATTERN = np.uint64(0)
"""Of a position that no move led to, or none that has a pattern."""

_SIDE = 2 * RADIUS + 1
_PASS = MAX_POINTS
_SEED = 0x5061747465726E

# The same in every run and on every machine: searchers of one tree must agree.
_WORDS = random_words(2 + MAX_POINTS + (MAX_POINTS + 1) + MAX_POINTS + 4 * _SIDE * _SIDE, _SEED)
_PLAYERS, _MOVES, _MOVES_BEFORE, _KO, _STONES, _ATARI = np.split(
    _WORDS, np.cumsum((2, MAX_POINTS, MAX_POINTS + 1, MAX_POINTS, 3 * _SIDE * _SIDE))
)


@njit(cache=True)
def pattern_of(b: Board, move: int) -> Word:
    """The pattern of ``move``, a point or the pass, which ``to_play`` is about to make; a uint64."""
    before = b.recent_moves[0]
    if move == b.points or before == NO_POINT:
        return NO_PATTERN
    h = _PLAYERS[0 if b.to_play == BLACK else 1]
    h ^= _MOVES_BEFORE[_PASS if before == b.points else before]
    h ^= _MOVES[move]
    if b.ko_point != NO_POINT:
        h ^= _KO[b.ko_point]
    row = move // b.width
    col = move % b.width
    for r in range(max(row - RADIUS, 0), min(row + RADIUS + 1, b.height)):
        for c in range(max(col - RADIUS, 0), min(col + RADIUS + 1, b.width)):
            p = r * b.width + c
            place = (r - row + RADIUS) * _SIDE + c - col + RADIUS
            stone = b.stones[p]
            h ^= _STONES[(stone + 1) * _SIDE * _SIDE + place]
            if stone != EMPTY and b.liberties[b.head[p]] == 1:
                h ^= _ATARI[place]
    return h
