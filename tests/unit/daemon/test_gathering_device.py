"""One device for many walkers: what waits goes together, and everybody gets their own results."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import numpy as np
import pytest

from daemon.evaluation.devices.emulated import outputs
from daemon.evaluation.devices.evaluation_cache import CachedDevice
from daemon.evaluation.devices.gathering_device import GatheringDevice
from daemon.gpu_client import Batch, Result
from tests.unit.daemon.batches import Hashing, boards


class Held(Hashing):
    """Works on nothing before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.began = threading.Event()

    def submit(self, batch: Batch) -> Future[Result]:
        self.began.set()
        assert self.let_go.wait(60.0)
        if len(batch) > 5:
            raise ValueError("too many")
        return super().submit(batch)


def value(batch: Batch) -> np.ndarray:  # type: ignore[type-arg]
    return outputs(batch, "hashed").value


def test_what_comes_while_the_device_works_is_its_next_batch() -> None:
    inner = Held()
    device = GatheringDevice(inner)
    batches = [boards(1 + number % 2, seed=number) for number in range(4)]
    first = device.submit(batches[0])
    assert inner.began.wait(60.0)
    others = [device.submit(batch) for batch in batches[1:]]
    inner.let_go.set()
    for batch, asked in zip(batches, [first, *others], strict=True):
        assert np.array_equal(asked.result(60.0).evaluations.value, value(batch))
    device.close()
    assert inner.sizes == [1, 5]


def test_a_batch_that_fails_is_told_to_all_of_it_and_to_nobody_else() -> None:
    inner = Held()
    device = GatheringDevice(inner)
    first = device.submit(boards(1))
    assert inner.began.wait(60.0)
    others = [device.submit(boards(3, seed=seed)) for seed in range(2)]
    inner.let_go.set()
    assert len(first.result(60.0).evaluations.value) == 1
    for asked in others:
        with pytest.raises(ValueError, match="too many"):
            asked.result(60.0)
    assert len(device.submit(boards(2)).result(60.0).evaluations.value) == 2
    device.close()


def test_boards_of_several_sizes_go_one_after_the_other() -> None:
    inner = Held()
    device = GatheringDevice(inner)
    first = device.submit(boards(1))
    assert inner.began.wait(60.0)
    batches = [boards(1, seed, 3, width) for seed, width in enumerate((4, 5, 4))]
    others = [device.submit(batch) for batch in batches]
    inner.let_go.set()
    first.result(60.0)
    for batch, asked in zip(batches, others, strict=True):
        assert np.array_equal(asked.result(60.0).evaluations.value, value(batch))
    device.close()
    assert sorted(inner.sizes) == [1, 1, 2]


def test_what_is_remembered_counts_once_and_is_evaluated_anew_when_asked() -> None:
    inner = Hashing()
    device = GatheringDevice(CachedDevice(inner, 1 << 20))
    assert [device.submit(boards(2)).result(60.0).cached for _ in range(2)] == [0, 2]
    device.clear_evaluations()
    assert device.submit(boards(2)).result(60.0).cached == 0
    device.close()
