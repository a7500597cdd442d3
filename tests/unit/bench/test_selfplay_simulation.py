"""The simulated machines: what can be said without a simulation must come out of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.selfplay_simulation import Machine, Times, simulated

TIMES = Times(host=30e-6, cpu_device=50e-6, writer=20e-6, gpu_batch=0.0, gpu_leaf=10e-6, visits=100.0, batch=64)


@pytest.mark.parametrize("cores", [1, 2, 6, 96])
def test_cores_alone_add_up(cores: int) -> None:
    found = simulated(Machine(cores, 0), TIMES)
    assert found["positions_per_s"] == pytest.approx(cores / (80e-6 * 100))
    assert found["limit"] == "cores"


def test_a_core_that_is_slower_than_its_gpu_limits() -> None:
    found = simulated(Machine(2, 1), TIMES)
    assert found["workers"] == 1
    assert found["positions_per_s"] == pytest.approx(1 / (30e-6 * 100), rel=0.02)
    assert (found["limit"], found["gpus_busy"]) == ("cores", pytest.approx(1 / 3, rel=0.03))


def test_a_gpu_that_is_slower_than_its_cores_limits() -> None:
    found = simulated(Machine(12, 1), TIMES)
    assert found["positions_per_s"] == pytest.approx(1 / (10e-6 * 100), rel=0.02)
    assert found["limit"] == "GPUs"


def test_gpus_share_the_workers() -> None:
    one, two = (simulated(Machine(24, gpus), TIMES)["positions_per_s"] for gpus in (1, 2))
    assert two == pytest.approx(2 * one, rel=0.02)


def test_the_writer_limits_at_last() -> None:
    found = simulated(Machine(96, 8), replace(TIMES, writer=1e-3))
    assert found["positions_per_s"] == pytest.approx(1000.0)
    assert found["limit"] == "writer"
