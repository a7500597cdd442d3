"""Algorithm 1: the main process takes the best leaf, waits until it is encoded, and has it evaluated alone; all others
encode meanwhile what may come next.

The search itself is the sequential one, to the bit: one leaf is in flight, and a forecast changes nothing. What the
original left open:

- Whose bound is larger, of leaves under different parents? Bounds of different parents are not compared as numbers, for
  PUCT gives them no common scale. The order is that in which the search would come to the leaves if each evaluation
  were its parent's value: virtual visits decide between parents as real ones do (``daemon/core/forecast.py``).
- How are the largest that are not encoded kept? They are not: each update moves bounds everywhere, so every grant
  brings a new forecast, and what of the last one nobody has begun is forgotten.
- What of tensors that nobody uses? They wait in an LRU of ``Plan.keep``; a forecast that names them uses them. What
  falls out is counted.
"""

from __future__ import annotations

from daemon.schedules.course import Course, first_of
from daemon.schedules.interface import Leaf, Plan, Request

LOOK_AHEAD = 2
"""Leaves of a forecast for each encoder: one is being encoded, one comes next."""

KEPT = 32
"""Tensors that wait, for each encoder."""


class Ahead(Course):
    """Workers encode the granted leaf first, then the forecast, one leaf a task."""

    def __init__(self, cores: int) -> None:
        encoders = max(1, cores - 1)
        super().__init__(
            Plan(
                "ahead",
                "algorithm 1: encode ahead, evaluate alone",
                "the main process",
                f"{encoders} of their own, the granted leaf first, then the largest bounds",
                "the main process for the leaf it took, then for the device",
                "one leaf",
                1,
                encoders,
                Request(1, ahead=LOOK_AHEAD * encoders),
                keep=KEPT * encoders,
            )
        )

    def task_for(self, worker: int) -> tuple[Leaf, ...]:  # noqa: ARG002
        return first_of(self.missing(), 1) or first_of(self.wanted_ahead(), 1)
