"""The file of what was measured: nothing is measured twice, and what a power cut tore is measured again."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.schedules.kept import Kept
from zhugo.shared.errors import UserError


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    assert Kept(file).once("one", lambda: {"speed": 2.5}) == {"speed": 2.5}
    assert Kept(file).once("one", lambda: pytest.fail("measured again")) == {"speed": 2.5}
    assert Kept(None).of("one") is None


def test_a_torn_line_is_measured_again_and_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    file.write_text('{"what": "one", "came": 1}\n{"what": "two", "ca', encoding="utf-8")
    assert Kept(file).of("two") is None
    Kept(file).add("two", 2)
    again = Kept(file)
    assert (again.of("one"), again.of("two")) == (1, 2)


def test_a_file_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^--keep .*Is a directory"):
        Kept(tmp_path)
