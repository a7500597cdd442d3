"""A failing recording is made small, and what is left still fails, opens in every tool and tells why in a few lines."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import HashedReferee
from daemon.replay.simulation import SimulationError, simulate
from protocol import messages as m
from protocol.codec import encode
from protocol.trace import Event
from tests.unit.debugger.faults import Fault, forget_a_pseudo_visit, never_wake, update_twice
from tests.unit.debugger.recorded import record
from zhugo.debugger.explaining.timeline import timeline
from zhugo.debugger.reading.breakpoints import Condition, condition
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.schedule import Feed, Schedule, ScheduledMessage
from zhugo.debugger.reducing.minimize import minimized
from zhugo.debugger.reducing.shrink import Shrinking
from zhugo.debugger.showing.playback import play
from zhugo.shared.errors import UserError


def last_of(items: list[int], needed: set[int]) -> list[int]:
    """What is left of a list that fails as soon as everything needed has been there."""

    def failing(some: list[int]) -> list[int] | None:
        ends = [end for end in range(len(some) + 1) if needed <= set(some[:end])]
        return some[: ends[0]] if ends else None

    return [items, *minimized(items, failing)][-1]


@pytest.mark.parametrize("needed", [{0}, {99}, {0, 99}, {17, 18, 64}, set(range(0, 100, 9)), set(range(100)), set()])
def test_exactly_what_is_needed_is_left_in_order(needed: set[int]) -> None:
    assert last_of(list(range(100)), needed) == sorted(needed)


def test_what_needs_each_other_goes_together_or_stays() -> None:
    """A test that wants an even count cannot lose a single item; pairs can go, and no single one is left to spare."""

    def failing(some: list[int]) -> list[int] | None:
        return some if 5 in some and len(some) % 2 == 0 else None

    assert len([*minimized(list(range(16)), failing)][-1]) == 2


@pytest.mark.parametrize("seed", range(4))
def test_a_whole_schedule_is_the_recording_again(tmp_path: Path, seed: int) -> None:
    """Kills, duplicates and late results included: what is fed is what was recorded, to the byte."""
    simulate(seed, trace=tmp_path / "trace")
    recording = Recording.load(tmp_path / "trace")
    assert fed(recording, Schedule(recording), None) == [
        entry.record.inbound for entry in recording.entries if isinstance(entry.record, Event)
    ]


@pytest.mark.parametrize("seed", range(8))
def test_a_sound_core_can_be_fed_any_part_of_a_schedule(tmp_path: Path, seed: int) -> None:
    simulate(seed, trace=tmp_path / "trace")
    recording = Recording.load(tmp_path / "trace")
    schedule, chance = Schedule(recording), random.Random(seed)
    for share in (0.5, 0.8, 0.95):
        schedule_of_some = [scheduled for scheduled in schedule.scheduled if chance.random() < share]
        fed(recording, schedule, schedule_of_some)


def fed(recording: Recording, schedule: Schedule, part: list[ScheduledMessage] | None) -> list[list[bytes]]:
    """The frames that a core gets, whose rules hold behind every event."""
    core = recording.core(HashedReferee())
    feed, frames = Feed(core, schedule), []
    for scheduled in schedule.scheduled if part is None else part:
        inbound = feed.fitted(scheduled)
        frames.append([bytes(frame) for frame in encode(inbound)])
        feed.tell(scheduled, inbound)
        core.check_invariants()
    return frames


def shrunk(recording: Recording, out: Path, stops: list[Condition] | None = None) -> Recording:
    """The small trace of it, written there."""
    shrinking = Shrinking(recording, HashedReferee(), stops or [])
    *_, small = shrinking.smaller()
    shrinking.write(small, out)
    return Recording.load(out)


SIGNS: list[tuple[Fault, str]] = [
    (forget_a_pseudo_visit, "pseudo-visits are counted, but given and not taken away are"),
    (update_twice, "though it has no ticket"),
    (never_wake, "though nobody holds its ticket, and was not woken"),
]


def recorded_search(path: Path) -> None:
    record(path)


def simulated_run(path: Path) -> None:
    """The first seed that fails after more than a few events."""
    for seed in range(100):
        with suppress(SimulationError):
            simulate(seed, trace=path)
            continue
        if len(Recording.load(path).entries) > 30:
            return
    raise AssertionError("no seed found the fault")


@pytest.mark.parametrize("make", [recorded_search, simulated_run])
@pytest.mark.parametrize(("fault", "told"), SIGNS, ids=[fault.__name__ for fault, _ in SIGNS])
def test_a_fault_shrinks_to_a_few_messages_whose_story_explains_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, told: str, make: Callable[[Path], None]
) -> None:
    fault(monkeypatch)
    make(tmp_path / "trace")
    whole = Recording.load(tmp_path / "trace")
    small = shrunk(whole, tmp_path / "small")
    assert len(small.entries) < 12 < len(whole.entries)
    output = io.StringIO()
    assert not play(small, HashedReferee(), Console(file=output, width=300), check=True)
    assert output.getvalue().startswith(f"event {len(small.entries)} ")
    assert "broken: " in output.getvalue()
    assert told in output.getvalue()
    assert timeline(small, HashedReferee()).batches


def test_no_message_of_a_small_trace_can_be_spared_and_it_is_the_same_one_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_wake(monkeypatch)
    record(tmp_path / "trace")
    whole = Recording.load(tmp_path / "trace")
    small = shrunk(whole, tmp_path / "small")
    shrunk(whole, tmp_path / "again")
    assert (tmp_path / "small").read_bytes() == (tmp_path / "again").read_bytes()
    shrinking = Shrinking(small, HashedReferee(), [])
    scheduled = Schedule(small).scheduled
    assert shrinking.failing(scheduled) == scheduled
    assert all(shrinking.failing(scheduled[:place] + scheduled[place + 1 :]) is None for place in range(len(scheduled)))


def test_a_core_that_raises_fails(recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This one cannot bear a second searcher."""
    hello = Scheduler._hello

    def faulty(self: Scheduler, sender: bytes, message: m.Hello, now: float) -> None:
        hello(self, sender, message, now)
        assert sum(peer.is_searcher for peer in self.peers.values()) < 2

    monkeypatch.setattr(Scheduler, "_hello", faulty)
    small = shrunk(recording, tmp_path / "small")
    assert [type(entry.inbound) for entry in small.entries] == [m.Hello, m.Hello]


def test_a_condition_is_what_must_still_happen(recording: Recording, tmp_path: Path) -> None:
    stops, output = [condition("event=park & node=root")], io.StringIO()
    small = shrunk(recording, tmp_path / "small", stops)
    kinds = [type(entry.inbound) for entry in small.entries]
    assert kinds == [m.Hello, m.Open, m.Hello, m.Select, m.Hello, m.Select, m.Search]
    assert play(small, HashedReferee(), Console(file=output), stops=stops)
    assert "event 7 " in output.getvalue()
    assert "nothing to stop at" not in output.getvalue()


@pytest.mark.parametrize(
    ("stops", "told"),
    [([], "fails here: no rule is broken, and the core never raises"), (["event=shutdown"], "meets that condition")],
)
def test_what_does_not_fail_cannot_be_made_smaller(
    recording: Recording, tmp_path: Path, stops: list[str], told: str
) -> None:
    with pytest.raises(UserError, match=f"nothing in .*trace {told}"):
        shrunk(recording, tmp_path / "small", [condition(stop) for stop in stops])
    assert not (tmp_path / "small").exists()
