"""A search that may end early ends when its choice is made, and not before."""

from __future__ import annotations

from typing import Any

import pytest

from protocol import messages as m
from tests.core.local import Local, root_visits

A = b"a"
SPEC: dict[str, Any] = {"num_moves": 6, "size": 1, "terminal_share": 0.05}


def searched(limits: m.Limits, seed: int = 0, seconds_a_visit: float = 0.0, **more: Any) -> tuple[Local, m.Report]:
    """After a search of one leaf at a time within these limits; its last report."""
    local = Local(SPEC | {"seed": seed}, m.SearchSettings(**more.pop("settings", {})))
    local.greet(A)
    local.ask(m.Search, "s", limits, **more)
    grant = local.select(A)
    while grant is not None:
        local.now += seconds_a_visit
        grant = local.update(A, grant, m.BatchRequest(1))
    (report,) = local.reports()
    return local, report


def gap(local: Local) -> int:
    """Visits of the most visited move beyond those of the next."""
    most, second, *_ = (*sorted(root_visits(local).values(), reverse=True), 0, 0)
    return most - second


@pytest.mark.parametrize("choice", ["visits", "lcb"])
def test_it_ends_when_no_other_move_can_catch_up_and_chooses_what_the_whole_search_does(choice: str) -> None:
    endings = set()
    for seed in range(12):
        settings = {"choice": choice}
        _, whole = searched(m.Limits(visits=300), seed, settings=settings)
        local, early = searched(m.Limits(visits=300, early=True), seed, settings=settings)
        endings.add(early.reason)
        if early.reason == "decided":
            assert gap(local) > 300 - early.visits
            chosen = max(root_visits(local), key=lambda move: root_visits(local)[move])
            assert early.chosen == chosen
        if choice == "visits":
            assert early.chosen == whole.chosen
    assert "decided" in endings


def test_it_ends_no_earlier_than_it_must() -> None:
    """One visit before, another move could still have caught up."""
    local, report = searched(m.Limits(visits=300, early=True), 3, settings={"choice": "visits"})
    assert report.reason == "decided"
    assert gap(local) - (300 - report.visits) in (1, 2)


def test_by_time_the_pace_says_how_many_visits_are_left() -> None:
    local, report = searched(m.Limits(seconds=30.0, early=True), 3, 0.1, settings={"choice": "visits"})
    assert report.reason == "decided"
    left = round((30.0 - local.now) / 0.1)
    assert abs(gap(local) - left) <= 2


def test_the_pace_is_not_known_from_the_beginning() -> None:
    """A single legal move has every visit, but after a tenth of the time only it is believed."""
    only = [m.Restriction(side, [0], 1, allow=True) for side in (1, -1)]
    local, report = searched(m.Limits(seconds=30.0, early=True), 3, 0.1, restrictions=only)
    assert report.reason == "decided"
    assert local.now >= 3.0


def test_moves_that_are_avoided_do_not_count() -> None:
    local, first = searched(m.Limits(visits=200))
    best = first.chosen
    assert best is not None
    local.ask(m.Search, "s", m.Limits(new_visits=300, early=True), restrictions=[m.Restriction(1, [best], 1)])
    grant = local.take_grant(A)
    while grant is not None:
        grant = local.update(A, grant, m.BatchRequest(1))
    (_, report) = local.reports()
    assert report.chosen != best
    others = sorted((child.visits for child in report.children), reverse=True)
    assert report.reason == "visits" or others[0] - others[1] > 300 - report.new_visits


def test_without_leave_or_without_limits_it_never_ends_early() -> None:
    assert searched(m.Limits(visits=300), 3)[1].reason == "visits"
    local = Local(SPEC)
    local.greet(A)
    local.ask(m.Search, "s", m.Limits(early=True))
    grant = local.select(A)
    for _ in range(300):
        assert grant is not None
        grant = local.update(A, grant, m.BatchRequest(1))
    assert local.reports() == []
