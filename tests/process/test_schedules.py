"""The report of all schedules side by side."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from daemon.schedules.table import SCHEDULES
from tests.process.command import refusal, zhugo


@pytest.mark.long
def test_the_report_is_made(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    keep, wanted = tmp_path / "kept.jsonl", ("--json", "--report", page, "--pictures", tmp_path)
    said = zhugo("bench", "schedules", "--effort", "smoke", "--no-real", "--keep", keep, *wanted)
    figures = json.loads(said.stdout)
    assert {row["schedule"] for row in figures["maps"]} == set(SCHEDULES)
    by_name = {row["schedule"]: row for row in figures["distances"] if row["net"] == "sharp"}
    assert by_name["sequential"]["total_variation"] == by_name["ahead"]["total_variation"] == 0.0
    assert {row["what"] for row in figures["original"]} >= {"encoding a position", "six processes", "twelve processes"}
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") >= 8
    names = {row["schedule"] for row in figures["matches"]}
    assert names == {"sequential", "spread"}
    assert all(row["pairs"] == 1 for row in figures["matches"])
    for name in ("map", "cores", "elo", "timeline"):
        assert "<svg" in (tmp_path / f"schedules-{name}.svg").read_text(encoding="utf-8")
    assert re.search(r"(?:src|href)=.http", text) is None


def test_an_odd_number_of_games_is_refused() -> None:
    assert "pairs of games make an even number, not 3" in refusal("bench", "schedules", "--games", "3")


def test_a_report_in_no_folder_is_refused(tmp_path: Path) -> None:
    assert "there is no such folder" in refusal("bench", "schedules", "--report", tmp_path / "none" / "report.html")
