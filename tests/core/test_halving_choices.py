"""What is said of a choice by sequential halving: its terms and its counts."""

from __future__ import annotations

from daemon.core.core_queries import halving_choices
from daemon.core.gumbel import considered_visits
from protocol import messages as m
from tests.core.local import Local
from tests.core.test_gumbel import SPEC, A, gumbel

MOVES, VISITS = 4, 33


def begun() -> Local:
    """A search that waits for its first leaf, the cursor, to be asked for."""
    local = Local(SPEC, gumbel(gumbel_moves=MOVES))
    local.greet(A)
    local.ask(m.Search, "s", m.Limits(visits=VISITS))
    return local


def test_the_terms_are_those_of_the_halving_and_add_up() -> None:
    local = begun()
    grant = local.select(A)
    compared = 0
    while grant is not None:
        grant = local.update(A, grant, m.BatchRequest(1))
        session = local.session
        scores = session.halving.scores(session.tree, session.cursor) if session.halving.under_way else []
        found = halving_choices(session)
        assert len(found) == sum(score > -float("inf") for score in scores)
        for one in found:
            assert one.score == one.noise + one.sigma == scores[one.move]
            compared += 1
    assert compared > 100


def test_counts_are_those_of_the_schedule() -> None:
    """One leaf at a time: the n-th simulation goes to a move with as many visits as the schedule says."""
    local = begun()
    grant = local.select(A)
    assert grant is not None
    grant = local.update(A, grant, m.BatchRequest(1))
    drawn: set[int] = set()
    for simulation in range(VISITS - 2):
        found = halving_choices(local.session)
        flying = [one for one in found if one.begun > one.visits]
        assert [one.begun - one.visits for one in flying] == [1]
        drawn.add(flying[0].move)
        assert flying[0].begun == considered_visits(simulation, MOVES, VISITS - 1) + 1
        assert sum(one.begun for one in found) == simulation + 1
        assert {one.due for one in found} == {considered_visits(simulation + 1, MOVES, VISITS - 1)}
        assert grant is not None
        grant = local.update(A, grant, m.BatchRequest(1))
    assert len(drawn) == MOVES


def test_there_are_none_where_puct_chooses() -> None:
    local = Local(SPEC)
    local.search_alone(20)
    assert halving_choices(local.session) == []
