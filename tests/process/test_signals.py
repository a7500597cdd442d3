"""Ctrl-C and SIGTERM at any moment of any command: it ends soon, says nothing of itself, and leaves no process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from nets.net import BUNDLED
from tests.daemons import PATIENCE, ROOT, eventually, is_alive
from tests.process.command import SMALL_GAME, ZHUGO

SEARCHD = str(Path(sys.executable).with_name("zhugo-searchd"))
FAKE = f"{sys.executable} -IS {ROOT / 'tests' / 'fake_gtp.py'} --score B+1 --move-time 0.05"
EMULATED = ("--device", "emulated", "--latency-ms", "1", "--batch", "4")

COMMANDS: dict[str, tuple[str, ...]] = {
    "analyze": ("analyze", "{game}", "--visits", "1000000", "--out", "{out}", *EMULATED),
    "genmove": ("genmove", "--size", "9", "--visits", "1000000", *EMULATED),
    "gtp": ("gtp", *EMULATED),
    "analysis": ("analysis", *EMULATED),
    "play": ("play", "--game", "tic_tac_toe", *EMULATED),
    "match": ("match", FAKE, FAKE, "--size", "5", "--games", "4000", "--referee", "none", "--out", "{out}"),
    "simulate": ("simulate", "--seeds", "1000000", "--jobs", "2"),
    "bench master": ("bench", "master"),
    "bench strength": ("bench", "strength", "--size", "7", "--games", "1000", "--jobs", "2"),
    "arena": (
        "arena",
        str(BUNDLED),
        str(BUNDLED),
        "--size",
        "9",
        "--accept",
        "0",
        "--workers",
        "2",
        "--device",
        "torch",
    ),
    "selfplay": ("selfplay", "--out", "{out}", "--device", "emulated", "--size", "9", "--games", "100000"),
    "learn": ("learn", "--run", "{out}", "--preset", "quick", "--set", "selfplay.device=torch"),
    "net check": ("net", "check", str(BUNDLED), "--device", "torch"),
}
"""Each goes on for long, or waits for its input. ``{out}``: a place to write; ``{game}``: a record."""


def _start(directory: Path, command: str) -> subprocess.Popen[bytes]:
    game = directory / "game.sgf"
    game.write_text(SMALL_GAME)
    words = [word.format(out=directory / "out", game=game) for word in COMMANDS[command]]
    return _group([ZHUGO, *words])


def _group(line: list[str]) -> subprocess.Popen[bytes]:
    """A process that has its group for itself, as a shell starts it."""
    return subprocess.Popen(
        line,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        process_group=0,
        env=os.environ | {"TORCHINDUCTOR_CACHE_DIR": os.path.join(os.environ["TMPDIR"], "inductor")},  # noqa: PTH118
    )


def _ctrl_c(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGINT)


def _terminate(process: subprocess.Popen[bytes]) -> None:
    process.terminate()


ENDS = {130: _ctrl_c, 143: _terminate}


def _ends(process: subprocess.Popen[bytes], seconds: float, code: int, end: Callable[..., None]) -> None:
    """Whatever it is at so many seconds after it began to heed signals, it ends when it is told to, with this code."""
    with process:
        eventually(lambda: process.poll() is not None or _heeds_signals(process.pid), "its own code is loaded")
        time.sleep(seconds)
        try:
            children = psutil.Process(process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            children = []
        end(process)
        said = process.communicate(timeout=PATIENCE)[1].decode()
    assert process.returncode == code, said
    for word in ("Traceback", "KeyboardInterrupt", "Exception ignored", "SystemExit"):
        assert word not in said
    eventually(lambda: not any(is_alive(child.pid) for child in children), "what it began ends")


def _heeds_signals(pid: int) -> bool:
    """Whether it does something of its own about SIGTERM, as Python does not."""
    caught = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


QUICK = ("simulate", "gtp")


@pytest.mark.parametrize("code", ENDS)
@pytest.mark.parametrize("command", QUICK)
def test_a_command_that_works_ends(tmp_path: Path, command: str, code: int) -> None:
    _ends(_start(tmp_path, command), 3.0, code, ENDS[code])


@pytest.mark.parametrize("seconds", [0.1, 0.5])
@pytest.mark.parametrize("command", ["analyze", "gtp", "learn"])
def test_ctrl_c_while_a_command_loads(tmp_path: Path, command: str, seconds: float) -> None:
    _ends(_start(tmp_path, command), seconds, 130, _ctrl_c)


@pytest.mark.parametrize("line", [[SEARCHD], [sys.executable, "-m", "daemon.tree_master"]], ids=["searchd", "-m"])
def test_ctrl_c_while_a_daemon_loads(line: list[str]) -> None:
    _ends(_group([*line, "--device", "emulated"]), 0.0, 130, _ctrl_c)


def test_ctrl_c_while_a_module_loads(tmp_path: Path) -> None:
    _ends(_group([sys.executable, "-m", "zhugo.cli", "gtp", *EMULATED]), 0.1, 130, _ctrl_c)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("seconds", [1.0, 8.0])
@pytest.mark.parametrize("code", ENDS)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_ends(tmp_path: Path, command: str, code: int, seconds: float) -> None:
    _ends(_start(tmp_path, command), seconds, code, ENDS[code])


INSTANTS = [number / 20 for number in range(4, 41)]
"""Python itself takes the first tenth of a second, and answers with a traceback of its own."""


@pytest.mark.long
@pytest.mark.parametrize("seconds", INSTANTS)
@pytest.mark.parametrize("command", ["analyze", "gtp", "play"])
def test_ctrl_c_at_any_instant(tmp_path: Path, command: str, seconds: float) -> None:
    _ends(_start(tmp_path, command), seconds, 130, _ctrl_c)
