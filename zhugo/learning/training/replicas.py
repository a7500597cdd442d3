"""A net on the devices that train it: each has a copy and learns from its share of a batch, and all step as one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor

from protocol.choices import Devices
from zhugo.learning.training.batches import Batch
from zhugo.learning.training.net import Model
from zhugo.learning.training.plan import Training
from zhugo.shared.errors import UserError

Forward = Callable[[Tensor, Tensor], tuple[Tensor, ...]]

_Found = TypeVar("_Found")


def devices_of(training: Training) -> list[torch.device]:
    """What ``Training.device`` means on this machine. Raises ``UserError`` for a GPU that is not there."""
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if training.device in ("auto", "cpu"):
        return [torch.device("cuda" if there and training.device == "auto" else "cpu")]
    try:
        numbers = Devices.parse(training.device).numbers or (0,)
    except ValueError as error:
        raise UserError(f"training.device: {error}") from None
    if not there:
        raise UserError("training.device: there is no CUDA device here")
    missing = [number for number in numbers if number >= there]
    if missing:
        raise UserError(f"training.device {training.device}: there is no GPU {missing[0]}")
    return [torch.device("cuda", number) for number in numbers]


class Replicas:
    """Copies of a module, of which the first is the one that is trained."""

    def __init__(self, module: Model, devices: Sequence[torch.device], compiled: bool) -> None:
        """``module``: on the first of the devices. Compiled: by torch, which takes a minute at the first step."""
        self.devices = list(devices)
        self.modules = [module, *(copy.deepcopy(module).to(device) for device in devices[1:])]
        self.forwards: list[Forward] = [torch.compile(one) if compiled else one for one in self.modules]
        self._others = ThreadPoolExecutor(max(1, len(devices) - 1), "replica")

    def learn(self, batch: Batch, parts: int, work: Callable[[int, Batch], _Found]) -> list[_Found]:
        """``work(k, part)`` for all of a batch: each device k has a share of it, which it takes in so many parts.

        The devices work at a time; gradients add up on the first. What comes back is in the batch's order.
        """
        shares = [(k, share) for k, share in enumerate(_cut(batch, len(self.devices))) if len(share)]
        for module in self.modules[1:]:
            module.zero_grad(set_to_none=True)

        def in_parts(k: int, share: Batch) -> list[_Found]:
            return [work(k, part) for part in _cut(share, min(parts, len(share)))]

        running = [self._others.submit(in_parts, *share) for share in shares[1:]]
        try:
            found = in_parts(*shares[0])
        finally:
            wait(running)  # whatever failed, the next attempt must find every device idle
        found += [one for of_share in running for one in of_share.result()]
        self._gather()
        return found

    def spread(self) -> None:
        """Give the copies the weights of the first."""
        with torch.no_grad():
            for module in self.modules[1:]:
                for one, first in zip(module.parameters(), self.modules[0].parameters(), strict=True):
                    one.copy_(first, non_blocking=True)

    def _gather(self) -> None:
        for module in self.modules[1:]:
            for one, first in zip(module.parameters(), self.modules[0].parameters(), strict=True):
                if one.grad is not None:
                    here = one.grad.to(first.device, non_blocking=True)
                    first.grad = here if first.grad is None else first.grad.add_(here)


def _cut(batch: Batch, count: int) -> list[Batch]:
    ends = [len(batch) * k // count for k in range(count + 1)]
    return [batch.part(begin, end) for begin, end in pairwise(ends)]
