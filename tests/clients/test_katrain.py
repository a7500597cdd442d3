"""KaTrain's own engine classes, local and remote, without its window.

They are installed into an environment of their own, since KaTrain brings a GUI toolkit with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from tests.daemons import PATIENCE, ROOT, RealDaemon, eventually

PACKAGES = (
    "katrain==1.20.0", "kivy==2.3.1", "pysgf==1.0.0", "chardet==5.2.0", "websocket-client==1.9.2",
    "certifi==2026.10.18",
)  # fmt: skip
HOME = Path(platformdirs.user_cache_dir("zhugo")) / "tests" / "katrain-1.20.0"
INSTALL_SECONDS = 240
ZHUGO = Path(sys.executable).parent / "zhugo"
TOKEN = "sesame & co"


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python that has KaTrain."""
    interpreter, done = HOME / "bin" / "python", HOME / "installed"
    if not done.exists():
        venv.create(HOME, with_pip=True, clear=True)
        try:
            command = [interpreter, "-m", "pip", "install", "--quiet", "--no-deps", *PACKAGES]
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"KaTrain could not be installed: {error}")
        done.touch()
    return interpreter


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[RealDaemon]:
    """What the engines below search with; at the end nobody may have left a session in it."""
    with RealDaemon(tmp_path) as running, running.client() as client:
        yield running
        eventually(lambda: client.status().sessions == [], "sessions are closed")


def _drive(python: Path, kind: str, target: str) -> dict[str, Any]:
    done = subprocess.run(
        [python, ROOT / "tests" / "clients" / "katrain_driver.py", kind, target],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _judge(told: dict[str, Any]) -> None:
    for review in (told["review"], told["again"]):
        assert len(review) == 6
        for position in review:
            assert position["complete"]
            assert position["visits"] >= 20
            assert position["moves"] > 1
            assert (position["ownership"], position["policy"], position["score"]) == (81, 82, True)
    assert told["ponder"] == {"during": [True] * 3, "last": False}
    assert told["other moves"] == {"known": 0, "outside": 0}
    assert told["illegal"] is True
    assert (told["errors"], told["warnings"], told["popups"]) == ([], [], [])


def test_katrain_starts_the_engine_by_its_command_line(python: Path, daemon: RealDaemon) -> None:
    # KaTrain ends its shell; without exec that would leave the engine behind, and KaTrain waiting for it
    _judge(_drive(python, "custom", f"exec {ZHUGO} analysis --connect {daemon.address}"))


def test_katrain_starts_the_engine_as_if_it_were_katago(python: Path, daemon: RealDaemon, tmp_path: Path) -> None:
    program = tmp_path / "katago"
    program.write_text(f'#!/bin/sh\nexec {ZHUGO} "$@" --connect {daemon.address}\n')
    program.chmod(0o755)
    _judge(_drive(python, "local", str(program)))


def test_katrain_speaks_to_an_engine_over_the_network(python: Path, daemon: RealDaemon) -> None:
    command = [ZHUGO, "analysis", "--connect", daemon.address, "--websocket", ":0", "--token", TOKEN]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as engine:
        assert engine.stderr is not None
        url = next(line for line in engine.stderr if "ws://" in line).split()[-1]
        told = _drive(python, "remote", url)
        engine.terminate()
    _judge(told)
    assert told["cut off"] is True
