"""From the cursor down to a leaf: PUCT with a child's mean utility, as KataGo weighs it.

A child's score is U + c * sqrt(w) * P / (1 + n): U its mean utility seen by the player to move, P its prior, n its
weight (see ``backup``) with the pseudo-visits of its edge, w those of all children together. c grows with the logarithm
of w, and with how far the utilities below the node are spread (KataGo, cpp/search/searchexplorehelpers.cpp,
``cpuctExploration`` and ``parentUtilityStdevFactor``). PUCT: Rosin 2011, as in AlphaZero. At the cursor playouts may be
forced, as ``SearchSettings`` says, or ``gumbel`` chooses.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daemon.core.elementary import logarithm
from daemon.core.gumbel import HalvingNumbers, halving_child
from daemon.core.kernels import inlined_kernel, kernel
from daemon.core.search_tree import (
    BLOCKED,
    EVALUATED,
    EXPANDED,
    HALF,
    LAST_CROSSING,
    NONE,
    STALE,
    TRANSPOSED,
    Addresses,
    Tree,
    add_child,
    tree_at,
)
from daemon.core.transpositions import catches_up, cross

_FIRST_VISIT = 0.01
"""Added to the children's weight under the root, so that priors order the children while none has a visit."""

_FORCED = 1e20
"""The score of a child that is forced: above every other one."""


class Puct(NamedTuple):
    """What selection reads beside the tree, fixed during one request; see ``SearchSettings``.

    ``pseudo_weight``: how many visits one pseudo-visit counts in n. ``loss_weight``: how many lost visits it counts in
    U (virtual loss; 0 for all other rules), each of utility -``loss``. ``root_fpu_reduction``: that of the cursor.
    ``own_root_priors``: the cursor has other priors than its net's. ``avoid_depth``: plies from the cursor within which
    ``avoid`` may forbid something. ``forced``: ``SearchSettings.forced_playouts``.
    """

    exploration: float
    exploration_log: float
    exploration_base: float
    deviation_prior: float
    deviation_prior_weight: float
    deviation_scale: float
    fpu_reduction: float
    root_fpu_reduction: float
    fpu_power: int
    pseudo_weight: float
    loss_weight: float
    loss: float
    own_root_priors: bool
    avoid_depth: int
    forced: float


@inlined_kernel
def puct_at(n: NDArray[np.float64], first: int) -> Puct:
    """The ``Puct`` whose fields are these numbers from ``first`` on; see ``search_tree.Addresses`` for why."""
    return Puct(
        n[first],
        n[first + 1],
        n[first + 2],
        n[first + 3],
        n[first + 4],
        n[first + 5],
        n[first + 6],
        n[first + 7],
        int(n[first + 8]),
        n[first + 9],
        n[first + 10],
        n[first + 11],
        n[first + 12] != 0.0,
        int(n[first + 13]),
        n[first + 14],
    )


@inlined_kernel
def children_weight(t: Tree, node: int, p: Puct) -> float:
    """w of a node."""
    return float(t.children_weight[node] + p.pseudo_weight * t.pseudo[node] + t.temporary[node])


@kernel
def exploration(t: Tree, node: int, p: Puct) -> float:
    """c * sqrt(w) of an expanded or evaluated node; times P / (1 + n) it is a child's bonus."""
    w = children_weight(t, node, p)
    c = p.exploration
    if p.exploration_log > 0.0:
        c += p.exploration_log * logarithm((w + p.exploration_base) / p.exploration_base)
    return float(c * math.sqrt(w + _FIRST_VISIT) * _spread(t, node, p))


@kernel
def _spread(t: Tree, node: int, p: Puct) -> float:
    """1 where the utilities below the node are spread as ``deviation_prior`` expects, more where they are wider."""
    weight = t.weight[node]
    if p.deviation_scale == 0.0 or weight <= 1.0:
        return 1.0
    prior, prior_weight = p.deviation_prior, p.deviation_prior_weight
    square = t.mean_utility[node] * t.mean_utility[node]
    mean_square = max(t.mean_squared_utility[node], square)
    total = (square + prior * prior) * prior_weight + mean_square * weight
    variance = max(0.0, total / (prior_weight + weight - 1.0) - square)
    return float(1.0 + p.deviation_scale * (math.sqrt(variance) / prior - 1.0))


@kernel
def first_play(t: Tree, node: int, depth: int, p: Puct) -> float:
    """The utility of a child without visits (FPU), seen by the player to move.

    Between the net's and the mean utility of the node, nearer to the mean the more prior mass was visited, less a
    reduction (KataGo, ``getFpuValueForChildrenAssumeVisited``).
    """
    mass = t.visited_mass[node]
    share = 1.0
    for _ in range(p.fpu_power):
        share *= mass
    share = min(1.0, share)
    utility = share * t.mean_utility[node] + (1.0 - share) * t.own_utility[node]
    reduction = p.root_fpu_reduction if depth == 0 else p.fpu_reduction
    return float(t.to_play[node] * utility - reduction * math.sqrt(mass))


@inlined_kernel
def edge_weight(t: Tree, child: int) -> float:
    """The part of a visited child's weight that came through its parent."""
    if t.edge_visits[child] == t.visits[child]:
        return float(t.weight[child])
    return float(t.weight[child] * (t.edge_visits[child] / t.visits[child]))


@inlined_kernel
def child_utility(t: Tree, child: int, side: int, p: Puct, fpu: float) -> float:
    """U of a child, seen by ``side``, and by ``fpu`` where it has none."""
    lost = p.loss_weight * t.pseudo[child] if p.loss_weight > 0.0 else 0.0
    if t.visits[child] == 0:
        return -p.loss if lost > 0.0 else fpu
    utility = float(side * t.mean_utility[child])
    if lost > 0.0:
        utility += (-p.loss - utility) * (lost / (lost + t.weight[child]))
    return utility


@inlined_kernel
def child_weight(t: Tree, child: int, p: Puct) -> float:
    """n of a child."""
    weight = edge_weight(t, child) if t.visits[child] > 0 else 0.0
    return float(weight + p.pseudo_weight * t.edge_pseudo[child] + t.temporary[child])


@inlined_kernel
def is_forced(t: Tree, child: int, prior: float, weight: float, total: float, p: Puct) -> bool:
    """Whether a child of the cursor has fewer playouts than it is to have. weight: n of it; total: w of the cursor."""
    return bool(p.forced > 0.0 and t.visits[child] > 0 and weight < math.sqrt(p.forced * prior * total))


@kernel
def _find_untried(a: Addresses, node: int) -> None:
    """Look up the move of the largest prior without a child, the first of equals."""
    t = tree_at(a)
    row = t.priors[t.row[node]]
    largest = np.int16(-1)
    for bits in row:
        largest = max(largest, bits)
    if largest < 0:
        t.untried[node] = NONE
        return
    move = 0
    while row[move] != largest:
        move += 1
    t.untried[node] = move
    t.untried_prior[node] = HALF[largest]


@inlined_kernel
def _best_child(
    t: Tree, node: int, depth: int, p: Puct, root_priors: NDArray[np.float32], avoid: NDArray[np.int32], obey: bool
) -> int:
    """The child that PUCT chooses, made if it is new, or NONE when every candidate is blocked or avoided."""
    side = int(t.to_play[node])
    explore = exploration(t, node, p)
    fpu = first_play(t, node, depth, p)
    own = depth == 0 and p.own_root_priors
    total = children_weight(t, node, p) if depth == 0 else 0.0
    player = 0 if side > 0 else 1

    best_score = -math.inf
    best_move = NONE
    best_child = NONE
    child = t.first_child[node]
    while child != NONE:
        c = np.uintp(child)  # unsigned: numba then need not look for indices from the end
        prior = float(t.prior[c])
        if prior >= 0.0 and t.temporary[c] != BLOCKED and not (obey and depth < avoid[player, t.move[c]]):
            if own:
                prior = float(root_priors[t.move[c]])
            weight = child_weight(t, c, p)
            score = child_utility(t, c, side, p, fpu) + explore * prior / (1.0 + weight)
            if depth == 0 and is_forced(t, c, prior, weight, total, p):
                score = _FORCED
            if score > best_score or (score == best_score and t.move[c] < best_move):
                best_score, best_move, best_child = score, int(t.move[c]), child
        child = t.next_sibling[c]

    if own or obey:
        move, prior = _likeliest_permitted(t.addresses, node, depth, root_priors, avoid[player], own, obey)
    else:
        if t.untried[node] == STALE:
            _find_untried(t.addresses, node)
        move, prior = t.untried[node], float(t.untried_prior[node])
    if move != NONE:
        score = fpu + explore * prior
        if score > best_score or (score == best_score and move < best_move):
            return int(add_child(t, node, move))
    return best_child


@kernel
def _likeliest_permitted(
    a: Addresses,
    node: int,
    depth: int,
    root_priors: NDArray[np.float32],
    avoid: NDArray[np.int32],
    own: bool,
    obey: bool,
) -> tuple[int, float]:
    """The likeliest move without a child, and its prior, avoided moves left out; by ``root_priors`` if they count."""
    t = tree_at(a)
    best, best_prior = NONE, -1.0
    row = t.priors[t.row[node]]
    for move in range(len(row)):
        if row[move] >= 0 and not (obey and depth < avoid[move]):
            prior = float(root_priors[move] if own else HALF[row[move]])
            if prior > best_prior:
                best, best_prior = move, prior
    return best, best_prior


@kernel
def walk(
    a: Addresses,
    cursor: int,
    p: Puct,
    root_priors: NDArray[np.float32],
    halving: HalvingNumbers,
    avoid: NDArray[np.int32],
    through_evaluated: bool,
    crosses: bool,
) -> int:
    """From the cursor down to where the walk ends: a leaf of whatever state, a terminal node, or one whose edge catches
    up. What it crossed is in LAST_CROSSING.

    ``through_evaluated`` is speculation's way: evaluated leaves count as expanded. ``crosses``: it may go on below a
    transposition, and ends there where no record is left for that. Returns NONE when every way is BLOCKED, or one
    below a transposition. Where restrictions leave nothing, they are not obeyed. root_priors: float32[num_moves].
    halving: how to choose at the cursor. avoid: int32[2, num_moves], by player (Black first) and move: how many plies
    from the cursor the move is avoided. There must be room for one node.
    """
    t = tree_at(a)
    node = cursor
    depth = 0
    obey = p.avoid_depth > 0
    t.used[LAST_CROSSING] = NONE
    while t.state[node] == EXPANDED or (through_evaluated and t.state[node] == EVALUATED):
        if depth == 0 and len(halving) > 0:
            child = halving_child(a, node, halving, avoid[0 if t.to_play[node] > 0 else 1], obey)
        else:
            child = _best_child(t, node, depth, p, root_priors, avoid, obey)
        if child != NONE:
            node = child
            depth += 1
            obey = depth < p.avoid_depth
            if catches_up(t, node):
                break
            if crosses and t.state[node] == TRANSPOSED and cross(t, node):
                node = t.original[node]
        elif obey:
            obey = False
        elif node == cursor or t.used[LAST_CROSSING] != NONE:
            return NONE
        else:
            t.temporary[node] = BLOCKED
            node = cursor
            depth = 0
            obey = p.avoid_depth > 0
    return int(node)
