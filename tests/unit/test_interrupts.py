"""Signals that come where they cannot be raised are not lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from zhugo import app
from zhugo.shared import interrupts

def command(standalone_mode):
    import interrupted

app.app = command
code, was_interrupted = app.run()
assert was_interrupted
interrupts.leave(code)
"""

INTERRUPTED = """
import os, signal
os.kill(os.getpid(), signal.SIGINT)
"""


def test_a_ctrl_c_during_an_import_counts_though_the_command_ends_right_behind_it(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(INTERRUPTED)
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run([sys.executable, tmp_path / "program.py"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
