"""`zhugo selfplay` with real workers: it plays, survives deaths and interruptions, and refuses what makes no sense."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from games.registry import load
from nets.game_model import Config, dump, initialized
from tests.daemons import PATIENCE, ROOT, eventually
from zhugo.learning.samples.folder import Folder
from zhugo.learning.samples.shard import BY_THE_RULES
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.pool import LocalPool
from zhugo.learning.selfplay.run import Run
from zhugo.learning.selfplay.store import Store

QUICK = ["--device", "emulated", "--size", "3", "--visits", "8", "--fast-visits", "4", "--games-at-once", "4"]
PLAN = Plan("go", {"size": 3}, device="emulated", visits=8, fast_visits=4, games_at_once=4)


def command(out: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "zhugo.cli", "selfplay", "--out", str(out), *QUICK, *options]


def start(out: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(command(out, *options), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def selfplay(out: Path, *options: str) -> str:
    done = subprocess.run(command(out, *options), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def numbers(out: Path) -> list[int]:
    return sorted(Folder(out).ids) if out.exists() else []


def test_games_are_played_and_kept(tmp_path: Path) -> None:
    told = selfplay(tmp_path / "games", "--games", "12", "--workers", "2", "--seed", "5")
    assert "12 games" in told
    folder = Folder(tmp_path / "games")
    assert sorted(folder.ids) == [5 * 2**32 + number for number in range(12)]
    for shard in folder.shards:
        assert set(shard.visits[shard.full]) == {8}
        counted = shard.ended == BY_THE_RULES
        assert np.isfinite(shard.lead).tolist() == counted.tolist()
        assert [len(shard.ownership_of(game)) for game in range(shard.games)] == (9 * counted).tolist()
    again = selfplay(tmp_path / "games", "--games", "12", "--seed", "5")
    assert "0 games, 12 were there" in again


@pytest.mark.parametrize(
    "how",
    [signal.SIGINT, *(pytest.param(signal, marks=pytest.mark.long) for signal in (signal.SIGTERM, signal.SIGKILL))],
)
def test_a_run_that_is_ended_leaves_no_process_and_goes_on(tmp_path: Path, how: signal.Signals) -> None:
    out = tmp_path / "games"
    process = start(out, "--games", "100000", "--workers", "2")
    eventually(lambda: bool(list(out.glob("*.npz"))), "a shard is written")
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(how)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}[how]
    assert not psutil.wait_procs(workers, PATIENCE)[1]
    there = len(numbers(out))
    selfplay(out, "--games", str(there + 20), "--workers", "2")
    assert numbers(out)[: there + 20] == list(range(there + 20))


def test_everything_is_killed_at_any_moment_and_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "games"
    for pause in (0.0, 0.7):
        process = start(out, "--games", "100000", "--workers", "2")
        before = len(list(out.glob("*.npz"))) if out.exists() else 0
        eventually(lambda before=before: len(list(out.glob("*.npz"))) > before, "a shard is written")
        time.sleep(pause)
        everyone = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        for one in everyone:
            one.kill()
        process.communicate(timeout=PATIENCE)
    there = numbers(out)
    assert len(there) == len(set(there)) > 0


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    killed = []
    with Store(tmp_path, PLAN) as store, LocalPool(2) as pool:
        run = Run(PLAN, store, range(300), pool)
        for standing in run.play():
            if standing.games > 20 * (len(killed) + 1) and len(killed) < 3:
                killed.append(pool.pids()[len(killed) % 2])
                os.kill(killed[-1], signal.SIGKILL)
    assert run.standing.deaths == 3
    assert numbers(tmp_path) == list(range(300))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--net", "nowhere.bin"], "nowhere.bin"),
        (["--workers", "many"], "--workers: auto, or a number from 1 to 1024, not 'many'"),
        (["--game", "chess960"], "chess960"),
        (["--openings", "nowhere.txt"], "openings nowhere.txt: No such file"),
        (["--plan", "nowhere.toml"], "plan nowhere.toml: No such file"),
        (["--device", "cuda"], "--device cuda: "),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, options: list[str], complaint: str) -> None:
    done = subprocess.run(
        command(tmp_path / "games", "--workers", "1", *options),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert complaint in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("visit = 3", "'visit' is no setting; there are: cache_mb, "),
        ('visits = "many"', "Expected `int`, got `str` - at `$.visits`"),
        ("visits = 1", "Expected `int` >= 2 - at `$.visits`"),
        ("visits = ", "Invalid value"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "plan.toml").write_text(text)
    arguments = [sys.executable, "-m", "zhugo.cli", "selfplay", "--out", str(tmp_path / "games")]
    arguments += ["--plan", str(tmp_path / "plan.toml")]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert not (tmp_path / "games").exists()


@pytest.mark.long
def test_the_benchmark_runs_all_its_ways(tmp_path: Path) -> None:
    net = tmp_path / "net.safetensors"
    game = load("openspiel", {"game": "tic_tac_toe"})
    planes, global_inputs = game.feature_shapes(game.own_features)
    config = Config(
        "small", game.name, game.spec(), game.own_features, planes, global_inputs[0], game.num_moves, 1, 8, 4, 8
    )
    net.write_bytes(dump(config, initialized(config)))
    arguments = ["--game", "tic_tac_toe", "--net", str(net), "--device", "torch", "--precision", "f32"]
    arguments += ["--visits", "8", "--games-at-once", "4", "--workers", "1,2", "--seconds", "0.5", "--warm-up", "0"]
    done = subprocess.run(
        [sys.executable, "-m", "zhugo.cli", "bench", "selfplay", *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert set(figures["workers"]) == {"1", "2"}
    for way in (*figures["workers"].values(), figures["one_at_a_time"], figures["openspiel"]):
        assert way["positions_per_s"] > 0
        assert way["evaluations_per_s"] > 0
    assert figures["one_at_a_time"]["mean_batch"] == 1.0
    assert {"speedup_2", "times_one_at_a_time", "times_openspiel", "times_openspiel_per_cpu_second"} <= set(figures)
    assert {row["limit"] for row in figures["simulated"]} <= {"cores", "GPUs", "writer", "waiting"}
