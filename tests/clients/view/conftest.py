"""Traces of what is known beforehand, and their pages opened."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from daemon.process.referee import GamesReferee
from daemon.replay.hashed_game import HashedReferee
from tests.clients.view.page import ViewPage, opened
from tests.clients.view.sessions import record_two
from tests.daemons import PATIENCE
from tests.unit.debugger.recorded import record
from zhugo.debugger.explaining.timeline import Timeline, timeline
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.view.page import page as page_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ZHUGO = Path(sys.executable).parent / "zhugo"


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of two sessions that a daemon searched at once."""
    return record_two(tmp_path_factory.mktemp("v"))


@pytest.fixture(scope="module")
def recording(trace: Path) -> Recording:
    return Recording.load(trace)


@pytest.fixture(scope="module")
def found(recording: Recording) -> Timeline:
    return timeline(recording, GamesReferee())


@pytest.fixture(scope="module")
def file(trace: Path) -> Path:
    subprocess.run([ZHUGO, "trace", "view", trace], check=True, capture_output=True, timeout=PATIENCE)
    return trace.with_name("t.trace.html")


@pytest.fixture
def shown(browser: Browser, file: Path) -> Iterator[ViewPage]:
    with opened(browser, file) as page:
        yield page


@pytest.fixture
def seekable(recording: Recording) -> SeekableCore:
    return SeekableCore(recording, GamesReferee(), goes_back=True)


@pytest.fixture
def hashed(tmp_path: Path) -> Recording:
    """A search of a game that the page has no board for, the same in every run."""
    record(tmp_path / "hashed.trace")
    return Recording.load(tmp_path / "hashed.trace")


@pytest.fixture
def shown_hashed(browser: Browser, hashed: Recording, tmp_path: Path) -> Iterator[ViewPage]:
    (tmp_path / "page.html").write_text(page_of(hashed, HashedReferee()), encoding="utf-8")
    with opened(browser, tmp_path / "page.html") as page:
        yield page
