"""Products of integers of 16 bits, of which processors multiply and add pairs by one instruction, or two.

Nothing is calibrated: a row of the first matrix and a column of the second are scaled to what they hold. A sum is an
integer of 32 bits, and ``LARGEST`` and the columns' scales are such that none is beyond it, whatever the numbers. A
pair takes the place of one number of f32. With b6c96 and real positions the win rate is off by 0.0003 in the mean, a
thirtieth of what is allowed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.evaluation.devices.vectors import WIDTH, flat_kernel, larger, largest, load, magnitude, splat, store_int16
from daemon.evaluation.devices.winograd_products import in_strips

Floats = NDArray[np.float32]

LARGEST = 16383
"""What the largest number of a row becomes: half of the bits that there are, the other half is the weights'."""

_MOST = 2**15 - 1
_F = np.float32


def quantized_weights(weights: Floats) -> tuple[Floats, Floats]:
    """Pairs and scales of b[k, depth, columns], both flat, as ``multiply`` reads them. depth is even."""
    parts, depth, columns = weights.shape
    wide = weights.astype(np.float64)
    sums, most = np.abs(wide).sum(1, keepdims=True), np.abs(wide).max(1, keepdims=True)
    by_sum = ((2**31 - 1) / LARGEST - depth) / np.where(sums > 0.0, sums, 1.0)
    scales = np.minimum(by_sum, _MOST / np.where(most > 0.0, most, 1.0))
    halves = np.rint(wide * scales).astype(np.int16).reshape(parts, depth // 2, 2, columns)
    pairs = np.ascontiguousarray(halves.transpose(0, 1, 3, 2)).view(np.float32)[..., 0]
    return in_strips(pairs, quantized=True), (1.0 / scales).astype(np.float32).ravel()


@flat_kernel
def quantize(x: Floats, rows: NDArray[np.int64], every: int, depth: int, out: Floats, scales: Floats) -> None:
    """Fill out[k, every, depth // 2] with the pairs of x[k, every, depth], and scales[k, every].

    The first rows[k] of each part are seen to. depth is a multiple of ``vectors.WIDTH``; ``out`` may be x.
    """
    for part in range(len(rows)):
        for row in range(part * every, part * every + rows[part]):
            source, target = row * depth, row * depth // 2
            most = splat(_F(0.0))
            for c in range(0, depth, WIDTH):
                most = larger(magnitude(load(x, source + c)), most)
            top = largest(most)
            scales[row] = top / _F(LARGEST)
            scale = _F(LARGEST) / top if top > _F(0.0) else _F(0.0)
            for c in range(0, depth, WIDTH):
                store_int16(out, target + c // 2, scale * load(x, source + c))
