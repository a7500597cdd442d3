"""Encoding by many processes: one searcher, whose batch all of them encode; with two, the device works meanwhile."""

from __future__ import annotations

from daemon.schedules.course import Course, first_of
from daemon.schedules.interface import Leaf, Plan, Request


class Spread(Course):
    """Each grant is cut into as many parts as there are workers; the oldest grant is encoded first."""

    def __init__(self, cores: int, batch: int, searchers: int = 1) -> None:
        encoders = max(1, cores - 1)
        name = "spread" if searchers == 1 else f"spread-{searchers}"
        several = "" if searchers == 1 else f", {searchers} batches in turn"
        super().__init__(
            Plan(
                name,
                f"encoding spread over processes{several}",
                "the main process",
                f"{encoders} of their own, each a part of the batch",
                "the searcher for all parts, then for the device" if searchers == 1 else "each batch for itself",
                f"{searchers} batch{'es' if searchers > 1 else ''}",
                searchers,
                encoders,
                Request(batch, speculate=True),
            )
        )
        self._batch = batch

    def task_for(self, worker: int) -> tuple[Leaf, ...]:  # noqa: ARG002
        for slot in self.slots:
            left = [leaf for leaf in slot.missing if leaf not in self.being_encoded]
            if left:
                return first_of(iter(left), -(-len(slot.leaves) // self.plan.workers))
        return ()
