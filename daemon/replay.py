"""A trace through a fresh core: to see that it says the same again, or to go on where a killed daemon stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daemon.scheduler import Config, Scheduler
from daemon.sessions import Referee
from daemon.step import step
from protocol.codec import Malformed, decode
from protocol.errors import TraceError
from protocol.messages import PROTOCOL_VERSION
from protocol.trace import End, Event, TraceReader


@dataclass(frozen=True)
class Verdict:
    """What a replay came to. ``difference`` is None, or one line about the first thing that was not the same.

    ``ends``: records of an orderly end whose digests were compared; a daemon that was killed wrote none. ``torn``: the
    byte where a record begins that the death of its daemon cut short, or None. ``digests``: session -> digest, at the
    end.
    """

    events: int
    messages: int
    ends: int
    torn: int | None
    difference: str | None
    digests: dict[str, str]

    @property
    def same(self) -> bool:
        """Every outbound message and every recorded digest came out equal."""
        return self.difference is None


@dataclass(frozen=True)
class Restored:
    """A core as its daemon left it. ``time``: of the last event; ``end``: byte behind the last whole record."""

    core: Scheduler
    time: float
    end: int


def replay(path: Path, referee: Referee) -> Verdict:
    """Feed the trace to a fresh core and compare. Raises ``TraceError`` for what is no sound trace."""
    reader, core = _begin(path, referee)
    events = messages = ends = 0
    difference = None
    for offset, record in reader:
        if isinstance(record, End):
            ends += 1
            difference = _compare_digests(record.digests, core.digests())
        else:
            events += 1
            messages += len(record.outbound)
            difference = _compare(record, _again(core, record))
        if difference is not None:
            difference = f"byte {offset}, event {events}, time {_time(record)}: {difference}"
            break
    return Verdict(events, messages, ends, reader.torn, difference, core.digests())


def restore(path: Path, referee: Referee) -> Restored:
    """The core after all events of the trace. Raises ``TraceError``, also when its answers are not the same again."""
    reader, core = _begin(path, referee)
    time = 0.0
    for offset, record in reader:
        if isinstance(record, Event):
            difference = _compare(record, _again(core, record))
            if difference is not None:
                raise TraceError(f"{path} does not replay, so it cannot be resumed: byte {offset}: {difference}")
            time = record.time
    return Restored(core, time, reader.end)


def _begin(path: Path, referee: Referee) -> tuple[TraceReader, Scheduler]:
    reader = TraceReader(path)
    if reader.header.protocol != PROTOCOL_VERSION:
        raise TraceError(
            f"{path} was written with protocol {reader.header.protocol}; this program speaks {PROTOCOL_VERSION}"
        )
    try:
        return reader, Scheduler(referee, Config(**reader.header.config))
    except (TypeError, ValueError) as error:
        raise TraceError(f"{path} has a configuration that this program does not know: {error}") from error


def _again(core: Scheduler, event: Event) -> list[tuple[bytes, list[bytes]]]:
    answers = step(core, event.sender, event.inbound, event.time)
    return [(receiver, [bytes(frame) for frame in frames]) for receiver, frames in answers]


def _compare(event: Event, again: list[tuple[bytes, list[bytes]]]) -> str | None:
    if event.outbound == again:
        return None
    question = _describe(event.inbound)
    if len(event.outbound) != len(again):
        return f"{len(again)} answers to {question}, where the trace has {len(event.outbound)}"
    number, (was, now) = next(
        (number, pair) for number, pair in enumerate(zip(event.outbound, again, strict=True), 1) if pair[0] != pair[1]
    )
    if was[0] != now[0]:
        return f"answer {number} to {question} goes to {now[0].hex()}, in the trace to {was[0].hex()}"
    return f"answer {number} to {question} is {_describe(now[1])}, in the trace {_describe(was[1])}"


def _compare_digests(was: dict[str, str], now: dict[str, str]) -> str | None:
    names = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    return f"the trees of {', '.join(names)} differ" if names else None


def _describe(frames: list[bytes]) -> str:
    try:
        text = " ".join(repr(decode(frames)).split())
    except Malformed as error:
        return f"no message ({error})"
    return text if len(text) <= 400 else f"{text[:400]}…"


def _time(record: Event | End) -> str:
    return f"{record.time:.6f} s" if isinstance(record, Event) else "of the end"
