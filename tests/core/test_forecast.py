"""A forecast names what a search would want next, takes no ticket, and leaves every tree as it was."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from msgspec import UNSET

from daemon.core.tickets import shares_of
from daemon.core.tree_memory import lengths_in_use
from protocol import messages as m
from tests.core.local import Local, root_visits

SPEC = {"num_moves": 8, "size": 1, "terminal_share": 0.05, "seed": 3}
CACHED = ("untried", "untried_prior", "addresses")
"""Of a tree: what a walk may look up again, and where it all lies."""

MEANS = ("visits", "mean_value", "mean_utility", "weight", "prior", "priors", "first_child", "next_sibling")


def searched(visits: int, seed: int = 3) -> Local:
    local = Local(SPEC | {"seed": seed})
    local.search_alone(visits)
    return local


def paths(local: Local, wanted: int) -> list[tuple[int, ...]]:
    found = local.session.forecast(wanted)
    if found is None:
        return []
    offsets, moves = found
    return [tuple(moves[begin:end].tolist()) for begin, end in pairwise(offsets)]


@pytest.mark.parametrize("visits", [1, 2, 20, 200])
def test_a_tree_is_as_it_was(visits: int) -> None:
    local = searched(visits)
    tree = local.session.tree
    lengths = {name: length for name, length in lengths_in_use(tree).items() if name not in CACHED}
    before = {name: getattr(tree, name)[:length].tobytes() for name, length in lengths.items()}
    assert paths(local, 12)
    assert {name: getattr(tree, name)[:length].tobytes() for name, length in lengths.items()} == before
    assert lengths == {name: length for name, length in lengths_in_use(tree).items() if name not in CACHED}
    local.core.check_invariants()


@pytest.mark.parametrize("seed", range(8))
def test_the_first_is_what_a_selection_takes_next(seed: int) -> None:
    local = Local(SPEC | {"seed": seed, "terminal_share": 0.0})
    local.search_alone(30)
    (foreseen,) = paths(local, 1)
    local.greet(b"next")
    local.ask(m.Search, "s", m.Limits(new_visits=1))
    grant = local.select(b"next")
    assert grant is not None
    assert tuple(grant.moves.tolist()) == foreseen


def test_leaves_of_a_forecast_are_free_and_different() -> None:
    local = searched(60)
    local.greet(b"holder")
    local.ask(m.Search, "s", m.Limits(new_visits=400))
    held = local.select(b"holder", 6, speculate=True)
    assert held is not None
    granted = {tuple(held.moves[a:b].tolist()) for a, b in pairwise(held.offsets)}
    foreseen = paths(local, 20)
    assert len(foreseen) == len(set(foreseen)) > 6
    assert not granted & set(foreseen)


def test_a_search_with_forecasts_is_the_same_to_the_bit() -> None:
    plain, ahead = Local(SPEC), Local(SPEC)
    for local, more in ((plain, 0), (ahead, 9)):
        local.greet(b"one")
        local.ask(m.Search, "s", m.Limits(visits=150))
        request = m.BatchRequest(1, ahead=more)
        (grant,) = [one for one in local.say(b"one", m.Select(request)) if isinstance(one, m.Grant)]
        while grant is not None:
            grant = local.update(b"one", grant, request)
    assert root_visits(plain) == root_visits(ahead)
    trees = [local.session.tree for local in (plain, ahead)]
    for name in MEANS:
        one, other = (getattr(tree, name)[: lengths_in_use(tree)[name]] for tree in trees)
        assert one.tobytes() == other.tobytes(), name


def test_a_grant_has_a_forecast_only_for_who_asks() -> None:
    local = searched(40)
    local.ask(m.Search, "s", m.Limits(new_visits=100))
    local.greet(b"plain")
    local.greet(b"ahead")
    without = local.select(b"plain")
    assert without is not None
    assert without.ahead is UNSET
    (grant,) = [one for one in local.say(b"ahead", m.Select(m.BatchRequest(1, ahead=5))) if isinstance(one, m.Grant)]
    assert isinstance(grant.ahead, m.Forecast)
    assert 1 <= len(grant.ahead.offsets) - 1 <= 5
    assert grant.ahead.parts[0].position == grant.parts[0].position
    assert local.core.tickets.live[b"ahead"].leaves == 1


@pytest.mark.parametrize(
    ("leaves", "sessions", "shares"), [(5, 1, [5]), (5, 2, [3, 2]), (1, 3, [1, 0, 0]), (0, 2, [0, 0])]
)
def test_sessions_of_a_grant_share_a_forecast(leaves: int, sessions: int, shares: list[int]) -> None:
    assert shares_of(leaves, sessions) == shares


def test_a_tree_without_memory_has_none() -> None:
    local = searched(20)
    local.session.settings = m.SearchSettings(max_bytes=1)
    assert paths(local, 5) == []


def test_a_root_in_flight_has_none() -> None:
    local = Local(SPEC)
    local.greet(b"one")
    local.ask(m.Search, "s", m.Limits(visits=10))
    (grant,) = [one for one in local.say(b"one", m.Select(m.BatchRequest(1, ahead=5))) if isinstance(one, m.Grant)]
    assert grant.ahead is UNSET
    assert np.array_equal(grant.offsets, [0, 0])
