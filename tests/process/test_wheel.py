"""What a first user meets: the wheel, in an environment of its own, and the commands from an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from games.go import sgf
from tests.daemons import PATIENCE, ROOT
from tests.unit.test_rooms import ROOMS
from zhugo.learning.loop.folder import read_history
from zhugo.learning.loop.preset import names

EMULATED = ("--device", "emulated", "--latency-ms", "0", "--batch", "4")
EXACT = ("--device", "torch", "--precision", "f32")

HELP_OF_ALL = """
import typer, zhugo.app

program = typer.main.get_command(zhugo.app.app)

def show(command, words):
    program.main([*words, "--help"], prog_name="zhugo", standalone_mode=False)
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            show(inner, [*words, name])

show(program, [])
"""


@dataclass(frozen=True)
class Installed:
    """The wheel, and where it is installed: a virtual environment that sees the dependencies, but no checkout."""

    wheel: Path
    environment: Path
    site: Path

    def run(self, folder: Path, *words: str | Path, typed: str = "", code: int = 0) -> str:
        """What a program of the environment prints in this folder; it must end with this exit code."""
        program, *arguments = map(str, words)
        done = subprocess.run(
            [self.environment / "bin" / program, *arguments],
            input=typed,
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            cwd=folder,
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


def files_of_rooms() -> list[str]:
    """All that belongs to the program, tracked by git or about to be; where there is no git, all that lies there."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *ROOMS]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0:
        return sorted(name for name in done.stdout.split("\0") if name and (ROOT / name).exists())
    found = (path for room in ROOMS for path in (ROOT / room).rglob("*"))
    return sorted(str(path.relative_to(ROOT)) for path in found if path.is_file() and "__pycache__" not in path.parts)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    base = tmp_path_factory.mktemp("wheel")
    source = base / "source"
    for name in (*files_of_rooms(), "pyproject.toml", "README.md", "LICENSE"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", base, source)
    (wheel,) = base.glob("*.whl")
    shutil.rmtree(source)
    environment = base / "environment"
    venv.create(environment, symlinks=True)
    _pip("--python", environment / "bin" / "python", "install", "--no-deps", "--no-index", wheel)
    (site,) = environment.glob("lib/python*/site-packages")
    packages = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (site / "packages.pth").write_text("\n".join(packages))
    _take_along_what_is_compiled(site)
    return Installed(wheel, environment, site)


def _pip(*words: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr


def _take_along_what_is_compiled(site: Path) -> None:
    """Spare the test two minutes of numba, which knows a source by its size and time."""
    for room in ROOMS:
        for compiled in (*(ROOT / room).rglob("__pycache__/*.nb?"), *(ROOT / room).rglob("__pycache__/*.stamp")):
            there = site / compiled.relative_to(ROOT)
            there.parent.mkdir(exist_ok=True)
            shutil.copy2(compiled, there)
        for original in (ROOT / room).rglob("*.py"):
            times = original.stat()
            os.utime(site / original.relative_to(ROOT), ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a person begins."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))  # torch makes it on import, for good
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def test_every_file_of_the_program_is_in_the_wheel(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        there = set(wheel.namelist())
    assert [name for name in files_of_rooms() if name not in there] == []


def test_nothing_else_is_in_the_wheel(installed: Installed) -> None:
    known = set(files_of_rooms())
    with zipfile.ZipFile(installed.wheel) as wheel:
        assert [name for name in wheel.namelist() if ".dist-info/" not in name and name not in known] == []


def test_the_licence_is_in_the_wheel(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        (licence,) = (name for name in wheel.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
        assert "License-Expression: MIT\n" in wheel.read(metadata).decode()
        assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_is_the_wheels_and_has_types(installed: Installed, room: str, empty: Path) -> None:
    program = f"import {room}; print({room}.__path__[0])"
    assert installed.run(empty, "python", "-c", program).strip() == str(installed.site / room)
    assert (installed.site / room / "py.typed").exists()


def test_help_of_all_commands(installed: Installed, empty: Path) -> None:
    assert "Usage: zhugo-searchd" in installed.run(empty, "zhugo-searchd", "--help")
    told = installed.run(empty, "python", "-c", HELP_OF_ALL)
    for command in ("zhugo", "zhugo analyze", "zhugo learn report", "zhugo trace view", "zhugo bench versus"):
        assert f"Usage: {command} " in told
    assert list(empty.iterdir()) == []


def test_a_game_is_reviewed_recorded_and_looked_at(installed: Installed, empty: Path) -> None:
    game = installed.site / "zhugo" / "data" / "example.sgf"
    sgf.read(game)
    short = empty / "short.sgf"
    short.write_text("(;GM[1]SZ[9]KM[7];B[ee];W[gc];B[cg])")
    assert "visits/s" in installed.run(empty, "zhugo", "analyze", "short.sgf", "--visits", "2", *EMULATED)
    assert sorted(path.name for path in (empty / "out" / "short").iterdir()) == [
        "short.html",
        "short.json",
        "short.png",
        "short.sgf",
    ]
    installed.run(empty, "zhugo", "genmove", game, "--move", "20", "--visits", "20", "--trace", "seen", *EMULATED)
    assert "the same: " in installed.run(empty, "zhugo", "trace", "replay", "seen")
    assert installed.run(empty, "zhugo", "trace", "view", "seen").strip()
    (page,) = empty.glob("*.html")
    assert "</html>" in page.read_text(encoding="utf-8")


def test_the_bundled_net_plays(installed: Installed, empty: Path) -> None:
    net = installed.site / "nets" / "bundled" / "zhugo.safetensors"
    assert json.loads(installed.run(empty, "zhugo", "net", "info", net, "--json"))["format"] == "ZhuGo"
    typed = "1 boardsize 9\n2 genmove b\n3 quit\n"
    assert "\n\n=3" in installed.run(empty, "zhugo", "gtp", "--visits", "4", *EXACT, typed=typed)


def test_simulations_run(installed: Installed, empty: Path) -> None:
    assert "0 of 2 seeds failed" in installed.run(empty, "zhugo", "simulate", "--seeds", "2", "--jobs", "1")


SMALL: Sequence[str] = [
    word
    for change in (
        "net.blocks=1", "net.filters=8", "selfplay.device=torch", "selfplay.precision=f32", "selfplay.visits=4",
        "selfplay.fast_visits=2", "selfplay.max_moves=8", "training.batch=16", "training.compile=off",
        "training.device=cpu", "arena.games=4", "arena.visits=2", "arena.max_moves=8", "loop.workers=1",
        "loop.games=4", "loop.iterations=1",
    )
    for word in ("--set", change)
]  # fmt: skip


@pytest.mark.long
def test_a_net_learns_by_a_preset_of_the_wheel(installed: Installed, empty: Path) -> None:
    assert "iteration 1: 4 games" in installed.run(empty, "zhugo", "learn", "--preset", "quick", "--run", "run", *SMALL)
    assert [one.games for one in read_history(empty / "run")] == [4]
    assert installed.run(empty, "zhugo", "learn", "report", "run").strip() == "run/report.html"
    told = installed.run(empty, "zhugo", "learn", "--preset", "slow", "--run", "other", code=2)
    assert all(name in told for name in names())
