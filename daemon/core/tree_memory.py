"""Where the arrays of a tree lie: they grow without a copy, and give back what they need no more.

The arrays of a small tree are plain ones, which double by a copy. Those of a larger one are carved out of one mapping
of memory, whose addresses are reserved for all that the session may come to use. A page that nobody touched is no
memory, so reserving costs nothing, and growing copies nothing however large the tree. Where the system grants no such
mapping (strict overcommit, ``ulimit -v``, thousands of huge trees) the arrays go on doubling by copies.

None of this can be seen in what a tree holds, and ``search_tree.bytes_occupied`` does not depend on it.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from daemon.core.search_tree import (
    BYTES_PER_NODE,
    MAX_NODES,
    NODE_FIELDS,
    NODES,
    PLACES,
    ROWS,
    TOUCHED_NODES,
    TOUCHED_ROWS,
    Tree,
    bytes_per_row,
    copy_arrays,
    init_root,
    place_of,
    tree_of,
)

FEWEST_NODES = 64
"""Nodes and rows for which there is always room."""

SMALL_NODES = 4096
"""Nodes and rows up to which arrays are plain: so many are copied in a few milliseconds."""

LEAST_RESERVED = 4 << 30
MOST_RESERVED = 1 << 40
"""Bytes of a tree for which addresses are reserved, whatever a session may use: at least, so that it can be allowed
more later on, and at most.
"""

HUGE_FROM = 1 << 16
"""The node and the row from which on the arrays of a tree may lie in huge pages.

A process that forks copies its table of pages, which is shorter by far with huge ones. Trees grow into small pages, for
to clear a huge one may take as long as ten batches: ``mend_pages`` makes them huge before a fork.
"""

_HUGE_PAGE = 2 << 20

_MAP_NORESERVE = 0x4000
_MADV_COLLAPSE = 25
"""Of Linux; Python's ``mmap`` does not name them yet."""


class TreeMemory:
    """The arrays of one tree, ``tree``, which is another tuple, of the same memory or not, after ``grow``."""

    def __init__(self, num_moves: int, nodes: int = FEWEST_NODES) -> None:
        """A tree of one FRESH root. ``nodes``: for which there is room at once, as far as arrays are plain."""
        self._num_moves = num_moves
        self._mapping: mmap.mmap | None = None
        self._offsets: dict[str, int] = {}
        nodes = min(max(FEWEST_NODES, _power_of_two(nodes)), SMALL_NODES)
        self._have(_plain(num_moves, nodes, nodes))
        init_root(self.tree.addresses)

    def grow(self, nodes: int, rows: int, limit: int) -> Tree:
        """The tree, with room for so many more nodes and rows. ``limit``: bytes that it may come to use."""
        nodes += self.used[NODES]
        rows += self.used[ROWS]
        if nodes > self._most_nodes or rows > self._most_rows:
            self._move(nodes, rows, limit)
        return self.tree

    def load(self, arrays: Mapping[str, NDArray[Any]], limit: int) -> Tree:
        """A tree that holds what these arrays do, by the names of its fields; each as long as it is in use.

        Raises ``ValueError`` when they are those of another kind of tree.
        """
        of = {name: (array.dtype, array.shape[1:]) for name, array in arrays.items()}
        if of != {name: (array.dtype, array.shape[1:]) for name, array in arrays_of(self.tree).items()}:
            raise ValueError("its tree has other arrays than a tree of this program")
        used = self.tree.used.copy()
        used[: len(arrays["used"])] = arrays["used"][:PLACES]
        lengths = lengths_in_use(self.tree._replace(used=used)) | {"used": len(arrays["used"])}
        if {name: len(array) for name, array in arrays.items()} != lengths or min(used[NODES], used[ROWS] + 1) < 1:
            raise ValueError("the arrays of its tree are not as long as it says")
        self.tree.used[:] = 0
        self.grow(int(used[NODES]), int(used[ROWS]), limit)
        for name, array in arrays.items():
            getattr(self.tree, name)[: len(array)] = array
        return self.tree

    def give_back(self, most: int) -> Tree:
        """Give memory that was in use back to the system, at most so many bytes; the tree, which stays as it is."""
        used = self.tree.used
        for in_use, touched, names, size in (
            (NODES, TOUCHED_NODES, tuple(NODE_FIELDS), BYTES_PER_NODE),
            (ROWS, TOUCHED_ROWS, ("owner", "priors"), bytes_per_row(self._num_moves)),
        ):
            given = min(int(used[touched] - used[in_use]), most // size)
            if given > 0:
                self._discard(names, int(used[touched]) - given, int(used[touched]))
                used[touched] -= given
                most -= given * size
            if used[touched] <= used[in_use]:
                used[touched] = 0
        if not (used[TOUCHED_NODES] or used[TOUCHED_ROWS] or self._mapping) and len(self.tree.parent) > SMALL_NODES:
            room = _power_of_two(int(used[NODES])), _power_of_two(int(used[ROWS]))
            self._adopt(self.tree, _plain(self._num_moves, *room))
        return self.tree

    def mend_pages(self) -> Iterator[None]:
        """Make pages of a large tree huge, one at each step, half a millisecond or so: then a fork is quick.

        What has grown since lies in small ones, and each huge one that is written to while a forked process lives falls
        apart.
        """
        mapping = self._mapping
        if mapping is None:
            return
        for name in ("priors", *NODE_FIELDS):
            yield from self._mend_pages_of(name, mapping)

    def _mend_pages_of(self, name: str, mapping: mmap.mmap) -> Iterator[None]:
        page, step = self._first_huge_page(name), getattr(self.tree, name).strides[0]
        # a page that is not in use would become memory
        while self._mapping is mapping and page + _HUGE_PAGE <= self._offsets[name] + self._in_use(name) * step:
            try:
                _make_huge(mapping, page)
            except OSError:  # a system that cannot, or has no such page left
                return
            page += _HUGE_PAGE
            yield

    def mark_unused(self) -> None:
        """Nothing of the tree is wanted any more: all of it is there to ``give_back``."""
        used = self.tree.used
        used[TOUCHED_NODES] = max(used[TOUCHED_NODES], used[NODES])
        used[TOUCHED_ROWS] = max(used[TOUCHED_ROWS], used[ROWS])
        used[NODES] = used[ROWS] = 0

    def copy(self) -> TreeMemory:
        """The same tree in memory of its own."""
        other = TreeMemory(self._num_moves)
        lengths = lengths_in_use(self.tree)
        other._adopt(self.tree, _plain(self._num_moves, lengths["parent"], lengths["priors"]))
        return other

    def _move(self, nodes: int, rows: int, limit: int) -> None:
        """Move to arrays of at least these lengths."""
        if max(nodes, rows) > SMALL_NODES and self._reserve(nodes, rows, limit):
            return
        old = self.tree
        most_nodes = max(len(old.parent), _power_of_two(nodes))
        most_rows = max(len(old.priors), _power_of_two(rows))
        if most_nodes <= SMALL_NODES:  # each node will have a row, so that one move is enough for both
            most_rows = max(most_rows, most_nodes)
        self._adopt(old, _plain(self._num_moves, most_nodes, most_rows))
        self._mapping = None

    def _reserve(self, nodes: int, rows: int, limit: int) -> bool:
        """Move to a mapping. False when the system grants none."""
        if _is_strict():
            return False
        per_row = bytes_per_row(self._num_moves)
        needed = nodes * BYTES_PER_NODE + rows * per_row
        most = max(min(max(limit, LEAST_RESERVED), MOST_RESERVED), 2 * needed)
        while most >= 2 * needed:
            room = min(most // BYTES_PER_NODE, MAX_NODES)
            mapped = _map(self._num_moves, room, min(room, most // per_row))
            if mapped is not None:
                tree, self._mapping, self._offsets = mapped
                self._adopt(self.tree, tree)
                return True
            most //= 2
        return False

    def _adopt(self, old: Tree, new: Tree) -> None:
        nodes, rows = int(old.used[NODES]), int(old.used[ROWS])
        copy_arrays(old.addresses, new.addresses, nodes * _NODE_BYTES + rows * _row_bytes(self._num_moves) + _OWN_BYTES)
        self._have(new)

    def _have(self, tree: Tree) -> None:
        self.tree = tree
        # Python reads a number from these in a fraction of the time that an array takes.
        self.used, self.state = _view(tree.used), _view(tree.state)
        self.visits, self.pending = _view(tree.visits), _view(tree.pending)
        self._most_nodes, self._most_rows = len(tree.parent), len(tree.priors)

    def _first_huge_page(self, name: str) -> int:
        return _up(self._offsets[name] + HUGE_FROM * getattr(self.tree, name).strides[0], _HUGE_PAGE)

    def _in_use(self, name: str) -> int:
        return int(self.tree.used[ROWS if name == "priors" else NODES])

    def _discard(self, names: Iterable[str], begin: int, end: int) -> None:
        """These elements of these arrays are memory no more; they lie behind what is in use."""
        if self._mapping is None:
            return
        for name in names:
            array: NDArray[Any] = getattr(self.tree, name)
            step = array.strides[0]
            first = _up(self._offsets[name] + begin * step, mmap.PAGESIZE)
            last = _up(self._offsets[name] + min(end, len(array)) * step, mmap.PAGESIZE)
            if first < last:
                self._mapping.madvise(mmap.MADV_DONTNEED, first, last - first)


def _view(array: Any) -> memoryview[int]:
    return memoryview(array)


def lengths_in_use(tree: Tree) -> dict[str, int]:
    """How much of each array of the tree is in use."""
    nodes, rows = int(tree.used[NODES]), int(tree.used[ROWS])
    return {"used": PLACES, **dict.fromkeys(NODE_FIELDS, nodes), "owner": rows, "priors": rows}


_NAMES = Tree._fields[:-1]
_NODE_BYTES = np.array([NODE_FIELDS[name].itemsize if name in NODE_FIELDS else 0 for name in _NAMES], np.int64)
_OWN_BYTES = np.array([8 * PLACES if name == "used" else 0 for name in _NAMES], np.int64)
"""Of each array: bytes of a node, and those that every tree has."""


@lru_cache(256)
def _row_bytes(num_moves: int) -> NDArray[np.int64]:
    """Of each array: bytes of a row."""
    of = {"owner": 4, "priors": 2 * num_moves}
    return np.array([of.get(name, 0) for name in _NAMES], np.int64)


def arrays_of(tree: Tree) -> dict[str, NDArray[Any]]:
    """Its arrays, by name."""
    return {name: getattr(tree, name) for name in Tree._fields[:-1]}


def _shapes(num_moves: int, nodes: int, rows: int) -> dict[str, tuple[np.dtype[Any], tuple[int, ...]]]:
    """Element type and shape of each array that grows."""
    shapes: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {
        name: (dtype, (nodes,)) for name, dtype in NODE_FIELDS.items()
    }
    return shapes | {"owner": (np.dtype(np.int32), (rows,)), "priors": (np.dtype(np.int16), (rows, num_moves))}


_ALIGNED = 64
"""Bytes of which the place of each array of a plain tree is a multiple, from the beginning of its memory."""


class _Layout(NamedTuple):
    """Where the arrays of a plain tree lie in its memory of ``size`` bytes."""

    arrays: list[tuple[np.dtype[Any], tuple[int, ...], int]]
    offsets: NDArray[np.int64]
    size: int


@lru_cache(256)
def _layout(num_moves: int, nodes: int, rows: int) -> _Layout:
    shapes = {"used": (np.dtype(np.int64), (PLACES,))} | _shapes(num_moves, nodes, rows)
    arrays, end = [], 0
    for name in Tree._fields[:-1]:
        dtype, shape = shapes[name]
        arrays.append((dtype, shape, end))
        end = _up(end + dtype.itemsize * int(np.prod(shape, dtype=np.int64)), _ALIGNED)
    return _Layout(arrays, np.array([offset for *_, offset in arrays], np.int64), end)


def _plain(num_moves: int, nodes: int, rows: int) -> Tree:
    """A tree in one piece of memory, which is made in a fraction of the time that forty take."""
    layout = _layout(num_moves, nodes, rows)
    memory = np.empty(layout.size, np.uint8)
    arrays = [np.ndarray(shape, dtype, memory, offset) for dtype, shape, offset in layout.arrays]
    addresses = np.concatenate(([nodes, rows, num_moves], layout.offsets + place_of(memory)))
    tree = Tree._make([*arrays, addresses])
    tree.used[:] = 0
    return tree


def _map(num_moves: int, nodes: int, rows: int) -> tuple[Tree, mmap.mmap, dict[str, int]] | None:
    """A tree in a mapping, and where each of its arrays begins there."""
    shapes, offsets, end = _shapes(num_moves, nodes, rows), {}, 0
    for name, (dtype, shape) in shapes.items():
        offsets[name] = _up(end, _HUGE_PAGE)
        end = offsets[name] + dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    try:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE
        mapping = mmap.mmap(-1, _up(end, _HUGE_PAGE), flags=flags)
    except (OSError, ValueError, OverflowError):
        return None
    with suppress(OSError):
        mapping.madvise(mmap.MADV_NOHUGEPAGE)  # for now, where they are given to everybody
    arrays = {
        name: np.frombuffer(mapping, dtype, int(np.prod(shape, dtype=np.int64)), offsets[name]).reshape(shape)
        for name, (dtype, shape) in shapes.items()
    }
    return tree_of({"used": np.zeros(PLACES, np.int64), **arrays}), mapping, offsets


def _make_huge(mapping: mmap.mmap, page: int) -> None:
    """Make one page of what lies there; what comes to lie there later on is small again."""
    mapping.madvise(mmap.MADV_HUGEPAGE, page, _HUGE_PAGE)
    try:
        mapping.madvise(_MADV_COLLAPSE, page, _HUGE_PAGE)
    finally:
        mapping.madvise(mmap.MADV_NOHUGEPAGE, page, _HUGE_PAGE)


def _is_strict() -> bool:
    """Whether addresses that are only reserved count as memory on this machine."""
    try:
        return Path("/proc/sys/vm/overcommit_memory").read_text().strip() == "2"
    except OSError:
        return True


def _power_of_two(n: int) -> int:
    return 1 << max(n - 1, 1).bit_length()


def _up(n: int, step: int) -> int:
    return -(-n // step) * step
