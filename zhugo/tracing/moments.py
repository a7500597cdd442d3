"""A core that can be put to any moment of a recording, and tells what happened in the event that it stands behind."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial

from daemon.invariants import InvariantError
from daemon.observation import Hear, Note, observed_core
from daemon.replay import Difference, again, fresh_core
from daemon.scheduler import Scheduler
from daemon.session import Session
from daemon.sessions import Referee
from zhugo.errors import UserError
from zhugo.tracing.recording import Entry, Recording

SNAPSHOTS = 16
"""How many copies of the core a whole recording is worth, so that a step back is a short run forward."""


class Moments:
    """``at`` events have happened. ``core`` must only be read. ``notes``: what happened in the last of them.

    ``difference``: the first answer that did not come out as recorded, up to here.
    """

    def __init__(
        self,
        recording: Recording,
        referee: Referee,
        hear: Hear | None = None,
        goes_back: bool = False,
    ) -> None:
        """Stands before the first event. Raises ``TraceError`` when this program cannot replay the recording.

        ``hear``: is told everything while it happens. ``goes_back``: keep copies, so that going back is quick.
        """
        self.recording = recording
        self.at = 0
        self.notes: list[Note] = []
        self.difference: Difference | None = None
        make = partial(observed_core, hear=self._hear)
        self.core: Scheduler = fresh_core(recording.path, recording.header, referee, make)
        self._listener = hear
        self._every = max(1, len(recording.entries) // SNAPSHOTS) if goes_back else len(recording.entries) + 1
        self._referee = referee
        self._snapshots: dict[int, tuple[Scheduler, Difference | None]] = {0: (self._copy(self.core), None)}

    def _hear(self, note: Note) -> None:
        self.notes.append(note)
        if self._listener is not None:
            self._listener(note)

    def _copy(self, core: Scheduler) -> Scheduler:
        """Another such core, with the same referee, who remembers nothing."""
        return copy.deepcopy(core, {id(self._referee): self._referee})

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
        self.notes = []
        difference = again(self.core, entry.record)
        self.difference = self.difference or difference
        self.at += 1
        if self.at % self._every == 0 and self.at not in self._snapshots:
            self._snapshots[self.at] = (self._copy(self.core), self.difference)
        return entry

    def run(self, until: int | None = None) -> Iterator[Entry]:
        """Step by step to the end, or until that many events have happened."""
        end = len(self.recording.entries) if until is None else min(until, len(self.recording.entries))
        while self.at < end:
            yield self.step()

    def go_to(self, number: int) -> None:
        """To the moment behind event ``number``, forward or back. Raises ``UserError`` when there is none."""
        if not 0 <= number <= len(self.recording.entries):
            raise UserError(f"there are {len(self.recording.entries)} events, no event {number}")
        if number <= self.at:
            # A copy stands before its event, so that the event itself is lived through and told.
            before = max(at for at in self._snapshots if at < max(number, 1))
            core, self.difference = self._snapshots[before]
            self.core, self.at, self.notes = self._copy(core), before, []
        for _ in self.run(number):
            pass

    def broken_rule(self) -> InvariantError | None:
        """What does not hold of what must always hold; None if all does."""
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
        candidates = list(sessions.values()) if len(sessions) == 1 else self.core.sessions.searching
        if len(candidates) == 1:
            return candidates[0]
        there = ", ".join(map(repr, sorted(sessions))) or "none"
        raise UserError(f"name the session; open behind event {self.at}: {there}")
