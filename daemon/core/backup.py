"""What a node's means are made of, and how an evaluation changes those above it.

A node's means are weighted ones over its own evaluation and its children's means. A child weighs what came to it
through this parent; then children that noise made look good and children that look bad weigh less (KataGo,
cpp/search/searchupdatehelpers.cpp, ``pruneNoiseWeight`` and ``downweightBadChildrenAndNormalizeWeight``), so that a
mean lies nearer to what the best children say. The node's own evaluation is corrected by what was wrong with other
evaluations after the same local pattern (``subtreeValueBias`` there), and weighs more where its net is surer.

A backup makes the means of a path anew from the leaf up to its origin. Leaves of one update are counted first, and then
each node above them is made anew once, behind all that changed below it.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daemon.core.elementary import arctangent, exponential_of_minus
from daemon.core.kernels import array_at, inlined_kernel, kernel
from daemon.core.pseudo_visits import unlock
from daemon.core.score_utility import ScoreUtility, score_slope, score_utility
from daemon.core.search_tree import (
    EVALUATED,
    EXPANDED,
    IN_FLIGHT,
    NONE,
    TERMINAL,
    TICKETS,
    TRANSPOSED,
    Addresses,
    Tree,
    edge_above,
    store_priors,
    tree_at,
)
from daemon.core.selection import edge_weight
from daemon.core.transpositions import Positions, list_children_first, settle, show_transpositions
from daemon.core.value_biases import Biases, Patterns, corrected

_COUNTED = 1 << 30
"""In ``temporary``, during an update: the node's edge is among those that its parent waits for. Below it: how many of
its own children's edges it waits for."""

_STEPS, _FURTHEST = 32, 32
"""Of the table of probabilities: entries for each standard deviation, and standard deviations to each side."""


class Backup(NamedTuple):
    """What a backup reads beside the tree, and the room that it works in; see ``SearchSettings``.

    ``lightens``: whether children that look bad are made lighter, by what ``powers`` says; see
    ``powers_of_probability``. ``noise_scale``: 0 for no pruning. ``uncertainty``: 0 where every evaluation weighs 1.
    ``shares``: whether positions share their statistics. ``worths``: ``score_utility.expectations``. ``patterns``,
    ``biases``: see ``value_biases``. ``positions``: see ``transpositions``. ``children``, ``weights``, ``utilities``:
    room for one node's children.
    """

    lightens: bool
    noise_scale: float
    bias_factor: float
    uncertainty: float
    max_weight: float
    shares: bool
    powers: NDArray[np.float64]
    worths: NDArray[np.float64]
    patterns: Patterns
    biases: Biases
    positions: Positions
    children: NDArray[np.int32]
    weights: NDArray[np.float64]
    utilities: NDArray[np.float64]


Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
"""The numbers of a ``Backup`` and of a ``ScoreUtility``, and where the arrays lie, which somebody else keeps alive. For
why see ``search_tree.Addresses``.
"""


def packed(b: Backup, u: ScoreUtility) -> tuple[Numbers, Places]:
    """Both for ``backup_at`` and ``utility_at``."""
    arrays = (b.powers, b.worths, b.patterns, b.biases, b.positions, b.children, b.weights, b.utilities)
    places = [array.__array_interface__["data"][0] for array in arrays]
    lengths = [len(b.powers), *b.worths.shape, len(b.biases), len(b.positions), len(b.children)]
    return np.array([*b[:6], *u], np.float64), np.array([*places, *lengths], np.int64)


@inlined_kernel
def backup_at(n: Numbers, a: Places) -> Backup:
    """The backup of these numbers and places."""
    return Backup(
        n[0] != 0.0,
        n[1],
        n[2],
        n[3],
        n[4],
        n[5] != 0.0,
        array_at(a[0], (a[8],), np.float64),  # powers
        array_at(a[1], (a[9], a[10]), np.float64),  # worths
        array_at(a[2], (a[11],), np.uint32),  # patterns
        array_at(a[3], (a[11], 2), np.float64),  # biases
        array_at(a[4], (a[12],), np.int32),  # positions
        array_at(a[5], (a[13],), np.int32),  # children
        array_at(a[6], (a[13],), np.float64),  # weights
        array_at(a[7], (a[13],), np.float64),  # utilities
    )


@inlined_kernel
def utility_at(n: Numbers) -> ScoreUtility:
    """The score utility of these numbers."""
    return ScoreUtility(n[6], n[7], n[8], n[9], n[10])


@cache
def powers_of_probability(roots: int) -> NDArray[np.float64]:
    """p ** (1 / 2 ** roots), p how likely Student's t with 3 degrees of freedom is to be less than z, and 0.0001; z in
    steps of 1/32 from -32 (KataGo, cpp/search/search.cpp, ``valueWeightDistribution``).

    F(z) = 1/2 + (x / (1 + x^2) + atan x) / pi, x = z / sqrt 3.
    """
    table = np.zeros(2 * _FURTHEST * _STEPS + 2)
    for i in range(len(table)):
        x = (i / _STEPS - _FURTHEST) / 1.7320508075688772
        power = 0.5001 + (x / (1.0 + x * x) + arctangent(x)) / 3.141592653589793
        for _ in range(roots):
            power = math.sqrt(power)
        table[i] = power
    return table


@inlined_kernel
def _power_of_probability(z: float, b: Backup) -> float:
    place = min(max((z + _FURTHEST) * _STEPS, 0.0), 2.0 * _FURTHEST * _STEPS)
    i = int(place)
    low = b.powers[i]
    return float(low + (place - i) * (b.powers[i + 1] - low))


@kernel
def refresh(t: Tree, node: int, b: Backup) -> None:
    """Make the means of an expanded or terminal node with visits anew, from its evaluation and its children; its
    transpositions show them.
    """
    count, total = _list_children(t, node, b)
    t.children_weight[node] = total
    every = total
    if b.noise_scale > 0.0 and count > 1:
        total = _prune_noise(t, b, count)
    if b.lightens and count > 1:
        _make_bad_lighter(b, count, total)

    squares, values, utilities, squared_utilities = 0.0, 0.0, 0.0, 0.0
    scores, squared_scores, leads, lead_weight = 0.0, 0.0, 0.0, 0.0
    for i in range(count):
        child, weight = b.children[i], b.weights[i]
        share = weight / t.weight[child]
        squares += share * share * t.weight_squared[child]
        values += weight * t.mean_value[child]
        utilities += weight * t.mean_utility[child]
        squared_utilities += weight * t.mean_squared_utility[child]
        scores += weight * t.mean_score[child]
        squared_scores += weight * t.mean_squared_score[child]
        leads += share * t.lead_weight[child] * t.mean_lead[child]
        lead_weight += share * t.lead_weight[child]

    mean = utilities / total if total > 0.0 else 0.0
    utility = corrected(t, node, b.bias_factor, b.patterns, b.biases, mean, every)
    own, times = np.float64(t.own_weight[node]), 1.0
    if t.state[node] == TERMINAL:
        times = float(t.visits[node])
    squares += times * own * own
    own *= times
    score, deviation = np.float64(t.score[node]), np.float64(t.score_deviation[node])
    lead = np.float64(t.lead[node])
    if lead == lead:  # NaN is the one number that is not itself
        leads += own * lead
        lead_weight += own
    weight = total + own
    t.weight[node] = weight
    t.weight_squared[node] = squares
    t.mean_value[node] = (values + own * np.float64(t.value[node])) / weight
    t.mean_utility[node] = (utilities + own * utility) / weight
    t.mean_squared_utility[node] = (squared_utilities + own * utility * utility) / weight
    t.mean_score[node] = (scores + own * score) / weight
    t.mean_squared_score[node] = (squared_scores + own * (score * score + deviation * deviation)) / weight
    t.mean_lead[node] = leads / lead_weight if lead_weight > 0.0 else 0.0
    t.lead_weight[node] = lead_weight
    if t.transposition[node] != NONE:
        show_transpositions(t, node)


@inlined_kernel
def _list_children(t: Tree, node: int, b: Backup) -> tuple[int, float]:
    """Write the children with visits, the newest first, what they weigh, and their utilities for the player to move.

    How many they are, and what all of them weigh.
    """
    side = np.float64(t.to_play[node])
    count, total = 0, 0.0
    child = t.first_child[node]
    while child != NONE:
        if t.edge_visits[child] > 0:
            weight = edge_weight(t, child)
            b.children[count] = child
            b.weights[count] = weight
            b.utilities[count] = side * t.mean_utility[child]
            total += weight
            count += 1
        child = t.next_sibling[child]
    return count, total


@kernel
def _prune_noise(t: Tree, b: Backup, count: int) -> float:
    """Take weight from children that have more than twice what their priors deserve and are worse than those before.

    In the order in which they were made, which is nearly that of the priors. What all of them weigh then.
    """
    utilities, weights, priors = 0.0, 0.0, 0.0
    for i in range(count - 1, -1, -1):
        utility, weight = b.utilities[i], b.weights[i]
        prior = max(1e-30, np.float64(t.prior[b.children[i]]))
        # Products in place of quotients, for these sums wait for what this finds.
        if utility * weights < utilities and weight * priors > 2.0 * weights * prior:
            kept = exponential_of_minus((utilities / weights - utility) / b.noise_scale)
            deserved = 2.0 * weights * prior / priors
            weight = deserved + (weight - deserved) * kept
            b.weights[i] = weight
        utilities += utility * weight
        weights += weight
        priors += prior
    return weights


@kernel
def _make_bad_lighter(b: Backup, count: int, total: float) -> None:
    """Weigh each child by a power of how likely it is to be as good as the mean; all together weigh as much as before.

    A child of weight w has a standard deviation of sqrt(1 / (1.5 sqrt w)).
    """
    mean = 0.0
    for i in range(count):
        mean += b.utilities[i] * b.weights[i]
    mean /= total
    lighter = 0.0
    for i in range(count):
        weight = b.weights[i]
        deviations = (b.utilities[i] - mean) * math.sqrt(1.5 * math.sqrt(weight))
        weight *= _power_of_probability(deviations, b)
        b.weights[i] = weight
        lighter += weight
    ratio = total / lighter
    for i in range(count):
        b.weights[i] *= ratio


@kernel
def refresh_tree(
    a: Addresses, numbers: Numbers, places: Places, order: NDArray[np.int32], waiting: NDArray[np.int32]
) -> None:
    """Make the utilities and means of all nodes anew. ``order``, ``waiting``: room for as many and twice as many."""
    t, b, u = tree_at(a), backup_at(numbers, places), utility_at(numbers)
    for i in range(list_children_first(t, order, waiting)):
        _refresh_one(t, order[i], b, u)


@kernel
def refresh_nodes(a: Addresses, numbers: Numbers, places: Places, begin: int, end: int) -> None:
    """The same of nodes ``begin`` to ``end`` - 1, the last one first: children before their parents, but for some that
    moved when transpositions were dropped.
    """
    t, b, u = tree_at(a), backup_at(numbers, places), utility_at(numbers)
    for node in range(end - 1, begin - 1, -1):
        _refresh_one(t, node, b, u)


@kernel
def _refresh_one(t: Tree, node: int, b: Backup, u: ScoreUtility) -> None:
    if t.state[node] in (EVALUATED, EXPANDED, TERMINAL):
        _set_own_utility(t, node, b, u)
        if t.visits[node] > 0:
            refresh(t, node, b)


@kernel
def _set_own_utility(t: Tree, node: int, b: Backup, u: ScoreUtility) -> None:
    score, deviation = np.float64(t.score[node]), np.float64(t.score_deviation[node])
    utility = score_utility(score, score * score + deviation * deviation, u, b.worths)
    t.own_utility[node] = np.float64(t.value[node]) + utility
    if t.visits[node] == 0:
        t.mean_utility[node] = t.own_utility[node]


@inlined_kernel
def _count_visit(t: Tree, node: int) -> None:
    if t.visits[node] == 0 and t.prior[node] >= 0.0:
        t.visited_mass[t.parent[node]] += t.prior[node]
    t.visits[node] += 1


@kernel
def backup(t: Tree, leaf: int, origin: int, crossed: int, catches_up: bool, b: Backup) -> None:
    """Count one more visit of an evaluated leaf on every node of its path up to ``origin``.

    Where its edge ``catches_up``, the visit is the edge's, and none of the position below it.
    """
    node = leaf
    if not catches_up:
        _count_visit(t, node)
        refresh(t, node, b)
    while node != origin:
        edge, crossed = edge_above(t, node, crossed)
        t.edge_visits[edge] += 1
        node = t.parent[edge]
        _count_visit(t, node)
        refresh(t, node, b)


@kernel
def update_leaves(
    a: Addresses,
    numbers: Numbers,
    places: Places,
    leaves: NDArray[np.int32],
    first: int,
    to_play: NDArray[np.int8],
    terminal: NDArray[np.uint8],
    value: NDArray[np.float32],
    lead: NDArray[np.float32],
    score: NDArray[np.float32],
    errors: NDArray[np.float32],
    patterns: NDArray[np.uint64],
    keys: NDArray[np.uint64],
    priors: NDArray[np.int16],
    cursor: int,
) -> int:
    """Store the evaluations of leaves under tickets; expand and back up the real ones, keep the speculative ones.

    The cursor becomes no transposition. There must be room for a row a leaf. The arrays are an update's, leaf i is row
    ``first`` + i of them; priors: as in the tree's rows. Returns how many were real.
    """
    t, b, u = tree_at(a), backup_at(numbers, places), utility_at(numbers)
    visits = 0
    for k in range(len(leaves)):
        leaf, i = leaves[k], first + k
        real = t.state[leaf] == IN_FLIGHT
        t.to_play[leaf] = to_play[i]
        t.value[leaf] = value[i]
        t.lead[leaf] = lead[i]
        if len(patterns) > 0:
            t.pattern[leaf] = np.uint32(patterns[i] ^ (patterns[i] >> np.uint64(32)))
        t.key[leaf] = keys[i] if b.shares and len(keys) > 0 else 0
        if terminal[i] and not _parent_says_lead(t, leaf):
            t.score[leaf] = 0.0
        elif len(score) > 0 and score[i, 0] == score[i, 0]:
            t.score[leaf] = score[i, 0]
            t.score_deviation[leaf] = score[i, 1]
        elif lead[i] == lead[i]:
            t.score[leaf] = lead[i]
        if terminal[i]:
            t.state[leaf] = TERMINAL
            t.own_weight[leaf] = _weight_of_end(t, leaf, b)
        else:
            t.own_weight[leaf] = _weight(np.float64(t.score[leaf]), errors, i, b, u)
            t.state[leaf] = EXPANDED if real else EVALUATED
            if real:
                settle(t, leaf, leaf == cursor or leaf == t.origin[leaf], b.positions)
            if t.state[leaf] != TRANSPOSED:
                store_priors(t, leaf, priors[i])
            t.root_policy[leaf] = t.origin[leaf] == leaf
        if t.state[leaf] != TRANSPOSED:
            _set_own_utility(t, leaf, b, u)
        if real:
            visits += 1
            if _is_line(t, leaf):
                _count_path(t, leaf)
                unlock(t, leaf)
    for leaf in leaves:
        if t.visits[leaf] > 0 and t.state[leaf] != TRANSPOSED:
            _refresh_path(t, leaf, b)
    for leaf in leaves:
        if t.origin[leaf] != NONE:
            backup(t, leaf, t.origin[leaf], t.crossed[leaf], t.state[leaf] == TRANSPOSED, b)
            unlock(t, leaf)
    t.used[TICKETS] -= len(leaves)
    return visits


@inlined_kernel
def _is_line(t: Tree, leaf: int) -> bool:
    """Whether the path of a leaf in flight is the line of its parents, and ends with a visit of the leaf itself."""
    return bool(t.crossed[leaf] == NONE and t.state[leaf] != TRANSPOSED)


@inlined_kernel
def _weight(score: float, errors: NDArray[np.float32], i: int, b: Backup, u: ScoreUtility) -> float:
    """What an evaluation weighs: the more, the smaller the net calls its error (KataGo,
    cpp/search/searchupdatehelpers.cpp, ``computeWeightFromNNOutput``); 1 where it does not say.
    """
    if b.uncertainty == 0.0 or len(errors) == 0:
        return 1.0
    error = np.float64(errors[i, 0]) + score_slope(score, u) * np.float64(errors[i, 1])
    if not error >= 0.0:
        return 1.0
    return float(b.uncertainty / (error + b.uncertainty / b.max_weight))


@inlined_kernel
def _parent_says_lead(t: Tree, leaf: int) -> bool:
    """Where a net says no leads, a game's end has no score either: its utility must compare with the evaluations."""
    parent = t.parent[leaf]
    return bool(parent == NONE or t.lead[parent] == t.lead[parent])


@inlined_kernel
def _weight_of_end(t: Tree, leaf: int, b: Backup) -> float:
    """What a game's end weighs: the most, where the net states errors, which its parent's weight tells; else 1."""
    parent = t.parent[leaf]
    if b.uncertainty == 0.0 or parent == NONE or t.own_weight[parent] in (0.0, 1.0):
        return 1.0
    return b.max_weight


@kernel
def _count_path(t: Tree, leaf: int) -> None:
    """Count one visit on every node from the leaf up to its origin, and each edge between them once as waited for."""
    node, origin = leaf, t.origin[leaf]
    while True:
        _count_visit(t, node)
        if node == origin:
            return
        t.edge_visits[node] += 1
        if t.temporary[node] < _COUNTED:
            t.temporary[node] += _COUNTED
            t.temporary[t.parent[node]] += 1
        node = t.parent[node]


@kernel
def _refresh_path(t: Tree, leaf: int, b: Backup) -> None:
    """Make nodes from the leaf upwards anew, as far as they wait for no other edge."""
    node = leaf
    while True:
        refresh(t, node, b)
        if t.temporary[node] < _COUNTED:
            return
        t.temporary[node] -= _COUNTED
        node = t.parent[node]
        t.temporary[node] -= 1
        if t.temporary[node] & (_COUNTED - 1) != 0:
            return
