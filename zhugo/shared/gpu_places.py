"""Processes that have several GPUs in turn: each takes the next place when it begins."""

from __future__ import annotations

import os
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized

from daemon.evaluation.devices.gpus import VISIBLE, entry_of


def places_of(gpus: Sequence[int]) -> tuple[Sequence[int], Synchronized[int]]:
    """The arguments of ``see_one_gpu`` for the processes of one pool."""
    return gpus, get_context("spawn").Value("i", 0)


def see_one_gpu(gpus: Sequence[int], taken: Synchronized[int]) -> None:
    """Have CUDA show this process the next of these GPUs alone. Raises ``DeviceError`` for one that is not there."""
    with taken.get_lock():
        place = taken.value
        taken.value += 1
    os.environ[VISIBLE] = entry_of(gpus[place % len(gpus)], os.environ)
