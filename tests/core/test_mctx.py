"""Gumbel's choice beside mctx's, which DeepMind wrote: on bandits, with the same noise, visit for visit."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.mctx_answers import OFFSET, SCALE, Answer, Bandit, bandits
from bench.schedules.tree_driver import Job, TreeDriver
from daemon.schedules.interface import Request
from protocol import messages as m

ANSWERS = [
    (Bandit(**one["bandit"]), Answer(**one["answer"]))
    for one in json.loads((Path(__file__).parent / "mctx_answers.json").read_text(encoding="utf-8"))
]
PHASES = m.Phases(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class GivenNoise:
    """Stands in for the session's random numbers: the integers of which the core makes this Gumbel noise."""

    def __init__(self, noise: Sequence[float]) -> None:
        self.noise = noise

    def integers(self, most: int, size: int) -> NDArray[np.int64]:
        assert size == len(self.noise)
        return np.array([round(math.exp(-math.exp(-g)) * most - 0.5) for g in self.noise], np.int64)


def evaluations(bandit: Bandit, paths: Sequence[tuple[int, ...]]) -> dict[str, Any]:
    """Of the root, and of positions at which only move 0 is legal; the same player is always to move."""
    n, worths = len(paths), bandit.worths()
    priors = np.full((n, bandit.moves), m.ILLEGAL_PRIOR, np.uint16)
    priors[:, 0] = np.float16(1.0).view(np.uint16)
    for row, path in enumerate(paths):
        if not path:
            priors[row] = bandit.priors().view(np.uint16)
    return {
        "to_play": np.ones(n, np.int8),
        "terminal": np.zeros(n, np.uint8),
        "value": np.array([worths[path[0], len(path) - 1] if path else bandit.own_worth() for path in paths]),
        "lead": np.full(n, math.nan, np.float32),
        "priors": priors,
        "ownership": np.zeros((0, 0), np.float32),
    }


def searched(bandit: Bandit, noise: Sequence[float]) -> m.Report:
    """One leaf at a time; the first visit is the root's own."""
    how = m.SearchSettings(
        root_selection="gumbel",
        policy=True,
        gumbel_moves=bandit.considered,
        gumbel_offset=OFFSET,
        gumbel_scale=SCALE,
        static_score_utility=0.0,
        dynamic_score_utility=0.0,
    )
    job = Job(bandit.moves, bandit.simulations + 1, settings=how)
    with TreeDriver(job, 1, lambda leaves: evaluations(bandit, [path for _, path in leaves])) as driver:
        driver.core.sessions.by_name["tree 0"].rng = GivenNoise(noise)  # type: ignore[assignment]
        driver.ask(0, Request(1), 0.0)
        while not driver.is_over:
            driver.update(0, Request(1), PHASES, 0.0)
        return driver.final["tree 0"]


def test_the_file_has_an_answer_to_every_bandit() -> None:
    assert [bandit for bandit, _ in ANSWERS] == [bandit for alike in bandits() for bandit in alike]


@pytest.mark.parametrize("place", range(len(ANSWERS)))
def test_visits_move_and_policy_are_mctxs(place: int) -> None:
    bandit, answer = ANSWERS[place]
    report = searched(bandit, answer.noise)
    visits = [0] * bandit.moves
    for child in report.children:
        visits[child.move] = child.visits
    assert visits == answer.visits
    assert report.chosen == answer.action
    assert report.improved_policy == pytest.approx(answer.policy, abs=2e-5)
