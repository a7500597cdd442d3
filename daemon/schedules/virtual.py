"""Algorithm 3: virtual bounds predict the next batch, which is encoded while the device is at this one.

A child's value is assumed to be its parent's, and virtual visits move its bound (``daemon/core/forecast.py``). When
real values are back the next batch is selected by real bounds, and filled up by virtual ones: of what was predicted
rightly nothing is left to encode. Walks that end on a virtual node only count.
"""

from __future__ import annotations

from daemon.schedules.course import Course, first_of
from daemon.schedules.interface import Leaf, Plan, Request

MORE = 2
"""Leaves of a forecast for each of a batch, so that some may be wrong."""

KEPT = 4
"""Tensors that wait, for each leaf of a batch."""


class Virtual(Course):
    """Workers encode what is granted and not encoded, in equal parts; then the forecast, one leaf a task."""

    def __init__(self, cores: int, batch: int) -> None:
        encoders = max(1, cores - 1)
        super().__init__(
            Plan(
                "virtual",
                "algorithm 3: a predicted batch is encoded ahead",
                "the main process, by virtual bounds ahead and by real ones then",
                f"{encoders} of their own",
                "the main process for what was not predicted, then for the device",
                "one batch; the next one's prediction is encoded",
                1,
                encoders,
                Request(batch, speculate=True, ahead=MORE * batch),
                keep=KEPT * batch,
            )
        )

    def task_for(self, worker: int) -> tuple[Leaf, ...]:  # noqa: ARG002
        return first_of(self.missing(), self._part()) or first_of(self.wanted_ahead(), 1)

    def _part(self) -> int:
        """An equal part, for the workers that have nothing to do, of what is missing."""
        idle = self.plan.workers - len(self.tasks)
        return -(-sum(1 for _ in self.missing()) // max(1, idle))
