"""Turns on the board: what is legal, a whole move and its undoing, and what superko remembers.

Superko asks for the earlier positions. They stand outside the board, in an array ``history`` of uint64 of which the
first ``count`` entries are the ``history_key`` of every position of the game, the one on the board last. Whoever plays
a move appends: ``play(b, move, u); history[count] = history_key(b); count += 1``, passes and switches too.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.bits import lowest_bit
from games.go.board import (
    BLACK,
    BUTTON_FREE,
    EMPTY,
    KO_SIMPLE,
    KO_SITUATIONAL,
    NO_POINT,
    RECENT,
    SET_WORDS,
    WHITE,
    Board,
    Undo,
    Word,
    count_beside,
    put,
    take_back,
    zobrist,
)

LEGAL, OCCUPIED, KO, SUICIDE, SUPERKO = 0, 1, 2, 3, 4
"""Answers of ``check_point`` and ``check``."""

ZOBRIST_WHITE_TO_PLAY = np.uint64(0x9D39247E33776D41)
ZOBRIST_BUTTON_FREE = np.uint64(0x2AF7398005AAA5C7)


@njit(cache=True)
def play(b: Board, move: int, u: Undo) -> None:
    """Play a point, the pass or the switch for ``to_play``. Does not ask whether it is legal. ``u``: for ``undo``."""
    u.button = b.button
    u.to_play = b.to_play
    u.passes = b.passes
    u.captured_black = b.captured_black
    u.captured_white = b.captured_white
    u.move_number = b.move_number
    for i in range(RECENT):
        u.recent_moves[i] = b.recent_moves[i]
        u.recent_players[i] = b.recent_players[i]
    color = b.to_play
    b.to_play = -color
    u.point = move
    if move > b.points:
        return
    if b.passes >= 2:  # play after the end: what came before its last pass is another game, as KataGo has it
        for i in range(1, RECENT):
            b.recent_moves[i] = NO_POINT
            b.recent_players[i] = 0
    for i in range(RECENT - 1, 0, -1):
        b.recent_moves[i] = b.recent_moves[i - 1]
        b.recent_players[i] = b.recent_players[i - 1]
    b.recent_moves[0] = move
    b.recent_players[0] = color
    b.move_number += 1
    if move == b.points:
        u.ko_point = b.ko_point
        b.ko_point = NO_POINT
        if b.button == BUTTON_FREE:
            b.button = color
            b.passes = 0
        else:
            b.passes += 1
        return
    b.passes = 0
    if color == BLACK:
        b.played_black += 1
        b.opening_black += b.played_white == 0
    else:
        b.played_white += 1
    put(b, move, color, u)
    for i in range(u.removals):
        # a head's size stays readable after its removal
        if u.removed_color[i] == BLACK:
            b.captured_black += b.chain_size[u.removed[i]]
        else:
            b.captured_white += b.chain_size[u.removed[i]]


@njit(cache=True)
def undo(b: Board, u: Undo) -> None:
    """Undo the latest ``play`` that is not yet undone."""
    if u.point < b.points:
        take_back(b, u)
        if u.to_play == BLACK:
            b.played_black -= 1
            b.opening_black -= b.played_white == 0
        else:
            b.played_white -= 1
    elif u.point == b.points:
        b.ko_point = u.ko_point
    b.button = u.button
    b.to_play = u.to_play
    b.passes = u.passes
    b.captured_black = u.captured_black
    b.captured_white = u.captured_white
    b.move_number = u.move_number
    for i in range(RECENT):
        b.recent_moves[i] = u.recent_moves[i]
        b.recent_players[i] = u.recent_players[i]


@njit(cache=True)
def check_point(b: Board, p: int, color: int) -> int:
    """Whether ``color`` may play on the point ``p``, superko apart: LEGAL, OCCUPIED, KO or SUICIDE.

    Suicide of a single stone changes nothing on the board and is never legal.
    """
    if b.stones[p] != EMPTY:
        return OCCUPIED
    captures = False
    safe = False
    joins = False
    for k in range(4):
        q = b.neighbours[p, k]
        s = b.stones[q]
        if s == EMPTY:
            return LEGAL
        if s == color:
            joins = True
            if b.liberties[b.head[q]] > 1:
                safe = True
        elif s == -color and b.liberties[b.head[q]] == 1:
            captures = True
    if captures:
        return KO if p == b.ko_point else LEGAL
    if safe or (joins and b.suicide != 0):
        return LEGAL
    return SUICIDE


@njit(cache=True)
def hash_after(b: Board, p: int, color: int) -> Word:
    """``hash`` as it will be when ``color`` has played on ``p``, a point that ``check_point`` calls LEGAL."""
    h = b.hash
    lives = False
    for k in range(4):
        q = b.neighbours[p, k]
        s = b.stones[q]
        if s == EMPTY or (s == color and b.liberties[b.head[q]] > 1):
            lives = True
        elif s == -color and b.liberties[b.head[q]] == 1:
            lives = True
            h ^= _hash_of_neighbour_chain(b, p, k)
    if lives:
        return h ^ zobrist(color, p)
    for k in range(4):
        if b.stones[b.neighbours[p, k]] == color:
            h ^= _hash_of_neighbour_chain(b, p, k)
    return h


@njit(cache=True)
def _hash_of_neighbour_chain(b: Board, p: int, k: int) -> Word:
    """The hash of the chain at p's k-th neighbour; 0 when an earlier neighbour belongs to it too."""
    head = b.head[b.neighbours[p, k]]
    color = b.stones[head]
    for j in range(k):
        q = b.neighbours[p, j]
        if b.stones[q] == color and b.head[q] == head:
            return np.uint64(0)
    h = np.uint64(0)
    q = head
    while True:
        h ^= zobrist(color, q)
        q = b.next_stone[q]
        if q == head:
            break
    return h


@njit(cache=True)
def key_of(b: Board, stones_hash: Word, to_play: int) -> Word:
    """What a position is remembered by for superko: the stones and, under situational superko, who is to play.

    Taking the button lifts every ban, so positions before and after it differ.
    """
    key = stones_hash
    if b.ko_rule == KO_SITUATIONAL and to_play == WHITE:
        key ^= ZOBRIST_WHITE_TO_PLAY
    if b.button == BUTTON_FREE:
        key ^= ZOBRIST_BUTTON_FREE
    return key


@njit(cache=True)
def history_key(b: Board) -> Word:
    """``key_of`` the position on the board."""
    return key_of(b, b.hash, b.to_play)


@njit(cache=True)
def repeats(b: Board, history: NDArray[np.uint64], count: int, p: int, color: int) -> bool:
    """Whether playing ``p``, LEGAL by ``check_point``, makes a position of ``history[:count]`` again (superko)."""
    if b.ko_rule == KO_SIMPLE:
        return False
    # A stone that stays was there in the position that it repeats, so it has stood there before.
    mark = 1 if color == BLACK else 2
    if b.ever[p] & mark == 0 and not (b.suicide != 0 and _is_suicide(b, p, color)):
        return False
    key = key_of(b, hash_after(b, p, color), -color)
    found = False
    for i in range(count):  # to the end, so that the compiler compares several at once
        found |= history[i] == key
    return found


@njit(cache=True)
def _is_suicide(b: Board, p: int, color: int) -> bool:
    for k in range(4):
        q = b.neighbours[p, k]
        s = b.stones[q]
        if s == EMPTY or (s == color and b.liberties[b.head[q]] > 1) or (s == -color and b.liberties[b.head[q]] == 1):
            return False
    return True


@njit(cache=True)
def check(b: Board, history: NDArray[np.uint64], count: int, move: int) -> int:
    """Whether ``to_play`` may play ``move``, a point or the pass: LEGAL, OCCUPIED, KO, SUICIDE or SUPERKO."""
    if move == b.points:
        return LEGAL
    answer = check_point(b, move, b.to_play)
    if answer == LEGAL and repeats(b, history, count, move, b.to_play):
        return SUPERKO
    return answer


@njit(cache=True)
def check_unruled(b: Board, move: int) -> int:
    """Whether some rules let ``to_play`` play ``move``, a point or the pass: LEGAL, OCCUPIED or SUICIDE (of one stone).

    Neither ko nor superko nor what the board's rules say of suicide counts.
    """
    if move == b.points:
        return LEGAL
    answer = check_point(b, move, b.to_play)
    if answer == SUICIDE and count_beside(b, move, b.to_play) == 0:
        return SUICIDE
    return OCCUPIED if answer == OCCUPIED else LEGAL


@njit(cache=True)
def legal_moves(b: Board, history: NDArray[np.uint64], count: int, legal: NDArray[np.bool_]) -> None:
    """Fill ``legal``, bool[points + 1], for ``to_play``: where ``check`` says LEGAL; the pass is always legal.

    Chain by chain instead of point by point: a stone lives beside an empty point, on a liberty of an own chain that
    has another, and on the last liberty of an opponent's chain.
    """
    color = b.to_play
    for p in range(b.points):
        legal[p] = False
    for p in range(b.points):
        if b.stones[p] == EMPTY or b.head[p] != p:
            continue
        in_atari = b.liberties[p] == 1
        if in_atari == (b.stones[p] != color):
            for w in range(SET_WORDS):
                word = b.liberty_set[p, w]
                while word != 0:
                    legal[w * 64 + lowest_bit(word)] = True
                    word &= word - np.uint64(1)
    for p in range(b.points):
        if b.stones[p] == EMPTY:
            legal[p] |= count_beside(b, p, EMPTY) > 0
    if b.ko_point != NO_POINT:
        legal[b.ko_point] = check_point(b, b.ko_point, color) == LEGAL
    if b.suicide != 0 or b.ko_rule != KO_SIMPLE:
        for p in range(b.points):
            if b.stones[p] == EMPTY:
                if not legal[p] and b.suicide != 0:
                    legal[p] = check_point(b, p, color) == LEGAL
                if legal[p] and repeats(b, history, count, p, color):
                    legal[p] = False
    legal[b.points] = True
