"""Vectors in numba's kernels calculate what numpy calculates, at any place of an array."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from daemon.evaluation.devices.vectors import WIDTH, larger, load, splat, store

Floats = NDArray[np.float32]


@njit
def calculated(a: Floats, b: Floats, at: int, out: Floats) -> None:
    """Every operation there is, each into a row of ``out``."""
    x, y, two = load(a, at), load(b, at), np.float32(2)
    store(out, 0, x + y)
    store(out, WIDTH, x - y)
    store(out, 2 * WIDTH, x * y)
    store(out, 3 * WIDTH, larger(x, y))
    store(out, 4 * WIDTH, two + x)
    store(out, 5 * WIDTH, two - x)
    store(out, 6 * WIDTH, two * x)
    store(out, 7 * WIDTH, splat(two))


@pytest.mark.parametrize("at", [0, 1, 7, WIDTH])
def test_every_operation(at: int) -> None:
    rng = np.random.default_rng(at)
    a, b = (rng.normal(size=3 * WIDTH).astype(np.float32) for _ in range(2))
    out = np.full(8 * WIDTH + 1, 5, np.float32)
    calculated(a, b, at, out)
    x, y = (numbers[at : at + WIDTH] for numbers in (a, b))
    expected = [x + y, x - y, x * y, np.maximum(x, y), 2 + x, 2 - x, 2 * x, np.full(WIDTH, 2, np.float32)]
    np.testing.assert_array_equal(out[:-1].reshape(8, WIDTH), expected)
    assert out[-1] == 5
