"""`zhugo train distill` from the games to the net, with a real daemon and a tiny teacher."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

import nets
from nets.net import BUNDLED
from tests.daemons import PATIENCE, ROOT, eventually, is_alive
from tests.process.command import ZHUGO, refusal, zhugo
from tests.unit.katago_writer import POOLING, RESIDUAL, Spec, write

TINY = (
    "--blocks", "2", "--channels", "12", "--inner", "8", "--games-at-once", "2", "--begin-with", "50",
    "--searchers", "1", "--device", "torch", "--batch", "4",
)  # fmt: skip


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    path = tmp_path / "teacher.bin"
    path.write_bytes(write(Spec(8, (RESIDUAL, POOLING))))
    return path


def distill(teacher: Path, tmp_path: Path, *more: str) -> list[str]:
    out, run = tmp_path / "net.safetensors", tmp_path / "run"
    return ["train", "distill", "--teacher", str(teacher), "--out", str(out), "--run", str(run), *TINY, *more]


@pytest.mark.long
def test_a_run_leaves_a_net_that_plays_and_goes_on_after_kill_9(
    teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))  # torch makes it on import, for good
    long = distill(teacher, tmp_path, "--positions", "100", "--steps", "100000", "--save-every", "10")
    process = subprocess.Popen([ZHUGO, *long], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    eventually((tmp_path / "run" / "state.pt").exists, "a checkpoint is kept")
    children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)
    eventually(lambda: not any(map(is_alive, children)), "what it had started ends")
    kept = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()][-1]["step"]

    printed = zhugo(*distill(teacher, tmp_path, "--positions", "100", "--steps", str(kept + 10))).stdout
    assert "top-1" in printed
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log if "hints" in entry] == list(range(10, kept + 11, 10))
    assert (tmp_path / "run" / "curves.svg").stat().st_size > 1000
    assert nets.load(tmp_path / "net.safetensors").features == "zhugo_history"


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--minutes", "1", "--steps", "5"), "--minutes or --steps, not both"),
        (("--net", "x.bin"), "--net: it is the teacher that plays; leave --net out"),
        (("--out", "no/such/folder/net.safetensors"), "there is no folder no/such/folder"),
        (("--teacher", "no-such-net"), "net no-such-net: No such file or directory"),
        (("--run", "/dev/null/run"), "Not a directory"),
    ],
)
def test_what_cannot_be_done_is_one_line(teacher: Path, tmp_path: Path, more: tuple[str, ...], complaint: str) -> None:
    assert complaint in refusal(*distill(teacher, tmp_path, *more))


def test_the_bundled_net_cannot_teach(tmp_path: Path) -> None:
    assert "cannot teach" in refusal(*distill(BUNDLED, tmp_path))
