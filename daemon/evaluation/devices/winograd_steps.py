"""The kernel that goes through a program: the layers of a net in a row, without the interpreter between them.

A step is ``FIELDS`` numbers. What it reads and writes are *buffers*, which lie in one array, ``memory``: each is
[n, points, channels] or, of what is said of whole positions, [n, channels]. All weights lie in another, ``numbers``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.evaluation.devices.vectors import WIDTH, flat_kernel, larger, load, splat, store
from daemon.evaluation.devices.winograd_activations import IDENTITY, activated, activated_one
from daemon.evaluation.devices.winograd_attention import attend, gated, normed_by_rms
from daemon.evaluation.devices.winograd_int16 import quantize
from daemon.evaluation.devices.winograd_kernels import Floats, from_tiles, to_tiles
from daemon.evaluation.devices.winograd_products import multiply
from daemon.evaluation.devices.winograd_tiles import (
    AT_ONCE,
    PRODUCTS,
    QUANTIZED_AT_ONCE,
    count_rows,
    cut,
    in_vectors,
    inlined,
    room,
)

Integers = NDArray[np.int64]

FIELDS = 20
KIND, SOURCE, TARGET, INPUTS, OUTPUTS, KERNEL, WEIGHTS, SCALES = range(8)
BIAS, ADDED, NORM, NORM_ACTIVATION, RESIDUAL, ACTIVATION = range(8, 14)
HEADS, KEY_HEADS, HEAD_SIZE, VALUE_SIZE, TURNS, TURNED_HEADS = range(14, FIELDS)
"""The fields of a step. KIND: see below. SOURCE, TARGET: the buffers that it reads and writes; INPUTS, OUTPUTS: their
channels. KERNEL: the side of its kernel, or ``ALONE``. WEIGHTS: where they begin, in the order in which ``multiply``
wants them; SCALES: where those of their columns do, if they are integers. BIAS: where [outputs] begins. ADDED: the
buffer of [n, outputs] that takes the bias's place. NORM: where scale and bias of its inputs begin, [2, inputs].
RESIDUAL: the buffer that is added to what it writes. SCALES, ADDED, NORM and RESIDUAL may be ``NONE``. ACTIVATION,
NORM_ACTIVATION: of ``winograd_activations``, of what it writes and of its normed inputs. Of attention, HEADS to
VALUE_SIZE: ``winograd_attention.Heads``; TURNED_HEADS: how many of them have angles, and TURNS: how many numbers of
each point come before those in ``turns``."""
NONE = -1

LAYER, POOL, POOL_FOR_VALUE, RMS, RMS_OF_BOARD, GATE, ATTENTION = range(7)
"""A convolution or a product; what ``nets.pooling`` has; norms over the channels of a point or of all, whose NORM has
an epsilon at its end; what ``winograd_attention`` has."""
ALONE = 0
"""The kernel of a product of whole positions; that of points has a side of 1."""

_F = np.float32
_ANY, _ZERO = np.float32(-np.inf), np.float32(0.0)


def warm_up() -> None:
    """Load or compile the kernels."""
    none, work, nowhere = np.zeros(0, np.float32), np.zeros(room(1, 1, 3), np.float32), np.zeros(0, np.int64)
    to_tiles(none, (0, 1, 1, 1), 3, none, none, IDENTITY, work, 1, none)
    from_tiles(none, 1, (0, 1, 1, 1), 3, none, none, IDENTITY, work, none)
    quantize(none, nowhere, 1, WIDTH, none, none)
    multiply(none, none, none, nowhere, 1, 1, WIDTH, none, none)
    run(nowhere, nowhere, (0, 1, 1), none, none, none, none, none, work, none, nowhere)


@inlined
def positions_at_once(rows: int, kernel: int, channels: int, quantized: bool) -> int:
    """How many positions a layer works on at once; ``rows``: of each in a product, ``channels``: of both added."""
    numbers = QUANTIZED_AT_ONCE if quantized else AT_ONCE
    return max(1, (numbers if kernel > 1 else numbers * PRODUCTS) // (rows * channels))


@flat_kernel
def run(
    steps: Integers,
    places: Integers,
    board: tuple[int, int, int],
    numbers: Floats,
    turns: Floats,
    memory: Floats,
    before: Floats,
    after: Floats,
    work: Floats,
    of_rows: Floats,
    rows: Integers,
) -> None:
    """Take all steps. places: of the buffers in ``memory``. board: positions, height and width. turns: those of all
    steps of attention on such a board, one after the other.

    Workspaces: before, after: inputs and outputs of products, as many as ``positions_at_once`` asks for; work:
    ``winograd_tiles.room``; of_rows: scales of the rows of ``before``; rows: [49].
    """
    for at in range(0, len(steps), FIELDS):
        step = steps[at : at + FIELDS]
        x, out = memory[places[step[SOURCE]] :], memory[places[step[TARGET]] :]
        if step[KIND] == LAYER:
            _layer(step, places, board, numbers, memory, x, out, before, after, work, of_rows, rows)
        elif step[KIND] <= POOL_FOR_VALUE:
            _pool(x, board, step[INPUTS], step[KIND] == POOL_FOR_VALUE, out)
        else:
            _of_points(step, board, numbers, turns, x, out, before, after, rows)


@flat_kernel
def _of_points(
    step: Integers,
    board: tuple[int, int, int],
    numbers: Floats,
    turns: Floats,
    x: Floats,
    out: Floats,
    before: Floats,
    after: Floats,
    rows: Integers,
) -> None:
    """What transformers have between their products."""
    n, height, width = board
    points = height * width
    x, out = x[: n * points * step[INPUTS]], out[: n * points * step[OUTPUTS]]
    if step[KIND] == GATE:
        gated(x, step[OUTPUTS], out)
    elif step[KIND] == ATTENTION:
        heads = step[HEADS], step[KEY_HEADS], step[HEAD_SIZE], step[VALUE_SIZE]
        first, count = step[TURNS] * points, step[TURNED_HEADS] * step[HEAD_SIZE] * points
        attend(x, (n, points), heads, turns[first : first + count], before, after, rows, out)
    else:
        norm = numbers[step[NORM] : step[NORM] + 2 * step[INPUTS] + 1]
        normed_by_rms(x, points if step[KIND] == RMS_OF_BOARD else 1, norm, step[ACTIVATION], out)


@flat_kernel
def _layer(
    step: Integers,
    places: Integers,
    board: tuple[int, int, int],
    numbers: Floats,
    memory: Floats,
    x: Floats,
    out: Floats,
    before: Floats,
    after: Floats,
    work: Floats,
    of_rows: Floats,
    rows: Integers,
) -> None:
    """A convolution or a product, of as many positions at once as fit the workspaces."""
    n, height, width = board
    inputs, outputs, kernel = step[INPUTS], step[OUTPUTS], step[KERNEL]
    points = 1 if kernel == ALONE else height * width
    tiles = cut(height, kernel)[0] * cut(width, kernel)[0] if kernel > 1 else points
    some = positions_at_once(tiles, kernel, inputs + outputs, step[SCALES] != NONE)
    for first in range(0, n, some):
        end = min(first + some, n)
        given = x[first * points * inputs : end * points * inputs]
        into = out[first * points * outputs : end * points * outputs]
        bias = numbers[step[BIAS] : step[BIAS] + outputs]
        if step[ADDED] != NONE:
            place = places[step[ADDED]]
            bias = memory[place + first * outputs : place + end * outputs]
        residual = memory[:0]
        if step[RESIDUAL] != NONE:
            place = places[step[RESIDUAL]]
            residual = memory[place + first * points * outputs : place + end * points * outputs]
        if kernel > 1:
            shape = end - first, height, width
            _convolve(step, shape, numbers, given, bias, residual, into, before, after, work, of_rows, rows)
        else:
            rows[0] = (end - first) * points
            _product(step, points, numbers, given, bias, residual, into, before, after, of_rows, rows[:1])


@inlined
def _convolve(
    step: Integers,
    shape: tuple[int, int, int],
    numbers: Floats,
    x: Floats,
    bias: Floats,
    residual: Floats,
    out: Floats,
    before: Floats,
    after: Floats,
    work: Floats,
    of_rows: Floats,
    rows: Integers,
) -> None:
    """activation(conv(norm(x)) + bias + residual), of positions of this height and width."""
    n, height, width = shape
    inputs, outputs, kernel = step[INPUTS], step[OUTPUTS], step[KERNEL]
    scale, shift = _norm(step, numbers, 0), _norm(step, numbers, inputs)
    count_rows(n, height, width, kernel, rows)
    every = rows[0] | 1  # were it a power of two, caches would hold few of the 49 parts
    to_tiles(x, (n, height, width, inputs), kernel, scale, shift, step[NORM_ACTIVATION], work, every, before)
    _multiply(step, numbers, before, before, after, rows, every, in_vectors(inputs), of_rows)
    from_tiles(after, every, (n, height, width, outputs), kernel, bias, residual, step[ACTIVATION], work, out)


@inlined
def _product(
    step: Integers,
    points: int,
    numbers: Floats,
    x: Floats,
    bias: Floats,
    residual: Floats,
    out: Floats,
    before: Floats,
    after: Floats,
    of_rows: Floats,
    rows: Integers,
) -> None:
    """activation(norm(x) @ weights + bias + residual), of rows[0] rows, so many ``points`` of each position."""
    normed = x
    if step[NORM] != NONE:
        _normed(x, _norm(step, numbers, 0), _norm(step, numbers, step[INPUTS]), step[NORM_ACTIVATION], before)
        normed = before
    _multiply(step, numbers, normed, before, after, rows, rows[0], step[INPUTS], of_rows)
    _finish(after, rows[0] // points, points, step[OUTPUTS], bias, residual, step[ACTIVATION], out)


@inlined
def _norm(step: Integers, numbers: Floats, begin: int) -> Floats:
    """Scale or bias of the norm, which begins there; nothing if there is none."""
    first = step[NORM] + begin
    return numbers[:0] if step[NORM] == NONE else numbers[first : first + step[INPUTS]]


@inlined
def _multiply(
    step: Integers,
    numbers: Floats,
    a: Floats,
    quantized: Floats,
    out: Floats,
    rows: Integers,
    every: int,
    depth: int,
    of_rows: Floats,
) -> None:
    """``multiply`` by the weights, in int16 if there are scales. quantized: where a goes then; it may be a itself."""
    weights, columns = numbers[step[WEIGHTS] :], in_vectors(step[OUTPUTS])
    if step[SCALES] == NONE:
        multiply(a, weights, out, rows, every, depth, columns, numbers[:0], numbers[:0])
    else:
        quantize(a, rows, every, depth, quantized, of_rows)
        of_columns = numbers[step[SCALES] : step[SCALES] + len(rows) * columns]
        multiply(quantized, weights, out, rows, every, depth // 2, columns, of_rows, of_columns)


@flat_kernel
def _normed(x: Floats, scale: Floats, bias: Floats, activation: int, out: Floats) -> None:
    """out = activation(x * scale + bias), of x[rows, channels]."""
    channels = len(scale)
    whole = channels // WIDTH * WIDTH
    for row in range(0, len(x), channels):
        for c in range(0, whole, WIDTH):
            number = load(x, row + c) * load(scale, c) + load(bias, c)
            store(out, row + c, activated(number, activation))
        for c in range(whole, channels):
            out[row + c] = activated_one(x[row + c] * scale[c] + bias[c], activation)


@flat_kernel
def _finish(
    x: Floats, n: int, points: int, channels: int, bias: Floats, residual: Floats, activation: int, out: Floats
) -> None:
    """out[n, points, channels] = activation(x + bias + residual). x: [n, points, ``in_vectors`` of channels].

    bias: [channels] or [n, channels]; residual: as ``out``, or empty.
    """
    whole, every = channels // WIDTH * WIDTH, in_vectors(channels)
    apart = channels if len(bias) > channels else 0
    for row in range(n * points):
        source, target, added = row * every, row * channels, row // points * apart
        for c in range(0, whole, WIDTH):
            number = load(x, source + c) + load(bias, added + c)
            if len(residual):
                number = number + load(residual, target + c)
            store(out, target + c, activated(number, activation))
        for c in range(whole, channels):
            one = x[source + c] + bias[added + c]
            if len(residual):
                one += residual[target + c]
            out[target + c] = activated_one(one, activation)


@flat_kernel
def _pool(x: Floats, board: tuple[int, int, int], channels: int, for_value: bool, out: Floats) -> None:
    """out[n, 3 * channels]: ``nets.pooling.pool``, or ``pool_for_value``, of x[n, height, width, channels]."""
    n, height, width = board
    points, whole = height * width, channels // WIDTH * WIDTH
    side = (_F(np.sqrt(_F(points))) - _F(14.0)) * _F(0.1)
    third = side * side - _F(0.1)
    for position in range(n):
        first, end = position * points * channels, (position + 1) * points * channels
        means = 3 * position * channels
        for c in range(0, whole, WIDTH):
            total, most = splat(_ZERO), splat(_ANY)
            for place in range(first + c, end, channels):
                number = load(x, place)
                total = total + number
                most = larger(most, number)
            mean = _F(1.0) / _F(points) * total
            store(out, means + c, mean)
            store(out, means + channels + c, side * mean)
            store(out, means + 2 * channels + c, third * mean if for_value else most)
        for c in range(whole, channels):
            sum_, top = _ZERO, _ANY
            for place in range(first + c, end, channels):
                sum_ += x[place]
                top = max(top, x[place])
            out[means + c] = sum_ / _F(points)
            out[means + channels + c] = side * out[means + c]
            out[means + 2 * channels + c] = third * out[means + c] if for_value else top
