"""A trace through a fresh core says the same again, or where it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.replay.replay import replay, restore
from daemon.replay.step import step
from protocol import messages as m
from protocol.codec import decode, encode
from protocol.errors import TraceError
from protocol.trace import FORMAT, End, Event, Header, TraceReader, TraceWriter

HEADER = Header(FORMAT, m.PROTOCOL_VERSION, {}, {}, asdict(Config()), 0.0)


class AnyGame:
    """A referee who knows one size and no rules."""

    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:  # noqa: ARG002
        if game != "any":
            raise ValueError(f"unknown game {game!r}")
        return 3


def _evaluated(grant: m.Grant) -> m.Update:
    n = len(grant.offsets) - 1
    values = np.linspace(-0.5, 0.5, n, dtype=np.float32)
    phases = m.Phases(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    priors = np.full((n, 3), 0x3555, np.uint16)
    ones, live = np.ones(n, np.int8), np.zeros(n, np.uint8)
    ownership = np.zeros((0, 0), np.float32)
    return m.Update(grant.grant, phases, ones, live, values, values, priors, ownership, m.BatchRequest(2))


def record(path: Path, end: bool = True) -> Scheduler:
    """Write the trace of a short search, refusals included; the core that it was."""
    core = Scheduler(AnyGame(), Config())
    with TraceWriter(path, HEADER) as writer:
        now = 1.0

        def say(sender: bytes, *frames: bytes | memoryview) -> list[tuple[bytes, list[bytes | memoryview]]]:
            nonlocal now
            now += 0.25
            answers = step(core, sender, frames, now)
            writer.event(now, sender, frames, answers)
            return answers

        say(b"c", b"noise")
        say(b"c", *encode(m.Hello(m.PROTOCOL_VERSION, "client", "c", 1)))
        say(b"s", *encode(m.Hello(m.PROTOCOL_VERSION, "searcher", "s", 2)))
        say(b"c", *encode(m.Open(1, "tree", "any", {})))
        say(b"c", *encode(m.Open(2, "no tree", "chess", {})))
        say(b"c", *encode(m.Search(3, "tree", m.Limits(visits=30))))
        answers = say(b"s", *encode(m.Select(m.BatchRequest(2))))
        while grants := [frames for receiver, frames in answers if receiver == b"s"]:
            grant = decode(grants[0])
            assert isinstance(grant, m.Grant)
            answers = say(b"s", *encode(_evaluated(grant)))
        say(b"", *encode(m.Tick()))
        if end:
            writer.end(core.digests())
    return core


def rewrite(path: Path, change: Callable[[int, Event | End], Event | End]) -> list[int]:
    """Write a trace again with changes; where its records begin now."""
    reader = TraceReader(path)
    records = [change(number, record) for number, (_, record) in enumerate(reader)]
    with TraceWriter(path, reader.header) as writer:
        for each in records:
            if isinstance(each, End):
                writer.end(each.digests)
            else:
                writer.event(each.time, each.sender, each.inbound, each.outbound)
    return [offset for offset, _ in TraceReader(path)]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace"


def test_what_was_recorded_comes_out_again(trace: Path) -> None:
    core = record(trace)
    verdict = replay(trace, AnyGame())
    assert verdict.same, verdict.difference
    assert verdict.digests == core.digests() != {}
    assert (verdict.ends, verdict.torn) == (1, None)
    assert min(verdict.messages, verdict.events) > 15


def test_another_answer_is_found_and_told(trace: Path) -> None:
    record(trace)

    def change(number: int, event: Event | End) -> Event | End:
        if number != 3:
            return event
        other = [bytes(frame) for frame in encode(m.Done(1))]
        return msgspec.structs.replace(event, outbound=[(b"c", other)])

    offsets = rewrite(trace, change)
    difference = replay(trace, AnyGame()).difference
    assert difference is not None
    assert difference.startswith(f"byte {offsets[3]}, event 4, time 2.000000 s: answer 1 to Open(")
    assert "is Opened(" in difference
    assert difference.endswith("in the trace Done(request=1)")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda _, e: msgspec.structs.replace(e, outbound=[]) if isinstance(e, Event) else e, "where the trace has 0"),
        (lambda _, e: End({"tree": "0"}) if isinstance(e, End) else e, "the trees of tree differ"),
        (
            lambda n, e: msgspec.structs.replace(e, outbound=[(b"x", e.outbound[0][1])]) if n == 0 else e,
            "goes to 63, in the trace to 78",
        ),
    ],
    ids=["an answer too many", "another tree", "another receiver"],
)
def test_differences(trace: Path, change: Callable[[int, Event | End], Event | End], told: str) -> None:
    record(trace)
    rewrite(trace, change)
    assert told in str(replay(trace, AnyGame()).difference)


def test_a_trace_that_was_cut_short_replays_to_where_it_ends(trace: Path) -> None:
    core = record(trace, end=False)
    trace.write_bytes(trace.read_bytes() + b"\0\0")
    verdict = replay(trace, AnyGame())
    assert verdict.same
    assert verdict.torn == trace.stat().st_size - 2
    assert verdict.ends == 0
    restored = restore(trace, AnyGame())
    assert restored.core.digests() == core.digests()
    assert restored.end == verdict.torn
    restored.core.check_invariants()


def test_what_does_not_replay_is_not_resumed(trace: Path) -> None:
    record(trace)
    rewrite(trace, lambda n, e: msgspec.structs.replace(e, outbound=[]) if n == 1 else e)
    with pytest.raises(TraceError, match="does not replay"):
        restore(trace, AnyGame())


def test_an_event_that_ended_the_daemon_is_not_lived_through_again(
    trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = record(trace, end=False)
    end = trace.stat().st_size
    with TraceWriter.resume(trace, end) as writer:
        writer.event(99.0, b"c", encode(m.Undo(9, "tree")), [])
    sound = Scheduler.handle

    def faulty(self: Scheduler, sender: bytes, message: m.Inbound, now: float) -> list[tuple[bytes, m.Outbound]]:
        if isinstance(message, m.Undo):
            self.sessions.by_name.clear()
            raise KeyError("planted")
        return sound(self, sender, message, now)

    for planted in (True, False):
        monkeypatch.setattr(Scheduler, "handle", faulty if planted else sound)
        assert ("the core raises KeyError" in str(replay(trace, AnyGame()).difference)) == planted
        restored = restore(trace, AnyGame())
        assert (restored.core.digests(), restored.end) == (core.digests(), end)


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (msgspec.structs.replace(HEADER, protocol=99), "protocol 99"),
        (msgspec.structs.replace(HEADER, config={"colour": "red"}), "configuration"),
    ],
)
def test_a_trace_of_another_program_is_refused(trace: Path, header: Header, complaint: str) -> None:
    TraceWriter(trace, header).close()
    with pytest.raises(TraceError, match=complaint):
        replay(trace, AnyGame())
