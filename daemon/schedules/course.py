"""What all schedules have in common: a grant is encoded, submitted, evaluated, updated, and the next is asked for.

They differ in their plan and in two answers: what an idle worker encodes next, and which grants go to the device now.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from daemon.schedules.interface import (
    Action,
    Ask,
    Counts,
    Drop,
    Encode,
    Encoded,
    Evaluated,
    Event,
    Granted,
    Leaf,
    Plan,
    Revoked,
    ScheduleError,
    Submit,
    Update,
    WorkerLost,
)
from daemon.schedules.tensors import WaitingTensors


@dataclass
class Slot:
    """One slot. ``leaves``: of its grant, empty while it has asked. ``missing``: those of them that are not encoded, in
    the order in which they were granted.
    """

    leaves: tuple[Leaf, ...] = ()
    missing: dict[Leaf, None] = field(default_factory=dict)
    submitted: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether its grant can go to the device."""
        return bool(self.leaves) and not self.missing and not self.submitted


class Course(ABC):
    """A ``Schedule`` but for its two answers."""

    workers_are_alike: ClassVar[bool] = True
    """Whether any idle worker may encode any leaf; otherwise each has leaves of its own."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.counts = Counts()
        self.slots = [Slot() for _ in range(plan.slots)]
        self.tasks: dict[int, tuple[Leaf, ...]] = {}
        """What each busy worker encodes."""
        self.being_encoded: set[Leaf] = set()
        self.waiting = WaitingTensors(plan.keep)
        self.forecast: tuple[Leaf, ...] = ()
        """What may be wanted next, by the newest grant that said so."""
        self._passed = 0
        """The first so many leaves of it need no worker, unless something is lost."""
        self._dropped: list[Leaf] = []

    @abstractmethod
    def task_for(self, worker: int) -> tuple[Leaf, ...]:
        """What this idle worker is to encode now; nothing that is encoded or being encoded."""

    def batches(self) -> Sequence[tuple[int, ...]]:
        """Grants that go to the device now, as slots; all of a batch are ready."""
        return [(number,) for number, slot in enumerate(self.slots) if slot.is_ready]

    def begin(self) -> Sequence[Action]:
        """See ``Schedule``."""
        return [Ask(number, self.plan.request) for number in range(self.plan.slots)]

    def hear(self, event: Event) -> Sequence[Action]:
        """See ``Schedule``."""
        actions: list[Action] = []
        match event:
            case Granted(slot, leaves, ahead):
                self._granted(self.slots[slot], leaves, ahead)
            case Encoded(worker):
                self._encoded(worker)
            case Evaluated(slots):
                actions += [self._evaluated(slot) for slot in slots]
            case WorkerLost(worker):
                self.being_encoded.difference_update(self.tasks.pop(worker, ()))
                self._passed = 0
            case Revoked(slot):
                self._revoked(slot)
                actions.append(Ask(slot, self.plan.request))
        if self._dropped:
            actions.insert(0, Drop(tuple(self._dropped)))
            self._dropped = []
        actions += self._encodings()
        for batch in self.batches():
            actions.append(self._submit(batch))
        self.counts.most = max(self.counts.most, self.tensors)
        return actions

    @property
    def tensors(self) -> int:
        """See ``Schedule``."""
        return len(self.waiting) + sum(len(slot.leaves) - len(slot.missing) for slot in self.slots)

    @property
    def at_device(self) -> int:
        """Grants that were submitted and are not back."""
        return sum(slot.submitted for slot in self.slots)

    def missing(self) -> Iterator[Leaf]:
        """Leaves of grants that nobody encodes yet, by slot."""
        for slot in self.slots:
            yield from (leaf for leaf in slot.missing if leaf not in self.being_encoded)

    def wanted_ahead(self) -> Iterator[Leaf]:
        """Leaves of the newest forecast that are neither encoded nor being encoded, the likeliest first."""
        held = {leaf for slot in self.slots for leaf in slot.leaves}
        for place in range(self._passed, len(self.forecast)):
            leaf = self.forecast[place]
            if leaf not in self.waiting and leaf not in self.being_encoded and leaf not in held:
                yield leaf
            elif place == self._passed:
                self._passed += 1

    def check(self) -> None:
        """See ``Schedule``."""
        counts = self.counts
        kept = counts.encoded - counts.used - counts.dropped
        _require(kept == self.tensors, f"{kept} tensors should exist where {self.tensors} do")
        _require(len(self.waiting) <= self.plan.keep, f"{len(self.waiting)} tensors wait where {self.plan.keep} may")
        held = [leaf for slot in self.slots for leaf in slot.leaves]
        _require(len(held) == len(set(held)), "a leaf is granted to two slots")
        _require(self.being_encoded == {leaf for task in self.tasks.values() for leaf in task}, "a task is lost")
        _require(sum(map(len, self.tasks.values())) == len(self.being_encoded), "a leaf is encoded twice at a time")
        _require(bool(self.tasks) or not any(True for _ in self.missing()), "granted leaves wait, and nobody encodes")

    def _granted(self, slot: Slot, leaves: tuple[Leaf, ...], ahead: tuple[Leaf, ...]) -> None:
        if slot.leaves or not leaves:
            raise ScheduleError("a grant without leaves, or for a slot that has one")
        slot.leaves = leaves
        self.counts.granted += len(leaves)
        self.counts.predicted += len(ahead)
        for leaf in leaves:
            if leaf in self.waiting:
                self.waiting.take(leaf)
                self.counts.ready += 1
            else:
                self.counts.begun += leaf in self.being_encoded
                slot.missing[leaf] = None
        if ahead:
            self.forecast, self._passed = ahead, 0
            self.waiting.touch(ahead)

    def _encoded(self, worker: int) -> None:
        for leaf in self.tasks.pop(worker):
            self.being_encoded.discard(leaf)
            self.counts.encoded += 1
            holder = next((slot for slot in self.slots if leaf in slot.missing), None)
            if holder is None:
                self._keep(leaf)
            else:
                del holder.missing[leaf]

    def _evaluated(self, number: int) -> Update:
        slot = self.slots[number]
        _require(slot.submitted, f"slot {number} has nothing at the device")
        self.counts.used += len(slot.leaves)
        self.slots[number] = Slot()
        return Update(number, self.plan.request)

    def _revoked(self, number: int) -> None:
        """Its tensors wait, for its leaves may be granted again."""
        slot = self.slots[number]
        self.slots[number] = Slot()
        self._passed = 0
        for leaf in slot.leaves:
            if leaf not in slot.missing:
                self._keep(leaf)

    def _keep(self, leaf: Leaf) -> None:
        gone = self.waiting.put(leaf)
        self.counts.dropped += len(gone)
        self._dropped += gone
        if gone:
            self._passed = 0

    def _encodings(self) -> Iterator[Encode]:
        for worker in range(self.plan.workers):
            if worker in self.tasks:
                continue
            if leaves := self.task_for(worker):
                self.tasks[worker] = leaves
                self.being_encoded.update(leaves)
                yield Encode(worker, leaves)
            elif self.workers_are_alike:
                return

    def _submit(self, batch: tuple[int, ...]) -> Submit:
        for number in batch:
            self.slots[number].submitted = True
            self.counts.submitted += len(self.slots[number].leaves)
        self.counts.batches += 1
        return Submit(batch)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ScheduleError(what)


def first_of(leaves: Iterator[Leaf], most: int) -> tuple[Leaf, ...]:
    """Up to so many of them."""
    return tuple(leaf for leaf, _ in zip(leaves, range(most), strict=False))
