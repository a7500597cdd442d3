"""The command `zhugo`, as tests call it."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tests.daemons import PATIENCE, ROOT
from zhugo.app import run

ZHUGO = str(Path(sys.executable).with_name("zhugo"))
QUICK = ("--device", "emulated", "--latency-ms", "0", "--batch", "4", "--searchers", "1")
SMALL_GAME = "(;GM[1]SZ[9]KM[7]PB[Ann]PW[Bob];B[ee];W[gc];B[cg];W[gg];B[];W[])"


def zhugo(*arguments: str | Path, typed: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command to its end and expect its exit code."""
    done = subprocess.run(
        [ZHUGO, *map(str, arguments)], input=typed, capture_output=True, text=True, timeout=2 * PATIENCE, cwd=ROOT
    )
    assert done.returncode == code, done.stderr
    return done


@dataclass(frozen=True)
class Said:
    """What a command wrote."""

    stdout: str
    stderr: str


def inside(*arguments: str | Path, typed: str = "", code: int = 0) -> Said:
    """What ``zhugo`` does, but within this process: to start Python and load everything anew takes most of the time of
    a command that has little to do. Beside a process that was asked for the like, that is as good."""
    words, out, err = ["zhugo", *map(str, arguments)], io.StringIO(), io.StringIO()
    with (
        chdir(ROOT),
        patch.object(sys, "argv", words),
        patch.object(sys, "stdin", io.StringIO(typed)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        ended = run()
    assert ended == (code, False), err.getvalue()
    gc.collect()  # the traceback of an error holds the files that it was about
    return Said(out.getvalue(), err.getvalue())


def refusal(*arguments: str | Path) -> str:
    """The one line with which the command refuses what it was asked, with exit code 2."""
    (line,) = inside(*arguments, code=2).stderr.splitlines()
    assert line.startswith("zhugo: ")
    return line
