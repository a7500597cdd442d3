"""An engine for whose game the daemon has no room yet."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.core.bounds import Bounds
from daemon.core.config import Config
from protocol.client import Client
from tests.daemons import PATIENCE, LocalDaemon, eventually
from zhugo.bridges.gtp.bridge import FAILURES, commands_of
from zhugo.bridges.gtp.controller import InputLines
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import serve
from zhugo.bridges.gtp.settings import Settings


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LocalDaemon]:
    """With place for one session, which is not closed to make room."""
    with LocalDaemon(tmp_path, config=Config(bounds=Bounds(sessions=1, keep=1e6))) as made:
        yield made


def answers(client: Client, lines: InputLines) -> list[str]:
    written: list[str] = []
    serve(commands_of(Engine(lambda: client, Settings(10, None), lines)), lines, written.append, FAILURES)
    return written


@pytest.mark.parametrize("command", ["genmove b", "kata-raw-nn 0"])
@pytest.mark.parametrize("end", ["quit\n", ""])
def test_it_ends_when_its_gui_does(
    daemon: LocalDaemon, command: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind an answer that says why there is no move."""
    waits = threading.Event()
    monkeypatch.setattr("zhugo.bridges.gtp.engine.tell_place", lambda _place: waits.set())
    with daemon.client() as client, daemon.client() as other:
        other.open("another", "go", {"size": 5})
        read, write = os.pipe()

        def leave() -> None:
            assert waits.wait(PATIENCE)
            gui.write(end)
            gui.close()

        with os.fdopen(write, "w", buffering=1) as gui, os.fdopen(read) as stdin:
            gui.write(f"boardsize 9\n{command}\n")
            threading.Thread(target=leave).start()
            written = answers(client, InputLines(stdin))
    refusal = "? nobody waits for this session any more\n\n"
    assert written == ["=\n\n", refusal, *(["=\n\n"] if end else [])]


def test_a_script_that_has_said_everything_waits_for_its_answers(daemon: LocalDaemon) -> None:
    with daemon.client() as client, daemon.client() as other:
        taken = other.open("another", "go", {"size": 5})

        def make_room() -> None:
            eventually(lambda: daemon.core.sessions.admission.requests == 1, "it waits")
            taken.close()

        threading.Thread(target=make_room).start()
        first, policy, last = answers(client, InputLines(io.StringIO("boardsize 9\nkata-raw-nn 0\nquit\n")))
    assert (first, last) == ("=\n\n", "=\n\n")
    assert policy.startswith("= symmetry 0\n")
