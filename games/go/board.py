"""The Go board: one record of plain arrays a position, and the kernels that change it.

A *board* is one element of an array of dtype ``BOARD`` (``new_boards(n)``); kernels take the element, ``boards[i]``.
It is complete in itself, so that copying a position is copying its bytes.

Coordinates. A *point* is ``row * width + col``, row 0 at the top, the same integer as the move that plays there; the
pass is ``points = width * height`` and the record-only switch is ``points + 1``. ``WALL_POINT`` (361, whatever the
size) stands for everything off the board. Arrays over points have ``MAX_POINTS + 1`` entries so that ``WALL_POINT`` may
index them.

Colours are ``BLACK`` = +1, ``WHITE`` = -1, ``EMPTY`` = 0 and ``WALL`` = 2, so that ``-colour`` is the opponent.

A *chain* is named by its *head*, one of its stones; everything known of a chain stands at the head's index. Only the
entries of heads of chains on the board mean anything; the others hold what was there before, and taking back lives on
that.

Here are the stones; ``moves`` has turns, ko, superko and legality on top of them. The earlier positions that superko
asks for stand outside the board, see there.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.first_kernel import load_numba
from games.go.bits import lowest_bit, popcount

load_numba()

Board: TypeAlias = Any
"""One element of an array of dtype ``BOARD``."""
Undo: TypeAlias = Any
"""One element of an array of dtype ``UNDO``."""
Word: TypeAlias = Any
"""A uint64. In kernels never mixed with signed integers, which would make it a float."""

MIN_SIZE = 2
MAX_SIZE = 19
MAX_POINTS = MAX_SIZE * MAX_SIZE
WALL_POINT = MAX_POINTS
SET_WORDS = 6
"""Words of a set of points: point p is bit p % 64 of word p // 64."""

EMPTY, BLACK, WHITE, WALL = 0, 1, -1, 2
NO_POINT = -1
NO_BUTTON, BUTTON_FREE = 0, 2
"""States of ``button`` besides BLACK and WHITE, who then has it."""

RECENT = 5
"""How many of the last moves a board remembers."""

KO_SIMPLE, KO_POSITIONAL, KO_SITUATIONAL = 0, 1, 2

_N = MAX_POINTS + 1

BOARD = np.dtype(
    [
        # The size and the rules that decide which moves are legal; constant through a game.
        ("width", np.int16),
        ("height", np.int16),
        ("points", np.int16),  # width * height
        ("ko_rule", np.int8),  # KO_SIMPLE, KO_POSITIONAL or KO_SITUATIONAL
        ("suicide", np.int8),  # 1: suicide of more than one stone is legal
        ("neighbours", np.int16, (_N, 8)),  # [p, 0:4] up, left, right, down; [p, 4:8] the diagonals; WALL_POINT off it
        ("button", np.int8),  # NO_BUTTON, BUTTON_FREE, or BLACK or WHITE who took it
        # Whose turn, and what happened lately.
        ("to_play", np.int8),  # BLACK or WHITE
        ("passes", np.int16),  # passes in a row at the end of the record, switches between them ignored; taking
        # the button is none
        ("ko_point", np.int16),  # where the last move's single captured stone lay if taking back at once is ko, else -1
        ("captured_black", np.int32),  # black stones taken off so far
        ("captured_white", np.int32),  # white stones taken off so far
        ("played_black", np.int32),  # black stones played so far, set-up stones not
        ("played_white", np.int32),  # white stones played so far, set-up stones not
        ("opening_black", np.int32),  # black stones played before White played any, set-up stones not
        ("move_number", np.int32),  # moves so far, passes too, switches not
        ("recent_moves", np.int16, (RECENT,)),  # the last moves, latest first; NO_POINT where there was none
        ("recent_players", np.int8, (RECENT,)),  # who played them; 0 where there was none
        ("hash", np.uint64),  # Zobrist hash of the stones alone
        # Stones.
        ("stones", np.int8, (_N,)),  # EMPTY, BLACK or WHITE; WALL at WALL_POINT
        ("ever", np.uint8, (_N,)),  # bit 0: a black stone has stood here in this game; bit 1: a white one
        # Chains. `head` and `next_stone` by stone, the others by head.
        ("head", np.int16, (_N,)),  # the head of the chain that the stone belongs to
        ("next_stone", np.int16, (_N,)),  # the next stone of the same chain, a ring
        ("chain_size", np.int16, (_N,)),  # stones
        ("liberties", np.int16, (_N,)),  # number of liberties
        ("liberty_set", np.uint64, (_N, SET_WORDS)),  # the liberties as a set of points
    ],
    align=True,
)

UNDO = np.dtype(
    [
        # What `play` and `put` change and cannot find again; filled by them, read by `undo` and `take_back`.
        ("point", np.int16),  # the stone's point, or the pass or the switch
        ("color", np.int8),
        ("ever", np.uint8),
        ("hash", np.uint64),
        ("ko_point", np.int16),
        ("merges", np.int8),  # how many entries of the next five are used
        ("survivor", np.int16, (4,)),
        ("absorbed", np.int16, (4,)),
        ("survivor_size", np.int16, (4,)),
        ("survivor_liberties", np.int16, (4,)),
        ("survivor_set", np.uint64, (4, SET_WORDS)),
        ("removals", np.int8),
        ("removed", np.int16, (5,)),  # heads of the chains taken off, the opponent's before one's own
        ("removed_color", np.int8, (5,)),
        ("removed_stones", np.int16),
        # the entries at `point` that a later stone there overwrote
        ("head", np.int16),
        ("next_stone", np.int16),
        ("chain_size", np.int16),
        ("liberties", np.int16),
        ("liberty_set", np.uint64, (SET_WORDS,)),
        # the turn
        ("button", np.int8),
        ("to_play", np.int8),
        ("passes", np.int16),
        ("captured_black", np.int32),
        ("captured_white", np.int32),
        ("move_number", np.int32),
        ("recent_moves", np.int16, (RECENT,)),
        ("recent_players", np.int8, (RECENT,)),
    ],
    align=True,
)


def random_words(count: int, seed: int) -> NDArray[np.uint64]:
    """uint64[count], none of them 0, the same in every run."""
    return np.random.Generator(np.random.PCG64(seed)).integers(1, 2**64, size=count, dtype=np.uint64)


ZOBRIST = random_words(2 * _N, seed=0x5A4855).reshape(2, _N)
"""[0, p] a black stone at p, [1, p] a white one. The same in every run: hashes may be written to disk."""


def new_boards(count: int) -> NDArray[Any]:
    """``count`` boards for ``reset``."""
    return np.zeros(count, dtype=BOARD)


def new_undos(count: int) -> NDArray[Any]:
    """``count`` undo records for ``play`` and ``put``."""
    return np.zeros(count, dtype=UNDO)


# Sets of points.


@njit(cache=True)
def bit_of(p: int) -> Word:
    """The word with the bit of point ``p`` set."""
    return np.uint64(1) << np.uint64(p & 63)


@njit(cache=True)
def zobrist(color: int, p: int) -> Word:
    """The hash word of a stone."""
    return ZOBRIST[0, p] if color == BLACK else ZOBRIST[1, p]


@njit(cache=True)
def first_liberty(b: Board, head: int) -> int:
    """The lowest liberty of the chain, ``NO_POINT`` when it has none."""
    for w in range(SET_WORDS):
        word = b.liberty_set[head, w]
        if word != 0:
            return w * 64 + int(lowest_bit(word))
    return NO_POINT


@njit(cache=True)
def next_liberty(b: Board, head: int, after: int) -> int:
    """The lowest liberty of the chain beyond the point ``after``, ``NO_POINT`` when there is none."""
    start = after + 1
    w = start >> 6
    if w >= SET_WORDS:
        return NO_POINT
    word = b.liberty_set[head, w] & (~np.uint64(0) << np.uint64(start & 63))
    while word == 0:
        w += 1
        if w == SET_WORDS:
            return NO_POINT
        word = b.liberty_set[head, w]
    return w * 64 + int(lowest_bit(word))


@njit(cache=True)
def _add_liberty(b: Board, head: int, p: int) -> None:
    w = p >> 6
    word = b.liberty_set[head, w]
    if word & bit_of(p) == 0:
        b.liberty_set[head, w] = word | bit_of(p)
        b.liberties[head] += 1


@njit(cache=True)
def _drop_liberty(b: Board, head: int, p: int) -> None:
    w = p >> 6
    word = b.liberty_set[head, w]
    if word & bit_of(p) != 0:
        b.liberty_set[head, w] = word & ~bit_of(p)
        b.liberties[head] -= 1


@njit(cache=True)
def count_beside(b: Board, p: int, color: int) -> int:
    """How many neighbours of ``p`` are ``color``; without a branch, since nobody can foresee the answer."""
    return int(
        (b.stones[b.neighbours[p, 0]] == color)
        + (b.stones[b.neighbours[p, 1]] == color)
        + (b.stones[b.neighbours[p, 2]] == color)
        + (b.stones[b.neighbours[p, 3]] == color)
    )


# Making boards.


@njit(cache=True)
def reset(b: Board, width: int, height: int, ko_rule: int, suicide: int) -> None:
    """An empty board without a button, Black to play. ``suicide``: 1 when suicide of more than one stone is legal."""
    b.width = width
    b.height = height
    b.points = width * height
    b.ko_rule = ko_rule
    b.suicide = suicide
    _fill_neighbours(b)
    b.button = NO_BUTTON
    b.to_play = BLACK
    b.passes = 0
    b.ko_point = NO_POINT
    b.captured_black = 0
    b.captured_white = 0
    b.played_black = 0
    b.played_white = 0
    b.opening_black = 0
    b.move_number = 0
    for i in range(RECENT):
        b.recent_moves[i] = NO_POINT
        b.recent_players[i] = 0
    b.hash = np.uint64(0)
    for p in range(MAX_POINTS):
        b.stones[p] = EMPTY if p < b.points else WALL
        b.ever[p] = 0
    b.stones[WALL_POINT] = WALL


@njit(cache=True)
def _fill_neighbours(b: Board) -> None:
    steps = ((-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
    for p in range(MAX_POINTS + 1):
        for k in range(8):
            b.neighbours[p, k] = WALL_POINT
    for row in range(b.height):
        for col in range(b.width):
            for k in range(8):
                r = row + steps[k][0]
                c = col + steps[k][1]
                if 0 <= r < b.height and 0 <= c < b.width:
                    b.neighbours[row * b.width + col, k] = r * b.width + c


@njit(cache=True)
def set_up(b: Board, stones: NDArray[np.int8], to_play: int, undo_scratch: Undo) -> bool:
    """Replace the stones by ``stones`` (int8[points]) and forget the game so far; the rules stay.

    Returns False, and leaves the board unusable, when a chain has no liberty. ``undo_scratch`` is any undo record.
    """
    button = b.button != NO_BUTTON
    reset(b, b.width, b.height, b.ko_rule, b.suicide)
    b.button = BUTTON_FREE if button else NO_BUTTON
    b.to_play = to_play
    for p in range(b.points):
        if stones[p] != EMPTY:
            _add_stone(b, p, stones[p], undo_scratch)
    for p in range(b.points):
        if b.stones[p] != EMPTY and b.liberties[b.head[p]] == 0:
            return False
    return True


@njit(cache=True)
def copy_board(target: Board, source: Board) -> None:
    """Make ``target`` equal to ``source``."""
    same_shape = target.width == source.width and target.height == source.height
    target.width = source.width
    target.height = source.height
    target.points = source.points
    target.ko_rule = source.ko_rule
    target.suicide = source.suicide
    target.button = source.button
    target.to_play = source.to_play
    target.passes = source.passes
    target.ko_point = source.ko_point
    target.captured_black = source.captured_black
    target.captured_white = source.captured_white
    target.played_black = source.played_black
    target.played_white = source.played_white
    target.opening_black = source.opening_black
    target.move_number = source.move_number
    target.hash = source.hash
    for i in range(RECENT):
        target.recent_moves[i] = source.recent_moves[i]
        target.recent_players[i] = source.recent_players[i]
    for p in range(MAX_POINTS + 1):
        target.stones[p] = source.stones[p]
        target.ever[p] = source.ever[p]
        target.head[p] = source.head[p]
        target.next_stone[p] = source.next_stone[p]
        target.chain_size[p] = source.chain_size[p]
        target.liberties[p] = source.liberties[p]
    for p in range(source.points):
        for w in range(SET_WORDS):
            target.liberty_set[p, w] = source.liberty_set[p, w]
    if not same_shape:
        for p in range(MAX_POINTS + 1):
            for k in range(8):
                target.neighbours[p, k] = source.neighbours[p, k]


# Stones: put one down, take it back. The turn (to_play, passes, recent moves, captures) is not touched here.


@njit(cache=True)
def _add_stone(b: Board, p: int, color: int, u: Undo) -> None:
    """A stone onto an empty point: joins its chains and takes p from the liberties around; removes nothing."""
    b.stones[p] = color
    b.ever[p] |= 1 if color == BLACK else 2
    b.hash ^= zobrist(color, p)
    b.head[p] = p
    b.next_stone[p] = p
    b.chain_size[p] = 1
    b.liberties[p] = 0
    for w in range(SET_WORDS):
        b.liberty_set[p, w] = np.uint64(0)
    u.merges = 0
    for k in range(4):
        q = b.neighbours[p, k]
        if b.stones[q] == EMPTY:
            _add_liberty(b, p, q)
        elif b.stones[q] == -color:
            _drop_liberty(b, b.head[q], p)
    for k in range(4):
        q = b.neighbours[p, k]
        if b.stones[q] == color and b.head[q] != b.head[p]:
            _merge(b, b.head[p], b.head[q], u)
    _drop_liberty(b, b.head[p], p)


@njit(cache=True)
def _merge(b: Board, one: int, other: int, u: Undo) -> None:
    """Join two chains under the head of the larger; writes one merge into ``u``."""
    survivor, absorbed = one, other
    if b.chain_size[one] < b.chain_size[other]:
        survivor, absorbed = other, one
    m = u.merges
    u.survivor[m] = survivor
    u.absorbed[m] = absorbed
    u.survivor_size[m] = b.chain_size[survivor]
    u.survivor_liberties[m] = b.liberties[survivor]
    u.merges = m + 1
    _relabel(b, absorbed, survivor)
    b.chain_size[survivor] += b.chain_size[absorbed]
    count = 0
    for w in range(SET_WORDS):
        u.survivor_set[m, w] = b.liberty_set[survivor, w]
        word = b.liberty_set[survivor, w] | b.liberty_set[absorbed, w]
        b.liberty_set[survivor, w] = word
        count += popcount(word)
    b.liberties[survivor] = count
    _swap_next(b, survivor, absorbed)


@njit(cache=True)
def _swap_next(b: Board, one: int, other: int) -> None:
    """Joins two rings into one, and splits it again."""
    after = b.next_stone[one]
    b.next_stone[one] = b.next_stone[other]
    b.next_stone[other] = after


@njit(cache=True)
def _relabel(b: Board, start: int, head: int) -> None:
    p = start
    while True:
        b.head[p] = head
        p = b.next_stone[p]
        if p == start:
            break


@njit(cache=True)
def _remove_chain(b: Board, head: int, u: Undo) -> None:
    color = b.stones[head]
    u.removed[u.removals] = head
    u.removed_color[u.removals] = color
    u.removals += 1
    u.removed_stones += b.chain_size[head]
    p = head
    while True:
        b.stones[p] = EMPTY
        b.hash ^= zobrist(color, p)
        for k in range(4):
            q = b.neighbours[p, k]
            if b.stones[q] == -color:
                _add_liberty(b, b.head[q], p)
        p = b.next_stone[p]
        if p == head:
            break


@njit(cache=True)
def _restore_chain(b: Board, head: int, color: int) -> None:
    p = head
    while True:
        b.stones[p] = color
        for k in range(4):
            q = b.neighbours[p, k]
            if b.stones[q] == -color:
                _drop_liberty(b, b.head[q], p)
        p = b.next_stone[p]
        if p == head:
            break


@njit(cache=True)
def put(b: Board, p: int, color: int, u: Undo) -> None:
    """Put a stone on the empty point ``p``, take off what it captures, itself if it commits suicide; set the ko point.

    Does not ask whether the move is legal, and leaves the turn alone. ``u`` is filled for ``take_back``.
    """
    u.point = p
    u.color = color
    u.ever = b.ever[p]
    u.hash = b.hash
    u.ko_point = b.ko_point
    u.head = b.head[p]
    u.next_stone = b.next_stone[p]
    u.chain_size = b.chain_size[p]
    u.liberties = b.liberties[p]
    for w in range(SET_WORDS):
        u.liberty_set[w] = b.liberty_set[p, w]
    u.removals = 0
    u.removed_stones = 0
    _add_stone(b, p, color, u)
    for k in range(4):
        q = b.neighbours[p, k]
        if b.stones[q] == -color and b.liberties[b.head[q]] == 0:
            _remove_chain(b, b.head[q], u)
    head = b.head[p]
    b.ko_point = NO_POINT
    if b.liberties[head] == 0:
        _remove_chain(b, head, u)
    elif u.removed_stones == 1 and b.chain_size[head] == 1 and b.liberties[head] == 1:
        b.ko_point = u.removed[0]


@njit(cache=True)
def take_back(b: Board, u: Undo) -> None:
    """Undo the latest ``put`` that is not yet taken back."""
    p = u.point
    color = u.color
    for i in range(u.removals - 1, -1, -1):
        _restore_chain(b, u.removed[i], u.removed_color[i])
    for m in range(u.merges - 1, -1, -1):
        survivor = u.survivor[m]
        absorbed = u.absorbed[m]
        _swap_next(b, survivor, absorbed)
        _relabel(b, absorbed, absorbed)
        b.chain_size[survivor] = u.survivor_size[m]
        b.liberties[survivor] = u.survivor_liberties[m]
        for w in range(SET_WORDS):
            b.liberty_set[survivor, w] = u.survivor_set[m, w]
    b.stones[p] = EMPTY
    b.ever[p] = u.ever
    for k in range(4):
        q = b.neighbours[p, k]
        if b.stones[q] == color or b.stones[q] == -color:
            _add_liberty(b, b.head[q], p)
    b.head[p] = u.head
    b.next_stone[p] = u.next_stone
    b.chain_size[p] = u.chain_size
    b.liberties[p] = u.liberties
    for w in range(SET_WORDS):
        b.liberty_set[p, w] = u.liberty_set[w]
    b.hash = u.hash
    b.ko_point = u.ko_point
