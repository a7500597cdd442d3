"""KataGo's way: many walkers of one leaf each under virtual loss; the device takes what it finds whenever it is free.

KataGo's walkers are threads that lock single nodes (cpp/search/search.cpp, cpp/neuralnet/nneval.cpp); here they ask the
one process that owns the tree, which is what a walk costs in either.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon.schedules.course import Course
from daemon.schedules.interface import Leaf, Plan, Request


class Threads(Course):
    """Walker i encodes its own leaf. A batch holds what is ready when the device is free."""

    workers_are_alike = False

    def __init__(self, threads: int) -> None:
        super().__init__(
            Plan(
                "threads",
                f"KataGo's: {threads} threads with virtual loss",
                "every thread for itself",
                "every thread its own leaf",
                "each thread for its own leaf",
                f"{threads} leaves; one batch at the device",
                threads,
                threads,
                Request(1),
                collisions="virtual-loss",
            )
        )

    def task_for(self, worker: int) -> tuple[Leaf, ...]:
        return tuple(leaf for leaf in self.slots[worker].missing if leaf not in self.being_encoded)

    def batches(self) -> Sequence[tuple[int, ...]]:
        ready = tuple(number for number, slot in enumerate(self.slots) if slot.is_ready)
        return [ready] if ready and not self.at_device else []
