"""What transformers have between their products, as kernels: attention over the board, norms over channels, gates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.evaluation.devices.vectors import (
    WIDTH,
    exponential,
    flat_kernel,
    larger,
    largest,
    load,
    splat,
    store,
    total,
)
from daemon.evaluation.devices.winograd_activations import SILU, activated, activated_one
from daemon.evaluation.devices.winograd_products import multiply, strip_width
from daemon.evaluation.devices.winograd_tiles import in_vectors, inlined, padded

Floats = NDArray[np.float32]

Heads = tuple[int, int, int, int]
"""Heads of queries; heads of keys and values, each shared by as many of the former in a row; channels of a query and of
a key; channels of a value."""

AT_ONCE = 32
"""Points that look at all others at once: their scores, 47 kB for 19x19, stay in a cache."""

_F = np.float32
_NEVER = _F(-1e30)


def rooms(points: int, heads: Heads) -> tuple[int, int]:
    """How many numbers ``attend`` needs in ``before`` and in ``after``."""
    _, _, size, value_size = heads
    columns, wide = padded(points), padded(value_size)
    return columns * (size + wide) + AT_ONCE * size, AT_ONCE * (columns + wide)


@flat_kernel
def attend(
    x: Floats,
    board: tuple[int, int],
    heads: Heads,
    turns: Floats,
    before: Floats,
    after: Floats,
    rows: NDArray[np.int64],
    out: Floats,
) -> None:
    """out[n, points, queries' heads * value_size]: attention without a mask (Vaswani et al. 2017, section 3.2.1).

    x[n, points, ...]: of each point the queries of all heads, then keys, then values. board: n and points. turns:
    cosine and sine of the angles by which channels i and size // 2 + i of queries and keys are turned, as a pair, at
    each point, [heads of keys or 1 for all, points, 2, size // 2]; empty: they are not.
    """
    n, points = board
    queries, groups, size, value_size = heads
    every, shared = (queries + groups) * size + groups * value_size, queries // groups
    columns, wide = in_vectors(points), in_vectors(value_size)
    keys, values = before[: size * columns], before[size * columns : (size + wide) * columns]
    asked, scores, seen = before[(size + wide) * columns :], after[: AT_ONCE * columns], after[AT_ONCE * columns :]
    for position in range(n):
        given = x[position * points * every : (position + 1) * points * every]
        for group in range(groups):
            apart = group * points * size if len(turns) > points * size else 0
            angles = turns[apart : apart + points * size]
            _order_keys(given, points, every, (queries + group) * size, size, angles, keys)
            _order_values(given, points, every, every + (group - groups) * value_size, value_size, values)
            for head in range(group * shared, (group + 1) * shared):
                for first in range(0, points, AT_ONCE):
                    rows[0] = min(AT_ONCE, points - first)
                    for row in range(rows[0]):
                        place = (first + row) * every + head * size
                        _turn(given, place, size, angles, first + row, asked, row * size, 1)
                    multiply(asked, keys, scores, rows[:1], rows[0], size, columns, x[:0], x[:0])
                    _weigh(scores, rows[0], points, _F(1.0) / _F(np.sqrt(_F(size))))
                    multiply(scores, values, seen, rows[:1], rows[0], columns, wide, x[:0], x[:0])
                    to = ((position * points + first) * queries + head) * value_size
                    for row in range(rows[0]):
                        for c in range(value_size):
                            out[to + row * queries * value_size + c] = seen[row * wide + c]


@inlined
def _turn(x: Floats, place: int, size: int, angles: Floats, point: int, out: Floats, at: int, every: int) -> None:
    """out[at + i * every] for the channels i from a place on."""
    half = size // 2
    if len(angles):
        cosines = point * size
        for i in range(half):
            cosine, sine = angles[cosines + i], angles[cosines + half + i]
            one, other = x[place + i], x[place + half + i]
            out[at + i * every] = one * cosine - other * sine
            out[at + (half + i) * every] = one * sine + other * cosine
    else:
        for i in range(size):
            out[at + i * every] = x[place + i]


@inlined
def _order_keys(x: Floats, points: int, every: int, place: int, size: int, angles: Floats, out: Floats) -> None:
    """Keys as ``multiply`` wants them, a column a point; columns beyond the board are 0."""
    columns, first = in_vectors(points), 0
    out[: size * columns] = _F(0.0)
    while first < columns:
        width = strip_width(columns - first, False)
        for point in range(first, min(first + width, points)):
            _turn(x, point * every + place, size, angles, point, out, first * size + point - first, width)
        first += width


@inlined
def _order_values(x: Floats, points: int, every: int, place: int, size: int, out: Floats) -> None:
    """Values as ``multiply`` wants them, a row a point; rows beyond the board, and columns beyond ``size``, are 0."""
    depth, columns, first = in_vectors(points), in_vectors(size), 0
    out[: depth * columns] = _F(0.0)
    while first < columns:
        width = strip_width(columns - first, False)
        for point in range(points):
            for c in range(first, min(first + width, size)):
                out[first * depth + point * width + c - first] = x[point * every + place + c]
        first += width


@inlined
def _weigh(scores: Floats, rows: int, points: int, scale: np.float32) -> None:
    """Make weights of scale * scores[rows, ``in_vectors`` of points]: they sum up to 1, and are 0 beyond the board."""
    columns = in_vectors(points)
    for row in range(rows):
        begin = row * columns
        for c in range(points, columns):
            scores[begin + c] = _NEVER
        most = splat(_NEVER)
        for c in range(0, columns, WIDTH):
            most = larger(load(scores, begin + c), most)
        top, sums = splat(scale * largest(most)), splat(_F(0.0))
        for c in range(0, columns, WIDTH):
            weight = exponential(scale * load(scores, begin + c) - top)
            sums = sums + weight
            store(scores, begin + c, weight)
        share = _F(1.0) / total(sums)
        for c in range(0, columns, WIDTH):
            store(scores, begin + c, share * load(scores, begin + c))
        for c in range(points, columns):
            scores[begin + c] = _F(0.0)


@flat_kernel
def normed_by_rms(x: Floats, points: int, norm: Floats, activation: int, out: Floats) -> None:
    """out = activation(x / rms * scale + bias), of x[n, points, channels] and norm: scale, bias and epsilon.

    rms: the root of epsilon + the mean of x² over the channels of as many ``points``.
    """
    channels = len(norm) // 2
    some = points * channels
    for begin in range(0, len(x), some):
        sums, squares = splat(_F(0.0)), _F(0.0)
        for at in range(begin, begin + some // WIDTH * WIDTH, WIDTH):
            number = load(x, at)
            sums = sums + number * number
        for at in range(begin + some // WIDTH * WIDTH, begin + some):
            squares += x[at] * x[at]
        inverse = _F(1.0) / _F(np.sqrt((total(sums) + squares) / _F(some) + norm[2 * channels]))
        for row in range(begin, begin + some, channels):
            whole = channels // WIDTH * WIDTH
            for c in range(0, whole, WIDTH):
                number = inverse * load(x, row + c) * load(norm, c) + load(norm, channels + c)
                store(out, row + c, activated(number, activation))
            for c in range(whole, channels):
                out[row + c] = activated_one(inverse * x[row + c] * norm[c] + norm[channels + c], activation)


@flat_kernel
def gated(x: Floats, channels: int, out: Floats) -> None:
    """out[rows, channels] = silu(one) * other, of x[rows, 2, channels] (SwiGLU, Shazeer 2020)."""
    whole = channels // WIDTH * WIDTH
    for row in range(0, len(out), channels):
        for c in range(0, whole, WIDTH):
            store(out, row + c, activated(load(x, 2 * row + c), SILU) * load(x, 2 * row + channels + c))
        for c in range(whole, channels):
            out[row + c] = activated_one(x[2 * row + c], SILU) * x[2 * row + channels + c]
