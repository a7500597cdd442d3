"""The course of a recording: every batch from its batch request to its update, who waited for what, and counts over
time.

All times are seconds since the first event.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from daemon.core.core_queries import pseudo_total
from daemon.core.counters import Counters
from daemon.core.sessions import Referee
from protocol import messages as m
from zhugo.debugger.reading.labels import People
from zhugo.debugger.reading.recording import Entry, Recording
from zhugo.debugger.reading.seekable_core import SeekableCore

SAME_CLOCK = 1.0
"""Seconds that an update may take to the master; what takes longer, or less than none, was timed by another clock."""

Fate = Literal["updated", "failed", "lost", "unfinished"]


@dataclass
class Batch:
    """One batch of tickets. What the searcher timed is NaN unless it was updated; ``over`` is when the master knew."""

    searcher: bytes
    grant: int
    leaves: int
    requested: int
    asked: float
    granted: float
    fate: Fate = "unfinished"
    over: float = np.nan
    encode: float = np.nan
    submit: float = np.nan
    device: float = np.nan
    device_end: float = np.nan
    update: float = np.nan
    cached: int = 0

    @property
    def used_device(self) -> bool:
        """Whether the device worked on it at all."""
        return self.device_end > self.device


@dataclass(frozen=True)
class Wait:
    """A searcher had a batch request and no tickets: parked on a leaf in flight, or idle since there was nothing to
    select.
    """

    searcher: bytes
    kind: Literal["parked", "idle"]
    begin: float
    end: float


@dataclass(frozen=True)
class Sample:
    """Counts behind one event. ``pseudo``: pseudo-visits that stand now, each counted once."""

    time: float
    tickets: int
    parked: int
    pseudo: int
    visits: int
    searching: bool


@dataclass
class Timeline:
    """See the module. ``counters``: the core's own, at the end. ``length``: seconds to the last event."""

    people: People
    batches: list[Batch] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)
    length: float = 0.0

    def device_work(self) -> list[Batch]:
        """The batches that the device worked on, in the order in which it began."""
        return sorted((batch for batch in self.batches if batch.used_device), key=lambda batch: batch.device)


def timeline(recording: Recording, referee: Referee) -> Timeline:
    """Replay the recording. Raises ``TraceError`` when this program cannot replay it."""
    seekable = SeekableCore(recording, referee, listens=False)
    follower = Follower(recording, seekable)
    for entry in seekable.run():
        follower.follow(entry, recording.seconds(entry))
    follower.finish(recording)
    return follower.timeline


class Follower:
    """Makes the ``timeline`` out of the events of ``seekable``, while another caller replays them."""

    def __init__(self, recording: Recording, seekable: SeekableCore) -> None:
        self.timeline = Timeline(People(recording))
        self._seekable = seekable
        self._requested: dict[bytes, tuple[float, int]] = {}  # when it was made, leaves
        self._live: dict[bytes, Batch] = {}
        self._waiting: dict[bytes, tuple[Literal["parked", "idle"], float]] = {}
        self._phases: list[tuple[Batch, m.Phases, float]] = []  # and the core's time of the update

    def follow(self, entry: Entry, now: float) -> None:
        """One event that has just happened."""
        match entry.inbound:
            case m.Update(grant=grant) as update if self._is_live(entry.sender, grant):
                batch = self._close(entry.sender, "updated", now)
                batch.cached = update.cached
                self._phases.append((batch, update.phases, now))
            case m.Failed(grant=grant) if self._is_live(entry.sender, grant):
                self._close(entry.sender, "failed", now)
        batch_request = getattr(entry.inbound, "batch_request", None)
        if isinstance(batch_request, m.BatchRequest):
            self._requested[entry.sender] = now, batch_request.leaves
        live = self._seekable.core.tickets.live
        for searcher, batch in list(self._live.items()):
            if searcher not in live or live[searcher].grant != batch.grant:
                self._close(searcher, "lost", now)
        for receiver, answer in entry.outbound:
            if isinstance(answer, m.Grant):
                asked, requested = self._requested.get(receiver, (now, 0))
                batch = Batch(receiver, answer.grant, len(answer.offsets) - 1, requested, asked, now)
                self._live[receiver] = batch
                self.timeline.batches.append(batch)
        self._follow_waits(now)
        self._sample(now)

    def finish(self, recording: Recording) -> None:
        """What is known only at the end."""
        found = self.timeline
        found.length = recording.seconds(recording.entries[-1]) if recording.entries else 0.0
        for searcher in list(self._waiting):
            self._end_wait(searcher, found.length)
        found.counters = self._seekable.core.counters
        self._set_phases(recording.times[0] if recording.times else 0.0)

    def _is_live(self, searcher: bytes, grant: int) -> bool:
        return searcher in self._live and self._live[searcher].grant == grant

    def _close(self, searcher: bytes, fate: Fate, now: float) -> Batch:
        batch = self._live.pop(searcher)
        batch.fate, batch.over = fate, now
        return batch

    def _follow_waits(self, now: float) -> None:
        waiting = self._seekable.core.tickets.waiting
        for searcher in self._waiting.keys() | waiting.keys():
            held = waiting.get(searcher)
            kind: Literal["parked", "idle"] | None = None if held is None else "parked" if held.blocking else "idle"
            if searcher in self._waiting and self._waiting[searcher][0] != kind:
                self._end_wait(searcher, now)
            if kind is not None and searcher not in self._waiting:
                self._waiting[searcher] = kind, now

    def _end_wait(self, searcher: bytes, now: float) -> None:
        kind, begin = self._waiting.pop(searcher)
        self.timeline.waits.append(Wait(searcher, kind, begin, now))

    def _sample(self, now: float) -> None:
        core = self._seekable.core
        sessions = list(core.sessions.by_name.values())
        self.timeline.samples.append(
            Sample(
                now,
                sum(grant.leaves for grant in core.tickets.live.values()),
                sum(bool(held.blocking) for held in core.tickets.waiting.values()),
                sum(pseudo_total(session) for session in sessions),
                sum(session.visits for session in sessions),
                bool(core.sessions.searches.running),
            )
        )

    def _set_phases(self, start: float) -> None:
        """Put what the searchers timed on the core's clock, which is the same one unless a daemon was resumed."""
        lags: dict[bytes, float] = {}
        for batch, phases, now in self._phases:
            lag = start + now - phases.update
            lags[batch.searcher] = min(lag, lags.get(batch.searcher, np.inf))
        for batch, phases, _ in self._phases:
            lag = lags[batch.searcher]
            shift = (0.0 if 0.0 <= lag < SAME_CLOCK else lag) - start
            for name in ("encode", "submit", "device", "device_end", "update"):
                setattr(batch, name, getattr(phases, name) + shift)


def merged(spans: Iterator[tuple[float, float]]) -> list[tuple[float, float]]:
    """The union of spans, in order and apart."""
    union: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if union and begin <= union[-1][1]:
            union[-1] = union[-1][0], max(end, union[-1][1])
        else:
            union.append((begin, end))
    return union
