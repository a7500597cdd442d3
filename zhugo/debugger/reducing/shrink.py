"""A failing recording made small: the fewest inbound messages after which the core still fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec

from daemon.core.answers import Answers
from daemon.core.invariants import InvariantError
from daemon.core.scheduler import Scheduler
from daemon.core.sessions import Referee
from daemon.core.tree_events import TreeEvent
from protocol import messages as m
from protocol.codec import encode
from protocol.trace import TraceWriter
from zhugo.debugger.reading.breakpoints import Condition
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.schedule import Feed, Schedule, ScheduledMessage
from zhugo.debugger.reducing.minimize import minimized
from zhugo.shared.errors import UserError


@dataclass(frozen=True)
class FedEvent:
    """One event of a run: what was said, as it was fed, and the answers; none where the core raised.

    ``core``: as it stands behind it. ``fails``: it raised, or a stop is met.
    """

    scheduled: ScheduledMessage
    inbound: m.Inbound
    answers: Answers
    core: Scheduler
    fails: bool


class Shrinking:
    """A run fails when the core raises, or something does not hold that always must; with ``stops``, when one is met.

    ``runs``: how often a core was fed so far.
    """

    def __init__(self, recording: Recording, referee: Referee, stops: list[Condition]) -> None:
        """Raises ``UserError`` for a recording whose first part is gone."""
        if recording.header.part > 1:
            raise UserError(f"{recording.path} goes on from part {recording.header.part}; it takes a whole trace")
        self.runs = 0
        self._recording, self._referee, self._stops = recording, referee, stops
        self._schedule = Schedule(recording)

    def smaller(self) -> Iterator[list[ScheduledMessage]]:
        """The shortest part of the recording that fails so far, behind every try. Raises ``UserError`` if none does."""
        scheduled = self.failing(self._schedule.scheduled, anywhere=True)
        if scheduled is None:
            what = "meets that condition" if self._stops else "fails here: no rule is broken, and the core never raises"
            raise UserError(f"nothing in {self._recording.path} {what}")
        yield scheduled
        for shorten in (self._minimized, self._simplified, self._minimized):
            for shorter in shorten(scheduled):
                scheduled = shorter
                yield scheduled

    def _minimized(self, scheduled: list[ScheduledMessage]) -> Iterator[list[ScheduledMessage]]:
        return minimized(scheduled, self.failing)

    def _simplified(self, scheduled: list[ScheduledMessage]) -> Iterator[list[ScheduledMessage]]:
        """The same messages, asking for less wherever that fails, too."""
        for place in reversed(range(len(scheduled))):
            for message in _simpler(scheduled[place].message) if place < len(scheduled) else ():
                other = [*scheduled[:place], replace(scheduled[place], message=message), *scheduled[place + 1 :]]
                if (shorter := self.failing(other)) is not None:
                    scheduled = shorter
                yield scheduled
                if shorter is not None:
                    break

    def failing(self, scheduled: list[ScheduledMessage], anywhere: bool = False) -> list[ScheduledMessage] | None:
        """The beginning of this schedule that is enough to fail, or None.

        A rule that does not hold is looked for at the end, where what failed before ends; ``anywhere``: all the way.
        """
        self.runs += 1
        for number, told in enumerate(self._run(scheduled), 1):
            looks = not self._stops and (anywhere or number == len(scheduled))
            if told.fails or (looks and _is_broken(told.core)):
                return scheduled[:number]
        return None

    def write(self, scheduled: list[ScheduledMessage], path: Path) -> None:
        """The trace of a core that was told only this. Raises ``TraceError``."""
        header = self._recording.header
        options = {**header.options, "shrunk_from": str(self._recording.path)}
        with TraceWriter(path, msgspec.structs.replace(header, options=options)) as trace:
            for told in self._run(scheduled):
                answers = [(receiver, encode(answer)) for receiver, answer in told.answers]
                trace.event(told.scheduled.time, told.scheduled.sender, encode(told.inbound), answers)

    def _run(self, schedule: list[ScheduledMessage]) -> Iterator[FedEvent]:
        """What happens when a fresh core is told this, up to where it raises."""
        behind = _TreeEvents([])
        make = partial(Scheduler, listener=behind.tree_events.append) if self._stops else Scheduler
        core = self._recording.core(self._referee, make)
        feed = Feed(core, self._schedule)
        for scheduled in schedule:
            behind.tree_events.clear()
            inbound = feed.fitted(scheduled)
            try:
                answers = feed.tell(scheduled, inbound)
            except Exception:  # whatever it is, it is what is looked for
                yield FedEvent(scheduled, inbound, [], core, fails=not self._stops)
                return
            met = any(stop(behind, _Inbound(inbound)) for stop in self._stops)
            yield FedEvent(scheduled, inbound, answers, core, met)


def _simpler(message: m.Inbound) -> Iterator[m.Inbound]:
    """Messages of this kind that ask for less, the least first."""
    if (
        isinstance(message, m.Select | m.Update | m.PackedUpdate | m.Failed)
        and (batch_request := message.batch_request) is not None
    ):
        sizes = [size for size in (1, 2, 4) if size < batch_request.leaves]
        wishes = [m.BatchRequest(size) for size in sizes] + (
            [m.BatchRequest(batch_request.leaves)] if batch_request.speculate else []
        )
        yield from (msgspec.structs.replace(message, batch_request=less) for less in wishes)


@dataclass(frozen=True)
class _TreeEvents:
    tree_events: list[TreeEvent]


@dataclass(frozen=True)
class _Inbound:
    inbound: m.Inbound


def _is_broken(core: Scheduler) -> bool:
    try:
        core.check_invariants()
    except InvariantError:
        return True
    return False
