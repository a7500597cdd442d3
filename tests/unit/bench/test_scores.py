"""Scores of last positions by several engines: who agrees, and what is shown of where they do not."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from bench.scores import Engines, measure
from zhugo.shared.errors import UserError

FAKE = shlex.join([sys.executable, "-IS", str(Path(__file__).parents[2] / "fake_gtp.py")])


def test_who_agrees_and_who_does_not(tmp_path: Path) -> None:
    (tmp_path / "a.sgf").write_text("(;SZ[5]KM[0.5];B[cc];W[bb];B[];W[])")
    (tmp_path / "b.sgf").write_text("(;SZ[7]KM[0.5]HA[2]AB[cc][ee];W[bb];W[dd])")
    heard: list[str] = []
    engines = Engines(f"{FAKE} --score B+3.5", f"{FAKE} --dead B4 --score B+3.50", f"{FAKE} --dead= --score W+1.5")
    figures = measure([tmp_path, tmp_path / "a.sgf"], ["chinese", "japanese"], engines, heard.append)
    assert figures["positions"] == 3
    assert figures["agreement"] == [
        {"rules": rules, "positions": 3, "gnugo": 3, "gnugo counted": 0, "katago": 0, "katago counted": 0}
        for rules in ("chinese", "japanese")
    ]
    assert len(heard) == len(figures["differing"]) == 6
    first = figures["differing"][0]
    board = first.pop("board")
    assert first == {
        "record": str(tmp_path / "a.sgf"),
        "rules": "chinese",
        "zhugo": "B+3.5",
        "gnugo": "B+3.5",
        "katago": "W+1.5",
        "dead": {"gnugo": "B4", "katago": ""},
        # a board of 25 points without White's stone; with it one stone each
        "counted": {"gnugo": "B+24.5", "katago": "W+0.5"},
    }
    assert " 4 . O . . . 4" in board
    alone = measure([tmp_path / "b.sgf"], ["tromp-taylor"], Engines(engines.zhugo, None, None), heard.append)
    assert alone["differing"] == []


@pytest.mark.parametrize(("text", "complaint"), [("hello", "a.sgf: "), ("(;SZ[5]AW[aa])", "stones of White")])
def test_records_that_cannot_be_shown(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "a.sgf").write_text(text)
    with pytest.raises(UserError, match=complaint):
        measure([tmp_path], ["chinese"], Engines(f"{FAKE} --score 0", None, None), print)
