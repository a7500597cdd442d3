"""Sabaki's own GTP library, which it installs for itself, with a whole engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.npm import installed
from tests.daemons import PATIENCE, ROOT

PACKAGE, VERSION = "@sabaki/gtp", "3.0.0"
ZHUGO = Path(sys.executable).parent / "zhugo"
ENGINE = (ZHUGO, "gtp", "--visits", "30", "--device", "emulated", "--latency-ms", "0", "--batch", "4")


@pytest.fixture(scope="module")
def modules() -> Path:
    """Where node finds the library."""
    return installed(PACKAGE, VERSION)


@pytest.fixture(scope="module")
def seen(modules: Path) -> dict[str, Any]:
    """What Sabaki's library saw."""
    done = subprocess.run(
        ["node", ROOT / "tests" / "clients" / "sabaki_driver.js", *ENGINE],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        env={**os.environ, "NODE_PATH": str(modules)},
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_it_learns_whom_it_talks_to(seen: dict[str, Any]) -> None:
    assert (seen["name"], seen["protocol"]) == ("ZhuGo", "2")
    assert seen["knows"] == {"analyze": False, "kata-analyze": True, "lz-analyze": True}


def test_an_analysis_goes_on_until_the_next_command_which_is_answered(seen: dict[str, Any]) -> None:
    analysis = seen["analysis"]
    assert len(analysis["seen"]) >= 2
    assert all(line.startswith("info move ") for line in analysis["seen"])
    assert analysis["next"] == "2"
    assert seen["stray"] == []


def test_it_goes_back_by_undo_or_from_the_start_and_the_board_is_the_one_it_shows(seen: dict[str, Any]) -> None:
    assert {"undo", "clear_board"} <= set(seen["sent"])
    assert "white 0; komi 6.5" in seen["board"]
    assert [seen["board"].count(stone) for stone in ("X", "O", "(O)")] == [1, 1, 1]


def test_it_follows_the_engines_own_move(seen: dict[str, Any]) -> None:
    assert seen["genmove"]
    assert len(seen["moves"]) == 1


def test_rectangles_and_errors_arrive(seen: dict[str, Any]) -> None:
    assert " 7 . . . . . . . . . 7" in seen["rectangle"]
    assert seen["tracked"] == [{"name": "play", "args": ["B", "J1"]}]
    assert seen["unknown"] == [True, "unknown command"]


def test_the_engine_ends_when_it_is_asked_to(seen: dict[str, Any]) -> None:
    assert seen["ended"]
    assert "quit" in seen["sent"]
