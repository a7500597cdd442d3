"""The places of a pool's processes: each takes the next one when it begins, and so has its own of several GPUs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized

from daemon.evaluation.devices.gpus import VISIBLE, entry_of


def places() -> Synchronized[int]:
    """For the processes of one pool; how many are taken."""
    return get_context("spawn").Value("i", 0)


def next_place(taken: Synchronized[int]) -> int:
    """Take one: 0 for the first that asks."""
    with taken.get_lock():
        place: int = taken.value
        taken.value += 1
    return place


def see_one_gpu(gpus: Sequence[int], taken: Synchronized[int]) -> None:
    """Have CUDA show this process the next of these GPUs alone. Raises ``DeviceError`` for one that is not there."""
    os.environ[VISIBLE] = entry_of(gpus[next_place(taken) % len(gpus)], os.environ)
