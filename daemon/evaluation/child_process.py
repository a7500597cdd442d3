"""How this program starts other processes of its own: the same Python, and the same packages."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def command(module: str, *arguments: str) -> list[str]:
    """The command line that runs a module of this program."""
    # -P: what lies about where the daemon was started is none of ours, a folder ``daemon`` least of all.
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """Its environment: this one's, with the place of these packages."""
    paths = [str(Path(__file__).parent.parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
