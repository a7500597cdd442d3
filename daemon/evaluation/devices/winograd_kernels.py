"""Convolutions by a fifth of the multiplications: Winograd's F(5x5, 3x3), and F(3x3, 5x5) for larger kernels.

A board is cut into tiles of 5x5 points, or of 4 where 5 does not divide it. The 7x7 points around a tile,
``B' d B``, times the kernel, ``G g G'``, element by element and summed over the channels, are 49 products of matrices;
``A' m A`` of them are the tile's outputs. The matrices are those of Toom and Cook for the points 0, 1, -1, 2, -2, 1/2
and infinity (Lavin and Gray 2015 tell how they come about). What f32 loses is some 1e-5 of the outputs' reach, ten
times what a plain sum loses. A kernel of 5x5 has the same tiles of inputs, of which 3x3 outputs come.

Two kernels of numba do what lies before and behind the products, for whole batches, with whatever is done to each
number on the way: norm and activation of the inputs; bias, residual and activation of the outputs. Both see flat arrays
whose channels lie beside each other, and work on ``WIDTH`` channels at a time, a board of which fits the innermost
cache. Tiles have ``padded`` channels, a multiple of that; those that a net does not have are zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.evaluation.devices.vectors import WIDTH, flat_kernel, load, splat, store
from daemon.evaluation.devices.winograd_activations import activated, activated_one
from daemon.evaluation.devices.winograd_tiles import HALF, PRODUCTS, SIDE, begin, cut, inlined, padded

Floats = NDArray[np.float32]
Shape = tuple[int, int, int, int]

DEVICE = "Winograd's convolutions"
"""How what evaluates with them calls itself."""

_F = np.float32
_POINTS = np.array([0, 1, -1, 2, -2, 0.5])


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
    activation: int,
    work: Floats,
    every: int,
    out: Floats,
) -> None:
    """Fill out[49, tiles, padded channels] with the transformed inputs of all tiles, zeros around the board.

    x[n, height, width, channels], ``shape``, flat as all arrays here. Before anything else each number becomes
    activation(x * scale + bias), where there are scale[channels] and bias[channels]; they are empty where it stays.
    work: for what lies between. every: how many tiles ``out`` has room for.
    """
    positions, height, width, channels = shape
    (rows, tall), (columns, broad) = cut(height, kernel), cut(width, kernel)
    across = begin(columns, broad, kernel) + kernel - 1
    half, board = work[: PRODUCTS * WIDTH], work[PRODUCTS * WIDTH :]
    for place in range((begin(rows, tall, kernel) + kernel - 1) * across * WIDTH):
        board[place] = _F(0)
    blocks = (channels + WIDTH - 1) // WIDTH
    between = every * blocks * WIDTH
    for position in range(positions):
        for block in range(blocks):
            _fill(x, position, shape, kernel // 2, block * WIDTH, scale, bias, activation, across, board)
            for row in range(rows):
                for column in range(columns):
                    first = (begin(row, tall, kernel) * across + begin(column, broad, kernel)) * WIDTH
                    for j in range(SIDE if column < broad else SIDE - 1):
                        extra = (HALF * SIDE + j) * WIDTH
                        _transform(
                            board, first + j * WIDTH, across * WIDTH, half, j * WIDTH, SIDE * WIDTH, extra, row < tall
                        )
                    for i in range(SIDE):
                        if i == HALF and row >= tall:
                            continue
                        down = position * (tall if i == HALF else rows) + row
                        place = i * SIDE * between + ((down * columns + column) * blocks + block) * WIDTH
                        extra = (i * SIDE + HALF) * between + ((down * broad + column) * blocks + block) * WIDTH
                        _transform(half, i * SIDE * WIDTH, WIDTH, out, place, between, extra, column < broad)


@flat_kernel
def from_tiles(
    x: Floats,
    every: int,
    shape: Shape,
    kernel: int,
    bias: Floats,
    residual: Floats,
    activation: int,
    work: Floats,
    out: Floats,
) -> None:
    """Fill out[n, height, width, channels], ``shape``, from the products of all tiles, x[49, tiles, padded channels].

    Each number becomes activation(output + bias + residual). bias: [channels], or [n, channels] for positions that
    have their own; residual: as ``out``, or empty; work: for what lies between.
    """
    positions, height, width, channels = shape
    (rows, tall), (columns, broad) = cut(height, kernel), cut(width, kernel)
    step = SIDE + 1 - kernel
    half, line = work[: 5 * SIDE * WIDTH], work[5 * SIDE * WIDTH :]
    blocks = (channels + WIDTH - 1) // WIDTH
    between = every * blocks * WIDTH
    apart = channels if len(bias) > channels else 0
    for tile in range(positions * rows * columns):
        position, row, column = tile // (rows * columns), tile // columns % rows, tile % columns
        top, left = begin(row, tall, kernel), begin(column, broad, kernel)
        last_row, last_column = step - 1 - (row >= tall), step - 1 - (column >= broad)
        for block in range(blocks):
            first = block * WIDTH
            added = position * apart + first
            for j in range(SIDE):
                if j == HALF and column >= broad:
                    continue
                count = broad if j == HALF else columns
                place = j * between + ((position * rows + row) * count + column) * blocks * WIDTH + first
                extra = ((position * tall + row) * count + column) * blocks * WIDTH + first
                extra += (HALF * SIDE + j) * between
                _gather(x, place, SIDE * between, extra, half, j * WIDTH, SIDE * WIDTH, row < tall, last_row)
            for i in range(min(last_row + 1, height - top)):
                place = i * SIDE * WIDTH
                _gather(half, place, WIDTH, place + HALF * WIDTH, line, 0, WIDTH, column < broad, last_column)
                for j in range(min(last_column + 1, width - left)):
                    point = (position * height + top + i) * width + left + j
                    _put(
                        line,
                        j * WIDTH,
                        bias,
                        added,
                        channels - first,
                        residual,
                        activation,
                        out,
                        point * channels + first,
                    )


@inlined
def _fill(
    x: Floats,
    position: int,
    shape: Shape,
    around: int,
    first: int,
    scale: Floats,
    bias: Floats,
    activation: int,
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
                        normed_one = x[source + c] * scale[first + c] + bias[first + c]
                        board[target + c] = activated_one(normed_one, activation)
            elif len(scale):
                normed = load(x, source) * load(scale, first) + load(bias, first)
                store(board, target, activated(normed, activation))
            else:
                store(board, target, load(x, source))
            source += channels
            target += WIDTH


@inlined
def _put(
    line: Floats,
    source: int,
    bias: Floats,
    first: int,
    channels: int,
    residual: Floats,
    activation: int,
    out: Floats,
    target: int,
) -> None:
    """The next of the ``channels`` of a point that are left, with all that is added to them."""
    if channels < WIDTH:
        for c in range(channels):
            added = bias[first + c] + residual[target + c] if len(residual) else bias[first + c]
            out[target + c] = activated_one(line[source + c] + added, activation)
    else:
        number = load(line, source) + load(bias, first)
        if len(residual):
            number = number + load(residual, target)
        store(out, target, activated(number, activation))


@inlined
def _transform(
    x: Floats, source: int, apart: int, out: Floats, target: int, between: int, extra: int, full: bool
) -> None:
    """One side of B' d B: seven vectors of x, ``apart`` from each other, into seven of out, ``between`` each other.

    That of the point 1/2 has a place of its own, ``extra``. Where the tile is not full it has none, and six are
    transformed; weights are those of full tiles, so that here each has the factor p - 1/2 of its point p.
    """
    d0, d1, d2 = load(x, source), load(x, source + apart), load(x, source + 2 * apart)
    d3, d4, d5 = load(x, source + 3 * apart), load(x, source + 4 * apart), load(x, source + 5 * apart)
    last = d5 - _F(5) * d3 + _F(4) * d1
    if full:
        d6 = load(x, source + 6 * apart)
        g1, g2 = d2 - _F(0.5) * d1, d3 - _F(0.5) * d2
        g3, g4 = d4 - _F(0.5) * d3, d5 - _F(0.5) * d4
        store(out, target, g4 - _F(5) * g2 + _F(4) * (d1 - _F(0.5) * d0))
        even, odd = g4 - _F(4) * g2, g3 - _F(4) * g1
        store(out, target + between, even + odd)
        store(out, target + 2 * between, even - odd)
        even, odd = g4 - g2, _F(2) * (g3 - g1)
        store(out, target + 3 * between, even + odd)
        store(out, target + 4 * between, even - odd)
        store(out, extra, last)
        store(out, target + 6 * between, (d6 - _F(0.5) * d5) - _F(5) * g3 + _F(4) * g1)
    else:
        store(out, target, _F(2.5) * d2 - _F(2) * d0 - _F(0.5) * d4)
        even, odd = d4 - _F(4) * d2, d3 - _F(4) * d1
        store(out, target + between, _F(0.5) * (even + odd))
        store(out, target + 2 * between, _F(1.5) * (odd - even))
        even, odd = d4 - d2, _F(2) * (d3 - d1)
        store(out, target + 3 * between, _F(1.5) * (even + odd))
        store(out, target + 4 * between, _F(2.5) * (odd - even))
        store(out, target + 6 * between, last)


@inlined
def _gather(
    x: Floats, source: int, apart: int, extra: int, out: Floats, target: int, between: int, full: bool, last: int
) -> None:
    """One side of A' m A: seven vectors of x, ``apart`` from each other, into five of out, ``between`` each other.

    That of the point 1/2 lies at ``extra``, and is nothing where the tile is not full. Only those up to ``last`` are
    wanted, to which the point at infinity belongs.
    """
    m0, m1, m2 = load(x, source), load(x, source + apart), load(x, source + 2 * apart)
    m3, m4, m6 = load(x, source + 3 * apart), load(x, source + 4 * apart), load(x, source + 6 * apart)
    m5 = load(x, extra) if full else splat(_F(0))
    near, nearly = m1 + m2, m1 - m2
    far, farther = m3 + m4, m3 - m4
    first, second = m0 + near + far + m5, nearly + _F(2) * farther + _F(0.5) * m5
    third, fourth = near + _F(4) * far + _F(0.25) * m5, nearly + _F(8) * farther + _F(0.125) * m5
    if last == 4:
        store(out, target + 4 * between, near + _F(16) * far + _F(0.0625) * m5 + m6)
    elif last == 3:
        fourth = fourth + m6
    elif last == 2:
        third = third + m6
    else:
        second = second + m6
    store(out, target, first)
    store(out, target + between, second)
    store(out, target + 2 * between, third)
    store(out, target + 3 * between, fourth)
