"""An engine for whose game the daemon has no room yet."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from daemon.core.bounds import Bounds
from daemon.core.config import Config
from tests.daemons import LocalDaemon
from zhugo.bridges.gtp.bridge import FAILURES, commands_of
from zhugo.bridges.gtp.controller import InputLines
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import serve
from zhugo.bridges.gtp.settings import Settings


@pytest.mark.parametrize("command", ["genmove b", "kata-raw-nn 0"])
@pytest.mark.parametrize("end", ["quit\n", ""])
def test_it_ends_when_its_gui_does(tmp_path: Path, command: str, end: str) -> None:
    """Behind an answer that says why there is no move."""
    written: list[str] = []
    with LocalDaemon(tmp_path, config=Config(bounds=Bounds(sessions=1, keep=1e6))) as daemon, daemon.client() as client:
        client.open("another", "go", {"size": 5})
        lines = InputLines(io.StringIO(f"boardsize 9\n{command}\n{end}"))
        engine = Engine(lambda: client, Settings(10, None), lines)
        serve(commands_of(engine), lines, written.append, FAILURES)
    refusal = "? nobody waits for this session any more\n\n"
    assert written == ["=\n\n", refusal, *(["=\n\n"] if end else [])]
