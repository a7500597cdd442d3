"""Leela Zero's weight files as plain data.

The first line is the version; each line after it holds the numbers of one array: four lines for every convolution of
the tower (weights, biases, and mean and variance of a batch norm), six for the policy's head, eight for the value's
(src/Network.cpp, load_v1_network). Files number points from the bottom left; what is read here counts rows from the
top, as planes do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nets import decimals
from nets.errors import NetError
from nets.unpack import content, head

VERSIONS = (1, 2)
"""Version 2 (ELF OpenGo) gives Black's value, version 1 that of the player to move."""

INPUT_PLANES = 18
EPSILON = 1e-5

_SIDE = 3
_MAX_SIZE = 19
_HEAD_BYTES = 100
_HEAD_LINES, _LINES_PER_CONV = 14, 4

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """A convolution and its batch norm as one. weights: [out, in, rows, columns]; bias: [out]."""

    weights: Floats
    bias: Floats


@dataclass(frozen=True)
class Dense:
    """weights @ x + bias. weights: [out, in]; bias: [out]."""

    weights: Floats
    bias: Floats


@dataclass(frozen=True)
class LeelaZeroNet:
    """A whole file. tower: the first convolution and two a block. Everything but outputs is followed by ReLU."""

    version: int
    size: int
    tower: tuple[Layer, ...]
    policy_conv: Layer
    policy: Dense
    value_conv: Layer
    value_hidden: Dense
    value: Dense
    parameters: int

    @property
    def blocks(self) -> int:
        """Residual blocks."""
        return len(self.tower) // 2

    @property
    def channels(self) -> int:
        """Of the tower."""
        return len(self.tower[0].bias)

    @property
    def name(self) -> str:
        """Files bear no name, so this tells the shape."""
        return f"leela-zero-{self.blocks}x{self.channels}"


def read(data: bytes) -> LeelaZeroNet:
    """The net in the bytes of a file, gzipped or not. Raises ``NetError`` for anything else."""
    version = head(data, _HEAD_BYTES).split(b"\n", 1)[0].strip().decode("latin-1")
    if version not in map(str, VERSIONS):
        known = ", ".join(map(str, VERSIONS))
        raise NetError(f"Leela Zero weights of version {version[:20]} are not supported; supported: {known}")
    lines = _Lines(content(data))
    blocks, rest = divmod(lines.left - _LINES_PER_CONV - _HEAD_LINES, 2 * _LINES_PER_CONV)
    if blocks < 0 or rest:
        raise NetError(f"truncated or corrupted: {lines.left + 1} lines are no number of whole blocks")
    return _net(int(version), blocks, lines)


def _net(version: int, blocks: int, lines: _Lines) -> LeelaZeroNet:
    channels = lines.count(1)
    tower = [_layer(lines, channels, INPUT_PLANES, _SIDE)]
    tower += [_layer(lines, channels, channels, _SIDE) for _ in range(2 * blocks)]
    policy_conv = _layer(lines, lines.count(1), channels, 1)
    size = _size(lines.count(1) - 1)
    points = size * size
    policy = _dense(lines, points + 1, len(policy_conv.bias) * points)
    value_conv = _layer(lines, lines.count(1), channels, 1)
    hidden = _dense(lines, lines.count(1), len(value_conv.bias) * points)
    value = _dense(lines, 1, len(hidden.bias))
    order = np.append(_upright(np.arange(points), size), points)
    return LeelaZeroNet(
        version,
        size,
        tuple(tower),
        policy_conv,
        Dense(_upright(policy.weights[order], size), policy.bias[order]),
        value_conv,
        Dense(_upright(hidden.weights, size), hidden.bias),
        value,
        lines.numbers,
    )


class _Lines:
    """The lines after the first, taken one by one. left: how many there are still. numbers: how many were read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._bytes = np.frombuffer(data, np.uint8)
        breaks = np.flatnonzero(self._bytes[: len(data.rstrip())] == ord("\n"))
        self._starts = breaks + 1
        self._ends = np.append(breaks[1:], len(data))
        self._next = 0
        self.numbers = 0

    @property
    def left(self) -> int:
        return len(self._starts) - self._next

    def count(self, ahead: int) -> int:
        """How many words the line has that follows the next ``ahead`` ones."""
        i = self._next + ahead
        return len(self._data[self._starts[i] : self._ends[i]].split())

    def floats(self, *shape: int) -> Floats:
        """The next line, which must hold exactly as many numbers as the shape asks for."""
        begin, end = int(self._starts[self._next]), int(self._ends[self._next])
        count = math.prod(shape)
        number = self._next + 2
        self._next += 1
        if 2 * count > end - begin + 1:
            raise NetError(f"corrupted: line {number} has fewer numbers than the {count} that belong there")
        values = np.empty(count, np.float32)
        at = decimals.read(self._bytes[:end], begin, values)
        if at == decimals.NOT_A_NUMBER:
            raise NetError(f"corrupted: line {number} has something else than numbers")
        if at == decimals.TOO_FEW or self._data[at:end].strip():
            found = len(self._data[begin:end].split())
            raise NetError(f"corrupted: line {number} has {found} numbers where {count} belong")
        if not np.isfinite(values).all():
            raise NetError(f"corrupted: line {number} has a number that is not finite")
        self.numbers += count
        return values.reshape(shape)


def _layer(lines: _Lines, outputs: int, inputs: int, side: int) -> Layer:
    weights = lines.floats(outputs, inputs, side, side)[:, :, ::-1]
    bias, mean, variance = lines.floats(outputs), lines.floats(outputs), lines.floats(outputs)
    lines.numbers -= 2 * outputs  # mean and variance were not learned
    if not (variance >= 0).all():
        raise NetError("corrupted: a batch norm has a negative variance")
    scale = (1.0 / np.sqrt(variance + EPSILON)).astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        layer = Layer(weights * scale[:, None, None, None], (bias - mean) * scale)
    if not (np.isfinite(layer.weights).all() and np.isfinite(layer.bias).all()):
        raise NetError("corrupted: a batch norm amounts to infinite weights")
    return layer


def _dense(lines: _Lines, outputs: int, inputs: int) -> Dense:
    return Dense(lines.floats(outputs, inputs), lines.floats(outputs))


def _size(points: int) -> int:
    size = math.isqrt(max(points, 0))
    if size * size != points or not 2 <= size <= _MAX_SIZE:
        raise NetError(f"a policy of {points} points is for no board that can be played on")
    return size


def _upright(values: NDArray[Any], size: int) -> NDArray[Any]:
    """The same with the rows of the board, within the last dimension, in the other order."""
    rows = values.reshape(*values.shape[:-1], -1, size, size)[..., ::-1, :]
    return rows.reshape(values.shape)
