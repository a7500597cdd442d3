"""Many trees with one call of a kernel: what is selected in each of them in turn, and what an update changes in each.

A batch of self-play has a leaf or two of each of a hundred trees. One call a tree costs as much in Python as ten walks
do; a call for all of them does exactly what the calls one by one would do. It stops before a tree that Python must see
to first: one that needs memory, whose cursor has got priors that are to be mixed with noise, that has no room left. The
caller does that one by itself and has the kernel go on behind it.

Only addresses go in, see ``search_tree.Addresses``: whoever calls keeps the sessions, and so the arrays, alive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from daemon.core.backup import Backup, backup_at, update_leaves
from daemon.core.collisions import RETRIES, USUAL_DEPTH, CollisionRule, Selected, rule_at, select, write_selected
from daemon.core.gumbel import forget_tickets
from daemon.core.kernels import array_at, inlined_kernel, kernel
from daemon.core.score_utility import ScoreUtility
from daemon.core.search_tree import (
    BYTES_PER_NODE,
    COMPACTING,
    EVALUATED,
    MAX_NODES,
    NODES,
    NONE,
    ROWS,
    STALE_NODES,
    TERMINAL,
    TICKETS,
    TOUCHED_NODES,
    TOUCHED_ROWS,
    Tree,
    measure_paths,
    place_of,
    tree_at,
    write_paths,
)
from daemon.core.selection import Puct, puct_at
from protocol.messages import Update

if TYPE_CHECKING:
    from daemon.core.session import Session

_TREE, _HOW, _NUMBERS, _PLACES, _ROOT_PRIORS, _HALVING, _HALVING_LENGTH, _AVOID, _MOST_BYTES, _BYTES_PER_ROW = range(10)
"""Of a row: where the addresses of the tree lie, and what else a kernel reads of its session."""

_ROW = 10
_ADDRESSES = 3 + len(Tree._fields) - 1
_HOW_LENGTH = len(CollisionRule._fields) + len(Puct._fields)
_NUMBERS_LENGTH = 6 + len(ScoreUtility._fields)
_PLACES_LENGTH = 7 + 6

_OF_ROW, _CURSOR, _LAST_VISIT, _READY, _MOST = range(5)
"""Of a tree in a call: the address of its row, 0 for none; its cursor; with how many visits of that its search is over;
whether Python need do nothing before it is selected in; leaves that it may still give."""

_FIELDS = len(Selected._fields) + 2
_WANTED, _HELD = len(Selected._fields), len(Selected._fields) + 1
"""What a selection says of each tree: ``Selected``, how many leaves were asked for, the bytes that it holds then."""

_REACHED, _FOUND, _LEFT, _UNWRITTEN = range(4)
"""How far a selection is: the tree, the leaves that it has, those left of the turn, whether paths lack room."""

_OF_UPDATE: dict[str, type[np.generic]] = {
    "to_play": np.int8,
    "terminal": np.uint8,
    "value": np.float32,
    "lead": np.float32,
    "score": np.float32,
    "errors": np.float32,
    "patterns": np.uint64,
    "keys": np.uint64,
    "priors": np.uint16,
}


class TreeRow:
    """What the kernels here read of one session, in one array; made anew when any of it has become another one."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] = (None,) * 5
        self._avoid: object = None
        self._row = np.zeros(_ROW, np.int64)
        self._address = place_of(self._row)

    def address_for(self, session: Session) -> int:
        """Where the array lies."""
        of, how, parameters = self._of, session.how_to_walk, session.backup_parameters
        if (
            of[0] is not session.tree.addresses  # of the tree itself the arrays would stay in memory
            or of[1] is not how
            or of[2] is not parameters.numbers
            or of[3] is not session.root_priors
            or of[4] is not session.halving.numbers
        ):
            self._of = (session.tree.addresses, how, parameters.numbers, session.root_priors, session.halving.numbers)
            self._avoid = session.avoid
            arrays = (session.tree.addresses, how.numbers, parameters.numbers, parameters.places, session.root_priors)
            halving = session.halving.numbers
            self._row[:] = (
                *(place_of(array) for array in arrays),
                place_of(halving),
                len(halving),
                place_of(session.avoid),
                session.settings.max_bytes,
                session.bytes_per_leaf - BYTES_PER_NODE,
            )
        return self._address


@inlined_kernel
def _tree_of(row: int) -> Tree:
    addresses = array_at(row, (_ROW,), np.int64)[_TREE]
    return tree_at(array_at(addresses, (_ADDRESSES,), np.int64))  # type: ignore[no-any-return]


@inlined_kernel
def _backup_of(row: int) -> Backup:
    r = array_at(row, (_ROW,), np.int64)
    numbers, places = (
        array_at(r[_NUMBERS], (_NUMBERS_LENGTH,), np.float64),
        array_at(r[_PLACES], (_PLACES_LENGTH,), np.int64),
    )
    return backup_at(numbers, places)  # type: ignore[no-any-return]


@kernel
def _room(t: Tree, most_bytes: int, bytes_per_row: int) -> int:
    """``Session.room``, where no ownership is kept and other sessions leave enough."""
    if t.used[COMPACTING] != 0:
        return 0
    taken = t.used[NODES] * BYTES_PER_NODE + t.used[ROWS] * bytes_per_row
    fit = (most_bytes - taken) // (BYTES_PER_NODE + bytes_per_row)
    return int(max(0, min(fit, MAX_NODES - t.used[NODES]) - t.used[TICKETS]))


@inlined_kernel
def _bytes_held(t: Tree, bytes_per_row: int) -> int:
    """``Session.bytes_held``, where no ownership is kept."""
    nodes, rows = max(t.used[NODES], t.used[TOUCHED_NODES]), max(t.used[ROWS], t.used[TOUCHED_ROWS])
    return int(nodes * BYTES_PER_NODE + (rows + t.used[TICKETS]) * bytes_per_row)


# Selection.


@dataclass(frozen=True)
class Found:
    """What was selected in consecutive trees, the first of which is ``first``.

    ``selected``: of each, with how many leaves were asked for; None for one in which nothing may be begun. ``leaves``:
    of all of them, and ``offsets`` and ``moves``: their paths, as ``select_leaves`` has them. ``reached``: the tree
    before which it stopped, or which failed with ``error``. ``left``: leaves left of the turn.
    """

    first: int
    selected: list[tuple[int, Selected] | None]
    leaves: NDArray[np.int32]
    offsets: NDArray[np.int32]
    moves: NDArray[np.uint16]
    reached: int
    left: int
    error: Exception | None


class TurnOfMany:
    """The turn of many sessions of one shape, of which the trees are selected in one after the other."""

    def __init__(
        self,
        sessions: Sequence[Session],
        most: Sequence[int],
        room: int,
        optimistic: bool,
        speculate: bool,
        shallow: bool,
    ) -> None:
        """``most``: leaves that each may give. ``room``: those that all may. For the rest see ``Session.select``."""
        self._sessions = sessions
        self._how = speculate, shallow
        trees = [
            (*_seen(session), _is_ready(session, optimistic), left)
            for session, left in zip(sessions, most, strict=True)
        ]
        self._trees = np.array(trees, np.int64)
        self._said = np.empty((len(sessions), _FIELDS), np.int64)
        self._leaves, self._offsets = np.empty(room, np.int32), np.empty(room + 1, np.int32)
        self._moves = np.empty(room * USUAL_DEPTH, np.uint16)
        self._scratch = np.empty(room * (1 + RETRIES), np.int32)

    def go_on(self, first: int, each: int, left: int, room: int) -> Found:
        """Select in the trees from ``first`` on: ``each`` leaves, ``left`` together, ``room`` in the batch at most."""
        done = np.array([first, 0, left, 0], np.int64)
        arrays = (self._said, self._leaves[:room], self._offsets, self._moves, self._scratch)
        error = None
        try:
            _select_in_trees(self._trees, each, *self._how, done, *arrays)
        except Exception as raised:  # of the tree that was reached alone
            error = raised
        reached, found, left, unwritten = done.tolist()
        moves, offsets = self._moves, self._offsets[: found + 1].copy()
        if unwritten:
            moves = self._written(first, reached, offsets)
        said = self._said[first:reached].tolist()
        self._count_memory(first, said)
        selected = [(row[_WANTED], _selected(row)) if row[_WANTED] else None for row in said]
        steps = int(offsets[-1])
        return Found(first, selected, self._leaves[:found].copy(), offsets, moves[:steps].copy(), reached, left, error)

    def _written(self, first: int, reached: int, offsets: NDArray[np.int32]) -> NDArray[np.uint16]:
        """The paths once more, which had no room where they were written first."""
        moves, begin = np.empty(int(offsets[-1]), np.uint16), 0
        for number in range(first, reached):
            if self._said[number, _WANTED] > 0:
                end = begin + int(self._said[number, 0] + self._said[number, 1])
                write_paths(self._sessions[number].tree, self._leaves[begin:end], offsets[begin : end + 1], moves)
                begin = end
        return moves

    def _count_memory(self, first: int, said: Sequence[Sequence[int]]) -> None:
        for number, row in enumerate(said, first):
            if row[_WANTED]:
                self._sessions[number].count_as(row[_HELD])


def _selected(row: list[int]) -> Selected:
    real, speculative, blocking, unfinished, *counts = row[:_WANTED]
    return Selected(real, speculative, blocking, unfinished != 0, *counts)


def _seen(session: Session) -> tuple[int, int, int]:
    """A tree in a call, as far as every call has it."""
    search = session.search
    if search is None or session.ownership:
        return 0, 0, 0
    return session.row.address_for(session), session.cursor_path[-1], search.last_visit


def _is_ready(session: Session, optimistic: bool) -> bool:
    """Whether ``Session.select`` would find nothing to prepare."""
    cursor, settings = session.cursor_path[-1], session.settings
    if not session.cap_holds or (optimistic and settings.root_policy_optimism != settings.policy_optimism):
        return False
    if session.memory.state[cursor] < EVALUATED:
        return True
    if settings.root_selection == "gumbel" and not session.halving.under_way:
        return False
    return session.backup_parameters.center_of == cursor and (
        session.node_of_priors == cursor or not session.puct.own_root_priors
    )


@kernel
def _select_in_trees(
    trees: NDArray[np.int64],
    each: int,
    speculate: bool,
    shallow: bool,
    done: NDArray[np.int64],
    said: NDArray[np.int64],
    leaves: NDArray[np.int32],
    offsets: NDArray[np.int32],
    moves: NDArray[np.uint16],
    scratch: NDArray[np.int32],
) -> None:
    """Select in trees from that in ``done`` on, which says how far it is whatever happens."""
    offsets[0] = 0
    while done[_REACHED] < len(trees):
        i, found = done[_REACHED], done[_FOUND]
        most = min(min(done[_LEFT], each), min(len(leaves) - found, trees[i, _MOST]))
        if done[_LEFT] <= 0 or len(leaves) == found or trees[i, _OF_ROW] == 0:
            return
        r, t, cursor = array_at(trees[i, _OF_ROW], (_ROW,), np.int64), _tree_of(trees[i, _OF_ROW]), trees[i, _CURSOR]
        wanted = min(most, _room(t, r[_MOST_BYTES], r[_BYTES_PER_ROW]))
        if wanted <= 0:
            return
        budget = trees[i, _LAST_VISIT] - t.visits[cursor] - t.pending[cursor]
        said[i, _WANTED] = 0
        if budget > 0 and t.state[cursor] != TERMINAL:
            b = _backup_of(trees[i, _OF_ROW])
            if trees[i, _READY] == 0 or _must_grow(t, b, wanted, 0):
                return
            _select_in_tree(
                t, b, r, cursor, wanted, budget, speculate, shallow, done, said[i], leaves, offsets, scratch
            )
            end = done[_FOUND]
            if offsets[end] <= len(moves):
                write_paths(t, leaves[found:end], offsets[found : end + 1], moves)
            else:
                done[_UNWRITTEN] = 1
        done[_REACHED] += 1


@inlined_kernel
def _must_grow(t: Tree, b: Backup, nodes: int, rows: int) -> bool:
    """Whether there is no room for so many more yet, in the tree or in its tables."""
    nodes += t.used[NODES]
    return bool(nodes > len(t.parent) or t.used[ROWS] + rows > len(t.owner) or 2 * nodes > len(b.positions))


@inlined_kernel
def _select_in_tree(
    t: Tree,
    b: Backup,
    r: NDArray[np.int64],
    cursor: int,
    wanted: int,
    budget: int,
    speculate: bool,
    shallow: bool,
    done: NDArray[np.int64],
    said: NDArray[np.int64],
    leaves: NDArray[np.int32],
    offsets: NDArray[np.int32],
    scratch: NDArray[np.int32],
) -> None:
    found = done[_FOUND]
    how, num_moves = array_at(r[_HOW], (_HOW_LENGTH,), np.float64), t.priors.shape[1]
    selected = select(
        t,
        cursor,
        budget,
        rule_at(how),
        puct_at(how, 4),
        b,
        array_at(r[_ROOT_PRIORS], (num_moves,), np.float32),
        array_at(r[_HALVING], (r[_HALVING_LENGTH],), np.float64),
        array_at(r[_AVOID], (2, num_moves), np.int32),
        speculate,
        shallow,
        leaves[found : found + wanted],
        scratch,
        None,
    )
    write_selected(selected, said)
    said[_WANTED] = wanted
    said[_HELD] = _bytes_held(t, r[_BYTES_PER_ROW])
    end = found + selected.real + selected.speculative
    measure_paths(t, cursor, leaves[found:end], offsets[found : end + 1])
    done[_LEFT] -= end - found
    done[_FOUND] = end


# Updates.


class UpdateOfMany:
    """An update whose rows belong to many sessions, row after row."""

    def __init__(self, sessions: Sequence[Session | None], leaves: Sequence[NDArray[np.int32]], update: Update) -> None:
        """``leaves``: of each session, None where there is none any more; they have as many of the update's rows."""
        self._sessions = sessions
        self._leaves = np.concatenate(leaves)
        ends = np.cumsum([0, *map(len, leaves)])
        seen_ownership = len(update.ownership) > 0
        trees = [_seen_by_update(session, seen_ownership) for session in sessions]
        self._trees = np.column_stack((np.array(trees, np.int64), ends[:-1], ends[1:]))
        self._held = np.empty(len(sessions), np.int64)
        self._arrays = [np.ascontiguousarray(getattr(update, name), of) for name, of in _OF_UPDATE.items()]
        self._places = np.array([*(place_of(array) for array in self._arrays), *map(len, self._arrays)], np.int64)

    def go_on(self, first: int) -> tuple[int, int, Exception | None]:
        """Update the trees from ``first`` on: how many visits that made, the tree before which it stopped, and, where
        that one failed, with what.
        """
        done, error = np.array([first, 0], np.int64), None
        try:
            _update_trees(self._trees, self._leaves, self._places, done, self._held)
        except Exception as raised:  # of the tree that was reached alone
            error = raised
        reached, visits = done.tolist()
        for session, held in zip(self._sessions[first:reached], self._held[first:reached].tolist(), strict=True):
            assert session is not None
            session.count_as(held)
        return visits, reached, error


def _seen_by_update(session: Session | None, seen_ownership: bool) -> tuple[int, int]:
    """Row and cursor. No row where ``Session.update`` does more than to update the tree."""
    if session is None or session.ownership or session.root_policy.asked != NONE:
        return 0, 0
    if seen_ownership and session.settings.ownership:
        return 0, 0
    return session.row.address_for(session), session.cursor_path[-1]


@kernel
def _update_trees(
    trees: NDArray[np.int64],
    leaves: NDArray[np.int32],
    places: NDArray[np.int64],
    done: NDArray[np.int64],
    held: NDArray[np.int64],
) -> None:
    """Update trees from that in ``done`` on. ``trees``: row, cursor, first and end of its leaves and rows.

    ``done``: the tree that is reached, and the visits so far. ``places``: of the update's arrays, and their lengths.
    """
    while done[0] < len(trees):
        i = done[0]
        if trees[i, 0] == 0:
            return
        r, t, b = array_at(trees[i, 0], (_ROW,), np.int64), _tree_of(trees[i, 0]), _backup_of(trees[i, 0])
        first, own = trees[i, 2], leaves[trees[i, 2] : trees[i, 3]]
        if _must_grow(t, b, 0, len(own)):
            return
        forget_tickets(t.addresses, trees[i, 1], own, array_at(r[_HALVING], (r[_HALVING_LENGTH],), np.float64))
        done[1] += update_leaves(
            t.addresses,
            array_at(r[_NUMBERS], (_NUMBERS_LENGTH,), np.float64),
            array_at(r[_PLACES], (_PLACES_LENGTH,), np.int64),
            own,
            first,
            array_at(places[0], (places[9],), np.int8),
            array_at(places[1], (places[10],), np.uint8),
            array_at(places[2], (places[11],), np.float32),
            array_at(places[3], (places[12],), np.float32),
            array_at(places[4], (places[13], 2), np.float32),
            array_at(places[5], (places[14], 2), np.float32),
            array_at(places[6], (places[15],), np.uint64),
            array_at(places[7], (places[16],), np.uint64),
            array_at(places[8], (places[17], t.priors.shape[1]), np.int16),
            trees[i, 1],
        )
        held[i] = _bytes_held(t, r[_BYTES_PER_ROW])
        done[0] += 1


# Ends.


def surely_go_on(sessions: Sequence[Session]) -> list[bool]:
    """Of each session, whether its tree neither ends its search nor wants to be tidied; where not, it may be so too."""
    trees = np.array([_seen(session) for session in sessions], np.int64)
    sure = np.empty(len(sessions), np.bool_)
    _write_sure(trees, sure)
    found: list[bool] = sure.tolist()
    return found


@kernel
def _write_sure(trees: NDArray[np.int64], sure: NDArray[np.bool_]) -> None:
    for i in range(len(trees)):
        sure[i] = False
        if trees[i, _OF_ROW] != 0:
            r, t = array_at(trees[i, _OF_ROW], (_ROW,), np.int64), _tree_of(trees[i, _OF_ROW])
            cursor = trees[i, _CURSOR]
            is_tidy = t.used[STALE_NODES] == 0 and t.used[TOUCHED_NODES] == 0 and t.used[TOUCHED_ROWS] == 0
            is_under_way = t.state[cursor] != TERMINAL and t.visits[cursor] < trees[i, _LAST_VISIT]
            sure[i] = is_tidy and is_under_way and _room(t, r[_MOST_BYTES], r[_BYTES_PER_ROW]) > 0
