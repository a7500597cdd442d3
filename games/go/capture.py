"""Whether a chain can be captured: an exact search of a small part of the board.

The *zone* is the part that is searched; stones are played nowhere else, and what stands around it stays. The attacker
wants to take the stone at the *target* off the board, its owner wants to keep it there. The owner may pass at any time.
The attacker may not: an owner who passes too would have kept the stone. Unless one player is said to win all kos,
nobody has threats elsewhere, and no position of the whole board may come again. So a ko counts for who takes it first,
and a seki for both.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.board import EMPTY, MAX_POINTS, NO_POINT, WHITE, Board, bit_of, new_undos, put, take_back, zobrist
from games.go.moves import KO, LEGAL, check_point

KEPT, CAPTURED, UNKNOWN = range(3)
"""Answers of ``search``. ``UNKNOWN``: the search came to its bound."""

DEEPEST = 96
"""Stones that a line of the search may put down."""

LIFE = 7
"""Whoever takes so many stones at once has room for two eyes: no shape of seven points can be made one eye."""

_TABLE_BITS = 18
_N = MAX_POINTS + 1

_NOWHERE = DEEPEST + 9
"""Deeper than any node."""

_OPEN, _DEEPER = 3, 4
"""What a step of the search may come to besides an answer: go on here, or one move further."""

_FRAME = np.dtype(
    [
        # a node on the way to the one that is being searched
        ("stones", np.uint64),  # hash of the stones
        ("key", np.uint64),  # its name in the table, and its place there
        ("place", np.int64),
        ("reach", np.int16),  # the least depth whose position a move here would have repeated, and which counted
        ("mover", np.int8),
        ("at", np.int32),  # the next move to try: -1 the pass, i < n liberty zone[i], i >= n other point zone[i - n]
        ("passed", np.uint8),  # the move that is being searched is a pass
        ("ko_point", np.int16),  # before that pass
        ("answer", np.uint8),  # so far
        ("unknown", np.uint8),  # a move came to UNKNOWN
    ],
    align=True,
)

CAPTURE_MEMORY = np.dtype(
    [
        ("nodes", np.int64),  # that may still be searched
        ("reach", np.int16),  # that of the node that was answered last; _NOWHERE where its answer holds on every path
        ("frames", _FRAME, (DEEPEST + 2,)),  # by depth
        ("key", np.uint64, (1 << _TABLE_BITS,)),  # of the node whose answer is kept in a place of the table; 0: none
        ("answer", np.uint8, (1 << _TABLE_BITS,)),
    ],
    align=True,
)
CaptureMemory: TypeAlias = Any
"""One element of an array of dtype ``CAPTURE_MEMORY``; nothing in it lasts."""


def new_capture_memory() -> Any:
    """Memory for ``search``, and the undo records that go with it."""
    return np.zeros(1, CAPTURE_MEMORY)[0], new_undos(DEEPEST + 2)


@njit(cache=True)
def search(
    b: Board,
    target: int,
    attacker_begins: bool,
    zone: NDArray[np.int16],
    wins_kos: int,
    nodes: int,
    m: CaptureMemory,
    undos: NDArray[Any],
) -> int:
    """Whether the stone at ``target`` gets captured: CAPTURED, KEPT, or UNKNOWN beyond so many ``nodes``.

    zone: points on which stones may be put. The board is left as it was; ``m.nodes`` is what is left of the nodes.
    A ko that was just taken on the board must not be taken back at once. wins_kos: who has all ko threats and need not
    care for ko and repetition, BLACK, WHITE, or EMPTY for nobody.
    """
    m.nodes = nodes
    for place in range(len(m.key)):
        m.key[place] = np.uint64(0)
    owner = b.stones[target]
    depth = 0
    found = _enter(b, -owner if attacker_begins else owner, owner, depth, m)
    while True:
        if found == _OPEN:
            found = _step(b, target, owner, zone, wins_kos, depth, m, undos)
            if found == _DEEPER:
                depth += 1
                found = _enter(b, -m.frames[depth - 1].mover, owner, depth, m)
        elif depth == 0:
            break
        else:
            depth -= 1
            _take_back_move(b, depth, m, undos)
            found = _note(found, owner, depth, m)
    return int(found)


def first_move(zone: NDArray[np.int16], m: CaptureMemory) -> int | None:
    """After a ``search`` that gave its beginner what he wants: the point on which he begins. None: he passes."""
    f = m["frames"][0]
    return None if f["passed"] else int(zone[(int(f["at"]) - 1) % len(zone)])


@njit(cache=True)
def _enter(b: Board, mover: int, owner: int, depth: int, m: CaptureMemory) -> int:
    """Begin a node. Its answer where that is known already, else _OPEN."""
    m.reach = _NOWHERE
    if m.nodes <= 0 or depth > DEEPEST:
        return UNKNOWN
    m.nodes -= 1
    key = b.hash ^ zobrist(mover, MAX_POINTS)
    if b.ko_point != NO_POINT:
        key ^= zobrist(WHITE, b.ko_point) * np.uint64(0x9E3779B97F4A7C15)
    place = np.int64(key >> np.uint64(64 - _TABLE_BITS))
    if m.key[place] == key:
        return int(m.answer[place])
    f = m.frames[depth]
    f.stones, f.key, f.place, f.reach = b.hash, key, place, _NOWHERE
    f.mover, f.unknown = mover, 0
    # The owner passes first: where nothing threatens the stone this settles it.
    f.at = -1 if mover == owner else 0
    f.answer = CAPTURED if mover == owner else KEPT
    return _OPEN


@njit(cache=True)
def _step(
    b: Board,
    target: int,
    owner: int,
    zone: NDArray[np.int16],
    wins_kos: int,
    depth: int,
    m: CaptureMemory,
    undos: NDArray[Any],
) -> int:
    """Try the moves of a node: _DEEPER when one is on the board whose answer must be searched, else the answer."""
    f = m.frames[depth]
    head = b.head[target]
    liberties = b.liberties[head]
    if f.at < 0:
        f.at = 0
        f.passed = 1
        f.ko_point = b.ko_point
        b.ko_point = NO_POINT
        return _DEEPER
    f.passed = 0
    while f.at < 2 * len(zone):
        # Liberties of the target's chain first: most captures and most escapes are there.
        near = f.at < len(zone)
        p = zone[f.at if near else f.at - len(zone)]
        f.at += 1
        is_near = b.liberty_set[head, p >> 6] & bit_of(p) != 0
        if b.stones[p] != EMPTY or is_near != near:
            continue
        legal = check_point(b, p, f.mover)
        if legal != LEGAL and (legal != KO or f.mover != wins_kos):
            continue
        put(b, p, f.mover, undos[depth])
        found = _DEEPER
        m.reach = _NOWHERE
        if b.stones[target] != owner:
            found = CAPTURED
        elif undos[depth].removed_stones >= LIFE and b.liberties[b.head[target]] > liberties:
            found = KEPT
        elif f.mover != wins_kos:
            m.reach = _where(b.hash, depth, m)
            if m.reach != _NOWHERE:
                found = f.answer
        if found == _DEEPER:
            return found
        take_back(b, undos[depth])
        found = _note(found, owner, depth, m)
        if found != _OPEN:
            return found
    m.reach = f.reach
    return _close(UNKNOWN if f.unknown != 0 else f.answer, depth, m)


@njit(cache=True)
def _take_back_move(b: Board, depth: int, m: CaptureMemory, undos: NDArray[Any]) -> None:
    if m.frames[depth].passed != 0:
        b.ko_point = m.frames[depth].ko_point
    else:
        take_back(b, undos[depth])


@njit(cache=True)
def _note(found: int, owner: int, depth: int, m: CaptureMemory) -> int:
    """What a move of a node came to: the node's answer when that is what its mover wants, else _OPEN."""
    f = m.frames[depth]
    if found == (KEPT if f.mover == owner else CAPTURED):
        return _close(found, depth, m)  # because of this move alone: what the others came to does not count
    f.reach = min(f.reach, m.reach)
    if found == UNKNOWN:
        f.unknown = 1
    return _OPEN


@njit(cache=True)
def _close(answer: int, depth: int, m: CaptureMemory) -> int:
    """Keep the answer of a node, unless it may hold on this path alone. Returns it."""
    f = m.frames[depth]
    if m.reach >= depth:
        m.reach = _NOWHERE
        if answer != UNKNOWN:
            m.key[f.place] = f.key
            m.answer[f.place] = answer
    return int(answer)


@njit(cache=True)
def _where(stones: Any, depth: int, m: CaptureMemory) -> int:
    """The depth, down to this one, at which the position with these stones was; _NOWHERE if it was not."""
    for at in range(depth + 1):
        if m.frames[at].stones == stones:
            return at
    return _NOWHERE
