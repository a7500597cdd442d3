"""Which schedules a daemon runs, with how many of what, and which one it takes by itself."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.schedules.choice import Steps, choose, leaves_per_s
from daemon.schedules.interface import Request
from daemon.schedules.service import Wishes, course_for, encoders_for, request_for, searchers_for, trouble, walkers_for

USUAL = Request(16, speculate=True)


def steps(encode: float, latency: float, cores: int) -> Steps:
    return Steps(encode, latency, 20e-6, 200e-6, cores, 16)


@pytest.mark.parametrize(
    ("encode", "latency", "cores", "chosen"),
    [
        (20e-6, 5e-3, 2, "double-buffer-2"),  # the device sets the pace in either
        (20e-6, 50e-3, 96, "double-buffer-2"),
        (42e-3, 5e-3, 2, "double-buffer-2"),  # no core to spread it over
        (42e-3, 5e-3, 12, "spread-2"),
        (2e-3, 5e-3, 12, "spread-2"),
        (1e-3, 50e-3, 12, "double-buffer-2"),
    ],
)
def test_slow_encoding_is_spread_where_there_are_cores(encode: float, latency: float, cores: int, chosen: str) -> None:
    assert choose(steps(encode, latency, cores)) == chosen


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 16 leaves; 16 * 1 ms to encode, 16 * 20 us in the tree, 10 ms on the device, 0.4 ms on the wire
        ("double-buffer-1", 16 / 26.72e-3),
        ("double-buffer-2", 16 / 13.36e-3),
        ("double-buffer-4", 16 / 10e-3),
        ("spread", 16 / (0.32e-3 + 6e-3 + 10.4e-3)),
        ("spread-2", 16 / 10e-3),
        ("sequential", 1 / 11.02e-3),
        ("ahead", 1 / 10.02e-3),
        ("together", 4 / (0.08e-3 + 1e-3 + 10.4e-3)),
        ("many-trees", 16 / 26.32e-3),
    ],
)
def test_leaves_a_second_by_whatever_is_busiest(name: str, expected: float) -> None:
    assert leaves_per_s(name, steps(1e-3, 10e-3, 4)) == pytest.approx(expected)


def test_there_is_no_rule_for_what_is_unknown() -> None:
    with pytest.raises(ValueError, match="no rule"):
        leaves_per_s("threads", steps(1e-3, 1e-3, 2))


@pytest.mark.parametrize(
    ("name", "wishes", "why"),
    [
        ("threads", Wishes(batch=257), "256 at most"),
        ("threads", Wishes(searchers=2), "has one searcher, not 2"),
        ("spread", Wishes(elsewhere=True), "other machines"),
        ("ahead", Wishes(searchers=2), "has one searcher, not 2"),
        ("many-trees", Wishes(searchers=3), "has one searcher, not 3"),
        ("together", Wishes(batch=4), "leave --batch out"),
        ("double-buffer", Wishes(encoders=2), "leave --encoders out"),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_line(name: Any, wishes: Wishes, why: str) -> None:
    told = trouble(name, wishes)
    assert told is not None
    assert why in told
    assert told.startswith(f"--schedule {name}")


@pytest.mark.parametrize(
    "name", ["double-buffer", "spread", "sequential", "ahead", "together", "virtual", "many-trees", "threads"]
)
def test_the_others_are_run(name: Any) -> None:
    assert trouble(name, Wishes()) is None


def test_how_many_of_what() -> None:
    assert [searchers_for(name, 2) for name in ("double-buffer", "spread", "ahead", "many-trees")] == [2, 2, 1, 1]
    assert [encoders_for("spread", cores, 2) for cores in (1, 2, 12)] == [1, 1, 5]
    assert encoders_for("double-buffer", 12, 2) == 0
    assert [walkers_for("threads", batch) for batch in (None, 4)] == [16, 4]
    assert walkers_for("spread", 4) == 1
    assert course_for("double-buffer", 0, 16) is None
    ahead = course_for("ahead", 5, 1)
    assert ahead is not None
    assert (ahead.plan.workers, ahead.plan.request) == (5, Request(1, ahead=10))


def test_what_a_searcher_asks_for() -> None:
    assert request_for("double-buffer", 0, USUAL) == request_for("spread", 3, USUAL) == USUAL
    assert request_for("together", 3, USUAL) == Request(3)
    assert request_for("virtual", 3, USUAL) == Request(16, speculate=True, ahead=32)
    assert request_for("many-trees", 0, USUAL) == Request(16, per_tree=1)
    assert request_for("sequential", 0, USUAL) == Request(1)
