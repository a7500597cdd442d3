"""The tree: a struct of arrays, and the kernels that make nodes and follow their links.

Nothing here knows games, clocks, messages or other searchers. A node is an index; a parent's index is smaller than its
children's, but where a compaction moved what is shared. Values, utilities, scores and leads are seen from the first
player's (Black's) side; ``to_play`` says who moves at a node. ``selection`` walks down the tree, ``backup`` says what
its means mean, ``transpositions`` what nodes share.

Rules of this file:

- ``visits`` counts the searches that went through a node, from wherever they began; ``edge_visits`` those of them that
  came through its parent. They differ where the cursor stood, for a search from the cursor C is backed up to C and no
  further, and where a position is shared.
  So visits(expanded node) = 1 + sum of its children's edge visits, always, and undo costs nothing.
- ``pseudo`` and ``edge_pseudo`` are to pseudo-visits what these two are to visits: a leaf in flight causes them from
  itself up to the cursor that its path began at, and none on the edge above that. So pseudo(expanded node) = sum of
  its children's edge pseudo-visits, and when the cursor moves up while leaves are in flight they crowd no edge there.
- Counts of visits are int64, for known ends add visits without memory. A cursor never passes ``MAX_VISITS``.
- A row of priors holds half-precision bits as int16. A negative entry is no candidate: the move is illegal, or it has
  a child already, which then holds the prior itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args, get_type_hints

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daemon.core.kernels import array_at, inlined_kernel, kernel

# What a node is. FRESH: a leaf. IN_FLIGHT: a leaf under a real ticket. SPECULATED: a leaf under a speculative one.
# EVALUATED: a leaf whose speculative result is kept, and counts as nothing. EXPANDED: has priors. TERMINAL: game over.
# TRANSPOSED: its position is that of another node, its original, see ``transpositions``.
FRESH, IN_FLIGHT, SPECULATED, EVALUATED, EXPANDED, TERMINAL, TRANSPOSED = range(7)

NONE = -1
"""No node, no row, no move."""

STALE = -2
"""In ``untried``: to be looked up again."""

BLOCKED = -1
"""In ``temporary``: the walk goes round this node."""

NO_PRIOR = -1.0
"""Prior of a child that no search may choose: its parent has no priors, or it was played by a move outside them."""

MAX_VISITS = 2**53
"""Visits of a cursor at which every search of it ends: a double still tells each of them from the next."""

MAX_NODES = 2**31 - 1
"""Nodes that a tree may have: so many an int32 can name."""

NODES, ROWS, TICKETS = range(3)
"""Places in ``used``: of what is in use in front, ..."""

TOUCHED_NODES, TOUCHED_ROWS = range(3, 5)
"""... how many nodes and rows are memory still, if more than are in use, ..."""

COMPACTING, SCAN_NODE, FREE_NODE, SCAN_ROW, FREE_ROW, TOP_NODE, RENUMBERED = range(5, 12)
"""... how far a compaction is: whether one is under way, where it looks next and where it puts next what stays, the
cursor when it began, and how often nodes were given other numbers, ever, ...
"""

STALE_NODES = 12
"""... and how many nodes, the first ones, have means that are to be made anew for other settings."""

CROSSINGS, FREE_CROSSING, LAST_CROSSING = range(13, 16)
"""... how many records of crossings were ever in use at once, the first free one of them, NONE for none, and the newest
of the walk that is under way, ...
"""

MARK_NODE, FIRST_NEW = range(16, 18)
"""... the node that a compaction marks next, NONE when all are, and the first one made since it began."""

PLACES = 18

SHOWN = (
    "visits",
    "weight",
    "weight_squared",
    "mean_value",
    "mean_utility",
    "mean_squared_utility",
    "mean_score",
    "mean_squared_score",
    "mean_lead",
    "lead_weight",
)
"""What a transposition shows of its original, always as it is there."""

_TRIED = np.int16(-0x8000)
HALF = np.arange(0x3C01, dtype=np.uint16).view(np.float16).astype(np.float32)
"""Prior bits (0 up to those of 1.0) to priors."""


class Tree(NamedTuple):
    """All state of one tree. Arrays of nodes have one length, those of rows another; ``used`` says how much of them is
    in use. ``tree_memory`` makes them.
    """

    used: NDArray[np.int64]  # [PLACES]
    parent: NDArray[np.int32]  # node, NONE at the root
    first_child: NDArray[np.int32]  # node or NONE; the newest child
    next_sibling: NDArray[np.int32]  # node or NONE; the next older child of the same parent
    move: NDArray[np.uint16]  # the move that leads here; anything at the root
    state: NDArray[np.uint8]  # FRESH ... TERMINAL
    to_play: NDArray[np.int8]  # +1 first player, -1 second; 0 until evaluated
    prior: NDArray[np.float32]  # of this node's move at its parent, or NO_PRIOR
    row: NDArray[np.int32]  # of this node's priors, or NONE
    root_policy: NDArray[np.uint8]  # 1 where these are those of the root of a search
    untried: NDArray[np.int32]  # likeliest move without a child, NONE, or STALE
    untried_prior: NDArray[np.float32]  # its prior, so that a walk need not touch the row
    visited_mass: NDArray[np.float64]  # sum of the priors of the children with visits
    visits: NDArray[np.int64]  # searches through the node
    edge_visits: NDArray[np.int64]  # those of them that came through the parent
    weight: NDArray[np.float64]  # what the means below are worth; 0 without visits
    weight_squared: NDArray[np.float64]  # sum of the squares of the weights that make it up
    children_weight: NDArray[np.float64]  # what its children weighed at the last backup, before any was made lighter
    mean_value: NDArray[np.float64]  # means over the node and what is below it, 0 without visits
    mean_utility: NDArray[np.float64]  # the node's own utility without visits
    mean_squared_utility: NDArray[np.float64]
    mean_score: NDArray[np.float64]  # points
    mean_squared_score: NDArray[np.float64]
    mean_lead: NDArray[np.float64]  # points, over those that say a lead
    lead_weight: NDArray[np.float64]  # what those weigh: a net may say none, and so may a game's end
    value: NDArray[np.float32]  # the node's own evaluation: win - loss
    lead: NDArray[np.float32]  # points, NaN where it says none
    score: NDArray[np.float32]  # mean of the final score, points; 0 where it says none
    score_deviation: NDArray[np.float32]  # its standard deviation
    own_weight: NDArray[np.float32]  # what the node's own evaluation weighs
    own_utility: NDArray[np.float64]  # the utility of the node's own evaluation
    pattern: NDArray[np.uint32]  # the local pattern of the move that leads here, 0 for none
    bias_weight: NDArray[np.float64]  # what the node has put into its pattern's entry of the value biases, ...
    bias_error: NDArray[np.float64]  # ... and its error times that weight
    pseudo: NDArray[np.int64]  # pseudo-visits
    edge_pseudo: NDArray[np.int64]  # those of them whose paths came through the parent
    caused: NDArray[np.int64]  # of a leaf in flight: pseudo-visits that it caused on every node of its path
    origin: NDArray[np.int32]  # of a leaf in flight: the cursor that its path began at
    pending: NDArray[np.int32]  # leaves in flight whose paths began here
    temporary: NDArray[np.int32]  # counts of the request being answered, or BLOCKED; zero between requests
    key: NDArray[np.uint64]  # of the position; 0 for a position that is not shared
    original: NDArray[np.int32]  # of a transposition: the node that has its priors and children
    transposition: NDArray[np.int32]  # of an original its first transposition, of a transposition the next one, or NONE
    crossed: NDArray[np.int32]  # of a leaf in flight: the record of the last transposition on its path, or NONE
    crossing: NDArray[np.int32]  # of a record: the transposition
    next_crossing: NDArray[np.int32]  # of a record: that of the one before it on the path, or NONE
    owner: NDArray[np.int32]  # of a row: the node whose priors it holds
    priors: NDArray[np.int16]  # [rows, num_moves], see the rules above
    addresses: NDArray[np.int64]  # where all the others lie


Addresses = NDArray[np.int64]
"""Of a tree: its nodes, rows and moves, then where each array lies.

So Python hands a tree to the kernels that are called for every batch: one array is unpacked in a twentieth of the time
that forty take. So does a kernel to one that is called for every walk, where the compiler does not inline it: a
``Tree`` is 300 numbers on the stack. ``tree_at`` makes a ``Tree`` of it again. Other tuples are handed over as plain
ones, for numba looks the class of a named tuple up at every call, which costs as much as two walks.
"""


@inlined_kernel
def tree_at(a: Addresses) -> Tree:
    """The tree of these addresses."""
    nodes, rows, num_moves = a[0], a[1], a[2]
    return Tree(
        array_at(a[3], (PLACES,), np.int64),  # used
        array_at(a[4], (nodes,), np.int32),  # parent
        array_at(a[5], (nodes,), np.int32),  # first_child
        array_at(a[6], (nodes,), np.int32),  # next_sibling
        array_at(a[7], (nodes,), np.uint16),  # move
        array_at(a[8], (nodes,), np.uint8),  # state
        array_at(a[9], (nodes,), np.int8),  # to_play
        array_at(a[10], (nodes,), np.float32),  # prior
        array_at(a[11], (nodes,), np.int32),  # row
        array_at(a[12], (nodes,), np.uint8),  # root_policy
        array_at(a[13], (nodes,), np.int32),  # untried
        array_at(a[14], (nodes,), np.float32),  # untried_prior
        array_at(a[15], (nodes,), np.float64),  # visited_mass
        array_at(a[16], (nodes,), np.int64),  # visits
        array_at(a[17], (nodes,), np.int64),  # edge_visits
        array_at(a[18], (nodes,), np.float64),  # weight
        array_at(a[19], (nodes,), np.float64),  # weight_squared
        array_at(a[20], (nodes,), np.float64),  # children_weight
        array_at(a[21], (nodes,), np.float64),  # mean_value
        array_at(a[22], (nodes,), np.float64),  # mean_utility
        array_at(a[23], (nodes,), np.float64),  # mean_squared_utility
        array_at(a[24], (nodes,), np.float64),  # mean_score
        array_at(a[25], (nodes,), np.float64),  # mean_squared_score
        array_at(a[26], (nodes,), np.float64),  # mean_lead
        array_at(a[27], (nodes,), np.float64),  # lead_weight
        array_at(a[28], (nodes,), np.float32),  # value
        array_at(a[29], (nodes,), np.float32),  # lead
        array_at(a[30], (nodes,), np.float32),  # score
        array_at(a[31], (nodes,), np.float32),  # score_deviation
        array_at(a[32], (nodes,), np.float32),  # own_weight
        array_at(a[33], (nodes,), np.float64),  # own_utility
        array_at(a[34], (nodes,), np.uint32),  # pattern
        array_at(a[35], (nodes,), np.float64),  # bias_weight
        array_at(a[36], (nodes,), np.float64),  # bias_error
        array_at(a[37], (nodes,), np.int64),  # pseudo
        array_at(a[38], (nodes,), np.int64),  # edge_pseudo
        array_at(a[39], (nodes,), np.int64),  # caused
        array_at(a[40], (nodes,), np.int32),  # origin
        array_at(a[41], (nodes,), np.int32),  # pending
        array_at(a[42], (nodes,), np.int32),  # temporary
        array_at(a[43], (nodes,), np.uint64),  # key
        array_at(a[44], (nodes,), np.int32),  # original
        array_at(a[45], (nodes,), np.int32),  # transposition
        array_at(a[46], (nodes,), np.int32),  # crossed
        array_at(a[47], (nodes,), np.int32),  # crossing
        array_at(a[48], (nodes,), np.int32),  # next_crossing
        array_at(a[49], (rows,), np.int32),  # owner
        array_at(a[50], (rows, num_moves), np.int16),  # priors
        a,
    )


def place_of(array: NDArray[Any]) -> int:
    """The address of an array."""
    address: int = array.__array_interface__["data"][0]
    return address


def tree_of(arrays: Mapping[str, NDArray[Any]]) -> Tree:
    """The tree of these arrays, by the names of its fields."""
    lengths = [len(arrays["parent"]), *arrays["priors"].shape]
    places = [place_of(arrays[name]) for name in Tree._fields[:-1]]
    return Tree(**arrays, addresses=np.array([*lengths, *places], np.int64))


def _node_fields() -> dict[str, np.dtype[Any]]:
    """Each array of nodes with its element type, as its annotation ``NDArray[...]`` says."""
    elements = {name: get_args(get_args(hint)[1])[0] for name, hint in get_type_hints(Tree).items()}
    return {
        name: np.dtype(element)
        for name, element in elements.items()
        if name not in ("used", "owner", "priors", "addresses")
    }


NODE_FIELDS = _node_fields()
"""Names and element types of the arrays of nodes."""

BYTES_PER_NODE = sum(dtype.itemsize for dtype in NODE_FIELDS.values()) + 48
"""Memory of a node without its row of priors, and of two places in the tables of positions and of value biases."""


def bytes_per_row(num_moves: int) -> int:
    """Memory of a row of priors."""
    return 2 * num_moves + 4


def bytes_used(tree: Tree) -> int:
    """Memory that the tree's nodes and rows fill."""
    return _bytes(tree, int(tree.used[NODES]), int(tree.used[ROWS]))


def bytes_occupied(tree: Tree) -> int:
    """Memory that the tree holds: what its nodes and rows fill, and what they filled until the system got it back.

    A tree grows without a copy, and room that it never used is no memory. So this is all, up to the last page of each
    array.
    """
    used = tree.used.tolist()
    return _bytes(tree, max(used[NODES], used[TOUCHED_NODES]), max(used[ROWS], used[TOUCHED_ROWS]))


def _bytes(tree: Tree, nodes: int, rows: int) -> int:
    return nodes * BYTES_PER_NODE + rows * bytes_per_row(tree.priors.shape[1])


@kernel
def init_node(t: Tree, node: int, parent: int, move: int, prior: float) -> None:
    """Make this place a FRESH node without children."""
    t.parent[node] = parent
    t.first_child[node] = NONE
    t.next_sibling[node] = NONE
    t.move[node] = move
    t.state[node] = FRESH
    t.to_play[node] = 0
    t.prior[node] = prior
    t.row[node] = NONE
    t.root_policy[node] = 0
    t.untried[node] = STALE
    t.untried_prior[node] = 0.0
    t.visited_mass[node] = 0.0
    t.visits[node] = 0
    t.edge_visits[node] = 0
    t.weight[node] = 0.0
    t.weight_squared[node] = 0.0
    t.children_weight[node] = 0.0
    t.mean_value[node] = 0.0
    t.mean_utility[node] = 0.0
    t.mean_squared_utility[node] = 0.0
    t.mean_score[node] = 0.0
    t.mean_squared_score[node] = 0.0
    t.mean_lead[node] = 0.0
    t.lead_weight[node] = 0.0
    t.value[node] = 0.0
    t.lead[node] = 0.0
    t.score[node] = 0.0
    t.score_deviation[node] = 0.0
    t.own_weight[node] = 0.0
    t.own_utility[node] = 0.0
    t.pattern[node] = 0
    t.bias_weight[node] = 0.0
    t.bias_error[node] = 0.0
    t.pseudo[node] = 0
    t.edge_pseudo[node] = 0
    t.caused[node] = 0
    t.origin[node] = NONE
    t.pending[node] = 0
    t.temporary[node] = 0
    t.key[node] = 0
    t.original[node] = NONE
    t.transposition[node] = NONE
    t.crossed[node] = NONE
    t.crossing[node] = NONE
    t.next_crossing[node] = NONE


@kernel
def init_root(a: Addresses) -> None:
    """Make this a tree of one FRESH node."""
    t = tree_at(a)
    t.used[NODES] = 1
    t.used[FREE_CROSSING] = NONE
    t.used[LAST_CROSSING] = NONE
    init_node(t, 0, NONE, 0, NO_PRIOR)


@kernel
def copy_arrays(old: Addresses, new: Addresses, sizes: NDArray[np.int64]) -> None:
    """Copy so many bytes of each array of a tree to that of another tree."""
    for i in range(len(sizes)):
        there, here = array_at(old[3 + i], (sizes[i],), np.uint8), array_at(new[3 + i], (sizes[i],), np.uint8)
        for k in range(sizes[i]):
            here[k] = there[k]


@kernel
def add_child(t: Tree, node: int, move: int) -> int:
    """A new FRESH child. The move must have none yet; there must be room."""
    child = t.used[NODES]
    t.used[NODES] += 1
    init_node(t, child, node, move, NO_PRIOR)
    t.next_sibling[child] = t.first_child[node]
    t.first_child[node] = child
    _take_prior(t, node, child)
    return int(child)


@kernel
def _take_prior(t: Tree, node: int, child: int) -> None:
    """Hand the prior of the child's move from the row to the child, where there is one."""
    row = t.row[node]
    move = t.move[child]
    if row != NONE and move < t.priors.shape[1] and t.priors[row, move] >= 0:
        t.prior[child] = HALF[t.priors[row, move]]
        t.priors[row, move] |= _TRIED
        t.untried[node] = STALE


@kernel
def child_of(t: Tree, node: int, move: int) -> int:
    """The child that ``move`` leads to, or NONE."""
    child = t.first_child[node]
    while child != NONE and t.move[child] != move:
        child = t.next_sibling[child]
    return int(child)


@kernel
def store_priors(t: Tree, leaf: int, priors: NDArray[np.int16]) -> None:
    row = t.used[ROWS]
    t.used[ROWS] += 1
    t.row[leaf] = row
    t.owner[row] = leaf
    for move in range(len(priors)):
        t.priors[row, move] = priors[move]
    child = t.first_child[leaf]
    while child != NONE:  # played before the leaf was evaluated
        _take_prior(t, leaf, child)
        if t.visits[child] > 0 and t.prior[child] >= 0.0:
            t.visited_mass[leaf] += t.prior[child]
        child = t.next_sibling[child]


@kernel
def renew_priors(a: Addresses, node: int, priors: NDArray[np.int16]) -> None:
    """Give an expanded node other priors of the same moves, those of a root. Means follow with its next visit."""
    t = tree_at(a)
    row = t.row[node]
    for move in range(len(priors)):
        if t.priors[row, move] >= 0:
            t.priors[row, move] = priors[move]
    t.visited_mass[node] = 0.0
    child = t.first_child[node]
    while child != NONE:
        bits = priors[t.move[child]] if t.move[child] < len(priors) else np.int16(-1)
        if t.prior[child] >= 0.0 and bits >= 0:
            t.prior[child] = HALF[bits]
            t.priors[row, t.move[child]] = bits | _TRIED
        if t.visits[child] > 0 and t.prior[child] >= 0.0:
            t.visited_mass[node] += t.prior[child]
        child = t.next_sibling[child]
    t.untried[node] = STALE
    t.root_policy[node] = 1


@kernel
def follow_line(a: Addresses, node: int, moves: NDArray[np.int32], nodes: NDArray[np.int32]) -> int:
    """Write the nodes that ``moves`` lead to from ``node``, as far as there are such; how many these are."""
    t = tree_at(a)
    for i in range(len(moves)):
        node = child_of(t, node, moves[i])
        if node == NONE:
            return i
        if t.state[node] == TRANSPOSED:
            node = t.original[node]
        nodes[i] = node
    return len(moves)


@kernel
def extend_line(a: Addresses, node: int, moves: NDArray[np.int32], nodes: NDArray[np.int32]) -> None:
    """Write new nodes for a line whose first move has none yet; there must be room for them."""
    t = tree_at(a)
    for i in range(len(moves)):
        node = add_child(t, node, moves[i])
        nodes[i] = node


def policy(t: Tree, node: int) -> NDArray[np.float64]:
    """The priors that the net gave ``node``, -1 where illegal; it must have a row of them."""
    bits = t.priors[t.row[node]].view(np.uint16) & 0x7FFF  # children that took theirs left the sign bit
    priors = bits.view(np.float16).astype(np.float64)
    return np.where(np.isfinite(priors), priors, -1.0)


@inlined_kernel
def edge_above(t: Tree, node: int, crossed: int) -> tuple[int, int]:
    """The node whose edge a path takes to ``node``, and what is left of its crossings.

    That is the node itself, or, where the newest crossing leads to it, the transposition: its parent is then what is
    above it on the path, and its move the one that was made.
    """
    if crossed != NONE and t.original[t.crossing[crossed]] == node:
        return t.crossing[crossed], t.next_crossing[crossed]
    return node, crossed


@kernel
def measure_paths(t: Tree, cursor: int, leaves: NDArray[np.int32], offsets: NDArray[np.int32]) -> None:
    """The moves from the cursor to leaf i begin and end: ``offsets[i]``, ``offsets[i + 1]``. The first is given."""
    for i in range(len(leaves)):
        length = 0
        node, crossed = leaves[i], t.crossed[leaves[i]]
        while node != cursor:
            length += 1
            edge, crossed = edge_above(t, node, crossed)
            node = t.parent[edge]
        offsets[i + 1] = offsets[i] + length


@kernel
def write_paths(t: Tree, leaves: NDArray[np.int32], offsets: NDArray[np.int32], moves: NDArray[np.uint16]) -> None:
    """The moves from the cursor to each leaf, one path after the other, where ``measure_paths`` says."""
    for i in range(len(leaves)):
        node, crossed = leaves[i], t.crossed[leaves[i]]
        for at in range(offsets[i + 1] - 1, offsets[i] - 1, -1):
            edge, crossed = edge_above(t, node, crossed)
            moves[at] = t.move[edge]
            node = t.parent[edge]


@njit(cache=True)
def branches(t: Tree, cursor: int, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
    """For each node below the cursor the cursor's child that it is under, of a leaf in flight the one on its path; the
    cursor for itself; NONE for others.
    """
    result = np.full(len(nodes), NONE, np.int32)
    for i in range(len(nodes)):
        node, crossed = nodes[i], t.crossed[nodes[i]]
        below = node
        while node != cursor and node != NONE:
            below, crossed = edge_above(t, node, crossed)
            node = t.parent[below]
        if node == cursor:
            result[i] = below
    return result


def children_of(tree: Tree, node: int) -> NDArray[np.int32]:
    """The children of a node, oldest first."""
    found = []
    child = int(tree.first_child[node])
    while child != NONE:
        found.append(child)
        child = int(tree.next_sibling[child])
    return np.array(found[::-1], np.int32)
