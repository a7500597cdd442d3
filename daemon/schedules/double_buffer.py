"""Algorithm 4: searchers that each select, encode, submit and update a batch of their own, and share the device.

With two, half a beat apart, the device is at one's batch while the other prepares its next. With one and one leaf it is
the sequential search.
"""

from __future__ import annotations

from daemon.schedules.course import Course
from daemon.schedules.interface import Leaf, Plan, Request


class DoubleBuffer(Course):
    """Worker i is searcher i: it encodes the whole grant of slot i."""

    workers_are_alike = False

    def __init__(self, searchers: int, batch: int) -> None:
        waits = "it for the device, the device for it" if searchers == 1 else "each searcher for its own batch"
        super().__init__(
            Plan(
                f"double-buffer-{searchers}",
                f"algorithm 4 with {searchers} searcher{'s' if searchers > 1 else ''}",
                "the master, for each searcher",
                "each searcher its own batch",
                waits,
                f"{searchers} batch{'es' if searchers > 1 else ''}",
                searchers,
                searchers,
                Request(batch, speculate=batch > 1),
            )
        )

    def task_for(self, worker: int) -> tuple[Leaf, ...]:
        return tuple(leaf for leaf in self.slots[worker].missing if leaf not in self.being_encoded)


class Sequential(Course):
    """One leaf at a time, by one process."""

    def __init__(self) -> None:
        super().__init__(
            Plan(
                "sequential",
                "one leaf at a time",
                "the one process",
                "the same",
                "it for the device, the device for it",
                "one leaf",
                1,
                1,
                Request(1),
                main_encodes=True,
            )
        )

    def task_for(self, worker: int) -> tuple[Leaf, ...]:  # noqa: ARG002
        return tuple(self.missing())
