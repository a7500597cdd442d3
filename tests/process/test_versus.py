"""`zhugo bench versus` as a person calls it, with something in KataGo's place."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from nets.net import BUNDLED
from tests.daemons import ROOT
from tests.process.command import refusal, zhugo


@pytest.fixture
def katago(tmp_path: Path) -> str:
    program = tmp_path / "katago"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -IS {ROOT / "tests" / "fake_katago.py"} "$@"\n')
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("at_once", [pytest.param(1, marks=pytest.mark.long), 2])
def test_both_engines_search_the_same_positions(katago: str, at_once: int) -> None:
    # the device is named, for the choice of one measures them all
    device = "--device torch --precision f32"
    work = f"{device} --size 9 --positions 2 --visits 8 --rounds 1 --threads 1,2 --at-once {at_once} --json"
    done = zhugo("bench", "versus", "--katago", katago, "--net", BUNDLED, *work.split())
    figures = json.loads(done.stdout)
    assert figures["katago"] == "0.0-fake"
    assert [row["engine"] for row in figures["rates"]] == ["zhugo", "katago, 1 thread", "katago, 2 threads"]
    assert all(row["visits_per_s"] > 0 and row["evaluations_per_s"] > 0 for row in figures["rates"])
    (ratio,) = figures["ratios"]
    assert ratio["size"] == 9
    ours, best = figures["rates"][0]["visits_per_s"], max(row["visits_per_s"] for row in figures["rates"][1:])
    assert ratio["visits_ratio"] == pytest.approx(ours / best)
    assert len(done.stderr.splitlines()) >= 3


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("", "needs --net"),
        (f"--net {BUNDLED} --katago /no/katago", "there is no KataGo at /no/katago"),
        ("--net no_such_net --katago {katago}", "net no_such_net: there is no such file"),
        (f"--net {BUNDLED} --katago {{katago}} --katago-config no_such_config", "configuration no_such_config"),
        (f"--net {BUNDLED} --katago /bin/false", "KataGo ended: exit code 1"),
        (f"--net {BUNDLED} --size 13", "positions for 19 and 9, not 13"),
        (f"--net {BUNDLED} --threads many", "--threads: 'many'"),
        (f"--net {BUNDLED} --threads 0", "--threads"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(options: str, complaint: str, katago: str) -> None:
    assert complaint in refusal("bench", "versus", *options.format(katago=katago).split())
