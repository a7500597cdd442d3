"""The emulated device: one queue for all, worked off in order; outputs that depend on the leaf alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.evaluation.devices.emulated import EmulatedDevice, Emulation, outputs
from daemon.gpu_client import Batch, take
from games import Positions


class TurnedClock:
    """Time that passes only when somebody sleeps or turns it."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.time += seconds


def a_batch(leaves: int, seed: int = 0, points: int = 6) -> Batch:
    rng = np.random.default_rng(seed)
    legal = rng.random((leaves, points + 1)) < 0.7
    legal[:, -1] = True
    zeros = np.zeros(leaves, np.float32)
    positions = Positions(np.ones(leaves, np.int8), np.zeros(leaves, np.bool_), zeros, zeros, legal)
    planes = rng.integers(0, 2, (leaves, 4, 2, points // 2)).astype(np.float32)
    return Batch(planes, rng.random((leaves, 3)).astype(np.float32), positions)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


def test_batches_of_all_searchers_are_worked_off_in_the_order_submitted(tmp_path: Path, clock: TurnedClock) -> None:
    emulation = Emulation(latency=0.010, latency_per_leaf=0.001)
    one, two = (EmulatedDevice(tmp_path / "device", emulation, clock=clock) for _ in range(2))
    first = one.submit(a_batch(5))
    second = two.submit(a_batch(10))
    third = one.submit(a_batch(1))
    assert clock.time == 100.0, "submitting takes no time"
    done = [pending.result() for pending in (first, second, third)]
    assert [(r.begin, r.end) for r in done] == [
        (pytest.approx(100.0), pytest.approx(100.015)),
        (pytest.approx(100.015), pytest.approx(100.035)),
        (pytest.approx(100.035), pytest.approx(100.046)),
    ]
    assert clock.time == pytest.approx(100.046)
    clock.sleep(1.0)
    late = two.submit(a_batch(1)).result()
    assert late.begin == pytest.approx(101.046), "an idle device begins at once"
    one.close()
    two.close()


def test_a_result_is_not_there_before_its_time(tmp_path: Path, clock: TurnedClock) -> None:
    device = EmulatedDevice(tmp_path / "device", Emulation(latency=1.0), clock=clock)
    pending = device.submit(a_batch(2))
    with pytest.raises(TimeoutError):
        pending.result(timeout=0.4)
    assert clock.time == pytest.approx(100.4)
    assert pending.result(timeout=0.7).end == pytest.approx(101.0)
    assert clock.time == pytest.approx(101.0)
    assert pending.result().end == pytest.approx(101.0), "and it stays"
    device.close()


@given(st.integers(1, 30), st.integers(0, 1000), st.data())
def test_a_leaf_is_worth_the_same_in_every_batch(leaves: int, seed: int, data: st.DataObject) -> None:
    batch = a_batch(leaves, seed)
    rows = np.array(data.draw(st.lists(st.integers(0, leaves - 1), min_size=1, max_size=40)))
    part = Batch(batch.planes[rows], batch.global_inputs[rows], take(batch.positions, rows))
    whole, some = outputs(batch, "hashed"), outputs(part, "hashed")
    for name in ("value", "lead", "priors", "ownership"):
        assert np.array_equal(getattr(whole, name)[rows], getattr(some, name))


@pytest.mark.parametrize("kind", ["hashed", "uniform"])
def test_outputs_are_sound(kind: str) -> None:
    batch = a_batch(200)
    made = outputs(batch, kind)  # type: ignore[arg-type]
    assert np.all(np.abs(made.value) <= 1)
    assert np.all(np.abs(made.ownership) <= 1)
    assert made.ownership.shape == (200, 6)
    assert np.allclose(made.priors.sum(axis=1), 1)
    assert np.all((made.priors > 0) == batch.positions.legal)


def test_different_inputs_have_different_worth() -> None:
    batch = a_batch(100)
    assert len(np.unique(outputs(batch, "hashed").value)) == 100
    for changed in ("planes", "global_inputs"):
        other = Batch(batch.planes.copy(), batch.global_inputs.copy(), batch.positions)
        getattr(other, changed).reshape(100, -1)[:, 1] += 1.0
        assert not np.any(outputs(other, "hashed").value == outputs(batch, "hashed").value)


def test_uniform_knows_nothing() -> None:
    made = outputs(a_batch(3), "uniform")
    assert not made.value.any()
    assert not made.lead.any()
    assert not made.ownership.any()
