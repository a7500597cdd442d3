"""One device for several threads: everybody gets their own results, and a batch that fails concerns nobody else."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from daemon.evaluation.devices.emulated import outputs
from daemon.evaluation.devices.evaluation_cache import CachedDevice
from daemon.evaluation.devices.shared_device import SharedDevice
from daemon.gpu_client import Batch, Result
from tests.unit.daemon.batches import Hashing, boards


class Choosy(Hashing):
    """Takes no batch of three, and is in trouble with one of four."""

    def submit(self, batch: Batch) -> Future[Result]:
        if len(batch) == 3:
            raise ValueError("three are too many")
        if len(batch) == 4:
            failed: Future[Result] = Future()
            failed.set_exception(RuntimeError("four are too many"))
            return failed
        return super().submit(batch)


def test_each_thread_gets_its_own_results() -> None:
    device = SharedDevice(CachedDevice(Hashing(), 1 << 20))

    def work(seed: int) -> None:
        for number in range(20):
            batch = boards(1 + number % 3, seed=100 * seed + number % 7)
            result = device.submit(batch).result(60.0)
            assert np.array_equal(result.evaluations.value, outputs(batch, "hashed").value)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(work, seed) for seed in range(4)]:
            done.result()
    device.close()


def test_a_batch_that_fails_concerns_nobody_else() -> None:
    device = SharedDevice(Choosy())
    asked = [device.submit(boards(leaves)) for leaves in (1, 3, 4, 2)]
    assert len(asked[0].result(60.0).evaluations.value) == 1
    with pytest.raises(ValueError, match="three are too many"):
        asked[1].result(60.0)
    with pytest.raises(RuntimeError, match="four are too many"):
        asked[2].result(60.0)
    assert len(asked[3].result(60.0).evaluations.value) == 2
    device.close()


def test_what_is_remembered_is_evaluated_anew_when_asked() -> None:
    inner = Hashing()
    device = SharedDevice(CachedDevice(inner, 1 << 20))
    for _ in range(2):
        device.submit(boards(2)).result(60.0)
    device.clear_evaluations()
    device.submit(boards(2)).result(60.0)
    device.close()
    assert inner.sizes == [2, 2]
