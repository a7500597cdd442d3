"""Whoever tests with daemons leaves no process, thread, file or open file behind; it is looked for after every test."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.daemons import eventually, open_files


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory whose name is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="t-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    private = Path(tempfile.mkdtemp(prefix="p-"))
    monkeypatch.setenv("TMPDIR", str(private))  # where daemons make their private directories
    processes = {process.pid for process in psutil.Process().children(recursive=True)}
    threads, files = set(threading.enumerate()), open_files()
    yield
    _wait_until(lambda: set(threading.enumerate()) <= threads, "threads end", threading.enumerate)
    _wait_until(
        lambda: {process.pid for process in psutil.Process().children(recursive=True)} <= processes,
        "processes end",
        lambda: psutil.Process().children(recursive=True),
    )
    _wait_until(lambda: not list(private.iterdir()), "files go", lambda: list(private.rglob("*")))
    _wait_until(lambda: len(open_files()) <= len(files), "files are closed", lambda: open_files() - files)
    private.rmdir()


def _wait_until(condition: Callable[[], bool], what: str, rest: Callable[[], object]) -> None:
    try:
        eventually(condition, what)
    except AssertionError:
        pytest.fail(f"in vain: {what}; left: {rest()}")
