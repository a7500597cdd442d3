"""Convolutions by a quarter of the multiplications: Winograd's F(5x5, 3x3), and F(3x3, 5x5) for larger kernels.

A board is cut into tiles of 5x5 points, of which 9, 13 and 19 are nearly multiples. The 7x7 points around a tile,
``B' d B``, times the kernel, ``G g G'``, element by element and summed over the channels, are 49 products of matrices;
``A' m A`` of them are the tile's outputs. The matrices are those of Toom and Cook for the points 0, 1, -1, 2, -2, 1/2
and infinity (Lavin and Gray 2015 tell how they come about). What f32 loses is some 1e-5 of the outputs' reach, ten
times what a plain sum loses. A kernel of 5x5 has the same tiles of inputs, of which 3x3 outputs come.

Two kernels of numba do what lies before and behind the products, for whole batches, with whatever is done to each
number on the way: norm and rectifier of the inputs; bias, residual and rectifier of the outputs. Both see flat arrays
whose channels lie beside each other, and work on ``BLOCK`` channels of a tile at a time in an array of their own, which
fits the innermost cache. Indices are unsigned, for of signed ones numba asks whether they count from the end, and then
nothing is vectorized.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Shape = tuple[int, int, int, int]

DEVICE = "Winograd's convolutions"
"""How what evaluates with them calls itself."""

SIDE = 7
"""Of a tile of inputs."""

PRODUCTS = SIDE * SIDE
"""Points of a tile of inputs, each of which has a product of matrices of its own."""

BLOCK = 32
_HALF = PRODUCTS * BLOCK
_AT = np.uint64
_F = np.float32
_POINTS = np.array([0, 1, -1, 2, -2, 0.5])


def warm_up() -> None:
    """Load or compile the kernels."""
    none, least = np.zeros(0, np.float32), np.float32(0.0)
    to_tiles(none, (0, 1, 1, 1), 3, none, none, least, 1, none)
    from_tiles(none, 1, (0, 1, 1, 1), 3, none, none, least, none)


def tiles(height: int, width: int, kernel: int) -> int:
    """How many tiles cover a board, for kernels of this side."""
    step = SIDE + 1 - kernel
    return -(-height // step) * -(-width // step)


def transformed_weights(weights: Floats) -> Floats:
    """float32[49, inputs, outputs], what the inputs of tiles are multiplied with, of weights[outputs, inputs, k, k]."""
    outputs, inputs, kernel, _ = weights.shape
    g = np.zeros((SIDE, kernel))
    for row, point in enumerate(_POINTS):
        g[row] = point ** np.arange(kernel) / np.prod(point - np.delete(_POINTS, row))
    g[-1, -1] = 1.0
    transformed = np.einsum("ia,kcab,jb->ijck", g, weights.astype(np.float64), g, optimize=True)
    return np.ascontiguousarray(transformed.reshape(PRODUCTS, inputs, outputs), np.float32)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def to_tiles(
    x: Floats, shape: Shape, kernel: int, scale: Floats, bias: Floats, least: np.float32, every: int, out: Floats
) -> None:
    """Fill out[49, tiles, channels] with the transformed inputs of all tiles, zeros around the board.

    x[n, height, width, channels], ``shape``, flat as all arrays here. Before anything else each number becomes
    max(x * scale + bias, least), where there are scale[channels] and bias[channels]; they are empty where it stays.
    every: how many tiles ``out`` has room for.
    """
    positions, height, width, channels = shape
    step, around = 8 - kernel, kernel // 2
    rows, columns = (height + step - 1) // step, (width + step - 1) // step
    count = positions * rows * columns
    s = np.zeros(2 * _HALF, _F)
    for tile in range(count):
        position, row, column = tile // (rows * columns), tile // columns % rows, tile % columns
        for first in range(0, channels, BLOCK):
            for i in range(7):
                y = step * row - around + i
                for j in range(7):
                    z = step * column - around + j
                    target = (i * 7 + j) * BLOCK
                    if y < 0 or y >= height or z < 0 or z >= width:
                        for c in range(BLOCK):
                            s[_AT(target + c)] = _F(0)
                    else:
                        source = ((position * height + y) * width + z) * channels + first
                        _take(x, source, min(BLOCK, channels - first), scale, bias, least, first, s, target)
            for j in range(7):
                _transform(s, j * BLOCK, 7 * BLOCK, j * BLOCK + _HALF)
            for i in range(7):
                _transform(s, i * 7 * BLOCK + _HALF, BLOCK, i * 7 * BLOCK)
            for k in range(PRODUCTS):
                _copy(s, k * BLOCK, out, (k * every + tile) * channels + first, min(BLOCK, channels - first))


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def from_tiles(
    x: Floats, every: int, shape: Shape, kernel: int, bias: Floats, residual: Floats, least: np.float32, out: Floats
) -> None:
    """Fill out[n, height, width, channels], ``shape``, from the products of all tiles, x[49, tiles, channels].

    Each number becomes max(output + bias + residual, least). bias: [channels]; residual: as ``out``, or empty.
    """
    positions, height, width, channels = shape
    step = 8 - kernel
    rows, columns = (height + step - 1) // step, (width + step - 1) // step
    s = np.zeros(2 * _HALF, _F)
    for tile in range(positions * rows * columns):
        position, row, column = tile // (rows * columns), tile // columns % rows, tile % columns
        for first in range(0, channels, BLOCK):
            count = min(BLOCK, channels - first)
            for k in range(PRODUCTS):
                _copy(x, (k * every + tile) * channels + first, s, k * BLOCK, count)
            for j in range(7):
                _gather(s, j * BLOCK, 7 * BLOCK, j * BLOCK + _HALF, step - 1)
            for i in range(min(step, height - step * row)):
                _gather(s, i * 7 * BLOCK + _HALF, BLOCK, 0, step - 1)
                for j in range(min(step, width - step * column)):
                    point = (position * height + step * row + i) * width + step * column + j
                    _put(s, j * BLOCK, count, bias, first, residual, least, out, point * channels + first)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _copy(x: Floats, source: int, out: Floats, target: int, count: int) -> None:
    if count == BLOCK:  # a number that the compiler knows
        for c in range(BLOCK):
            out[_AT(target + c)] = x[_AT(source + c)]
    else:
        for c in range(count):
            out[_AT(target + c)] = x[_AT(source + c)]


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _take(
    x: Floats,
    source: int,
    count: int,
    scale: Floats,
    bias: Floats,
    least: np.float32,
    first: int,
    out: Floats,
    target: int,
) -> None:
    """``count`` channels of a point from ``first`` on, after their norm."""
    if len(scale) == 0:
        _copy(x, source, out, target, count)
    elif count == BLOCK:
        for c in range(BLOCK):
            out[_AT(target + c)] = max(x[_AT(source + c)] * scale[_AT(first + c)] + bias[_AT(first + c)], least)
    else:
        for c in range(count):
            out[_AT(target + c)] = max(x[_AT(source + c)] * scale[_AT(first + c)] + bias[_AT(first + c)], least)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _put(
    s: Floats,
    source: int,
    count: int,
    bias: Floats,
    first: int,
    residual: Floats,
    least: np.float32,
    out: Floats,
    target: int,
) -> None:
    """``count`` channels of a point from ``first`` on, with all that is added to them."""
    if len(residual) == 0:
        if count == BLOCK:
            for c in range(BLOCK):
                out[_AT(target + c)] = max(s[_AT(source + c)] + bias[_AT(first + c)], least)
        else:
            for c in range(count):
                out[_AT(target + c)] = max(s[_AT(source + c)] + bias[_AT(first + c)], least)
    elif count == BLOCK:
        for c in range(BLOCK):
            out[_AT(target + c)] = max(s[_AT(source + c)] + bias[_AT(first + c)] + residual[_AT(target + c)], least)
    else:
        for c in range(count):
            out[_AT(target + c)] = max(s[_AT(source + c)] + bias[_AT(first + c)] + residual[_AT(target + c)], least)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _transform(s: Floats, source: int, step: int, target: int) -> None:
    """One side of B' d B: seven rows of ``BLOCK`` numbers of s, ``step`` apart, into seven others as far apart."""
    for c in range(BLOCK):
        d0 = s[_AT(source + c)]
        d1 = s[_AT(source + step + c)]
        d2 = s[_AT(source + 2 * step + c)]
        d3 = s[_AT(source + 3 * step + c)]
        d4 = s[_AT(source + 4 * step + c)]
        d5 = s[_AT(source + 5 * step + c)]
        d6 = s[_AT(source + 6 * step + c)]
        g1, g2 = d2 - _F(0.5) * d1, d3 - _F(0.5) * d2
        g3, g4 = d4 - _F(0.5) * d3, d5 - _F(0.5) * d4
        s[_AT(target + c)] = g4 - _F(5) * g2 + _F(4) * (d1 - _F(0.5) * d0)
        even, odd = g4 - _F(4) * g2, g3 - _F(4) * g1
        s[_AT(target + step + c)] = even + odd
        s[_AT(target + 2 * step + c)] = even - odd
        even, odd = g4 - g2, _F(2) * (g3 - g1)
        s[_AT(target + 3 * step + c)] = even + odd
        s[_AT(target + 4 * step + c)] = even - odd
        s[_AT(target + 5 * step + c)] = d5 - _F(5) * d3 + _F(4) * d1
        s[_AT(target + 6 * step + c)] = (d6 - _F(0.5) * d5) - _F(5) * g3 + _F(4) * g1


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _gather(s: Floats, source: int, step: int, target: int, last: int) -> None:
    """One side of A' m A: seven rows of ``BLOCK`` numbers of s, ``step`` apart, into five others as far apart.

    Only those up to ``last`` are wanted, to which the point at infinity belongs.
    """
    for c in range(BLOCK):
        m0 = s[_AT(source + c)]
        m1 = s[_AT(source + step + c)]
        m2 = s[_AT(source + 2 * step + c)]
        m3 = s[_AT(source + 3 * step + c)]
        m4 = s[_AT(source + 4 * step + c)]
        m5 = s[_AT(source + 5 * step + c)]
        m6 = s[_AT(source + 6 * step + c)]
        near, nearly = m1 + m2, m1 - m2
        far, farther = m3 + m4, m3 - m4
        s[_AT(target + c)] = m0 + near + far + m5
        s[_AT(target + step + c)] = nearly + _F(2) * farther + _F(0.5) * m5
        third = near + _F(4) * far + _F(0.25) * m5
        s[_AT(target + 2 * step + c)] = third + m6 if last == 2 else third
        s[_AT(target + 3 * step + c)] = nearly + _F(8) * farther + _F(0.125) * m5
        s[_AT(target + 4 * step + c)] = near + _F(16) * far + _F(0.0625) * m5 + m6
