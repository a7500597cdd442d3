"""The command `zhugo`, as tests call it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.daemons import PATIENCE, ROOT

ZHUGO = str(Path(sys.executable).with_name("zhugo"))
QUICK = ("--device", "emulated", "--latency-ms", "0", "--batch", "4")
SMALL_GAME = "(;GM[1]SZ[9]KM[7]PB[Ann]PW[Bob];B[ee];W[gc];B[cg];W[gg];B[];W[])"


def zhugo(*arguments: str | Path, typed: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command to its end and expect its exit code."""
    done = subprocess.run(
        [ZHUGO, *map(str, arguments)], input=typed, capture_output=True, text=True, timeout=2 * PATIENCE, cwd=ROOT
    )
    assert done.returncode == code, done.stderr
    return done
