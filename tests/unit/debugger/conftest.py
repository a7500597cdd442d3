from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.debugger.recorded import record
from zhugo.debugger.reading.recording import Recording


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The trace of a search of 60 visits."""
    path = tmp_path / "search.trace"
    record(path)
    return path


@pytest.fixture
def recording(trace: Path) -> Recording:
    return Recording.load(trace)
