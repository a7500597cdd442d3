"""The inbound messages of a recording as a schedule, of which any part can be fed to a core.

What a searcher brings depends on what it was given: an update names a grant, and has a row for each of its leaves. When
other messages are left out, the grants are others, too. So an update gets the number of the grant that its searcher
holds now, and for each leaf the evaluation that the recording has of it. What came too late comes too late again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from daemon.core.answers import Answers
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import records_of
from daemon.replay.step import raise_first
from protocol import messages as m
from protocol.trace import Event
from zhugo.debugger.reading.recording import Recording

NO_GRANT = 0
"""The core counts grants from 1."""

_COLUMNS = ("to_play", "terminal", "value", "lead", "priors")

Leaf = tuple[bytes, tuple[int, ...]]
"""Game and specification, and the record."""


@dataclass(frozen=True)
class ScheduledMessage:
    """One message to the core, at its time.

    ``leaves``: of an update or a failure, those of the grant that it names. ``late``: the core refused it.
    """

    time: float
    sender: bytes
    message: m.Inbound
    leaves: tuple[Leaf, ...] = ()
    late: bool = False


class Schedule:
    """``scheduled``: all that a recording's core was told."""

    def __init__(self, recording: Recording) -> None:
        self._known: dict[Leaf, tuple[m.Update, int]] = {}
        self.scheduled = list(self._read(recording))

    def _read(self, recording: Recording) -> Iterator[ScheduledMessage]:
        granted: dict[int, m.Grant] = {}
        for entry in recording.entries:
            if not isinstance(entry.record, Event) or (message := entry.inbound) is None:
                continue
            scheduled = ScheduledMessage(entry.record.time, entry.sender, message)
            if isinstance(message, m.Update | m.Failed):
                late = any(isinstance(answer, m.Refused | m.Revoked) for _, answer in entry.outbound)
                scheduled = replace(scheduled, leaves=leaves_of(granted.get(message.grant)), late=late)
            if isinstance(message, m.Update) and not scheduled.late:
                for row, leaf in enumerate(scheduled.leaves):
                    self._known.setdefault(leaf, (message, row))
            granted |= {answer.grant: answer for _, answer in entry.outbound if isinstance(answer, m.Grant)}
            yield scheduled

    def fitted(self, scheduled: ScheduledMessage, grant: m.Grant | None) -> m.Inbound:
        """The message as somebody would bring it who was given this grant."""
        message = scheduled.message
        if not isinstance(message, m.Update | m.Failed):
            return message
        if isinstance(message, m.Update) and grant is not None and (leaves := leaves_of(grant)) != scheduled.leaves:
            message = self._evaluated(message, leaves)
        return msgspec.structs.replace(message, grant=NO_GRANT if grant is None else grant.grant)

    def _evaluated(self, update: m.Update, leaves: tuple[Leaf, ...]) -> m.Update:
        """The update with these leaves. One that the recording has no evaluation of borrows one of the update's own."""
        own = len(update.to_play)
        rows = [self._known.get(leaf, (update, row % own)) for row, leaf in enumerate(leaves) if own]
        if len({source.priors.shape[1] for source, _ in rows}) != 1:
            return update  # it is of another game; the core refuses it
        owned = {source.ownership.shape[1] for source, _ in rows}
        at = [row for _, row in rows]
        changed = {name: np.stack([getattr(source, name)[row] for source, row in rows]) for name in _COLUMNS}
        if len(owned) == 1 and owned != {0}:
            changed["ownership"] = np.stack([source.ownership[row] for source, row in rows])
        else:
            changed["ownership"] = np.zeros((0, 0), np.float32)
        changed["score"] = _gathered([source.score for source, _ in rows], at, np.full(2, np.nan, np.float32))
        changed["errors"] = _gathered([source.errors for source, _ in rows], at, np.full(2, np.nan, np.float32))
        for name in ("patterns", "keys"):
            changed[name] = _gathered([getattr(source, name) for source, _ in rows], at, np.zeros((), np.uint64))
        return msgspec.structs.replace(update, **changed, cached=0)


def _gathered(arrays: list[NDArray[Any]], rows: list[int], absent: NDArray[Any]) -> NDArray[Any]:
    """Row i from array i. ``absent``: that of an array without rows; where no array has any, neither has this."""
    if not any(len(array) for array in arrays):
        return arrays[0]
    return np.stack([array[row] if len(array) else absent for array, row in zip(arrays, rows, strict=True)])


def leaves_of(grant: m.Grant | None) -> tuple[Leaf, ...]:
    """The leaves of a grant; of none, none."""
    if grant is None:
        return ()
    ends = [part.first for part in grant.parts[1:]] + [len(grant.offsets) - 1]
    games = [
        msgspec.msgpack.encode((grant.game, part.spec))
        for part, end in zip(grant.parts, ends, strict=True)
        for _ in range(part.first, end)
    ]
    return tuple(zip(games, map(tuple, records_of(grant)), strict=True))


class Feed:
    """A core that is told parts of a schedule."""

    def __init__(self, core: Scheduler, schedule: Schedule) -> None:
        self._core, self._schedule = core, schedule
        self._given: dict[bytes, list[m.Grant]] = {}

    def fitted(self, scheduled: ScheduledMessage) -> m.Inbound:
        """The message as its sender would bring it now."""
        return self._schedule.fitted(scheduled, self._named(scheduled))

    def tell(self, scheduled: ScheduledMessage, message: m.Inbound) -> Answers:
        """One event. Raises whatever the core raises, contained or not."""
        answers = self._core.handle(scheduled.sender, message, scheduled.time)
        raise_first(self._core.faults)
        for receiver, answer in answers:
            if isinstance(answer, m.Grant):
                self._given.setdefault(receiver, []).append(answer)
        return answers

    def _named(self, scheduled: ScheduledMessage) -> m.Grant | None:
        """The grant that this is about: the one that its sender holds, or, if it is late, one that it held before."""
        given = self._given.get(scheduled.sender, [])
        holds = scheduled.sender in self._core.tickets.live
        if holds and not scheduled.late:
            return given[-1]
        before = given[:-1] if holds else given
        same = (grant for grant in reversed(before) if leaves_of(grant) == scheduled.leaves)
        return next(same, before[-1] if before else None)
