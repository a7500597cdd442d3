"""Gumbel's choice at the cursor: sequential halving over moves drawn without replacement (Danihelka et al. 2022,
"Policy improvement by planning with Gumbel").

Each legal move a has g(a) + logit(a): Gumbel noise, drawn once for a search, and the logarithm of the net's prior. The
m moves for which it is largest are drawn from the net's policy without replacement. The search's visits are spent in
phases: the moves still considered get the same number of visits each, then the better half by g + logit + sigma(q) goes
on, down to two. sigma(q) = (c_visit + the most visits of a child) · c_scale · q, and q = (1 + utility) / 2 for the
player to move, of which the constant half is left out here, for it is the same for every move. A move without a visit
has the mixed value as its utility (their appendix D): v = (own + N · u) / (1 + N), u the mean utility of the visited
moves by their priors, N all visits. Below the cursor a walk goes by PUCT, as ever.

Who is visited next is a function of how many simulations were begun (as in mctx, ``seq_halving``): they say how many
visits the next move has, and of the moves with so many the best is taken. A move's visits in this are those that were
counted since the search began, those of its leaves in flight, and pseudo-visits: so a request for n leaves gets those
of the next n simulations, chosen by the utilities that are known, and a collision takes its place in a phase until its
leaf is back. Where tickets died or collisions disturb the count, no move may have just so many: then one with the most
visits below that is taken, or else one with the fewest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.core import search_tree as st
from daemon.core.elementary import exponential_of_minus, logarithm
from daemon.core.kernels import inlined_kernel, kernel
from daemon.core.search_tree import BLOCKED, IN_FLIGHT, NONE, Addresses, Tree, add_child, edge_above, tree_at
from protocol.messages import SearchSettings

HalvingNumbers = NDArray[np.float64]
"""What a walk reads, empty where the cursor is chosen at by PUCT: five numbers, then three for each move: g + logit
(-inf where illegal), the edge's visits when the search began, and leaves in flight below it.
"""

_NONE: HalvingNumbers = np.zeros(0)

_MOVES, _VISITS, _OFFSET, _SCALE, _COUNTS, _SCALARS = range(6)
"""How many moves are drawn; how many simulations there are; c_visit; c_scale; whether leaves in flight are counted, as
where no pseudo-visits do; where the moves begin."""

_LEAST_PRIOR = 2.0**-25
"""Of a prior that half precision rounds to 0."""

_BITS = 52


class Halving:
    """The sequential halving of one search. ``numbers``: none before ``begin``, and after ``drop``."""

    def __init__(self) -> None:
        self.numbers = _NONE

    @property
    def under_way(self) -> bool:
        """Whether the cursor is chosen at by it."""
        return len(self.numbers) > 0

    def drop(self) -> None:
        """The cursor is another one, or its search."""
        self.numbers = _NONE

    def begin(
        self, tree: Tree, cursor: int, rng: np.random.Generator, settings: SearchSettings, visits: int, counts: bool
    ) -> None:
        """Fresh noise for a search of so many more visits at an expanded cursor. ``counts``: leaves in flight."""
        policy = st.policy(tree, cursor)
        legal = np.flatnonzero(policy >= 0.0)
        uniform = np.full(len(policy), 0.5)
        uniform[legal] = (rng.integers(1 << _BITS, size=len(legal)) + 0.5) / (1 << _BITS)
        self.numbers = np.zeros(_SCALARS + 3 * len(policy))
        moves = min(settings.gumbel_moves, len(legal))
        self.numbers[:_SCALARS] = moves, visits, settings.gumbel_offset, settings.gumbel_scale, counts
        noise, base, _ = self._of_moves()
        noise[:] = policy
        _add_noise(noise, uniform)
        children = st.children_of(tree, cursor)
        children = children[tree.prior[children] >= 0.0]
        base[tree.move[children]] = tree.edge_visits[children]
        self.count_in_flight(tree, cursor)

    def count_in_flight(self, tree: Tree, cursor: int) -> None:
        """Count the leaves in flight below each of the cursor's moves anew."""
        state, origin = (array[: tree.used[st.NODES]] for array in (tree.state, tree.origin))
        self.in_flight[:] = 0.0
        self._add(tree, cursor, np.flatnonzero((state == IN_FLIGHT) & (origin == cursor)).astype(np.int32), 1.0)

    def forget(self, tree: Tree, cursor: int, leaves: NDArray[np.int32]) -> None:
        """Tickets for these leaves are about to end."""
        if self.under_way:
            forget_tickets(tree.addresses, cursor, leaves, self.numbers)

    @property
    def in_flight(self) -> NDArray[np.float64]:
        """By move, how many leaves in flight are counted."""
        counted: NDArray[np.float64] = self._of_moves()[2]
        return counted

    def visits_of(self, moves: NDArray[np.int64], edge_visits: NDArray[np.int64]) -> NDArray[np.int64]:
        """Visits of these moves since the search began."""
        since: NDArray[np.int64] = edge_visits - self._of_moves()[1][moves].astype(np.int64)
        return since

    def scores(self, tree: Tree, cursor: int) -> NDArray[np.float64]:
        """g + logit + sigma(q) by move, -inf where illegal."""
        noise, sigma = self.terms(tree, cursor)
        return noise + sigma

    def terms(self, tree: Tree, cursor: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """g + logit, -inf where illegal, and sigma(q), by move."""
        noise = self._of_moves()[0]
        sigma = np.empty(len(noise))
        _write_sigma(tree.addresses, cursor, self.numbers[_OFFSET], self.numbers[_SCALE], sigma)
        return noise, sigma

    def begun(self, tree: Tree, cursor: int) -> tuple[NDArray[np.int64], int]:
        """By move, how many simulations went there, and how many went to the move that is next, as far as one has."""
        found = np.zeros(len(self._of_moves()[0]), np.int64)
        return found, int(_write_begun(tree.addresses, cursor, self.numbers, found))

    def _of_moves(self) -> NDArray[np.float64]:
        return self.numbers[_SCALARS:].reshape(3, -1)

    def _add(self, tree: Tree, cursor: int, leaves: NDArray[np.int32], amount: float) -> None:
        if self.numbers[_COUNTS] and len(leaves):
            branches = st.branches(tree, cursor, leaves)
            np.add.at(self.in_flight, tree.move[branches[branches != cursor]], amount)


def improved_policy(tree: Tree, cursor: int, settings: SearchSettings) -> NDArray[np.float64]:
    """softmax(logit + sigma(q)) over the legal moves of an expanded cursor, -1 where illegal."""
    policy = st.policy(tree, cursor)
    found = np.empty(len(policy))
    _write_sigma(tree.addresses, cursor, settings.gumbel_offset, settings.gumbel_scale, found)
    _improve(policy, found)
    return policy


@kernel
def _add_noise(priors: NDArray[np.float64], uniform: NDArray[np.float64]) -> None:
    """Make g + logit of each prior, -inf of those below 0; g = -log(-log u) of a number in (0, 1)."""
    for move in range(len(priors)):
        if priors[move] < 0.0:
            priors[move] = -np.inf
        else:
            priors[move] = logarithm(max(priors[move], _LEAST_PRIOR)) - logarithm(-logarithm(uniform[move]))


@kernel
def _improve(policy: NDArray[np.float64], sigma: NDArray[np.float64]) -> None:
    """Make softmax(logit + sigma) of a policy, -1 where illegal."""
    most = -np.inf
    for move in range(len(policy)):
        if policy[move] >= 0.0:
            sigma[move] += logarithm(max(policy[move], _LEAST_PRIOR))
            most = max(most, sigma[move])
    total = 0.0
    for move in range(len(policy)):
        if policy[move] >= 0.0:
            policy[move] = exponential_of_minus(most - sigma[move])
            total += policy[move]
    for move in range(len(policy)):
        if policy[move] >= 0.0:
            policy[move] /= total


@kernel
def _write_sigma(a: Addresses, node: int, offset: float, scale: float, found: NDArray[np.float64]) -> None:
    """sigma(q) of each move."""
    t = tree_at(a)
    times, mixed = sigma_of(t, node, offset, scale)
    found[:] = times * mixed
    side = float(t.to_play[node])
    child = t.first_child[node]
    while child != NONE:
        if t.visits[child] > 0 and t.move[child] < len(found):
            found[t.move[child]] = times * (side * t.mean_utility[child])
        child = t.next_sibling[child]


@kernel
def sigma_of(t: Tree, node: int, offset: float, scale: float) -> tuple[float, float]:
    """By what a utility is multiplied, and the mixed value, which a move without a visit has; of the player to move."""
    side = float(t.to_play[node])
    most, visits, mass, utility = 0.0, 0.0, 0.0, 0.0
    child = t.first_child[node]
    while child != NONE:
        if t.visits[child] > 0 and t.prior[child] >= 0.0:
            prior = max(np.float64(t.prior[child]), _LEAST_PRIOR)
            most = max(most, float(t.edge_visits[child]))
            visits += float(t.edge_visits[child])
            mass += prior
            utility += prior * (side * t.mean_utility[child])
        child = t.next_sibling[child]
    mixed = side * t.own_utility[node]
    if mass > 0.0:
        mixed = (mixed + visits * (utility / mass)) / (1.0 + visits)
    return 0.5 * scale * (offset + most), mixed


@kernel
def considered_visits(simulation: int, moves: int, visits: int) -> int:
    """How many visits the move has to which this simulation goes, the first being 0, of ``visits`` over ``moves``."""
    if moves <= 1:
        return simulation
    phases = 0
    while 1 << phases < moves:
        phases += 1
    done = 0
    while True:
        each = max(1, visits // (phases * moves))
        if simulation < each * moves:
            return done + simulation // moves
        simulation -= each * moves
        done += each
        moves = max(2, moves // 2)


@inlined_kernel
def _begun(t: Tree, child: int, base: float, flying: float) -> int:
    """Simulations of the search that went to this child."""
    return int(int(t.edge_visits[child] - base + flying) + t.edge_pseudo[child] + t.temporary[child])


@inlined_kernel
def _wanted(t: Tree, node: int, h: HalvingNumbers) -> int:
    """How many simulations went to the move that is next."""
    num_moves = (len(h) - _SCALARS) // 3
    simulation = 0
    child = t.first_child[node]
    while child != NONE:
        base, flying = h[_SCALARS + num_moves + t.move[child]], h[_SCALARS + 2 * num_moves + t.move[child]]
        if t.prior[child] >= 0.0 and t.temporary[child] != BLOCKED:
            simulation += max(0, _begun(t, child, base, flying))
        child = t.next_sibling[child]
    simulation = min(simulation, max(0, int(h[_VISITS]) - 1))
    return int(considered_visits(simulation, int(h[_MOVES]), int(h[_VISITS])))


@kernel
def _write_begun(a: Addresses, node: int, h: HalvingNumbers, found: NDArray[np.int64]) -> int:
    """How many simulations went to each move, and ``_wanted``."""
    t = tree_at(a)
    num_moves = (len(h) - _SCALARS) // 3
    child = t.first_child[node]
    while child != NONE:
        move = t.move[child]
        if t.prior[child] >= 0.0:
            found[move] = _begun(t, child, h[_SCALARS + num_moves + move], h[_SCALARS + 2 * num_moves + move])
        child = t.next_sibling[child]
    return int(_wanted(t, node, h))


@kernel
def halving_child(a: Addresses, node: int, h: HalvingNumbers, avoid: NDArray[np.int32], obey: bool) -> int:
    """The cursor's child that is next, made if it is new, or NONE when every candidate is blocked or avoided.

    avoid: int32[num_moves] of the player to move; above 0 is forbidden if ``obey``.
    """
    t = tree_at(a)
    num_moves = (len(h) - _SCALARS) // 3
    noise = h[_SCALARS : _SCALARS + num_moves]
    base = h[_SCALARS + num_moves : _SCALARS + 2 * num_moves]
    flying = h[_SCALARS + 2 * num_moves :]
    times, mixed = sigma_of(t, node, h[_OFFSET], h[_SCALE])
    side = float(t.to_play[node])

    wanted = _wanted(t, node, h)

    best_level, best_score, best_move, best_child = 0, -np.inf, NONE, NONE
    child = t.first_child[node]
    while child != NONE:
        move = int(t.move[child])
        if t.prior[child] >= 0.0 and t.temporary[child] != BLOCKED and not (obey and avoid[move] > 0):
            begun = _begun(t, child, base[move], flying[move])
            level = begun if begun <= wanted else -begun
            utility = side * t.mean_utility[child] if t.visits[child] > 0 else mixed
            score = noise[move] + times * utility
            if best_move == NONE or _is_before(level, score, move, best_level, best_score, best_move):
                best_level, best_score, best_move, best_child = level, score, move, child
        child = t.next_sibling[child]
    row = t.priors[t.row[node]]
    for move in range(num_moves):
        if row[move] >= 0 and not (obey and avoid[move] > 0):
            score = noise[move] + times * mixed
            if best_move == NONE or _is_before(0, score, move, best_level, best_score, best_move):
                best_level, best_score, best_move, best_child = 0, score, move, NONE
    if best_move != NONE and best_child == NONE:
        return int(add_child(t, node, best_move))
    return int(best_child)


@inlined_kernel
def _is_before(level: int, score: float, move: int, than: int, its_score: float, its_move: int) -> bool:
    return level > than or (level == than and (score > its_score or (score == its_score and move < its_move)))


@kernel
def count_ticket(t: Tree, leaf: int, cursor: int, h: HalvingNumbers) -> None:
    """A ticket for this leaf was handed out."""
    _count_in_flight(t, leaf, cursor, 1.0, h)


@kernel
def forget_tickets(a: Addresses, cursor: int, leaves: NDArray[np.int32], h: HalvingNumbers) -> None:
    """Tickets for these leaves are about to end; those that began at another cursor were not counted."""
    if len(h) == 0:
        return
    t = tree_at(a)
    for leaf in leaves:
        if t.state[leaf] == IN_FLIGHT and t.origin[leaf] == cursor:
            _count_in_flight(t, leaf, cursor, -1.0, h)


@kernel
def _count_in_flight(t: Tree, leaf: int, cursor: int, amount: float, h: HalvingNumbers) -> None:
    if h[_COUNTS] == 0.0:
        return
    node, crossed = leaf, t.crossed[leaf]
    while node != cursor:
        edge, crossed = edge_above(t, node, crossed)
        node = t.parent[edge]
        if node == cursor:
            h[_SCALARS + 2 * ((len(h) - _SCALARS) // 3) + t.move[edge]] += amount
