"""What each part of the search gives: a search without it beside the whole one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import pytest

from bench import agreement, parts, tuning
from bench.agreement import Verdict
from bench.katago import KataGo
from games.go.sgf import Segment
from protocol.messages import SearchSettings

NOISE = "noise weighs less"


@pytest.mark.parametrize("part", [*parts.PARTS, parts.EVERYTHING])
def test_a_search_without_a_part_is_another_one(part: str) -> None:
    usual = SearchSettings()
    changes = parts.without(part)
    SearchSettings(**changes)
    assert [name for name, value in changes.items() if getattr(usual, name) == value] == []


def test_without_everything_each_part_is_missing() -> None:
    everything = parts.without(parts.EVERYTHING)
    for changes in parts.PARTS.values():
        assert changes.items() <= everything.items()


def test_each_part_gets_a_row_of_games() -> None:
    heard: list[str] = []
    rows = list(parts.compared(None, 7, 4, 2, 1, [NOISE], heard.append))
    assert [(row["part"], row["games"]) for row in rows] == [(NOISE, 2)]
    assert [line.partition(": 1 of 1 pairs")[0] for line in heard] == [NOISE]


def test_short_searches_stand_beside_a_long_one() -> None:
    heard: list[str] = []
    rows = list(agreement.measure(None, 9, 3, 100, 2, [NOISE, parts.EVERYTHING], heard.append))
    assert [row["search"] for row in rows] == ["the whole one", f"without {NOISE}", f"without {parts.EVERYTHING}"]
    assert (rows[0]["cost"], rows[0]["cost_error"]) == (0.0, 0.0)
    assert all(row["positions"] == 2 and 0.0 <= row["same_move"] <= 1.0 for row in rows)
    assert len(heard) == 2


class AlwaysPlays:
    """A KataGo that likes one move everywhere."""

    def __init__(self, vertex: str) -> None:
        self.vertex = vertex
        self.asked: list[tuple[int, int]] = []

    def choice(self, position: Segment, visits: int) -> str:
        self.asked.append((len(position.record), visits))
        return self.vertex


def test_the_moves_of_katago_are_judged_like_ours() -> None:
    passes = AlwaysPlays("pass")
    rows = list(agreement.measure(None, 9, 3, 100, 2, [], lambda _: None, cast("KataGo", passes)))
    assert [row["search"] for row in rows] == ["the whole one", "KataGo's"]
    assert rows[1]["positions"] == 2
    assert rows[1]["regret"] > 1.0, "to pass in the middle of a game costs points"
    assert rows[1]["cost"] == pytest.approx(rows[1]["regret"] - rows[0]["regret"])
    assert [visits for _, visits in passes.asked] == [3, 3]
    assert passes.asked[0] < passes.asked[1], "positions are spread over the game"


def test_a_row_compares_position_by_position() -> None:
    whole = [Verdict(True, 0.0), Verdict(False, 1.0), Verdict(True, 0.0)]
    other = [Verdict(False, 3.0), Verdict(False, 1.0), Verdict(True, 0.0)]
    row = agreement.compared(other, whole)
    assert row["same_move"] == pytest.approx(1 / 3)
    assert row["regret"] == pytest.approx(4 / 3)
    assert row["cost"] == pytest.approx(1.0)
    assert row["cost_error"] == pytest.approx(math.sqrt(3.0) / math.sqrt(3.0))


def test_the_usual_settings_are_tried_first_and_the_best_are_shown_on_positions_kept_back(tmp_path: Path) -> None:
    heard: list[str] = []
    journal = tmp_path / "trials"

    def tuned(trials: int) -> list[dict[str, Any]]:
        names = ["exploration", "value_bias"]
        return list(tuning.measure(None, 9, 8, 100, 4, names, trials, journal, heard.append))

    first = tuned(1)
    assert [(row["kept_back"], row["settings"], row["cost"]) for row in first] == [
        (False, "usual", 0.0),
        (False, "tuned", 0.0),
        (True, "usual", 0.0),
        (True, "tuned", 0.0),
    ]
    usual = SearchSettings()
    assert (first[1]["exploration"], first[1]["value_bias"]) == (usual.exploration, usual.value_bias)
    del heard[:]
    later = tuned(3)
    assert [line.partition(":")[0] for line in heard if "trials" in line] == ["2 of 3 trials", "3 of 3 trials"]
    assert later[1]["regret"] <= first[1]["regret"], "the best of what was tried"
    for name in ("exploration", "value_bias"):
        low, high = tuning.RANGES[name]
        assert low <= later[1][name] <= high


@pytest.mark.parametrize("name", tuning.RANGES)
def test_what_may_be_tuned_is_a_setting_whose_usual_value_is_tried(name: str) -> None:
    low, high = tuning.RANGES[name]
    assert low <= getattr(SearchSettings(), name) <= high
    SearchSettings(**{name: low})
    SearchSettings(**{name: high})
