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
    said = zhugo("bench", "schedules", "--effort", "smoke", "--no-real", "--json", "--report", page)
    figures = json.loads(said.stdout)
    assert {row["schedule"] for row in figures["maps"]} == set(SCHEDULES)
    by_name = {row["schedule"]: row for row in figures["distances"] if row["net"] == "sharp"}
    assert by_name["sequential"]["total_variation"] == by_name["ahead"]["total_variation"] == 0.0
    assert {row["what"] for row in figures["original"]} >= {"encoding a position", "six processes", "twelve processes"}
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") >= 6
    assert re.search(r"(?:src|href)=.http", text) is None


def test_a_report_in_no_folder_is_refused(tmp_path: Path) -> None:
    assert "there is no such folder" in refusal("bench", "schedules", "--report", tmp_path / "none" / "report.html")
