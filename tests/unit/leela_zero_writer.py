"""Leela Zero's weight files with random numbers, and what such a net says, worked out in the plainest way.

Both follow src/Network.cpp of Leela Zero: points are numbered from the bottom left, row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Lines = list[NDArray[np.float32]]


def weights(blocks: int = 2, channels: int = 6, size: int = 9, seed: int = 1) -> Lines:
    """The arrays of a file in their order."""
    rng = np.random.RandomState(seed)
    points = size * size
    policy_planes, value_planes, hidden = 2, 1, 16

    def layer(outputs: int, inputs: int, side: int) -> list[Any]:
        kernel = rng.normal(0, 1.4 / np.sqrt(inputs * side * side), outputs * inputs * side * side)
        return [kernel, rng.normal(0, 0.2, outputs), rng.normal(0, 0.2, outputs), rng.uniform(0.4, 1.6, outputs)]

    def dense(outputs: int, inputs: int) -> list[Any]:
        return [rng.normal(0, 2 / np.sqrt(inputs), outputs * inputs), rng.normal(0, 0.3, outputs)]

    lines = layer(channels, 18, 3)
    for _ in range(2 * blocks):
        lines += layer(channels, channels, 3)
    lines += layer(policy_planes, channels, 1) + dense(points + 1, policy_planes * points)
    lines += layer(value_planes, channels, 1) + dense(hidden, value_planes * points) + dense(1, hidden)
    return [np.asarray(line, np.float32) for line in lines]


def write(lines: Lines, version: int = 1) -> bytes:
    """The content of the file, not packed."""
    text = [str(version), *(" ".join(f"{value:.9g}" for value in line.tolist()) for line in lines)]
    return ("\n".join(text) + "\n").encode()


def evaluate(lines: Lines, planes: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Policy logits, points from the bottom left and then the pass, and tanh of the value's output, version 1.

    planes: [18, size, size], the bottom row first.
    """
    size = planes.shape[1]
    left = [line.astype(np.float64) for line in lines]

    def layer(x: NDArray[np.float64], side: int) -> NDArray[np.float64]:
        kernel, bias, mean, variance = (left.pop(0) for _ in range(4))
        outputs, reach = len(bias), side // 2
        kernel = kernel.reshape(outputs, len(x), side, side)
        padded = np.pad(x, ((0, 0), (reach, reach), (reach, reach)))
        y = np.zeros((outputs, size, size))
        for down in range(side):
            for across in range(side):
                y += np.einsum(
                    "oi,ihw->ohw", kernel[:, :, down, across], padded[:, down : down + size, across : across + size]
                )
        scale = 1 / np.sqrt(variance + 1e-5)
        return (y + (bias - mean)[:, None, None]) * scale[:, None, None]

    def dense(x: NDArray[np.float64]) -> NDArray[np.float64]:
        kernel, bias = left.pop(0), left.pop(0)
        return kernel.reshape(len(bias), len(x)) @ x + bias

    x = np.maximum(layer(planes, 3), 0)
    while len(left) > 14:
        x = np.maximum(layer(np.maximum(layer(x, 3), 0), 3) + x, 0)
    policy = dense(np.maximum(layer(x, 1), 0).ravel())
    hidden = np.maximum(dense(np.maximum(layer(x, 1), 0).ravel()), 0)
    return policy, float(np.tanh(dense(hidden)[0]))
