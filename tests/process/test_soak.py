"""A small club on one daemon whose processes are killed: nothing that was promised is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.soak.killing import ClubDaemon
from bench.soak.run import Plan, measure

QUICK = ["--device", "emulated", "--latency-ms", "1"]
HURRIED = (0.02, 0.2)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(members=8, seconds=8.0, kill_searcher=0.0, kill_master=4.0, seed=5, daemon=QUICK, pause=HURRIED),
        pytest.param(
            Plan(members=100, seconds=300.0, kill_searcher=10.0, kill_master=60.0, seed=6, daemon=QUICK),
            marks=[pytest.mark.long, pytest.mark.timeout(1200)],
        ),
    ],
    ids=lambda plan: f"{plan.members} members",
)
def test_a_club_loses_nothing_of_what_it_was_promised(plan: Plan, tmp_path: Path) -> None:
    told: list[str] = []
    figures = measure(plan, tmp_path, told.append)
    assert figures["first_faults"] == []
    assert figures["exit_code"] == 0
    assert figures["kills"]["master"] == len(told) > 0
    assert figures["done"]["play"] > 0


def test_a_lost_move_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal is thrown away at each death."""
    start = ClubDaemon.start

    def forget(daemon: ClubDaemon) -> None:
        for part in (daemon.folder / "journal").glob("*"):
            part.unlink()
        start(daemon)

    monkeypatch.setattr(ClubDaemon, "start", forget)
    plan = Plan(members=8, seconds=8.0, kill_searcher=0.0, kill_master=5.0, seed=5, daemon=QUICK, pause=HURRIED)
    figures = measure(plan, tmp_path, lambda _text: None)
    assert figures["faults"] > 0
