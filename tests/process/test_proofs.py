"""The proofs of docs/learning.md, by the commands that stand there: from random weights to what the page says."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.daemons import ROOT
from tests.process.command import ZHUGO
from zhugo.learning.loop.folder import read_history

PROOF_SECONDS = 2400
"""A run ends by itself after the iteration in which 28 minutes are over."""

PAGE = (ROOT / "docs" / "learning.md").read_text(encoding="utf-8")

pytestmark = [pytest.mark.long, pytest.mark.timeout(PROOF_SECONDS + 600)]


def commands(run: str) -> list[list[str]]:
    """The arguments of every command of the page that names this run's folder."""
    lines = [shlex.split(line) for line in PAGE.splitlines() if line.startswith("    zhugo ")]
    return [words[1:] for words in lines if f"out/{run}" in words]


def carry_out(words: list[str], directory: Path) -> str:
    """What such a command prints, with ``out/`` in this directory."""
    done = subprocess.run([ZHUGO, *words], capture_output=True, text=True, timeout=PROOF_SECONDS, cwd=directory)
    assert done.returncode == 0, done.stderr
    return done.stdout


def figures(run: str, directory: Path) -> dict[str, Any]:
    """Learn, and ask how often an optimal move is chosen."""
    learn, optimal = commands(run)
    carry_out(learn, directory)
    told: dict[str, Any] = json.loads(carry_out([*optimal, "--json"], directory))
    return told


@pytest.mark.parametrize(("run", "share"), [("connect-four", 0.99), ("dots-2x2", 0.99), ("dots-3x3", 0.95)])
def test_a_solved_game_is_learned(run: str, share: float, tmp_path: Path) -> None:
    assert figures(run, tmp_path)["search_optimal"] >= share


def test_elo_rises_in_go(tmp_path: Path) -> None:
    learn, report = commands("go-7x7")
    carry_out(learn, tmp_path)
    elo = [iteration.elo for iteration in read_history(tmp_path / "out" / "go-7x7")]
    assert elo[-1] > elo[len(elo) // 2] > 0
    assert (tmp_path / carry_out(report, tmp_path).strip()).exists()
