"""The commands of the page for newcomers, run as they stand there, in their order, on a device that answers at once."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemons import PATIENCE, ROOT
from tests.process.command import QUICK

PAGE = (ROOT / "docs" / "first-ten-minutes.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (.+)$", PAGE, re.MULTILINE)
ENGINES = re.findall(r"`…/(zhugo [^`]+)`", PAGE)
BIN = Path(sys.executable).parent

WITHOUT_DEVICE = ("trace", "status", "--version", "--install-completion")

TYPED = {"play": "e5\nhint\nundo\nquit\n"}
ANSWERS = {
    "analyze": "Biggest mistakes",
    "genmove": "pv ",
    "play": "The engine plays",
    "stats": "busy share",
    "story": "gets its ticket",
    "view": "first.trace.html",
    "status": "visits",
    "--version": "ZhuGo ",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Like the folder of the repository, for whoever begins there."""
    (tmp_path / "zhugo").symlink_to(ROOT / "zhugo")
    return tmp_path


def _quick(command: str) -> list[str]:
    """For a daemon of the command's own: with little to do."""
    words = shlex.split(command)
    own = "--connect" not in words and words[1] not in WITHOUT_DEVICE
    words += [*QUICK] if own else []
    return [*words, "--visits", "4"] if words[1] in ("analyze", "genmove", "play") else words


def test_the_page_has_a_command_of_each_kind() -> None:
    kinds = {tuple(shlex.split(command)[:2]) for command in COMMANDS}
    assert {("make", "run"), ("zhugo", "analyze"), ("zhugo", "play"), ("zhugo", "trace"), ("zhugo", "status")} <= kinds
    assert [shlex.split(engine)[1] for engine in ENGINES] == ["gtp", "gtp", "analysis"]


def test_its_commands_work_one_after_another(place: Path, directory: Path) -> None:
    daemon: subprocess.Popen[bytes] | None = None
    try:
        for command in COMMANDS:
            shown = command.replace("ipc:///tmp/zhugo", f"ipc://{directory}/d")
            program, *words = _quick(shown) if shown.startswith("zhugo ") else shlex.split(shown)
            if program == "zhugo-searchd":
                silent = subprocess.DEVNULL
                daemon = subprocess.Popen([BIN / program, *words, *QUICK], cwd=place, stdout=silent, stderr=silent)
            elif program == "zhugo" and words[0] == "web":
                _serves(place, words, directory)
            elif program == "zhugo" and words[0] != "--install-completion":  # see tests/unit/programs/test_help.py
                _works(place, words)
    finally:
        if daemon is not None:
            daemon.send_signal(signal.SIGINT)
            assert daemon.wait(PATIENCE) == 0
    assert sorted(path.name for path in place.glob("*") if path.name != "zhugo") == [
        "first.trace", "first.trace.html", "review", "review-2",
    ]  # fmt: skip
    assert sorted(path.suffix for path in (place / "review").iterdir()) == [".html", ".json", ".png", ".sgf"]


def _serves(place: Path, words: list[str], home: Path) -> None:
    """The board is there, until somebody ends it."""
    environment = {**os.environ, "XDG_DATA_HOME": str(home)}
    command = [BIN / "zhugo", *words, "--port", "0"]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, text=True, env=environment) as board:
        try:
            assert board.stdout is not None
            assert board.stdout.readline().startswith("The board is at http://127.0.0.1:")
            board.send_signal(signal.SIGINT)
            board.communicate(timeout=PATIENCE)
        finally:
            board.kill()


def _works(place: Path, words: list[str]) -> None:
    kind = words[1] if words[0] == "trace" else words[0]
    done = subprocess.run(
        [BIN / "zhugo", *words],
        input=TYPED.get(kind, ""),
        cwd=place,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert done.returncode == 0, f"{words}: {done.stderr}"
    assert ANSWERS[kind] in done.stdout


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if "--websocket" not in engine])
def test_the_engines_of_the_guis_answer(engine: str) -> None:
    said = subprocess.run(
        [BIN / "zhugo", *_quick(engine)[1:]],
        input="name\ngenmove b\nquit\n",
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    name, move, end = said.stdout.strip().split("\n\n")
    assert name == ("= KataGo" if "katago" in engine else "= ZhuGo")
    assert re.fullmatch(r"= ([A-HJ-T]\d+|pass)", move)
    assert end == "="
