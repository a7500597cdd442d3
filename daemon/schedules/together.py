"""Algorithm 2: as many leaves as there are cores, of the largest bounds, are encoded at once and evaluated together.

The original asks whether a concentrated choice bends the estimate and a broad one makes the search shallow. Which of
them it is, the session's collision rule says: "uncapped" concentrates, "virtual-loss" spreads, "capped" takes fewer.
"""

from __future__ import annotations

from daemon.schedules.course import Course, first_of
from daemon.schedules.interface import Leaf, Plan, Request


class Together(Course):
    """Every core has one leaf, the main process's own among them; then all wait for the device."""

    def __init__(self, cores: int) -> None:
        super().__init__(
            Plan(
                "together",
                "algorithm 2: as many leaves as cores at once",
                "the main process",
                "every core one leaf",
                "all for the device, the device for all",
                "one batch, of as many leaves as cores",
                1,
                cores,
                Request(cores),
                main_encodes=True,
                collisions="uncapped",
            )
        )

    def task_for(self, worker: int) -> tuple[Leaf, ...]:  # noqa: ARG002
        return first_of(self.missing(), 1)
