"""Gumbel's choice at the cursor: what the paper says of it, and what several leaves in flight make of it."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

from daemon.core import checkpoint
from daemon.core.config import Config
from daemon.core.gumbel import considered_visits
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from tests.core.local import Local, root_visits
from tests.core.test_sequential import tree_by_path

A, B = b"a", b"b"

SPEC: dict[str, Any] = {"num_moves": 12, "size": 1, "terminal_share": 0.0}


def gumbel(**settings: Any) -> m.SearchSettings:
    return m.SearchSettings(**{"root_selection": "gumbel", "policy": True} | settings)


def searched(visits: int, spec: dict[str, Any] = SPEC, **settings: Any) -> tuple[Local, m.Report]:
    local = Local(spec, gumbel(**settings))
    local.search_alone(visits)
    (report,) = local.reports()
    return local, report


@pytest.mark.parametrize(
    ("moves", "visits", "expected"),
    [
        (1, 5, [0, 1, 2, 3, 4]),
        (2, 6, [0, 0, 1, 1, 2, 2]),
        (3, 7, [0, 0, 0, 1, 1, 2, 2]),
        (4, 8, [0, 0, 0, 0, 1, 1, 2, 2]),
        (4, 16, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        (8, 12, [0] * 8 + [1] * 4),
        (16, 32, [0] * 16 + [1] * 8 + [2] * 4 + [3] * 4),
    ],
)
def test_who_is_next_in_sequential_halving(moves: int, visits: int, expected: list[int]) -> None:
    assert [considered_visits(simulation, moves, visits) for simulation in range(visits)] == expected


@pytest.mark.parametrize(("moves", "visits"), [(1, 20), (2, 30), (4, 17), (8, 65), (16, 200)])
def test_the_visits_at_the_root_are_those_of_sequential_halving(moves: int, visits: int) -> None:
    local, _ = searched(visits, gumbel_moves=moves)
    drawn = min(moves, len(local.game.legal([])))
    counts = [0] * drawn
    for simulation in range(visits - 1):
        counts[counts.index(considered_visits(simulation, drawn, visits - 1))] += 1
    assert sorted(root_visits(local).values(), reverse=True) == [count for count in counts if count]


def test_one_move_is_drawn_as_the_net_would_play_it() -> None:
    """By the Gumbel-max trick the first move is a sample of the policy."""
    seeds = 300
    drawn: Counter[int] = Counter()
    for seed in range(seeds):
        local, report = searched(2, gumbel_moves=1, seed=seed)
        drawn.update(root_visits(local).keys())
    for move, prior in enumerate(report.policy):
        spread = math.sqrt(max(prior, 0.0) * (1.0 - max(prior, 0.0)) / seeds)
        assert drawn[move] / seeds == pytest.approx(max(prior, 0.0), abs=4 * spread + 1e-9)


def completed(report: m.Report) -> dict[int, float]:
    """q of each legal move, the mixed value where it has no visit, by the paper's formulas."""
    side = report.to_play
    visits = {child.move: child.visits for child in report.children if child.visits}
    known = {child.move: side * child.utility for child in report.children if child.visits}
    own = sum(report.policy[move] * known[move] for move in known) / sum(report.policy[move] for move in known)
    total = sum(visits.values())
    mixed = (side * report.raw_value + total * own) / (1 + total)
    legal = [move for move, prior in enumerate(report.policy) if prior >= 0.0]
    return {move: 0.5 + 0.5 * known.get(move, mixed) for move in legal}


PLAIN: dict[str, Any] = {"static_score_utility": 0.0, "dynamic_score_utility": 0.0}
"""The utility is the value."""


@pytest.mark.parametrize("seed", range(5))
def test_the_target_is_the_improved_policy_and_improves_the_policy(seed: int) -> None:
    _, report = searched(60, SPEC | {"seed": seed}, gumbel_offset=20.0, gumbel_scale=0.5, **PLAIN)
    q = completed(report)
    most = max(child.visits for child in report.children)
    logits = {move: math.log(report.policy[move]) + (20.0 + most) * 0.5 * q[move] for move in q}
    total = sum(math.exp(logit) for logit in logits.values())
    for move, share in enumerate(report.improved_policy):
        expected = math.exp(logits[move]) / total if move in logits else -1.0
        assert share == pytest.approx(expected, rel=1e-6, abs=1e-12)
    assert sum(report.improved_policy[move] * q[move] for move in q) > sum(report.policy[move] * q[move] for move in q)


def test_it_chooses_the_best_of_those_that_it_visited_most() -> None:
    for seed in range(20):
        local, report = searched(40, SPEC | {"seed": seed}, seed=seed, gumbel_moves=4)
        visits = root_visits(local)
        best = [move for move in visits if visits[move] == max(visits.values())]
        scores = local.session.halving.scores(local.session.tree, 0)
        assert report.chosen == max(best, key=lambda move: scores[move])


def test_the_seed_decides() -> None:
    trees = [tree_by_path(searched(60, gumbel_moves=4, seed=seed)[0]) for seed in (1, 1, 2)]
    assert trees[0] == trees[1] != trees[2]


def test_a_search_without_a_limit_of_visits_goes_by_puct() -> None:
    local, plain = Local(SPEC, gumbel()), Local(SPEC)
    for one in (local, plain):
        one.greet(A)
        one.ask(m.Search, "s", m.Limits(seconds=100.0))
        grant = one.select(A)
        for _ in range(50):
            assert grant is not None
            grant = one.update(A, grant, m.BatchRequest(1))
    assert tree_by_path(local) == tree_by_path(plain)


def test_each_search_has_visits_and_noise_of_its_own() -> None:
    local = Local(SPEC, gumbel(gumbel_moves=2))
    local.search_alone(21)
    first = root_visits(local)
    assert sorted(first.values()) == [10, 10]
    local.ask(m.Search, "s", m.Limits(new_visits=40))
    local.greet(A)
    grant = local.select(A)
    while grant is not None:
        grant = local.update(A, grant, m.BatchRequest(1))
    gained = {move: visits - first.get(move, 0) for move, visits in root_visits(local).items()}
    assert sorted(visits for visits in gained.values() if visits) == [20, 20]


RULES = ["capped", "uncapped", "blocking", "second-best", "virtual-loss", "wu-uct"]


@pytest.mark.parametrize("rule", RULES)
def test_a_request_for_several_leaves_gets_those_of_the_next_simulations(rule: str) -> None:
    local = Local(SPEC, gumbel(gumbel_moves=4, collisions=rule))
    local.greet(A)
    local.ask(m.Search, "s", m.Limits(visits=101))
    grant = local.select(A)
    assert grant is not None
    local.update(A, grant)
    grant = local.select(A, 4)
    assert grant is not None
    first_moves = grant.moves[grant.offsets[:-1]].tolist()
    assert len(set(first_moves)) == 4, "each of the drawn moves once"
    scores = local.session.halving.scores(local.session.tree, 0)
    assert set(first_moves) == set(np.argsort(-scores)[:4].tolist())


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_two_searchers_with_several_leaves_spend_all_visits_on_the_drawn_moves(rule: str, seed: int) -> None:
    local = Local(SPEC | {"seed": seed, "terminal_share": 0.05}, gumbel(gumbel_moves=4, collisions=rule, seed=seed))
    for who in (A, B):
        local.greet(who)
    local.ask(m.Search, "s", m.Limits(visits=120))
    for who in (A, B):
        local.select(who, 4)
    while grants := {who: grant for who in (A, B) if (grant := local.take_grant(who)) is not None}:
        for who, grant in grants.items():
            local.update(who, grant, m.BatchRequest(4))
    visits = root_visits(local)
    assert sum(visits.values()) == 119
    assert sorted(visits.values())[-2] >= 30, "two are left at the end"
    assert sum(sorted(visits.values())[-4:]) >= 110, "a disturbed phase may look at others, but hardly"


def test_tickets_that_die_are_given_again() -> None:
    local = Local(SPEC, gumbel(gumbel_moves=4))
    local.greet(A)
    local.ask(m.Search, "s", m.Limits(visits=61))
    grant = local.select(A)
    assert grant is not None
    local.update(A, grant)
    assert local.select(A, 4) is not None
    assert local.session.halving.in_flight.sum() == 4
    local.say(A, m.Goodbye())
    assert local.session.halving.in_flight.sum() == 0
    local.greet(B)
    grant = local.select(B)
    while grant is not None:
        grant = local.update(B, grant, m.BatchRequest(1))
    assert tree_by_path(local) == tree_by_path(searched(61, gumbel_moves=4)[0])


def test_a_core_that_is_stored_in_the_midst_of_a_search_goes_on_with_the_same_noise() -> None:
    whole, half = (Local(SPEC, gumbel(gumbel_moves=8)) for _ in range(2))
    for local, until in ((whole, 80), (half, 30)):
        local.greet(A)
        local.ask(m.Search, "s", m.Limits(visits=80))
        grant = local.select(A)
        while grant is not None and local.session.visits < until:
            grant = local.update(A, grant, m.BatchRequest(1))
    assert grant is not None
    core = Scheduler(HashedReferee(), Config(searcher_lease=10.0, client_lease=1e6))
    checkpoint.load(core, [bytes(frame) for frame in checkpoint.save(half.core)])
    half.core = core
    while grant is not None:
        grant = half.update(A, grant, m.BatchRequest(1))
    assert tree_by_path(half) == tree_by_path(whole)
