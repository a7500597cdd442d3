"""An obvious move takes less time: how obvious a move is, by hand, and what that makes of the time of a clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from protocol.messages import ChildReport, Report
from tests.clients.test_gtp_clock import SlowTable, Turned
from zhugo.bridges.gtp.obvious_move import Tolerance, obviousness, part_of_time

CASES = {
    # name: (policy, the search's preferences by move, how obvious)
    "the net is sure, and the search agrees": ([1.0, 0.0, -1.0], {0: 90.0}, 1.0),
    "nearly sure": ([0.99, 0.01], {0: 50.0}, math.exp(-0.0560016 / 0.3)),
    "nine to one, in both": ([0.9, 0.1], {0: 90.0, 1: 10.0}, math.exp(-0.325083 / 0.3)),
    "the search has all on the one move": ([0.9, 0.1], {0: 100.0}, math.exp(-0.325083 / 0.3)),
    "even chances": ([0.5, 0.5], {0: 7.0, 1: 7.0}, math.exp(-0.693147 / 0.3)),
    "the search finds something else": ([0.99, 0.01], {1: 60.0}, math.exp(-4.605170 / 0.15)),
    "the search finds something beside": ([0.99, 0.01], {0: 80.0, 1: 20.0}, math.exp(-0.428672 / 0.15)),
    "no policy": ([], {0: 5.0}, 0.0),
    "nothing searched": ([1.0], {}, 0.0),
}


def report_of(policy: list[float], preferences: dict[int, float]) -> Report:
    children = [
        ChildReport(move, order, 1, 0.0, None, 0.0, 0.0, 0.0, [move], [1], preference=preference)
        for order, (move, preference) in enumerate(preferences.items())
    ]
    return Report(1, "gtp", [], 1, 10, 10, 0.0, None, 0.0, None, children, None, 1.0, False, "", 1, 1, policy=policy)


@pytest.mark.parametrize("name", CASES)
def test_how_obvious_a_move_is(name: str) -> None:
    policy, preferences, expected = CASES[name]
    report = report_of(policy, preferences)
    tolerance = Tolerance(factor=0.3)
    assert obviousness(report, tolerance) == pytest.approx(expected, rel=1e-4)
    assert part_of_time(report, tolerance) == pytest.approx(1.0 - 0.7 * expected, rel=1e-4)
    assert part_of_time(report, Tolerance(factor=1.0)) == 1.0


def test_tolerances_say_what_is_obvious_by_one_over_e() -> None:
    unsure = report_of([0.5, 0.5], {0: 1.0, 1: 1.0})
    assert obviousness(unsure, Tolerance(0.3, entropy=math.log(2))) == pytest.approx(1 / math.e)
    surprised = report_of([0.5, 0.0], {0: 1.0})
    assert obviousness(surprised, Tolerance(0.3, entropy=2.0, surprise=math.log(2))) == pytest.approx(1 / math.e)


@dataclass
class Reporting:
    """A search that says its report as often as asked, by a turned clock, until its time is over or it is stopped."""

    report: Report
    clock: Turned
    every: float
    ends: float
    stopped: bool = False
    over: bool = False

    def next(self, timeout: float | None = None) -> Report:  # noqa: ARG002
        if not self.stopped:
            self.clock.time = min(self.clock.time + self.every, self.ends)
        self.over = self.stopped or self.clock.time >= self.ends
        reason: Any = "" if not self.over else "stopped" if self.stopped else "time"
        return replace(self.report, final=self.over, reason=reason)


def table_with(policy_of_chosen: float) -> SlowTable:
    """A table whose searches report on the way and choose a move of which the net is as sure as this."""
    table = SlowTable()
    session, slow = table.session, table.session.search

    def reporting(limits: Any, report_every: float | None = None, *others: Any, **more: Any) -> Any:
        before = table.clock.time
        report = slow(limits, report_every, *others, **more).report
        table.clock.time = before
        chosen = report.chosen
        rest = (1.0 - policy_of_chosen) / (len(report.policy) - 1)
        policy = [policy_of_chosen if move == chosen else rest for move in range(len(report.policy))]
        handle = Reporting(
            replace(report, policy=policy), table.clock, report_every or limits.seconds, before + limits.seconds
        )
        session.running = handle  # type: ignore[assignment]
        return handle

    session.search = reporting  # type: ignore[method-assign]
    return table


KEPT = ["absolute 1000", "byoyomi 1000 10 3", "canadian 0 100 10"]
LOST = ["byoyomi 0 10 3", "canadian 0 10 1"]


@pytest.mark.parametrize("system", KEPT)
def test_where_time_is_kept_a_sure_move_takes_about_a_third_of_it(system: str) -> None:
    took = {}
    for sure in (1.0, 0.3):
        table = table_with(sure)
        table.say(f"kgs-time_settings {system}")
        took[sure] = table.seconds("genmove b")
    assert 0.3 <= took[1.0] / took[0.3] <= 0.3 + 1 / 12 + 0.01


@pytest.mark.parametrize("system", LOST)
def test_where_it_would_be_lost_it_is_used(system: str) -> None:
    took = {}
    for sure in (1.0, 0.3):
        table = table_with(sure)
        table.say(f"kgs-time_settings {system}")
        took[sure] = table.seconds("genmove b")
    assert took[1.0] == took[0.3]


def test_a_capped_clock_that_is_full_keeps_nothing() -> None:
    for line, is_kept in (("fischer-capped 12 2 12 -1", False), ("fischer-capped 8 2 12 -1", True)):
        table = table_with(1.0)
        table.say(f"kata-time_settings {line}")
        budget = table.engine.clock.budget(1, 0, 81)
        assert budget is not None
        assert budget.kept == is_kept


def test_it_can_be_switched_off() -> None:
    table = table_with(1.0)
    table.say("kgs-time_settings absolute 1000")
    assert table.say("kata-get-param obviousMovesTimeFactor") == "0.3"
    table.say("kata-set-param obviousMovesTimeFactor 1")
    quick = table_with(1.0)
    quick.say("kgs-time_settings absolute 1000")
    assert table.seconds("genmove b") > 2 * quick.seconds("genmove b")
    assert table.say("kata-get-param obviousMovesPolicyEntropyTolerance") == "0.3"
    assert table.say("kata-get-param obviousMovesPolicySurpriseTolerance") == "0.15"
