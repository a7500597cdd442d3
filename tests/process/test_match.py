"""`zhugo match` as a person calls it: its outcome, an end in the middle, and going on afterwards."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.daemons import PATIENCE, ROOT, eventually, is_alive
from tests.process.command import ZHUGO, refusal

FAKE = f"{sys.executable} -IS {ROOT / 'tests' / 'fake_gtp.py'}"


def arguments(out: Path, games: int, pace: float = 0.0) -> list[str]:
    sides = (f"{FAKE} --score B+1 --move-time {pace}", f"{FAKE} --score B+1 --move-time {pace}")
    options = f"--size 5 --games {games} --opening-moves 0 --referee none --parallel 2 --json --out"
    return [ZHUGO, "match", *sides, *options.split(), str(out)]


def run(*line: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done


def games_in(out: Path) -> int:
    journal = out / "match.jsonl"
    return journal.read_text().count('"game"') if journal.exists() else 0


def test_the_outcome_as_json(tmp_path: Path) -> None:
    done = run(*arguments(tmp_path, 4))
    outcome = json.loads(done.stdout)
    # Black has a point and so wins them all
    assert (outcome["games"], outcome["wins"], outcome["losses"]) == (4, 2, 2)
    assert (outcome["score"], outcome["elo"]) == (0.5, 0.0)
    assert outcome["elo_low"] < 0 < outcome["elo_high"]
    assert done.stderr.count("game ") == 4
    assert len(list(tmp_path.glob("*.sgf"))) == 4


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_match_that_was_ended_goes_on_and_leaves_no_program_behind(tmp_path: Path, how: int, code: int) -> None:
    line = arguments(tmp_path, 400, pace=0.01)
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        eventually(lambda: games_in(tmp_path) >= 3, "three games end")
        programs = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        process.send_signal(how)
        assert process.wait(PATIENCE) == code
    eventually(lambda: not any(is_alive(pid) for pid in programs), "the programs end")
    assert len(programs) == 4
    before = games_in(tmp_path)
    kept = (tmp_path / "match.jsonl").read_bytes()
    assert 3 <= before < 400
    line = arguments(tmp_path, before + 2, pace=0.01)
    assert json.loads(run(*line).stdout)["games"] == before + 2
    assert (tmp_path / "match.jsonl").read_bytes()[:-1].startswith(kept[: kept.rindex(b"\n")])


def test_other_settings_get_one_line_and_exit_code_2(tmp_path: Path) -> None:
    run(*arguments(tmp_path, 1))
    assert "is of a match with komi 7.5, not 0.5" in refusal(*arguments(tmp_path, 1)[1:], "--komi", "0.5")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("bundled nobody", "bundled@VISITS"),
        ("bundled@4 bundled@4 --komi 6.3", "komi is a whole or half number"),
        ("bundled@4 bundled@4 --rules bridge", "rules"),
        ("bundled@4 bundled@4 --size 3 --opening-moves 4", "--opening-moves: 4 are too many"),
        ("bundled@4 bundled@4 --out /dev/null", "cannot write to /dev/null/match.jsonl"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(line: str, complaint: str) -> None:
    assert complaint in refusal("match", *line.split())
