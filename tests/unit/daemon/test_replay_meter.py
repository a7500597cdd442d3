"""The trace goes on in another part before a restart would take too long."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.process.journal import Journal
from daemon.process.replay_meter import ReplayMeter
from daemon.replay.hashed_game import HashedReferee
from protocol.messages import PROTOCOL_VERSION
from protocol.trace import FORMAT, Header, TraceWriter, parts

HEADER = Header(FORMAT, PROTOCOL_VERSION, {}, {}, {}, 0.0)


@dataclass
class Worked:
    """A clock of the processor's time that a test turns."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(("behind", "worked", "is_long"), [
    (0.0, 9.9, False), (0.0, 10.0, True), (4.0, 5.9, False), (4.0, 6.0, True), (10.0, 0.0, True),
])  # fmt: skip
def test_what_was_replayed_at_the_start_counts(behind: float, worked: float, is_long: bool) -> None:
    clock = Worked(100.0)
    meter = ReplayMeter(10.0, clock)
    meter.begin(behind)
    clock.seconds += worked
    assert meter.is_long == is_long


class Kept:
    """A journal whose clock a test turns."""

    def __init__(self, path: Path, meter: bool = True) -> None:
        self.path, self.clock = path, Worked()
        self.core = Scheduler(HashedReferee(), Config())
        self.journal = Journal(True, "never", ReplayMeter(10.0, self.clock) if meter else None)
        self.journal.keep(TraceWriter(path, HEADER), lambda: None)

    def work(self, seconds: float) -> int:
        """Work for so long. How many parts there are then."""
        self.clock.seconds += seconds
        self.journal.make_ready(self.core)
        while self.journal.is_mending:
            self.journal.make_ready(self.core)
        while self.journal.descriptor is not None:
            self.journal.finish_part()
        return len(parts(self.path))

    def write(self, size: int) -> None:
        """An event of so many bytes, which do not get fewer when packed."""
        self.journal.write(1.0, b"x", [Random(size).randbytes(size)], [], None)


def test_a_part_ends_when_it_would_be_long_to_replay(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "trace")
    assert [kept.work(6.0), kept.work(6.0)] == [1, 2]
    kept.write(kept.journal.size)
    assert [kept.work(6.0), kept.work(6.0)] == [2, 3]
    kept.journal.close()


def test_a_part_with_hardly_an_event_goes_on(tmp_path: Path) -> None:
    """Or a daemon of large trees that does little would write nothing but its state, again and again."""
    kept = Kept(tmp_path / "trace")
    kept.work(12.0)
    state = kept.journal.size
    assert kept.work(12.0) == 2
    kept.write(state // 5)
    assert kept.work(0.0) == 3
    kept.journal.close()


def test_without_a_bound_a_part_goes_on(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "trace", meter=False)
    assert kept.work(1e6) == 1
    kept.journal.close()
