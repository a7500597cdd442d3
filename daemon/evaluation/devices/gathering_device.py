"""One device for the walkers of a process: whenever it is free it takes all positions that wait, as one batch.

So KataGo batches (cpp/neuralnet/nneval.cpp): nobody waits for a batch to fill, and the busier the device, the larger
its batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import groupby

import numpy as np

from daemon.evaluation.devices.queued_device import QueuedDevice, Task, refuse
from daemon.gpu_client import Batch, Device, Result
from games import Positions
from nets import Evaluations


class GatheringDevice(QueuedDevice):
    """See the module. Positions of different shapes go to the device one batch after the other."""

    def __init__(self, device: Device) -> None:
        super().__init__(device, "gathering device")

    def serve(self) -> None:
        """See ``QueuedDevice``."""
        while (waiting := self._waiting())[-1] is not None:
            self._evaluate([task for task in waiting if task is not None])
        for task in waiting:
            if task is not None:
                refuse(task)

    def _waiting(self) -> list[Task | None]:
        """All that waits, at least one; None at the end where the device is to close."""
        waiting = [self.tasks.get()]
        while waiting[-1] is not None and not self.tasks.empty():
            waiting.append(self.tasks.get())
        return waiting

    def _evaluate(self, tasks: Sequence[Task]) -> None:
        self.clear_if_asked()
        for _, alike in groupby(sorted(tasks, key=_shape), key=_shape):
            together = list(alike)
            try:
                result = self.device.submit(_joined([batch for batch, _ in together])).result()
            except Exception as error:  # it concerns this batch alone
                for _, future in together:
                    future.set_exception(error)
                continue
            for (_, future), part in zip(together, _parts(result, [len(batch) for batch, _ in together]), strict=True):
                future.set_result(part)


def _shape(task: Task) -> tuple[int, ...]:
    """Equal for batches that can be one."""
    batch = task[0]
    return (*batch.planes.shape[1:], *batch.global_inputs.shape[1:], *batch.positions.legal.shape[1:])


def _joined(batches: Sequence[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    positions = Positions(
        *(np.concatenate([getattr(batch.positions, each.name) for batch in batches]) for each in fields(Positions))
    )
    planes, values = (
        np.concatenate([getattr(batch, name) for batch in batches]) for name in ("planes", "global_inputs")
    )
    return Batch(planes, values, positions)


def _parts(result: Result, sizes: Sequence[int]) -> list[Result]:
    """The result of each of the batches that were joined. Of what was remembered the first ones are said to be it."""
    parts, first, cached = [], 0, result.cached
    for size in sizes:
        rows = slice(first, first + size)
        seen = Evaluations(*(getattr(result.evaluations, each.name)[rows] for each in fields(Evaluations)))
        parts.append(Result(seen, result.begin, result.end, min(size, cached)))
        first, cached = first + size, cached - min(size, cached)
    return parts
