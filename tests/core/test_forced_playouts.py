"""Playouts that are forced at the cursor, and what is taken out of the policy target again (Wu 2019, 3.2)."""

from __future__ import annotations

import math
from typing import Any

import pytest

from daemon.core.core_queries import choices
from daemon.core.selection import exploration
from protocol import messages as m
from tests.core.local import Local, root_visits
from tests.core.test_sequential import ALPHA_ZERO

PLAIN: dict[str, Any] = ALPHA_ZERO | {"root_temperature": 1.5}
"""Every visit weighs 1."""

VISITS = 300


def searched(seed: int, **settings: Any) -> tuple[Local, m.Report]:
    spec = {"num_moves": 30, "size": 1, "terminal_share": 0.02, "seed": seed}
    local = Local(spec, m.SearchSettings(**PLAIN | settings))
    local.search_alone(VISITS)
    (report,) = local.reports()
    return local, report


def forced(local: Local, child: m.ChildReport, k: float) -> float:
    """How many playouts this child is to have, were it up to force alone."""
    return math.sqrt(k * float(local.session.root_priors[child.move]) * (VISITS - 1))


@pytest.mark.parametrize("k", [0.5, 2.0, 8.0])
@pytest.mark.parametrize("seed", range(4))
def test_every_child_with_a_visit_has_its_playouts(seed: int, k: float) -> None:
    local, report = searched(seed, forced_playouts=k)
    assert all(child.visits + 1 >= forced(local, child, k) for child in report.children if child.visits)
    plain = searched(seed)[1]
    assert any(child.visits + 1 < forced(local, child, k) for child in plain.children if child.visits)


@pytest.mark.parametrize("seed", range(4))
def test_a_child_without_a_visit_is_not_forced(seed: int) -> None:
    local, _ = searched(seed, forced_playouts=100.0, exploration=0.01)
    visited = root_visits(local)
    assert len(visited) < len(local.game.legal([]))
    assert not any(one.forced for one in choices(local.session, local.session.cursor, 0) if one.move not in visited)


@pytest.mark.parametrize("seed", range(4))
def test_the_target_loses_no_more_than_was_forced_and_only_what_puct_would_not_have_chosen(seed: int) -> None:
    local, report = searched(seed, forced_playouts=2.0, choice="pruned")
    explore = float(exploration(local.session.tree, 0, local.session.puct))

    def score(child: m.ChildReport, playouts: float) -> float:
        prior = float(local.session.root_priors[child.move])
        return report.to_play * child.utility + explore * prior / (1.0 + playouts)

    best = max(report.children, key=lambda child: child.visits)
    assert best.preference == best.visits
    pruned = [child for child in report.children if child.preference < child.visits]
    assert pruned
    for child in pruned:
        if child.preference > 0.0:
            assert child.preference > 1.0
            assert child.visits - child.preference <= forced(local, child, 2.0)
            assert score(child, child.preference) <= score(best, best.visits)
        else:  # one playout left is none
            assert child.visits - 1.0 <= forced(local, child, 2.0)
    assert all(child.preference == int(child.preference) for child in report.children)


def test_the_target_is_nearer_to_a_search_without_force_than_the_visits_are() -> None:
    def shares(of: dict[int, float]) -> dict[int, float]:
        return {move: count / sum(of.values()) for move, count in of.items()}

    def apart(one: dict[int, float], other: dict[int, float]) -> float:
        return sum(abs(one.get(move, 0.0) - other.get(move, 0.0)) for move in {*one, *other}) / 2

    visits, target = 0.0, 0.0
    for seed in range(12):
        plain = shares({child.move: child.visits for child in searched(seed)[1].children})
        report = searched(seed, forced_playouts=2.0, choice="pruned")[1]
        visits += apart(plain, shares({child.move: child.visits for child in report.children}))
        target += apart(plain, shares({child.move: child.preference for child in report.children}))
    assert target < visits


def test_without_force_nothing_is_taken_out() -> None:
    _, report = searched(3, choice="pruned")
    assert [child.preference for child in report.children] == [child.visits for child in report.children]
