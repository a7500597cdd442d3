"""`zhugo learn`, `zhugo train` and `zhugo arena` as a person calls them, with kills, full disks and bad input."""

from __future__ import annotations

import json
import signal
import subprocess
import tomllib
from pathlib import Path

import psutil
import pytest

import nets
from tests.daemons import PATIENCE, ROOT, eventually, is_alive
from tests.no_room import COMPLAINT, no_room
from tests.process.command import ZHUGO, refusal, zhugo
from tests.unit.learning.training.played import TIC_TAC_TOE, write
from zhugo.learning.loop.folder import read_history
from zhugo.learning.samples.folder import Folder
from zhugo.learning.training.log import read

PRESET = """
game = "tic_tac_toe"
[net]
blocks = 1
filters = 8
[selfplay]
device = "torch"
precision = "f32"
visits = 8
fast_visits = 4
random_plies = 3
games_at_once = 8
[training]
batch = 16
save_every = 5
[arena]
games = 8
visits = 4
opening_plies = 3
accept = 0.0
at_once = 8
[loop]
workers = 1
games = 12
iterations = 2
"""


@pytest.fixture(autouse=True)
def _inductor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))  # torch makes it on import, for good


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(PRESET)
    return path


def learn(preset: Path, run: Path, *more: str) -> list[str]:
    """The arguments of a run."""
    return ["learn", "--preset", str(preset), "--run", str(run), *more]


def test_a_run_learns_is_reported_and_is_over(preset: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    printed = zhugo(*learn(preset, run)).stdout
    for words in ("take turns", "iteration 2: 24 games", "self-play", "training", "arena", "waiting", "device busy"):
        assert words in printed
    history = read_history(run)
    assert [one.games for one in history] == [12, 24]
    assert Folder(run / "games").games == 24
    assert all(abs(sum(share for *_, share in one.times.rows()) - 2.0) < 0.01 for one in history)
    assert history[1].positions == Folder(run / "games").positions
    assert [line["step"] for line in read(run)][-1] == history[-1].steps
    assert len(json.loads((run / "elo.json").read_text())) == 2
    assert nets.load(run / "nets" / "000002.safetensors").game == "openspiel"
    page = Path(zhugo("learn", "report", run).stdout.strip())
    assert page == run / "report.html"
    assert page.read_text().count("<svg") == 4

    assert "it is over" in zhugo(*learn(preset, run)).stdout
    more = zhugo(*learn(preset, run, "--set", "loop.iterations=3", "--set", "loop.overlap=on")).stdout
    assert "the next games are played while the net trains" in more
    assert [one.games for one in read_history(run)] == [12, 24, 36]
    assert Folder(run / "games").games == 36
    _others_are_refused(preset, run)


def _others_are_refused(preset: Path, run: Path) -> None:
    """Nothing of this run is touched by what is another one."""
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    assert "of another game, tic_tac_toe" in refusal(*learn(preset, run, "--set", "game=hex(board_size=3)"))
    assert "its net has 1 blocks" in refusal(*learn(preset, run, "--set", "net.blocks=2"))
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


@pytest.mark.parametrize(
    "until",
    [
        pytest.param("games/000001.npz", marks=pytest.mark.long),
        "state.pt",
        pytest.param("elo.json", marks=pytest.mark.long),
    ],
)
def test_a_run_that_was_killed_goes_on(preset: Path, tmp_path: Path, until: str) -> None:
    run = tmp_path / "run"
    # games and training that take longer than it takes to kill them
    changes = ("loop.games=60", "training.batch=8", "loop.reuse=2", "arena.at_once=4")
    more = [word for change in changes for word in ("--set", change)]
    process = subprocess.Popen([ZHUGO, *learn(preset, run, *more)], cwd=ROOT, stdout=subprocess.DEVNULL)
    eventually((run / until).exists, f"there is {until}")
    children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)
    eventually(lambda: not any(map(is_alive, children)), "what it had started ends")
    zhugo(*learn(preset, run, *more))
    history = read_history(run)
    assert [one.games for one in history] == [60, 120]
    assert Folder(run / "games").games == 120
    steps = [line["step"] for line in read(run)]
    assert steps == sorted(set(steps)), "each step is told once"
    assert steps[-1] == history[-1].steps


@pytest.mark.long
def test_a_full_disk_stops_the_loop_with_what_it_has(preset: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    zhugo(*learn(preset, run, "--set", "loop.iterations=1"))
    with no_room((run / "state.pt").stat().st_size - 1):
        (line,) = [one for one in zhugo(*learn(preset, run), code=2).stderr.splitlines() if one.startswith("zhugo:")]
    assert COMPLAINT in line
    assert [one.number for one in read_history(run)] == [1]
    zhugo(*learn(preset, run))
    assert [one.number for one in read_history(run)] == [1, 2]


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--set", "training.batchs=3"), "there is no training.batchs; allowed: average, batch,"),
        (("--set", "training.batch=x"), "training.batch is a whole number from 1 to 65536, not 'x'"),
        (("--preset", "slow"), "preset slow: there is none of this name; take dots-extreme,"),
        (("--set", "game=poker"), "poker"),
        (("--run", "/dev/null/run"), "Not a directory"),
    ],
)
def test_what_cannot_be_learned_is_one_line(
    preset: Path, tmp_path: Path, more: tuple[str, ...], complaint: str
) -> None:
    assert complaint in refusal(*learn(preset, tmp_path / "run", *more))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "name", ["quick", *(pytest.param(one, marks=pytest.mark.long) for one in ("production", "extreme"))]
)
def test_a_preset_for_go_learns_another_game(name: str, preset: Path, tmp_path: Path) -> None:
    tiny = tomllib.loads(preset.read_text())
    changes = [f"{table}.{key}={value}" for table in tiny if table != "game" for key, value in tiny[table].items()]
    more = [word for change in (*changes, "loop.iterations=1") for word in ("--set", change)]
    arguments = ("learn", "--preset", name, "--run", tmp_path / "run", "--set", "game=dots_and_boxes", "--unset", "net")
    printed = zhugo(*arguments, *more).stdout
    assert f"preset {name}: left out size" in printed
    assert "iteration 1: 12 games" in printed


@pytest.mark.parametrize(
    "name",
    [
        "dots-six-workers",
        *(pytest.param(f"dots-{one}", marks=pytest.mark.long) for one in ("quick", "production", "extreme")),
    ],
)
def test_a_preset_for_dots_and_boxes_learns_on_a_cpu(name: str, tmp_path: Path) -> None:
    changes = (
        "net.blocks=1", "net.filters=8", "selfplay.visits=4", "selfplay.fast_visits=2", "selfplay.games_at_once=2",
        "selfplay.random_plies=20", "training.batch=16", "arena.games=2", "arena.visits=2", "arena.opening_plies=20",
        "loop.workers=1", "loop.games=3", "loop.iterations=1",
    )  # fmt: skip
    printed = zhugo(
        "learn", "--preset", name, "--run", tmp_path / "run", *(word for one in changes for word in ("--set", one))
    ).stdout
    assert "iteration 1: 3 games" in printed
    assert "memory: training asks for about " in printed


def test_a_run_needs_a_folder(preset: Path) -> None:
    assert "--run" in refusal("learn", "--preset", preset)


@pytest.mark.long
def test_training_alone_goes_on_and_the_arena_compares(preset: Path, tmp_path: Path) -> None:
    games = write(tmp_path / "games", range(1, 9), TIC_TAC_TOE)
    out = tmp_path / "net.safetensors"
    train = ("train", "--data", str(games), "--out", str(out), "--preset", str(preset))
    assert "step 20" in zhugo(*train, "--steps", "20").stdout
    first = tmp_path / "first.safetensors"
    first.write_bytes(out.read_bytes())
    assert "step 60" in zhugo(*train, "--steps", "60").stdout
    assert [line["step"] for line in read(tmp_path / "net.run")] == [5, 10, 15, 20, *range(25, 61, 5)]
    assert "step 10" in zhugo(*train, "--net", out, "--out", tmp_path / "more.safetensors", "--steps", "10").stdout

    contest = (
        "arena", str(out), str(first), "--game", "tic_tac_toe", "--games", "8", "--visits", "4", "--accept", "0",
        "--device", "torch", "--precision", "f32", "--workers", "1",
    )  # fmt: skip
    told = json.loads(zhugo(*contest, "--json", "--history", tmp_path / "elo.json").stdout)
    assert told["wins"] + told["draws"] + told["losses"] == 8
    assert told["verdict"] == "accepted"
    assert json.loads((tmp_path / "elo.json").read_text())[0]["new"] == "net"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("train",), "--data and --out"),
        (("train", "--data", "no-such", "--out", "net.safetensors"), "no-such: there is no such folder"),
        (("train", "--data", ".", "--out", "no/such/net"), "there is no folder no/such"),
        (("train", "--data", ".", "--net", "no-such", "--out", "net"), "net no-such: No such file"),
        (("train", "--data", "tests", "--out", "net"), "games tests: there are none to learn from"),
        (("arena", "no-such", "other"), "net no-such: No such file"),
        (("arena", "a", "b", "--game", "poker"), "poker"),
        (("learn", "report", "no-such"), "run no-such: there is no run of learning"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], complaint: str) -> None:
    assert complaint in refusal(*arguments)
