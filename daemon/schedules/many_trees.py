"""OpenSpiel's and MiniZero's way: one process takes a leaf of each of many trees, encodes all, and has them evaluated.

No tree ever has two leaves in flight, so each search is the sequential one.
"""

from __future__ import annotations

from daemon.schedules.course import Course
from daemon.schedules.interface import Leaf, Plan, Request


class ManyTrees(Course):
    """The one process does everything but the evaluation."""

    def __init__(self, batch: int) -> None:
        super().__init__(
            Plan(
                "many-trees",
                "OpenSpiel's and MiniZero's: a leaf of each of many trees",
                "the one process, in one tree after the other",
                "the same",
                "it for the device, the device for it",
                "one batch, one leaf of a tree",
                1,
                1,
                Request(batch, per_tree=1),
                main_encodes=True,
            )
        )

    def task_for(self, worker: int) -> tuple[Leaf, ...]:  # noqa: ARG002
        return tuple(self.missing())
