"""What a score is worth beside winning: KataGo's static and dynamic score utility.

A final score x is worth 2/pi * atan((x - center) / scale), between -1 and 1, so that a point counts less the further
away it is from the center. A score that is known by its mean and standard deviation is worth the expectation of that
under a normal distribution (KataGo, cpp/neuralnet/nninputs.cpp, ``ScoreValue::expectedWhiteScoreValue``). The static
one has its center at 0 and a scale of 2 * sqrt(area); the dynamic one has its center near the score that the search
expects, and so keeps a won game from being thrown away by points and a lost one from being given up.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daemon.core.elementary import arctangent, exponential_of_minus
from daemon.core.kernels import inlined_kernel, kernel

_STEPS = 16
"""Entries of the table for each scale that a mean or a deviation is wide."""

_MEANS, _DEVIATIONS = 12 * _STEPS + 1, 6 * _STEPS + 1

_TWO_OVER_PI = 0.6366197723675814

STATIC_SCALE = 2.0
"""The static utility's scale, in square roots of the board's area."""


class ScoreUtility(NamedTuple):
    """How much scores count. ``center`` in points, Black's side; the scales in points, above 0."""

    static_factor: float
    dynamic_factor: float
    center: float
    static_scale: float
    dynamic_scale: float


@cache
def expectations() -> NDArray[np.float64]:
    """[mean, deviation] -> the expected worth of a score, center 0 and scale 1; both in steps of 1/16 from 0 on."""
    table = np.zeros((_MEANS, _DEVIATIONS))
    _fill(table)
    return table


@kernel
def _fill(table: NDArray[np.float64]) -> None:
    weights = 0.0
    for k in range(-20, 21):
        z = k / 5.0
        weight = exponential_of_minus(z * z / 2.0)
        weights += weight
        for i in range(table.shape[0]):
            for j in range(table.shape[1]):
                table[i, j] += weight * arctangent((i + j * z) / _STEPS)
    table *= _TWO_OVER_PI / weights


@inlined_kernel
def _expected(mean: float, deviation: float, table: NDArray[np.float64]) -> float:
    """By interpolation; beyond the table's ends it stays as it is there."""
    x = min(abs(mean) * _STEPS, _MEANS - 1.001)
    y = min(deviation * _STEPS, _DEVIATIONS - 1.001)
    i, j = int(x), int(y)
    across, along = x - i, y - j
    low = table[i, j] + along * (table[i, j + 1] - table[i, j])
    high = table[i + 1, j] + along * (table[i + 1, j + 1] - table[i + 1, j])
    size = low + across * (high - low)
    return float(size if mean >= 0.0 else -size)


@kernel
def score_utility(score: float, squared: float, u: ScoreUtility, table: NDArray[np.float64]) -> float:
    """The utility of a score with this mean and mean square, Black's side, beside that of winning."""
    variance = squared - score * score
    deviation = math.sqrt(variance) if variance > 0.0 else 0.0
    static = u.static_factor * _expected(score / u.static_scale, deviation / u.static_scale, table)
    distance = score - u.center
    dynamic = u.dynamic_factor * _expected(distance / u.dynamic_scale, deviation / u.dynamic_scale, table)
    return float(static + dynamic)


@kernel
def score_slope(score: float, u: ScoreUtility) -> float:
    """How much one point more is worth at this score, were it certain."""
    distance = score - u.center
    static = u.static_factor * u.static_scale / (u.static_scale * u.static_scale + score * score)
    dynamic = u.dynamic_factor * u.dynamic_scale / (u.dynamic_scale * u.dynamic_scale + distance * distance)
    return _TWO_OVER_PI * (static + dynamic)


def score_center(score: float, zero_weight: float, scale: float) -> float:
    """The dynamic utility's center while a score of ``score`` is expected: nearer to 0 by ``zero_weight`` of it, but
    within ``scale`` of it (KataGo, cpp/search/search.cpp, ``recentScoreCenter``).

    It is a whole number of points, for whenever it moves, the utility of every node is computed anew.
    """
    center = score * (1.0 - zero_weight)
    return float(round(min(max(center, score - scale), score + scale)))
