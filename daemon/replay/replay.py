"""A trace through a fresh core: to see that it says the same again, or to go on where a killed daemon stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from daemon.core.answers import Answers
from daemon.core.checkpoint import CheckpointError, load
from daemon.core.config import Config
from daemon.core.containment import describe
from daemon.core.scheduler import Scheduler
from daemon.core.sessions import Referee
from daemon.replay.step import understand
from protocol.codec import Malformed, decode, encode, number_of
from protocol.errors import TraceError
from protocol.messages import PROTOCOL_VERSION, Inbound
from protocol.trace import End, Event, Failed, Header, TraceReader, parts, read_parts

SEARCH_SINCE = 8
"""The first protocol whose searches came out as this program's do."""


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
    """A core as its daemon left it. ``time``: of the last event; ``end``: byte behind the last whole record;
    ``behind``: bytes of the file behind that, which are no record.
    """

    core: Scheduler
    time: float
    end: int
    behind: int = 0


Answer = tuple[bytes, list[bytes]]
"""Receiver and frames."""


@dataclass(frozen=True)
class Difference:
    """What did not come out as recorded, in one line; the first answer that differs, None on the side that has none.

    A core that raises is a difference, too, whatever was recorded; what comes behind that means nothing.
    """

    text: str
    was: Answer | None = None
    now: Answer | None = None


def replay(path: Path, referee: Referee) -> Verdict:
    """Feed all parts of the trace to a fresh core and compare. Raises ``TraceError`` for what is no sound trace."""
    readers = read_parts(path)
    core = first_core(readers[0], referee)
    events = messages = ends = 0
    told = None
    for part, offset, record in ((reader, *found) for reader in readers for found in reader):
        if isinstance(record, End):
            ends += 1
        else:
            events += 1
            messages += len(record.outbound)
        if (difference := again(core, record)) is not None:
            place = f"byte {offset}" + (f" of {part.path.name}" if len(readers) > 1 else "")
            told = f"{place}, event {events}, time {_time(record)}: {difference.text}"
            break
    return Verdict(events, messages, ends, readers[-1].torn, told, core.digests())


def restore(path: Path, referee: Referee, before: int | None = None) -> Restored:
    """The core after the events of the trace that begin ``before`` this byte, all of them for None, by its last part.

    An event at which the daemon's core raised is the last one and has no answers. It is left out where it does not
    replay: it would end the next daemon, or has answers now. What a power cut left behind the last whole record is left
    out, too. Raises ``TraceError``, also when the trace does not replay otherwise.
    """
    reader = TraceReader(parts(path)[-1], forgiving=True)
    core = first_core(reader, referee)
    time = reader.header.time
    records = iter(reader)
    for offset, record in records:
        if offset == before:
            return Restored(core, time, offset)
        if isinstance(record, Event):
            if (difference := again(core, record)) is not None:
                if not record.outbound and next(records, None) is None:
                    return restore(path, referee, offset)
                where = f"{reader.path} does not replay, so it cannot be resumed: byte {offset}"
                raise TraceError(f"{where}: {difference.text}")
            time = record.time
    return Restored(core, time, reader.end, reader.size - reader.end)


def from_checkpoint(path: Path, referee: Referee) -> Restored:
    """The core as it was when the last part of the trace began; what came since is left out, so nothing is replayed.

    So it may be a trace of another version of this program. Raises ``TraceError`` when there is no checkpoint in it, or
    none that this program understands.
    """
    reader = TraceReader(parts(path)[-1])
    if reader.header.part == 1:
        raise TraceError(f"there is no checkpoint in {reader.path} to go on from: it has one part")
    core = Scheduler(referee, Config.of_another_version(reader.header.config))
    try:
        load(core, reader.state())
    except CheckpointError as error:
        raise TraceError(f"the checkpoint that {reader.path} begins with cannot be read: {error}") from error
    return Restored(core, reader.header.time, reader.end)


def what_else(path: Path) -> str:
    """What can be done with a trace that cannot be resumed whole, in a few words."""
    reader = TraceReader(parts(path)[-1])
    if reader.header.part == 1:
        return "it has one part, so there is no checkpoint in it to go on from"
    last = reader.header.time
    with suppress(TraceError):  # where it is damaged, or of a kind that is not known
        for _, record in reader:
            last = record.time if isinstance(record, Event) else last
    lost = f"{last - reader.header.time:.0f} s"
    return f"--resume-from checkpoint goes on from the beginning of {reader.path.name}, without the {lost} since"


def first_core(
    reader: TraceReader, referee: Referee, make_core: Callable[[Referee, Config], Scheduler] = Scheduler
) -> Scheduler:
    """A core as the trace's was when this part of it began. Raises ``TraceError`` when this program can make none."""
    if reader.written < SEARCH_SINCE:
        told = f"{reader.path} was written with protocol {reader.written}, when the search was another one"
        raise TraceError(f"{told}; this program speaks {PROTOCOL_VERSION}, and reads it but cannot replay it")
    core = fresh_core(reader.path, reader.header, referee, make_core)
    if reader.header.part > 1:
        try:
            load(core, reader.state())
        except CheckpointError as error:
            raise TraceError(f"{reader.path} does not begin with a whole state of its core: {error}") from error
    return core


def fresh_core(
    path: Path, header: Header, referee: Referee, make_core: Callable[[Referee, Config], Scheduler] = Scheduler
) -> Scheduler:
    """A core to which nothing has happened. Raises ``TraceError`` when this program can make none such."""
    require_protocol(path, header)
    try:
        return make_core(referee, Config.of(header.config))
    except (TypeError, ValueError) as error:
        raise TraceError(f"{path} has a configuration that this program does not know: {error}") from error


def require_protocol(path: Path, header: Header) -> None:
    """Raise ``TraceError`` for a trace whose messages this program does not know."""
    if header.protocol != PROTOCOL_VERSION:
        raise TraceError(f"{path} was written with protocol {header.protocol}; this program speaks {PROTOCOL_VERSION}")


def again(core: Scheduler, record: Event | End, message: Inbound | None = None) -> Difference | None:
    """Let the core live through one record; what came out otherwise. ``message``: what it says, if that is known."""
    if isinstance(record, End):
        return _compare_digests(record.digests, core.digests())
    try:
        answers = _live_through(core, record, message)
    except Exception as error:  # whatever it is, it is what was looked for
        return Difference(f"the core raises {describe(error)} at {_describe(record.inbound)}")
    for fault in core.faults:
        if fault.error is not None:
            return Difference(f"the core raises {fault.text} at {_describe(record.inbound)}")
    if record.failed is not None and len(core.faults) < len(record.failed.steps):
        return Difference(f"what failed in the trace at {_describe(record.inbound)} is not done at all")
    return _compare(record, [(receiver, [bytes(frame) for frame in encode(answer)]) for receiver, answer in answers])


def _live_through(core: Scheduler, event: Event, message: Inbound | None) -> Answers:
    """What the core answers. What failed then fails again, and nothing else need be wrong for it."""
    failed = event.failed or Failed()
    if failed.anew is not None:
        return core.begin_anew(event.time, failed.anew)
    if failed.dropped:
        return core.drop(event.sender, number_of(event.inbound), event.time, failed.dropped)
    message = message or understand(event.sender, event.inbound)
    return core.handle(event.sender, message, event.time, *([failed.steps] if failed.steps else []))


def _compare(event: Event, again: list[Answer]) -> Difference | None:
    if event.outbound == again:
        return None
    question = _describe(event.inbound)
    number, (was, now) = next(
        (number, pair) for number, pair in enumerate(zip_longest(event.outbound, again), 1) if pair[0] != pair[1]
    )
    if len(event.outbound) != len(again):
        text = f"{len(again)} answers to {question}, where the trace has {len(event.outbound)}"
    elif was[0] != now[0]:
        text = f"answer {number} to {question} goes to {now[0].hex()}, in the trace to {was[0].hex()}"
    else:
        text = f"answer {number} to {question} is {_describe(now[1])}, in the trace {_describe(was[1])}"
    return Difference(text, was, now)


def _compare_digests(was: dict[str, str], now: dict[str, str]) -> Difference | None:
    names = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    return Difference(f"the trees of {', '.join(names)} differ") if names else None


def _describe(frames: list[bytes]) -> str:
    try:
        text = " ".join(repr(decode(frames)).split())
    except Malformed as error:
        return f"no message ({error})"
    return text if len(text) <= 400 else f"{text[:400]}…"


def _time(record: Event | End) -> str:
    return f"{record.time:.6f} s" if isinstance(record, Event) else "of the end"
