"""What happens when two searches meet: the rules, and speculation.

A selection that ends on a leaf in flight is a collision. The rules differ in what they count where:

    rule          on a ticket   on a collision                          limit
    capped        -             pseudo-visit on the path, walk again    pseudo < k * visits on the whole path, else stop
    uncapped      -             pseudo-visit on the path, walk again    -
    blocking      -             stop                                    -
    second-best   -             walk again, round the leaf              nothing left
    virtual-loss  lost visit    another lost visit, walk again          -
    wu-uct        visit in n    another visit in n, walk again          -

``capped`` is the rule of ARCHITECTURE.md. Virtual loss: Chaslot et al. 2008. WU-UCT (watch the unobserved): Liu et al.
2020; its count O of unfinished visits enters n and never U. n of a child counts the pseudo-visits of its edge, as it
counts visits. The cap, and U under virtual loss, read those of the node, whichever cursor their paths began at. Rules
without a limit of their own stop after ``RETRIES`` collisions a leaf that was asked for.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daemon.core.backup import Backup, Numbers, Places, backup, backup_at
from daemon.core.backup_parameters import BackupParameters
from daemon.core.gumbel import HalvingNumbers, count_ticket
from daemon.core.kernels import inlined_kernel, kernel
from daemon.core.pseudo_visits import add_pseudo, lock
from daemon.core.search_tree import (
    BLOCKED,
    EVALUATED,
    EXPANDED,
    FRESH,
    IN_FLIGHT,
    LAST_CROSSING,
    NONE,
    SPECULATED,
    TICKETS,
    TRANSPOSED,
    Addresses,
    Tree,
    edge_above,
    measure_paths,
    tree_at,
    write_paths,
)
from daemon.core.selection import Puct, puct_at, walk
from daemon.core.transpositions import catches_up, cross_alike, free_crossings, leaf_that_crosses, settle
from daemon.core.tree_events import Report
from protocol.messages import SearchSettings

RETRIES = 4
"""Walks that may collide for each leaf that a request asks for, under rules without a limit of their own."""

FREE_WALKS = 32
"""Walks without a ticket for each leaf that a request asks for, so that one request never holds the master for long."""


USUAL_DEPTH = 32
"""Moves for which there is room at once, for each leaf that a request asks for."""


class CollisionRule(NamedTuple):
    """One row of the table above. ``cap`` is k, infinite where there is none."""

    on_ticket: int
    on_collision: int
    cap: float
    walk_round: bool


def collision_rule(settings: SearchSettings) -> CollisionRule:
    """The rule that the settings name."""
    match settings.collisions:
        case "capped":
            return CollisionRule(0, 1, settings.cap, False)
        case "uncapped":
            return CollisionRule(0, 1, math.inf, False)
        case "blocking":
            return CollisionRule(0, 1, 0.0, False)
        case "second-best":
            return CollisionRule(0, 0, math.inf, True)
        case "virtual-loss" | "wu-uct":
            return CollisionRule(1, 1, math.inf, False)


@inlined_kernel
def rule_at(n: NDArray[np.float64]) -> CollisionRule:
    """The rule that is first in the numbers of a ``HowToWalk``."""
    return CollisionRule(int(n[0]), int(n[1]), n[2], n[3] != 0.0)


def puct(settings: SearchSettings, avoid_depth: int) -> Puct:
    """Selection's numbers under these settings."""
    root = settings.root_fpu_reduction
    loss = settings.virtual_loss if settings.collisions == "virtual-loss" else 0.0
    return Puct(
        exploration=settings.exploration,
        exploration_log=settings.exploration_log,
        exploration_base=settings.exploration_base,
        deviation_prior=settings.utility_deviation,
        deviation_prior_weight=settings.utility_deviation_weight,
        deviation_scale=settings.utility_deviation_scale,
        fpu_reduction=settings.fpu_reduction,
        root_fpu_reduction=settings.fpu_reduction if root is None else root,
        fpu_power=settings.fpu_power,
        pseudo_weight=loss if settings.collisions == "virtual-loss" else 1.0,
        loss_weight=loss,
        loss=1.0 + settings.static_score_utility + settings.dynamic_score_utility,
        own_root_priors=settings.noise_weight > 0.0 or settings.root_temperature != 1.0,
        avoid_depth=avoid_depth,
        forced=settings.forced_playouts,
    )


class Selected(NamedTuple):
    """What one request took from one tree.

    ``real`` tickets stand first in the leaves, ``speculative`` ones after them. ``blocking``: the leaf in flight that
    stopped the request, or NONE. ``unfinished``: it stopped at the bound of walks without a ticket; ask again.
    ``backups`` without device work; ``reused``: those among them that a speculative result paid for; ``promoted``:
    speculative tickets that became real.
    """

    real: int
    speculative: int
    blocking: int
    unfinished: bool
    collisions: int
    pseudo_visits: int
    backups: int
    reused: int
    promoted: int


@inlined_kernel
def write_selected(s: Selected, out: NDArray[np.int32] | NDArray[np.int64]) -> None:
    """The fields, one after the other."""
    out[0] = s.real
    out[1] = s.speculative
    out[2] = s.blocking
    out[3] = s.unfinished
    out[4] = s.collisions
    out[5] = s.pseudo_visits
    out[6] = s.backups
    out[7] = s.reused
    out[8] = s.promoted


_PLACES, _UNFINISHED = len(Selected._fields), Selected._fields.index("unfinished")


class HowToWalk:
    """A collision rule and selection's numbers, and both as the kernels get them."""

    def __init__(self, settings: SearchSettings, avoid_depth: int) -> None:
        self.rule, self.puct = collision_rule(settings), puct(settings, avoid_depth)
        self.numbers = np.array([*self.rule, *self.puct], np.float64)


def select_leaves(
    t: Tree,
    cursor: int,
    wanted: int,
    budget: int,
    how: HowToWalk,
    b: BackupParameters,
    root_priors: NDArray[np.float32],
    halving: HalvingNumbers,
    avoid: NDArray[np.int32],
    speculate: bool,
    shallow: bool,
    report: Report | None = None,
) -> tuple[Selected, NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]:
    """Lock up to ``wanted`` leaves below the cursor: what was done, the leaves, and their paths from the cursor.

    Leaf i is reached by ``moves[offsets[i]:offsets[i + 1]]``. ``budget``: visits that may still be begun, tickets and
    backups without device work together. There must be room for ``wanted`` nodes: a walk makes one only where it then
    hands out a ticket. ``speculate``, ``shallow``: see ``messages.BatchRequest``.
    With ``report`` the loop runs as plain Python, and reports.
    """
    out = np.empty(_PLACES + 1 + wanted * (3 + RETRIES), np.int32)
    moves = np.empty(wanted * USUAL_DEPTH, np.uint16)
    more = (root_priors, halving, avoid, speculate, shallow)
    if report is None:
        steps = _select_paths(t.addresses, cursor, wanted, budget, how.numbers, b.numbers, b.places, *more, out, moves)
        fields = out[:_PLACES].tolist()
        fields[_UNFINISHED] = fields[_UNFINISHED] != 0
        selected = Selected._make(fields)
        found = selected.real + selected.speculative
        leaves, offsets = out[_PLACES : _PLACES + found], out[_PLACES + wanted : _PLACES + wanted + found + 1]
    else:
        leaves, scratch = out[:wanted], out[wanted:]
        selected = select.py_func(t, cursor, budget, how.rule, how.puct, b.backup, *more, leaves, scratch, report)
        found = selected.real + selected.speculative
        leaves, offsets = leaves[:found], np.zeros(found + 1, np.int32)
        measure_paths(t, cursor, leaves, offsets)
        steps = int(offsets[-1])
        moves = moves[:0]
    if steps > len(moves):
        moves = np.empty(steps, np.uint16)
        write_paths(t, leaves, offsets, moves)
    return selected, leaves, offsets, moves[:steps]


@kernel
def _select_paths(
    a: Addresses,
    cursor: int,
    wanted: int,
    budget: int,
    how: NDArray[np.float64],
    numbers: Numbers,
    places: Places,
    root_priors: NDArray[np.float32],
    halving: HalvingNumbers,
    avoid: NDArray[np.int32],
    speculate: bool,
    shallow: bool,
    out: NDArray[np.int32],
    moves: NDArray[np.uint16],
) -> int:
    """Select, and write the paths into ``moves`` if there is room for them. Returns how long they are together.

    ``out``: the fields of ``Selected``, room for ``wanted`` leaves, for one more offset, and to work in. All arrays are
    the caller's, so that this is one call of a kernel without numba's runtime, and few, for each takes time to unpack.
    """
    t, b = tree_at(a), backup_at(numbers, places)
    rule, p = rule_at(how), puct_at(how, 4)
    leaves = out[_PLACES : _PLACES + wanted]
    offsets = out[_PLACES + wanted : _PLACES + 2 * wanted + 1]
    scratch = out[_PLACES + 2 * wanted + 1 :]
    selected = select(
        t, cursor, budget, rule, p, b, root_priors, halving, avoid, speculate, shallow, leaves, scratch, None
    )
    found = leaves[: selected.real + selected.speculative]
    offsets[0] = 0
    measure_paths(t, cursor, found, offsets)
    if offsets[len(found)] <= len(moves):
        write_paths(t, found, offsets, moves)
    write_selected(selected, out)
    return int(offsets[len(found)])


@kernel
def select(
    t: Tree,
    cursor: int,
    budget: int,
    rule: CollisionRule,
    p: Puct,
    b: Backup,
    root_priors: NDArray[np.float32],
    halving: HalvingNumbers,
    avoid: NDArray[np.int32],
    speculate: bool,
    shallow: bool,
    leaves: NDArray[np.int32],
    scratch: NDArray[np.int32],
    report: Report | None,
) -> Selected:
    """Lock leaves, as many as ``leaves`` has room for; the rest as ``select_leaves``. ``scratch``: to work in, for each
    of these leaves ``1 + RETRIES``.

    ``report``: None in the kernel, which is compiled without what is behind the questions for it.
    """
    wanted = len(leaves)
    real, collisions, pseudo_visits, backups, reused, promoted = 0, 0, 0, 0, 0, 0
    blocking, unfinished = NONE, False
    num_blocked = 0
    while real < wanted and budget > 0:
        leaf = walk(t.addresses, cursor, p, root_priors, halving, avoid, False, True)
        crossed = t.used[LAST_CROSSING]
        if leaf == NONE:
            free_crossings(t, crossed)
            break
        state = t.state[leaf]
        if report is not None:
            report("collided" if state == IN_FLIGHT else "walked", leaf, cursor, 0.0)
        if state == TRANSPOSED and not catches_up(t, leaf):
            free_crossings(t, crossed)
            blocking = leaf_that_crosses(t)
            break
        if state in (FRESH, SPECULATED):
            lock(t, leaf, cursor, crossed)
            if len(halving) > 0:
                count_ticket(t, leaf, cursor, halving)
            if report is not None:
                report("ticket" if state == FRESH else "promoted", leaf, cursor, 0.0)
            if rule.on_ticket > 0:
                add_pseudo(t, leaf, cursor, rule.on_ticket)
                if report is not None:
                    report("given", leaf, cursor, rule.on_ticket)
            budget -= 1
            if state == FRESH:
                leaves[real] = leaf
                real += 1
            else:
                promoted += 1
        elif state == IN_FLIGHT:
            collisions += 1
            blocking = leaf
            is_same_path = cross_alike(t, crossed, t.crossed[leaf])
            free_crossings(t, crossed)
            if collisions >= wanted * RETRIES and rule.cap == math.inf:
                break
            if collisions >= wanted * FREE_WALKS:
                unfinished = True
                break
            if not is_same_path:
                break
            if rule.walk_round and leaf != cursor:
                t.temporary[leaf] = BLOCKED
                scratch[num_blocked] = leaf
                num_blocked += 1
            elif t.origin[leaf] == cursor and _under_cap(t, leaf, cursor, rule.cap):
                add_pseudo(t, leaf, cursor, rule.on_collision)
                pseudo_visits += rule.on_collision
                if report is not None:
                    report("given", leaf, cursor, rule.on_collision)
            else:
                break
        else:
            if backups >= wanted * FREE_WALKS:
                unfinished = True
                free_crossings(t, crossed)
                break
            if state == EVALUATED:
                t.state[leaf] = EXPANDED
                reused += 1
                settle(t, leaf, leaf == cursor, b.positions)
            backup(t, leaf, cursor, crossed, state == EXPANDED or t.state[leaf] == TRANSPOSED, b)
            if report is not None:
                report("backed up", leaf, cursor, float(t.value[leaf]))
            free_crossings(t, crossed)
            backups += 1
            budget -= 1
    if real == wanted or budget <= 0 or unfinished:
        blocking = NONE
    _unblock(t, cursor, scratch[:num_blocked])
    speculative = 0
    if speculate and blocking != NONE:
        speculative = speculate_on(t, cursor, p, root_priors, halving, avoid, leaves[real:], scratch, not shallow)
        if report is not None:
            for leaf in leaves[real : real + speculative]:
                report("speculative", leaf, cursor, 0.0)
    t.used[TICKETS] += real + speculative
    return Selected(real, speculative, blocking, unfinished, collisions, pseudo_visits, backups, reused, promoted)


@kernel
def _under_cap(t: Tree, leaf: int, cursor: int, cap: float) -> bool:
    """Whether every expanded node of the path may take one more pseudo-visit. A path without one may not."""
    if leaf == cursor:
        return False
    node, crossed = leaf, t.crossed[leaf]
    while node != cursor:
        edge, crossed = edge_above(t, node, crossed)
        node = t.parent[edge]
        if not t.pseudo[node] < cap * t.visits[node]:
            return False
    return True


@kernel
def _unblock(t: Tree, cursor: int, blocked: NDArray[np.int32]) -> None:
    for leaf in blocked:
        node, crossed = leaf, t.crossed[leaf]
        while node != cursor:
            t.temporary[node] = 0
            edge, crossed = edge_above(t, node, crossed)
            node = t.parent[edge]


@kernel
def speculate_on(
    t: Tree,
    cursor: int,
    p: Puct,
    root_priors: NDArray[np.float32],
    halving: HalvingNumbers,
    avoid: NDArray[np.int32],
    leaves: NDArray[np.int32],
    ends: NDArray[np.int32],
    through_evaluated: bool,
) -> int:
    """Fill ``leaves`` with fresh leaves, which are ``SPECULATED`` from then on, as far as walks find such; how many.

    Every walk counts one temporary visit on its path, which spreads the next ones. U stays as it is, as if each leaf
    would turn out like its parent. ``through_evaluated``: what hangs below a speculative result too, which is wanted
    only after that result, if ever. Transpositions are not crossed, so that paths are lines of parents. ``ends``: to
    work in, ``1 + RETRIES`` for each leaf.
    """
    walks, found = 0, 0
    while found < len(leaves) and walks < len(leaves) * (1 + RETRIES):
        leaf = walk(t.addresses, cursor, p, root_priors, halving, avoid, through_evaluated, False)
        if leaf == NONE:
            break
        ends[walks] = leaf
        walks += 1
        count_temporary(t, leaf, cursor, 1)
        if t.state[leaf] == FRESH:
            t.state[leaf] = SPECULATED
            leaves[found] = leaf
            found += 1
    for leaf in ends[:walks]:
        count_temporary(t, leaf, cursor, -1)
    return found


@kernel
def count_temporary(t: Tree, leaf: int, cursor: int, amount: int) -> None:
    """Add to the temporary counts of every node from the leaf up to the cursor."""
    node = leaf
    while True:
        t.temporary[node] += amount
        if node == cursor:
            return
        node = t.parent[node]
