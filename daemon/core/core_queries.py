"""What a person may want to see of a core that stands still: nodes, choices, owners, who is parked. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.core import search_tree as st
from daemon.core.search_tree import Tree
from daemon.core.selection import child_utility, child_weight, children_weight, exploration, first_play, is_forced
from daemon.core.session import Session
from daemon.core.tickets import Tickets

STATES = ("fresh", "in flight", "speculated", "evaluated", "expanded", "terminal", "transposed")
"""Names of the states of a node, by number."""


@dataclass(frozen=True)
class Choice:
    """One candidate at a node as PUCT sees it; ``child`` is NONE where none was made.

    ``score`` = ``utility`` + ``exploration``, seen by the player to move. ``visits`` and ``pseudo`` are those of the
    child's edge. ``forced``: its playouts are, so that it goes before every other whatever the scores.
    """

    move: int
    child: int
    prior: float
    visits: int
    pseudo: int
    utility: float
    exploration: float
    forced: bool = False

    @property
    def score(self) -> float:
        """What PUCT compares."""
        return self.utility + self.exploration


def choices(session: Session, node: int, depth: int) -> list[Choice]:
    """The candidates at an expanded or evaluated node, ``depth`` moves below the cursor, best first, as a walk by
    PUCT would weigh them now. The cursor's priors are those that the session holds already, as a walk would take them,
    too."""
    t, p = session.tree, session.puct
    side = int(t.to_play[node])
    explore = float(exploration(t, node, p))
    fpu = float(first_play(t, node, depth, p))
    total = float(children_weight(t, node, p))
    found = []
    for move, child, prior in _candidates(t, node):
        if depth == 0 and p.own_root_priors:
            prior = float(session.root_priors[move])
        visits, pseudo = (0, 0) if child == st.NONE else (int(t.edge_visits[child]), int(t.edge_pseudo[child]))
        utility = fpu if child == st.NONE else float(child_utility(t, child, side, p, fpu))
        n = 0.0 if child == st.NONE else float(child_weight(t, child, p))
        forced = depth == 0 and child != st.NONE and bool(is_forced(t, child, prior, n, total, p))
        found.append(Choice(move, child, prior, visits, pseudo, utility, explore * prior / (1.0 + n), forced))
    allowed = [one for one in found if not depth < session.avoid[0 if side > 0 else 1, one.move]]
    return sorted(allowed or found, key=lambda one: (not one.forced, 0.0 if one.forced else -one.score, one.move))


@dataclass(frozen=True)
class HalvingChoice:
    """One candidate at the cursor as Gumbel's sequential halving sees it; ``child`` is NONE where none was made.

    ``score`` = ``noise`` + ``sigma``: g + logit, and sigma(q), see ``gumbel``. ``begun``: visits since the search
    began, those of leaves in flight and pseudo-visits among them. Of the moves with as many as the phase considers,
    ``due``, the one with the best score is next; where none has so many, one with the most below that, else with the
    fewest.
    """

    move: int
    child: int
    prior: float
    visits: int
    noise: float
    sigma: float
    begun: int
    due: int

    @property
    def score(self) -> float:
        """What is compared among moves with as many visits."""
        return self.noise + self.sigma

    @property
    def level(self) -> int:
        """What is compared first."""
        return self.begun if self.begun <= self.due else -self.begun


def halving_choices(session: Session) -> list[HalvingChoice]:
    """The candidates at the cursor, the next one first, as a walk would weigh them now.

    Empty where the cursor is not chosen at by sequential halving.
    """
    t, cursor, halving = session.tree, session.cursor, session.halving
    if not halving.under_way:
        return []
    noise, sigma = halving.terms(t, cursor)
    begun, due = halving.begun(t, cursor)
    found = [
        HalvingChoice(
            move,
            child,
            prior,
            0 if child == st.NONE else int(t.edge_visits[child]),
            float(noise[move]),
            float(sigma[move]),
            int(begun[move]),
            due,
        )
        for move, child, prior in _candidates(t, cursor)
        if child == st.NONE or t.temporary[child] != st.BLOCKED
    ]
    avoid = session.avoid[0 if t.to_play[cursor] > 0 else 1]
    allowed = [one for one in found if avoid[one.move] == 0]
    return sorted(allowed or found, key=lambda one: (-one.level, -one.score, one.move))


def _candidates(t: Tree, node: int) -> list[tuple[int, int, float]]:
    """(move, child or NONE, prior) of each move that a search may choose here."""
    children = [int(child) for child in st.children_of(t, node)]
    found = [(int(t.move[child]), child, float(t.prior[child])) for child in children if t.prior[child] >= 0.0]
    if t.row[node] != st.NONE:
        row = t.priors[t.row[node]]
        found += [
            (int(move), st.NONE, float(row[move : move + 1].view(np.float16)[0])) for move in np.flatnonzero(row >= 0)
        ]
    return found


def nodes_above(tree: Tree, node: int) -> list[int]:
    """The nodes from the root down to ``node``, which is the last of them."""
    path = [node]
    while tree.parent[path[-1]] != st.NONE:
        path.append(int(tree.parent[path[-1]]))
    return path[::-1]


def moves_to(tree: Tree, node: int) -> list[int]:
    """The moves from the root to ``node``."""
    return [int(tree.move[each]) for each in nodes_above(tree, node)[1:]]


def find(tree: Tree, moves: Sequence[int]) -> int:
    """The node that these moves lead to from the root, or NONE."""
    node = 0
    for move in moves:
        node = int(st.child_of(tree, node, move))
        if node == st.NONE:
            return st.NONE
        node = original_of(tree, node)
    return node


def original_of(tree: Tree, node: int) -> int:
    """The node that has the priors and children of this one's position; itself where it is no transposition."""
    return int(tree.original[node]) if tree.state[node] == st.TRANSPOSED else node


def owners(tickets: Tickets) -> dict[tuple[int, int], bytes]:
    """(session serial, leaf) -> the searcher that holds its ticket."""
    return {
        (part.serial, leaf): searcher
        for searcher, grant in tickets.live.items()
        for part in grant.parts
        for leaf in part.leaves.tolist()
    }


def parked(tickets: Tickets) -> dict[bytes, set[tuple[int, int]]]:
    """Searcher -> the (session serial, leaf)s that it is parked on."""
    return {searcher: set(held.blocking) for searcher, held in tickets.waiting.items() if held.blocking}


def pseudo_total(session: Session) -> int:
    """Pseudo-visits that leaves in flight have caused and nobody has taken away yet, each counted once."""
    caused: NDArray[np.int64] = session.tree.caused[: session.tree.used[st.NODES]]
    return int(caused.sum())
