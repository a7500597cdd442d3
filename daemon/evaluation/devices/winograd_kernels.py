"""Convolutions by a quarter of the multiplications: Winograd's F(5x5, 3x3), and F(3x3, 5x5) for larger kernels.

A board is cut into tiles of 5x5 points, of which 9, 13 and 19 are nearly multiples. The 7x7 points around a tile,
``B' d B``, times the kernel, ``G g G'``, element by element and summed over the channels, are 49 products of matrices;
``A' m A`` of them are the tile's outputs. The matrices are those of Toom and Cook for the points 0, 1, -1, 2, -2, 1/2
and infinity (Lavin and Gray 2015 tell how they come about). What f32 loses is some 1e-5 of the outputs' reach, ten
times what a plain sum loses. A kernel of 5x5 has the same tiles of inputs, of which 3x3 outputs come.

Two kernels of numba do what lies before and behind the products, for whole batches, with whatever is done to each
number on the way: norm and rectifier of the inputs; bias, residual and rectifier of the outputs. Both see flat arrays
whose channels lie beside each other, and work on ``WIDTH`` channels at a time, a board of which fits the innermost
cache. Tiles have ``padded`` channels, a multiple of that; those that a net does not have are zero.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daemon.evaluation.devices.vectors import WIDTH, flat_kernel, larger, load, splat, store
from daemon.evaluation.devices.winograd_products import multiply

Floats = NDArray[np.float32]
Shape = tuple[int, int, int, int]

DEVICE = "Winograd's convolutions"
"""How what evaluates with them calls itself."""

SIDE = 7
"""Of a tile of inputs."""

PRODUCTS = SIDE * SIDE
"""Points of a tile of inputs, each of which has a product of matrices of its own."""

_F = np.float32
_inlined = njit(inline="always")
_POINTS = np.array([0, 1, -1, 2, -2, 0.5])


def warm_up() -> None:
    """Load or compile the kernels."""
    none, least, work = np.zeros(0, np.float32), np.float32(0.0), np.zeros(room(1, 1, 3), np.float32)
    to_tiles(none, (0, 1, 1, 1), 3, none, none, least, work, 1, none)
    from_tiles(none, 1, (0, 1, 1, 1), 3, none, none, least, work, none)
    multiply(none, none, none, 0, 0, 1, 1, WIDTH)


def padded(channels: int) -> int:
    """How many channels tiles have for so many of a net."""
    return -(-channels // WIDTH) * WIDTH


def tiles(height: int, width: int, kernel: int) -> int:
    """How many tiles cover a board, for kernels of this side."""
    step = SIDE + 1 - kernel
    return -(-height // step) * -(-width // step)


def room(height: int, width: int, kernel: int) -> int:
    """How many numbers ``work`` has for a board, below."""
    step = SIDE + 1 - kernel
    around = SIDE - step
    return ((-(-height // step) * step + around) * (-(-width // step) * step + around) + PRODUCTS) * WIDTH


def transformed_weights(weights: Floats) -> Floats:
    """float32[49, inputs, outputs], both padded: what tiles are multiplied with, of weights[outputs, inputs, k, k]."""
    outputs, inputs, kernel, _ = weights.shape
    g = np.zeros((SIDE, kernel))
    for row, point in enumerate(_POINTS):
        g[row] = point ** np.arange(kernel) / np.prod(point - np.delete(_POINTS, row))
    g[-1, -1] = 1.0
    transformed = np.zeros((PRODUCTS, padded(inputs), padded(outputs)), np.float32)
    products = np.einsum("ia,kcab,jb->ijck", g, weights.astype(np.float64), g, optimize=True)
    transformed[:, :inputs, :outputs] = products.reshape(PRODUCTS, inputs, outputs)
    return transformed


@flat_kernel
def to_tiles(
    x: Floats,
    shape: Shape,
    kernel: int,
    scale: Floats,
    bias: Floats,
    least: np.float32,
    work: Floats,
    every: int,
    out: Floats,
) -> None:
    """Fill out[49, tiles, padded channels] with the transformed inputs of all tiles, zeros around the board.

    x[n, height, width, channels], ``shape``, flat as all arrays here. Before anything else each number becomes
    max(x * scale + bias, least), where there are scale[channels] and bias[channels]; they are empty where it stays.
    work: for what lies between. every: how many tiles ``out`` has room for.
    """
    positions, height, width, channels = shape
    step = 8 - kernel
    rows, columns = (height + step - 1) // step, (width + step - 1) // step
    across = columns * step + 7 - step
    half, board = work[: PRODUCTS * WIDTH], work[PRODUCTS * WIDTH :]
    for place in range((rows * step + 7 - step) * across * WIDTH):
        board[place] = _F(0)
    blocks = (channels + WIDTH - 1) // WIDTH
    between = every * blocks * WIDTH
    for position in range(positions):
        for block in range(blocks):
            _fill(x, position, shape, kernel // 2, block * WIDTH, scale, bias, least, across, board)
            for row in range(rows):
                for column in range(columns):
                    first = (row * across + column) * step * WIDTH
                    for j in range(7):
                        _transform(board, first + j * WIDTH, across * WIDTH, half, j * WIDTH, 7 * WIDTH)
                    tile = (position * rows + row) * columns + column
                    first = (tile * blocks + block) * WIDTH
                    for i in range(7):
                        _transform(half, i * 7 * WIDTH, WIDTH, out, first + i * 7 * between, between)


@flat_kernel
def from_tiles(
    x: Floats,
    every: int,
    shape: Shape,
    kernel: int,
    bias: Floats,
    residual: Floats,
    least: np.float32,
    work: Floats,
    out: Floats,
) -> None:
    """Fill out[n, height, width, channels], ``shape``, from the products of all tiles, x[49, tiles, padded channels].

    Each number becomes max(output + bias + residual, least). bias: [channels]; residual: as ``out``, or empty;
    work: for what lies between.
    """
    positions, height, width, channels = shape
    step = 8 - kernel
    rows, columns = (height + step - 1) // step, (width + step - 1) // step
    half, line = work[: 5 * 7 * WIDTH], work[5 * 7 * WIDTH :]
    blocks = (channels + WIDTH - 1) // WIDTH
    between = every * blocks * WIDTH
    for tile in range(positions * rows * columns):
        position, row, column = tile // (rows * columns), tile // columns % rows, tile % columns
        for block in range(blocks):
            first = block * WIDTH
            for j in range(7):
                _gather(x, tile * blocks * WIDTH + first + j * between, 7 * between, half, j * WIDTH, 7 * WIDTH, step)
            for i in range(min(step, height - step * row)):
                _gather(half, i * 7 * WIDTH, WIDTH, line, 0, WIDTH, step)
                for j in range(min(step, width - step * column)):
                    point = (position * height + step * row + i) * width + step * column + j
                    _put(line, j * WIDTH, bias, first, channels, residual, least, out, point * channels + first)


@_inlined
def _fill(
    x: Floats,
    position: int,
    shape: Shape,
    around: int,
    first: int,
    scale: Floats,
    bias: Floats,
    least: np.float32,
    across: int,
    board: Floats,
) -> None:
    """board[rows, across, ``WIDTH``], of which all but the middle is zero: these channels of a position, normed."""
    _, height, width, channels = shape
    count = min(WIDTH, channels - first)
    for y in range(height):
        source = (position * height + y) * width * channels + first
        target = ((y + around) * across + around) * WIDTH
        for _ in range(width):
            if count < WIDTH:
                for c in range(WIDTH):
                    board[target + c] = _F(0)
                for c in range(count):
                    board[target + c] = x[source + c]
                    if len(scale):
                        board[target + c] = max(x[source + c] * scale[first + c] + bias[first + c], least)
            elif len(scale):
                normed = load(x, source) * load(scale, first) + load(bias, first)
                store(board, target, larger(normed, splat(least)))
            else:
                store(board, target, load(x, source))
            source += channels
            target += WIDTH


@_inlined
def _put(
    line: Floats,
    source: int,
    bias: Floats,
    first: int,
    channels: int,
    residual: Floats,
    least: np.float32,
    out: Floats,
    target: int,
) -> None:
    """These channels of a point, with all that is added to them."""
    if channels - first < WIDTH:
        for c in range(channels - first):
            added = bias[first + c] + residual[target + c] if len(residual) else bias[first + c]
            out[target + c] = max(line[source + c] + added, least)
    else:
        number = load(line, source) + load(bias, first)
        if len(residual):
            number = number + load(residual, target)
        store(out, target, larger(number, splat(least)))


@_inlined
def _transform(x: Floats, source: int, apart: int, out: Floats, target: int, between: int) -> None:
    """One side of B' d B: seven vectors of x, ``apart`` from each other, into seven of out, ``between`` each other."""
    d0, d1, d2, d3 = load(x, source), load(x, source + apart), load(x, source + 2 * apart), load(x, source + 3 * apart)
    d4, d5, d6 = load(x, source + 4 * apart), load(x, source + 5 * apart), load(x, source + 6 * apart)
    g1, g2 = d2 - _F(0.5) * d1, d3 - _F(0.5) * d2
    g3, g4 = d4 - _F(0.5) * d3, d5 - _F(0.5) * d4
    store(out, target, g4 - _F(5) * g2 + _F(4) * (d1 - _F(0.5) * d0))
    even, odd = g4 - _F(4) * g2, g3 - _F(4) * g1
    store(out, target + between, even + odd)
    store(out, target + 2 * between, even - odd)
    even, odd = g4 - g2, _F(2) * (g3 - g1)
    store(out, target + 3 * between, even + odd)
    store(out, target + 4 * between, even - odd)
    store(out, target + 5 * between, d5 - _F(5) * d3 + _F(4) * d1)
    store(out, target + 6 * between, (d6 - _F(0.5) * d5) - _F(5) * g3 + _F(4) * g1)


@_inlined
def _gather(x: Floats, source: int, apart: int, out: Floats, target: int, between: int, step: int) -> None:
    """One side of A' m A: seven vectors of x, ``apart`` from each other, into five of out, ``between`` each other.

    Only the first ``step`` are wanted, to the last of which the point at infinity belongs.
    """
    m0, m1, m2, m3 = load(x, source), load(x, source + apart), load(x, source + 2 * apart), load(x, source + 3 * apart)
    m4, m5, m6 = load(x, source + 4 * apart), load(x, source + 5 * apart), load(x, source + 6 * apart)
    near, nearly = m1 + m2, m1 - m2
    far, farther = m3 + m4, m3 - m4
    store(out, target, m0 + near + far + m5)
    store(out, target + between, nearly + _F(2) * farther + _F(0.5) * m5)
    third = near + _F(4) * far + _F(0.25) * m5
    if step == 3:
        third = third + m6
    store(out, target + 2 * between, third)
    store(out, target + 3 * between, nearly + _F(8) * farther + _F(0.125) * m5)
    store(out, target + 4 * between, near + _F(16) * far + _F(0.0625) * m5 + m6)
