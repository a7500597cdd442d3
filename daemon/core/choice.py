"""Which of the cursor's moves a search would play: KataGo's choice (cpp/search/searchresults.cpp)."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from daemon.core import search_tree as st
from daemon.core.search_tree import Tree
from daemon.core.selection import Puct, exploration
from daemon.core.session import Session

LCB_DEVIATIONS = 5.0
"""Standard errors that the lower confidence bound lies below the mean (KataGo's lcbStdevs)."""

LCB_WEIGHT_SHARE = 0.15
"""A move needs this share of the best move's weight to be chosen for its bound (KataGo's minVisitPropForLCB)."""


@dataclass(frozen=True)
class Children:
    """The cursor's children that a search may choose, in move order; arrays of one length.

    ``visits``, ``weight``: of the edge. ``value``, ``utility`` and ``lead``: means, Black's side, NaN without visits;
    for the lead see ``mean_lead``. ``deviation``: of the final score, points, NaN where none is known. ``variance``: of
    the utility. ``radius``: how far the lower confidence bound lies below the utility, for the player to move.
    """

    node: NDArray[np.int32]
    move: NDArray[np.int64]
    visits: NDArray[np.int64]
    prior: NDArray[np.float64]
    value: NDArray[np.float64]
    lead: NDArray[np.float64]
    utility: NDArray[np.float64]
    weight: NDArray[np.float64]
    score: NDArray[np.float64]
    deviation: NDArray[np.float64]
    variance: NDArray[np.float64]
    radius: NDArray[np.float64]


def children(tree: Tree, node: int, p: Puct) -> Children:
    """The children of ``node`` as they are."""
    nodes = st.children_of(tree, node)
    nodes = nodes[tree.prior[nodes] >= 0.0]
    nodes = nodes[np.argsort(tree.move[nodes], kind="stable")]
    visits = tree.visits[nodes]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = tree.edge_visits[nodes] / visits
        weight = np.where(visits > 0, tree.weight[nodes] * share, 0.0)
        squares = tree.weight_squared[nodes] * share
        utility = np.where(visits > 0, tree.mean_utility[nodes], math.nan)
        variance = np.maximum(tree.mean_squared_utility[nodes] - utility**2, 0.0)
        radius = _radius(weight, squares, variance, p.loss)
    return Children(
        nodes,
        tree.move[nodes].astype(np.int64),
        tree.edge_visits[nodes].astype(np.int64),
        tree.prior[nodes].astype(np.float64),
        np.where(visits > 0, tree.mean_value[nodes], math.nan),
        mean_lead(tree, nodes),
        utility,
        weight,
        *score_and_deviation(tree, nodes),
        variance,
        np.where(weight > 0.0, radius, 2.0 * p.loss * LCB_DEVIATIONS),
    )


def _radius(
    weight: NDArray[np.float64], squares: NDArray[np.float64], variance: NDArray[np.float64], most: float
) -> NDArray[np.float64]:
    """Standard errors of means of samples of these weights (KataGo, ``getSelfUtilityLCBAndRadius``).

    The variance of a few utilities says little, so one as large as it can be, ``most`` squared, counts beside it, the
    less the more there are.
    """
    count = weight * weight / squares
    prior = weight / (count * count * count)  # a power is not rounded alike everywhere
    variance = np.maximum(variance, 1e-8)
    variance = (variance * weight + (variance + most * most) * prior) / (weight + prior)
    count = (weight + prior) * (weight + prior) / (squares + prior * prior)
    return LCB_DEVIATIONS * np.sqrt(variance / count)


def mean_lead(tree: Tree, nodes: NDArray[np.int32]) -> NDArray[np.float64]:
    """The mean of the leads that were backed up through each node; NaN where less than half of its weight said one.

    Of a net without leads those few visits that ended the game are no fair sample.
    """
    said = (tree.visits[nodes] > 0) & (2.0 * tree.lead_weight[nodes] >= tree.weight[nodes])
    return np.where(said, tree.mean_lead[nodes], math.nan)


def score_and_deviation(tree: Tree, nodes: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of the final score as the search knows it and its standard deviation, points; NaN where its net says
    none.

    Without the net's own deviation there is only how far the means of what was seen lie apart, which is no such thing.
    """
    said = (tree.visits[nodes] > 0) & (tree.score_deviation[nodes] > 0.0)
    variance = np.maximum(tree.mean_squared_score[nodes] - tree.mean_score[nodes] ** 2, 0.0)
    return np.where(said, tree.mean_score[nodes], math.nan), np.where(said, np.sqrt(variance), math.nan)


def permitted(found: Children, avoid: NDArray[np.int32]) -> Children:
    """Those children whose moves are not avoided; all of them where none is left. avoid: as ``walk`` takes it."""
    kept = avoid[found.move] == 0
    if kept.all() or not kept.any():
        return found
    return Children(*(getattr(found, column.name)[kept] for column in fields(Children)))


def preferences(session: Session, found: Children) -> NDArray[np.float64]:
    """How much each child is to be played: its visits, or with ``lcb`` or ``pruned`` its weight as follows.

    ``lcb``: a child does not count for more than it would have got had its utility been known from the beginning, and
    the one with the best lower confidence bound among those of enough weight counts for more than every other.
    ``pruned``: see ``_without_forced``; whole numbers. Under Gumbel's choice: the visits of this search, and half a one
    more for the child that is best by g + logit + sigma(q) of those with the most.
    """
    if session.halving.under_way and len(found.move):
        return _by_halving(session, found)
    if session.settings.choice == "visits" or not len(found.move) or not found.visits.any():
        return found.visits.astype(np.float64)
    side = int(session.tree.to_play[session.cursor])
    utility = np.where(found.weight > 0.0, side * found.utility, -math.inf)
    best = int(
        np.argmax(found.weight * np.maximum(found.visits - 1, 0) / np.maximum(found.visits, 1) + 2 * found.prior)
    )
    if session.settings.choice == "pruned":
        return _without_forced(session, found, utility, best)
    values = np.ceil(np.minimum(found.weight, _wanted(session, found, found.prior, utility, best)))
    values[best] = found.weight[best]
    values = _with_bound(values, utility - found.radius, found.radius, found.weight[best])
    most = values.max()
    return np.where(values < min(1.0, most / 64.0), 0.0, values)


def _by_halving(session: Session, found: Children) -> NDArray[np.float64]:
    values = session.halving.visits_of(found.move, found.visits).astype(np.float64)
    scores = session.halving.scores(session.tree, session.cursor)[found.move]
    best = int(np.argmax(np.where(values == values.max(), scores, -math.inf)))
    values[best] += 0.5
    return values


def _wanted(
    session: Session, found: Children, prior: NDArray[np.float64], utility: NDArray[np.float64], best: int
) -> NDArray[np.float64]:
    """The weights at which PUCT would value the children as it does ``best``, 0 at least; infinite where none does."""
    explore = exploration(session.tree, session.cursor, session.puct)
    level = utility[best] + explore * prior[best] / (1.0 + found.weight[best])
    with np.errstate(invalid="ignore", divide="ignore"):
        wanted = np.where(level > utility, explore * prior / (level - utility) - 1.0, math.inf)
    return np.maximum(wanted, 0.0)


def _without_forced(session: Session, found: Children, utility: NDArray[np.float64], best: int) -> NDArray[np.float64]:
    """The weights in whole numbers, less what forced playouts alone brought (Wu 2019, 3.2: policy target pruning).

    Each child but ``best`` loses up to what it was to have by force, as far as PUCT would still not prefer it to
    ``best``. What is left with no more than one is nothing.
    """
    has_own = session.puct.own_root_priors and session.node_of_priors == session.cursor
    prior = session.root_priors[found.move].astype(np.float64) if has_own else found.prior
    total = session.tree.children_weight[session.cursor]
    forced = np.sqrt(session.settings.forced_playouts * prior * total)
    least = np.maximum(_wanted(session, found, prior, utility, best), found.weight - forced)
    values: NDArray[np.float64] = np.ceil(np.minimum(found.weight, least))
    values[(least < found.weight) & (values <= 1.0)] = 0.0
    values[best] = np.ceil(found.weight[best])
    return values


def _with_bound(
    values: NDArray[np.float64], bound: NDArray[np.float64], radius: NDArray[np.float64], weight: float
) -> NDArray[np.float64]:
    """Raise the value of the best bound until no other, were it as wide as it must be to be as good, has more."""
    eligible = (values > 0.0) & (values >= LCB_WEIGHT_SHARE * weight)
    if not eligible.any():
        return values
    best = int(np.argmax(np.where(eligible, bound, -math.inf)))
    excess = np.where(np.isfinite(bound), bound[best] - bound, 0.0)
    factor = (radius + excess) / (radius + 0.2 * excess)
    rivals = np.where(excess >= 0.0, factor * factor * values, 0.0)
    values = values.copy()
    values[best] = max(values[best], float(np.delete(rivals, best).max(initial=0.0)))
    return values


def order(found: Children, preferred: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices of the children, the one to choose without temperature first: by preference, visits, prior, move."""
    return np.lexsort((found.move, -found.prior, -found.visits, -preferred))


def choose(session: Session, found: Children, preferred: NDArray[np.float64], indices: NDArray[np.int64]) -> int | None:
    """The move that the session's settings choose, None without a visited child. Draws from its generator if warm."""
    if not found.visits.any():
        return None
    temperature = session.settings.temperature
    if temperature == 0.0:
        return int(found.move[indices[0]])
    # the most preferred first becomes 1, so that however cold it is, nothing grows without end
    with np.errstate(over="ignore", divide="ignore"):
        logits = np.log(np.maximum(preferred, 1e-300) / preferred.max()) / temperature
    weights = np.where(preferred > 0.0, np.exp(logits), 0.0)
    return int(session.rng.choice(found.move, p=weights / weights.sum()))
