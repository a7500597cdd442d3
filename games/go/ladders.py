"""Ladders: whether a chain with one or two liberties dies by ataris alone.

The *defender* owns the chain, the *attacker* is the other player. The attacker plays on the chain's two liberties, the
defender extends or captures a chain in atari that touches his own. A ladder *works* when the attacker holds the chain
to two liberties until it has nowhere to go. A chain reaches safety when the defender faces two liberties after an
atari, the attacker three, or the attacker had to start a ko. A *ladder breaker* needs no concept of its own: it is a
stone that gives the third liberty. This is the reading of KataGo (cpp/game/board.cpp, searchIsLadderCaptured) in its
results, so that both kinds of features share it.

Reading plays on the board that it is given and takes everything back.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.bits import popcount
from games.go.board import (
    EMPTY,
    MAX_POINTS,
    NO_POINT,
    SET_WORDS,
    UNDO,
    Board,
    bit_of,
    first_liberty,
    next_liberty,
    put,
    take_back,
)
from games.go.moves import LEGAL, check_point

MAX_NODES = 25_000
"""Stones that one reading may try; a ladder not settled by then does not work."""

MAX_DEPTH = MAX_POINTS * 3 // 2 + 1
_MAX_LISTED = 4 * MAX_DEPTH

CAPTURES_BLACK, CAPTURES_WHITE = 1, 2
"""Bits of ``Ladders.moves``."""

READER = np.dtype(
    [
        # The stack of one reading; level d is one stone deep in it.
        ("first", np.int16, (MAX_DEPTH + 1,)),  # where the moves of level d begin in `listed`
        ("count", np.int16, (MAX_DEPTH + 1,)),  # how many they are
        ("tried", np.int16, (MAX_DEPTH + 1,)),  # how many of them have been tried
        ("listed", np.int16, (_MAX_LISTED,)),  # the moves of all levels
        ("undo", UNDO, (MAX_DEPTH + 1,)),
        ("works", np.int16, (2,)),  # attacks that work, see `attack`
    ],
    align=True,
)
Reader: TypeAlias = Any
"""One element of an array of dtype ``READER``: the memory of a reading, nothing in it lasts."""


def new_readers(count: int = 1) -> NDArray[Any]:
    """Memory for ladder reading; one for every thread of kernels."""
    return np.zeros(count, dtype=READER)


@njit(cache=True)
def liberties_after(b: Board, p: int, color: int, without: int) -> int:
    """Liberties of the chain that ``color`` has after playing the empty point ``p``; ``without`` is not counted.

    Exact but for captures, which are not played and could add more.
    """
    count = 0
    for w in range(SET_WORDS):
        word = np.uint64(0)
        for k in range(4):
            q = b.neighbours[p, k]
            if b.stones[q] == color:
                word |= b.liberty_set[b.head[q], w]
            elif b.stones[q] == EMPTY and q >> 6 == w:
                word |= bit_of(q)
        if p >> 6 == w:
            word &= ~bit_of(p)
        if without >= 0 and without >> 6 == w:
            word &= ~bit_of(without)
        count += popcount(word)
    return count


@njit(cache=True)
def _captures_something(b: Board, p: int, color: int) -> bool:
    for k in range(4):
        q = b.neighbours[p, k]
        if b.stones[q] == -color and b.liberties[b.head[q]] == 1:
            return True
    return False


@njit(cache=True)
def _list_rescues(b: Board, chain: int, color: int, r: Reader, first: int) -> int:
    """List the captures around the chain, then its only liberty, each once. Returns how many."""
    count = 0
    stone = chain
    while True:
        for k in range(4):
            q = b.neighbours[stone, k]
            if b.stones[q] == -color and b.liberties[b.head[q]] == 1:
                count = _list_once(r, first, count, first_liberty(b, b.head[q]))
        stone = b.next_stone[stone]
        if stone == chain:
            break
    return _list_once(r, first, count, first_liberty(b, b.head[chain]))


@njit(cache=True)
def _list_once(r: Reader, first: int, count: int, move: int) -> int:
    for i in range(first, first + count):
        if r.listed[i] == move:
            return count
    r.listed[first + count] = move
    return count + 1


@njit(cache=True)
def _touches_prey(b: Board, chain: int, color: int) -> bool:
    """Whether a chain of the attacker in atari touches the chain."""
    stone = chain
    while True:
        for k in range(4):
            q = b.neighbours[stone, k]
            if b.stones[q] == -color and b.liberties[b.head[q]] == 1:
                return True
        stone = b.next_stone[stone]
        if stone == chain:
            return False


@njit(cache=True)
def _would_take_ko(b: Board, p: int, color: int) -> bool:
    """Whether ``color`` at ``p``, walled in by the opponent, would capture exactly one stone."""
    taken = 0
    for k in range(4):
        q = b.neighbours[p, k]
        s = b.stones[q]
        if s in (EMPTY, color):
            return False
        if s == -color and b.liberties[b.head[q]] == 1:
            taken += b.chain_size[b.head[q]]
    return taken == 1


_OPEN, _CAPTURED, _ESCAPED = 0, 1, 2


@njit(cache=True)
def _enter_defence(b: Board, chain: int, color: int, r: Reader, level: int) -> int:
    """The defender is to move: settled at once, or his moves listed."""
    if b.liberties[b.head[chain]] >= 2 or b.ko_point != NO_POINT:
        return _ESCAPED
    extension = first_liberty(b, b.head[chain])
    after = liberties_after(b, extension, color, NO_POINT)
    if after >= 3:
        return _ESCAPED
    first = r.first[level]
    r.count[level] = _list_rescues(b, chain, color, r, first)
    if r.count[level] == 1 and after <= 1 and not _captures_something(b, extension, color):
        return _CAPTURED
    return _OPEN


@njit(cache=True)
def _enter_attack(b: Board, chain: int, color: int, r: Reader, level: int) -> int:
    """The attacker is to move: settled at once, or his moves listed."""
    head = b.head[chain]
    if b.liberties[head] <= 1:
        return _CAPTURED
    if b.liberties[head] >= 3:
        return _ESCAPED
    one = first_liberty(b, head)
    other = next_liberty(b, head, one)
    # Two ko mouths, no other help: the defender cannot win both kos.
    if (
        _would_take_ko(b, one, -color)
        and _would_take_ko(b, other, -color)
        and liberties_after(b, one, color, NO_POINT) <= 2
        and liberties_after(b, other, color, NO_POINT) <= 2
        and not _touches_prey(b, chain, color)
    ):
        return _CAPTURED
    # An atari fails when the answer on the other liberty brings three. The stones that the answer joins have that very
    # liberty, so the atari cannot have taken them first.
    by_one = liberties_after(b, one, color, other)
    by_other = liberties_after(b, other, color, one)
    first = r.first[level]
    count = 0
    if by_one < 3 and by_other < 3:
        # The defender's better way out is the point to take first.
        r.listed[first] = one if by_one >= by_other else other
        r.listed[first + 1] = other if by_one >= by_other else one
        count = 2
    elif by_one < 3:
        r.listed[first] = other
        count = 1
    elif by_other < 3:
        r.listed[first] = one
        count = 1
    r.count[level] = count
    return _OPEN if count > 0 else _ESCAPED


@njit(cache=True)
def escape_fails(b: Board, chain: int, r: Reader) -> bool:
    """Whether the chain of the stone ``chain``, in atari, is captured although its owner moves first.

    A ko that is on now works for the defender.
    """
    color = b.stones[chain]
    if b.liberties[b.head[chain]] > 1:
        return False
    ko_before = b.ko_point
    b.ko_point = NO_POINT
    captured = _read(b, chain, color, r)
    b.ko_point = ko_before
    return captured


@njit(cache=True)
def _read(b: Board, chain: int, color: int, r: Reader) -> bool:
    depth_limit = b.points * 3 // 2
    nodes = 0
    level = 0
    r.first[0] = 0
    entering = True
    captured = False
    while level >= 0:
        defending = level % 2 == 0
        if entering:
            entering = False
            r.tried[level] = 0
            if level >= depth_limit or r.first[level] >= _MAX_LISTED - 4 * MAX_POINTS // 3:
                verdict = _CAPTURED
            elif defending:
                verdict = _enter_defence(b, chain, color, r, level)
            else:
                verdict = _enter_attack(b, chain, color, r, level)
            settled = verdict != _OPEN
            if settled:
                captured = verdict == _CAPTURED
        else:
            take_back(b, r.undo[level])
            # the answer of the move just taken back settles this level when it is what its mover wants
            settled = captured != defending
        if not settled and nodes >= MAX_NODES:
            captured = False
            for i in range(level - 1, -1, -1):
                take_back(b, r.undo[i])
            return False
        if not settled:
            if _try_next(b, r, level, color if defending else -color):
                nodes += 1
                r.first[level + 1] = r.first[level] + r.count[level]
                level += 1
                entering = True
                continue
            captured = defending
        level -= 1
    return captured


@njit(cache=True)
def _try_next(b: Board, r: Reader, level: int, color: int) -> bool:
    """Play the next legal move of the level. False when none is left."""
    while r.tried[level] < r.count[level]:
        move = r.listed[r.first[level] + r.tried[level]]
        r.tried[level] += 1
        if _legal_without_suicide(b, move, color):
            put(b, move, color, r.undo[level])
            return True
    return False


@njit(cache=True)
def _legal_without_suicide(b: Board, p: int, color: int) -> bool:
    allowed = b.suicide
    b.suicide = 0
    answer = check_point(b, p, color)
    b.suicide = allowed
    return answer == LEGAL


@njit(cache=True)
def attack(b: Board, chain: int, r: Reader) -> int:
    """How many ataris on the chain of the stone ``chain``, which has two liberties, capture it in a ladder.

    They stand in ``r.works``.
    """
    color = b.stones[chain]
    head = b.head[chain]
    one = first_liberty(b, head)
    other = next_liberty(b, head, one)
    count = 0
    if liberties_after(b, other, color, one) < 3 and _atari_works(b, chain, one, color, r):
        r.works[count] = one
        count += 1
    if liberties_after(b, one, color, other) < 3 and _atari_works(b, chain, other, color, r):
        r.works[count] = other
        count += 1
    return count


@njit(cache=True)
def _atari_works(b: Board, chain: int, move: int, color: int, r: Reader) -> bool:
    if not _legal_without_suicide(b, move, -color):
        return False
    last = r.undo[MAX_DEPTH]
    put(b, move, -color, last)
    works = escape_fails(b, chain, r)
    take_back(b, last)
    return works


@njit(cache=True)
def mark_ladders(b: Board, r: Reader, caught: NDArray[np.uint8], moves: NDArray[np.uint8]) -> None:
    """Read every chain with one or two liberties.

    caught: uint8[>= points], 1 on every stone of a chain that dies in a ladder: in atari, its owner to move; with two
    liberties, the opponent to move. moves: uint8[>= points], where an atari on a chain with two liberties works: bits
    ``CAPTURES_BLACK``, ``CAPTURES_WHITE``. Whose turn it is on the board does not matter.
    """
    for p in range(b.points):
        caught[p] = 0
        moves[p] = 0
    for p in range(b.points):
        if b.stones[p] == EMPTY or b.head[p] != p or b.liberties[p] > 2:
            continue
        if b.liberties[p] == 1:
            dies = escape_fails(b, p, r)
        else:
            count = attack(b, p, r)
            dies = count > 0
            for i in range(count):
                moves[r.works[i]] |= CAPTURES_BLACK if b.stones[p] == 1 else CAPTURES_WHITE
        if dies:
            stone = p
            while True:
                caught[stone] = 1
                stone = b.next_stone[stone]
                if stone == p:
                    break
