"""A core that can be put behind any event of a recording, and has the tree events of that one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from daemon.core.checkpoint import load, save
from daemon.core.invariants import InvariantError
from daemon.core.scheduler import Scheduler
from daemon.core.session import Session
from daemon.core.sessions import Referee
from daemon.core.tree_events import Listener, TreeEvent
from daemon.replay.replay import Difference, again
from zhugo.debugger.reading.recording import Entry, Recording
from zhugo.shared.errors import UserError

SNAPSHOTS = 16
"""Copies of the core that are kept over a whole recording, so that a step back is a short run forward."""

SNAPSHOT_BYTES = 1 << 28
"""What they may take together; when they take more, every second one goes."""

LONG_SKIP = 64
"""More events than this are skipped by a core without a listener, which is much quicker."""


class SeekableCore:
    """A recording's core behind event ``at``. ``core`` must only be read. ``tree_events``: those of that event.

    ``difference``: the first answer that did not come out as recorded, up to here.
    """

    def __init__(
        self,
        recording: Recording,
        referee: Referee,
        listener: Listener | None = None,
        goes_back: bool = False,
        listens: bool = True,
    ) -> None:
        """Begins before the first event. Raises ``TraceError`` when this program cannot replay the recording.

        ``listener``: is called with every tree event as it happens. ``goes_back``: keep copies, so that going back is
        quick. Without ``listens`` there are no tree events, and it is many times quicker.
        """
        self.recording = recording
        self.tree_events: list[TreeEvent] = []
        self._referee = referee
        self._listens = listens
        self._listener = listener
        self._every = max(1, len(recording.entries) // SNAPSHOTS) if goes_back else len(recording.entries) + 1
        self._snapshots: dict[int, tuple[list[bytes], Difference | None]] = {}
        self._begin()

    def _begin(self) -> None:
        self.at = 0
        self.difference: Difference | None = None
        self._listening = self._listens
        self.core = self.recording.core(self._referee, self._make)

    def _make(self, *arguments: object) -> Scheduler:
        make = partial(Scheduler, listener=self._take) if self._listening else Scheduler
        return make(*arguments)  # type: ignore[arg-type]

    def _take(self, tree_event: TreeEvent) -> None:
        self.tree_events.append(tree_event)
        if self._listener is not None:
            self._listener(tree_event)

    @property
    def entry(self) -> Entry | None:
        """The last event that has happened."""
        return self.recording.entries[self.at - 1] if self.at else None

    @property
    def is_over(self) -> bool:
        """Whether nothing more was recorded."""
        return self.at == len(self.recording.entries)

    def step(self) -> Entry:
        """One event more. There must be one."""
        entry = self.recording.entries[self.at]
        self.tree_events = []
        difference = again(self.core, entry.record, entry.inbound)
        self.difference = self.difference or difference
        self.at += 1
        if self.at % self._every == 0 and self.at not in self._snapshots:
            self._keep()
        return entry

    def run(self, until: int | None = None) -> Iterator[Entry]:
        """Step by step to the end, or until that many events have happened."""
        end = len(self.recording.entries) if until is None else min(until, len(self.recording.entries))
        while self.at < end:
            yield self.step()

    def skip_to(self, number: int) -> None:
        """Go forward to behind event ``number``; tree events up to and with that one are left out."""
        if self._listens and number - self.at > LONG_SKIP:
            self._switch(listening=False)
        for _ in self.run(number):
            pass
        if self._listening != self._listens:
            self._switch(listening=True)
        self.tree_events = []

    def go_to(self, number: int) -> None:
        """To the moment behind event ``number``, forward or back. Raises ``UserError`` when there is none."""
        if not 0 <= number <= len(self.recording.entries):
            raise UserError(f"there are {len(self.recording.entries)} events, no event {number}")
        if number <= self.at:
            # the copy from before the event, so that the event itself is replayed with its tree events
            self._go_back(max((at for at in self._snapshots if at < number), default=0))
        if number > 0:
            self.skip_to(number - 1)
            self.step()

    def _keep(self) -> None:
        self._snapshots[self.at] = ([bytes(frame) for frame in save(self.core)], self.difference)
        while sum(len(frame) for frames, _ in self._snapshots.values() for frame in frames) > SNAPSHOT_BYTES:
            if len(self._snapshots) == 1:
                break
            self._every *= 2
            self._snapshots = {at: kept for at, kept in self._snapshots.items() if at % self._every == 0}

    def _go_back(self, at: int) -> None:
        self._begin()
        self.tree_events = []
        if at > 0:
            frames, self.difference = self._snapshots[at]
            self.at = at
            self.core = self._fresh()
            load(self.core, frames)

    def _switch(self, listening: bool) -> None:
        """Go on with a core that has a listener, or with one that has none."""
        frames = save(self.core)
        self._listening = listening
        self.core = self._fresh()
        load(self.core, frames)

    def _fresh(self) -> Scheduler:
        return self._make(self._referee, self.core.config)

    def broken_rule(self) -> InvariantError | None:
        """The first invariant that does not hold, None if all do."""
        try:
            self.core.check_invariants()
        except InvariantError as error:
            return error
        return None

    def session(self, name: str | None = None) -> Session:
        """The session of this name; without one the only one, or the one that searches. Raises ``UserError``."""
        sessions = self.core.sessions.by_name
        if name is not None:
            if name not in sessions:
                raise UserError(f"no session {name!r} is open behind event {self.at}")
            return sessions[name]
        candidates = list(sessions.values()) if len(sessions) == 1 else self.core.sessions.searches.running
        if len(candidates) == 1:
            return candidates[0]
        there = ", ".join(map(repr, sorted(sessions))) or "none"
        raise UserError(f"name the session; open behind event {self.at}: {there}")
