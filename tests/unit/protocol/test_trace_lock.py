"""One writer at a time, whoever dies, forks or removes files; readers at any time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from protocol.errors import DiskFullError, TraceError
from protocol.trace import FORMAT, Header, TraceReader, TraceWriter
from protocol.trace_lock import TraceLock
from tests.daemons import ROOT

HEADER = Header(FORMAT, 6, {}, {}, {}, started=0.0)
HOLD = """
import sys
from pathlib import Path
from protocol.trace_lock import TraceLock
lock = TraceLock(Path(sys.argv[1]), create=True)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace"


def test_a_second_writer_is_refused_and_changes_nothing(trace: Path) -> None:
    with TraceWriter(trace, HEADER) as writer:
        writer.event(1.0, b"a", [b"question"], [])
        before = trace.read_bytes()
        with pytest.raises(TraceError, match=f"the trace {trace} is in use"):
            TraceWriter(trace, HEADER)
        with pytest.raises(TraceError, match="in use"):
            TraceWriter.resume(trace, trace.stat().st_size)
        assert trace.read_bytes() == before
        assert len(list(TraceReader(trace))) == 1
    with TraceWriter(trace, HEADER):
        pass
    assert list(trace.parent.iterdir()) == [trace]


def test_it_is_the_same_trace_by_another_name(trace: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(trace)
    with TraceWriter(trace, HEADER), pytest.raises(TraceError, match="in use"):
        TraceWriter(tmp_path / "link", HEADER)


def test_a_death_gives_it_back(trace: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(trace)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TraceError, match="in use"):
            TraceLock(trace)
        holder.kill()
        holder.wait()
    TraceLock(trace).close()


def test_a_child_that_outlives_its_parent_does_not_hold_it(trace: Path) -> None:
    lock = TraceLock(trace, create=True)
    ready, go = os.pipe(), os.pipe()
    if (child := os.fork()) == 0:
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    try:
        with pytest.raises(TraceError, match="in use"):
            TraceLock(trace)
        lock.close()  # as death does
        TraceLock(trace).close()
    finally:
        os.write(go[1], b"x")
        os.waitpid(child, 0)
        for end in (*ready, *go):
            os.close(end)


def test_a_trace_is_held_in_whichever_part_it_is_written(trace: Path) -> None:
    with TraceWriter(trace, HEADER, part_bytes=1, keep=2) as writer:
        for part in range(2, 6):
            writer.event(1.0, b"a", [b"question"], [])
            writer.go_on([b"state"], {})
            assert trace.with_name(f"trace.{part}").exists()
            for again in (lambda: TraceWriter(trace, HEADER), lambda: TraceLock(trace)):
                with pytest.raises(TraceError, match="in use"):
                    again()
        assert trace.with_name("trace.5").exists()
    with TraceWriter(trace, HEADER):
        pass
    assert list(trace.parent.iterdir()) == [trace]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_what_is_no_file_has_no_lock_and_may_be_full() -> None:
    with pytest.raises(DiskFullError, match="cannot write the trace /dev/full: No space left"):
        TraceWriter(Path("/dev/full"), HEADER)


def test_where_there_can_be_no_trace_there_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TraceError, match="cannot write the trace"):
        TraceWriter(tmp_path / "file" / "trace", HEADER)
