"""KataGo's net files (``.bin.gz``, ``.bin``, ``.txt.gz``, ``.txt``) as plain data.

A file is a stream of words parted by white space: names, sizes, then weights, either as decimal words or as
``@BIN@`` and little-endian float32. The order of the parts is that of KataGo's own reader
(cpp/neuralnet/desc.cpp). What is read here is what version 8 has; ``VERSIONS`` and ``_BLOCKS`` are where others
come in. Nothing in a file is trusted: sizes are checked against what follows before anything is made of them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nets.errors import NetError

VERSIONS = frozenset({8})
"""The model versions that can be read."""

MAX_EXPANSION = 32
"""How many times larger than the file its content may be; weights hardly pack at all."""

_MAX_CHANNELS = 1 << 16
_MAX_BLOCKS = 1000
_HEAD_BYTES = 4096
_GZIP_MAGIC = b"\x1f\x8b"
_WORD = re.compile(rb"[ \t\r\n]*([^ \t\r\n]{1,200})")
_NAME = re.compile(r"[A-Za-z0-9_./:+-]{1,200}")
_BINARY = re.compile(rb"[ \t\r\n]*@BIN@")

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Conv:
    """A convolution without bias, zero padded to keep the board's size. weights: [out, in, rows, columns]."""

    name: str
    weights: Floats


@dataclass(frozen=True)
class Norm:
    """Batch norm at inference, as what it comes to: x * scale + bias, both [channels]."""

    name: str
    scale: Floats
    bias: Floats


@dataclass(frozen=True)
class MatMul:
    """x @ weights. weights: [in, out]."""

    name: str
    weights: Floats


@dataclass(frozen=True)
class Bias:
    """x + weights. weights: [channels]."""

    name: str
    weights: Floats


@dataclass(frozen=True)
class Residual:
    """x + conv2(relu(norm2(conv1(relu(norm1(x))))))."""

    name: str
    norm1: Norm
    conv1: Conv
    norm2: Norm
    conv2: Conv


@dataclass(frozen=True)
class PoolingResidual:
    """As ``Residual``, but a second convolution, pooled over the board, adds a bias to the first one's output."""

    name: str
    norm1: Norm
    conv1: Conv
    pool_conv: Conv
    pool_norm: Norm
    pool_to_bias: MatMul
    norm2: Norm
    conv2: Conv


Block = Residual | PoolingResidual


@dataclass(frozen=True)
class Trunk:
    """The residual tower with its input layers and its last norm."""

    conv: Conv
    from_globals: MatMul
    blocks: tuple[Block, ...]
    norm: Norm


@dataclass(frozen=True)
class PolicyHead:
    """One logit a point, and one for the pass from what was pooled."""

    conv: Conv
    pool_conv: Conv
    pool_norm: Norm
    pool_to_bias: MatMul
    norm: Norm
    to_logits: Conv
    pool_to_pass: MatMul


@dataclass(frozen=True)
class ValueHead:
    """Win, loss, no result; then score and its kin; then ownership."""

    conv: Conv
    norm: Norm
    hidden: MatMul
    hidden_bias: Bias
    to_outcome: MatMul
    outcome_bias: Bias
    to_score: MatMul
    score_bias: Bias
    to_ownership: Conv


@dataclass(frozen=True)
class KataGoNet:
    """A whole file. ``lead_multiplier``: points of lead per unit of the net's output."""

    name: str
    version: int
    num_planes: int
    num_globals: int
    lead_multiplier: float
    trunk: Trunk
    policy: PolicyHead
    value: ValueHead


def read(data: bytes) -> KataGoNet:
    """The net in the bytes of a file, gzipped or not. Raises ``NetError`` for anything else."""
    head = _unpack(data, _HEAD_BYTES) if data.startswith(_GZIP_MAGIC) else data[:_HEAD_BYTES]
    _header(_Words(head))
    if data.startswith(_GZIP_MAGIC):
        data = _unpack(data, None)
    words = _Words(data)
    name, version = _header(words)
    num_planes, num_globals = words.size("input planes"), words.size("global inputs")
    trunk = _trunk(words, version, num_planes, num_globals)
    channels = len(trunk.norm.scale)
    net = KataGoNet(
        name=name,
        version=version,
        num_planes=num_planes,
        num_globals=num_globals,
        lead_multiplier=20.0,
        trunk=trunk,
        policy=_policy_head(words, channels),
        value=_value_head(words, channels),
    )
    words.end()
    return net


def _unpack(data: bytes, limit: int | None) -> bytes:
    """The first ``limit`` bytes of a gzip file, or all of them, then with checksum and length verified."""
    unzip = zlib.decompressobj(wbits=31)
    try:
        unpacked = unzip.decompress(data, limit or MAX_EXPANSION * len(data))
    except zlib.error as error:
        raise NetError(f"corrupted: {str(error).rpartition(': ')[2]}") from None
    if limit is None:
        if unzip.unconsumed_tail:
            raise NetError("corrupted: unpacks to far more than a net holds")
        if not unzip.eof:
            raise NetError("truncated: the gzip stream ends early")
        if unzip.unused_data:
            raise NetError("corrupted: something follows the gzip stream")
    return unpacked


def _header(words: _Words) -> tuple[str, int]:
    try:
        name, version = words.name(), int(words.word())
    except (NetError, ValueError):
        raise NetError("not a KataGo net: it does not begin with a name and a model version") from None
    if version not in VERSIONS:
        known = ", ".join(map(str, sorted(VERSIONS)))
        raise NetError(f"model version {version} of net {name} is not supported; supported: {known}")
    return name, version


class _Words:
    """Reads a file from front to back; every method raises ``NetError`` with the part it was at."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._part = "header"

    def word(self) -> str:
        match = _WORD.match(self._data, self._at)
        if match is None:
            raise NetError(f"truncated: ends after {self._part}")
        self._at = match.end()
        return match[1].decode("latin-1")

    def name(self) -> str:
        name = self.word()
        if not _NAME.fullmatch(name):
            raise NetError(f"corrupted: no name after {self._part}")
        self._part = name
        return name

    def integer(self, what: str, low: int, high: int) -> int:
        word = self.word()
        if not word.isdecimal() or not low <= int(word) <= high:
            raise NetError(f"corrupted: {word[:20]!r} for {what} of {self._part}")
        return int(word)

    def size(self, what: str) -> int:
        return self.integer(what, 1, _MAX_CHANNELS)

    def number(self, what: str) -> float:
        word = self.word()
        try:
            number = float(word)
        except ValueError:
            number = float("nan")
        if not 0 < number < float("inf"):
            raise NetError(f"corrupted: {word[:20]!r} for {what} of {self._part}")
        return number

    def floats(self, *shape: int) -> Floats:
        count = int(np.prod(shape, dtype=object))
        binary = _BINARY.match(self._data, self._at)
        values = self._binary(binary.end(), count) if binary else self._decimal(count)
        if not np.isfinite(values).all():
            raise NetError(f"corrupted: weights of {self._part} are not finite")
        return values.reshape(shape)

    def _binary(self, begin: int, count: int) -> Floats:
        if begin + 4 * count > len(self._data):
            raise NetError(f"truncated: ends within the weights of {self._part}")
        self._at = begin + 4 * count
        return np.frombuffer(self._data, "<f4", count, begin)

    def _decimal(self, count: int) -> Floats:
        if 2 * count > len(self._data) - self._at + 1:
            raise NetError(f"truncated: ends within the weights of {self._part}")
        words = self._data[self._at :].split(None, count)
        rest = words.pop() if len(words) > count else b""
        if len(words) < count:
            raise NetError(f"truncated: ends within the weights of {self._part}")
        self._at = len(self._data) - len(rest)
        try:
            return np.array(words, dtype=np.bytes_).astype(np.float32)
        except ValueError:
            raise NetError(f"corrupted: the weights of {self._part} are no numbers") from None

    def end(self) -> None:
        if self._data[self._at :].strip():
            raise NetError(f"corrupted: something follows {self._part}, the last part")


def _require(holds: bool, part: str, what: str) -> None:
    if not holds:
        raise NetError(f"corrupted: {part} {what}")


def _conv(words: _Words, channels: int, outputs: int | None = None) -> Conv:
    name = words.name()
    rows, columns = words.integer("rows", 1, 19), words.integer("columns", 1, 19)
    inputs, out = words.size("input channels"), words.size("output channels")
    dilations = words.size("dilation"), words.size("dilation")
    _require(rows % 2 == 1 and columns % 2 == 1, name, "has a filter of even size")
    _require(inputs == channels, name, f"takes {inputs} channels where {channels} come in")
    _require(outputs in (None, out), name, f"gives {out} channels where {outputs} are wanted")
    if dilations != (1, 1):
        raise NetError(f"convolution {name} is dilated, which is not supported")
    weights = words.floats(rows, columns, inputs, out)
    return Conv(name, np.ascontiguousarray(weights.transpose(3, 2, 0, 1)))


def _norm(words: _Words, channels: int) -> Norm:
    name = words.name()
    count = words.size("channels")
    epsilon = words.number("epsilon")
    has_scale, has_bias = words.integer("flag", 0, 1), words.integer("flag", 0, 1)
    _require(count == channels, name, f"takes {count} channels where {channels} come in")
    mean, variance = words.floats(count), words.floats(count)
    scale = words.floats(count) if has_scale else np.ones(count, np.float32)
    bias = words.floats(count) if has_bias else np.zeros(count, np.float32)
    _require(bool((variance >= 0).all()), name, "has a negative variance")
    merged = scale / np.sqrt(variance + np.float32(epsilon))
    return Norm(name, merged.astype(np.float32), (bias - merged * mean).astype(np.float32))


def _relu(words: _Words) -> None:
    """An activation; before version 11 it is a name alone, and means ReLU."""
    words.name()


def _norm_relu(words: _Words, channels: int) -> Norm:
    norm = _norm(words, channels)
    _relu(words)
    return norm


def _matmul(words: _Words, inputs: int, outputs: int | None = None) -> MatMul:
    name = words.name()
    rows, columns = words.size("inputs"), words.size("outputs")
    _require(rows == inputs, name, f"takes {rows} channels where {inputs} come in")
    _require(outputs in (None, columns), name, f"gives {columns} channels where {outputs} are wanted")
    return MatMul(name, words.floats(rows, columns))


def _bias(words: _Words, channels: int) -> Bias:
    name = words.name()
    _require(words.size("channels") == channels, name, f"is not for {channels} channels")
    return Bias(name, words.floats(channels))


def _residual(words: _Words, channels: int) -> Residual:
    name = words.name()
    norm1 = _norm_relu(words, channels)
    conv1 = _conv(words, channels)
    mid = len(conv1.weights)
    return Residual(name, norm1, conv1, _norm_relu(words, mid), _conv(words, mid, channels))


def _pooling_residual(words: _Words, channels: int) -> PoolingResidual:
    name = words.name()
    norm1 = _norm_relu(words, channels)
    conv1, pool_conv = _conv(words, channels), _conv(words, channels)
    mid, pooled = len(conv1.weights), len(pool_conv.weights)
    return PoolingResidual(
        name=name,
        norm1=norm1,
        conv1=conv1,
        pool_conv=pool_conv,
        pool_norm=_norm_relu(words, pooled),
        pool_to_bias=_matmul(words, 3 * pooled, mid),
        norm2=_norm_relu(words, mid),
        conv2=_conv(words, mid, channels),
    )


_BLOCKS: dict[str, Callable[[_Words, int], Block]] = {"ordinary_block": _residual, "gpool_block": _pooling_residual}


def _trunk(words: _Words, version: int, num_planes: int, num_globals: int) -> Trunk:
    words.name()
    num_blocks = words.integer("blocks", 1, _MAX_BLOCKS)
    channels = words.size("channels")
    for what in ("mid channels", "regular channels", "dilated channels", "pooled channels"):
        words.integer(what, 0, _MAX_CHANNELS)
    conv = _conv(words, num_planes, channels)
    from_globals = _matmul(words, num_globals, channels)
    blocks = []
    for _ in range(num_blocks):
        kind = words.word()
        if kind not in _BLOCKS:
            raise NetError(f"block {kind[:40]!r} of model version {version} is not supported")
        blocks.append(_BLOCKS[kind](words, channels))
    return Trunk(conv, from_globals, tuple(blocks), _norm_relu(words, channels))


def _policy_head(words: _Words, channels: int) -> PolicyHead:
    words.name()
    conv, pool_conv = _conv(words, channels), _conv(words, channels)
    mid, pooled = len(conv.weights), len(pool_conv.weights)
    return PolicyHead(
        conv=conv,
        pool_conv=pool_conv,
        pool_norm=_norm_relu(words, pooled),
        pool_to_bias=_matmul(words, 3 * pooled, mid),
        norm=_norm_relu(words, mid),
        to_logits=_conv(words, mid, 1),
        pool_to_pass=_matmul(words, 3 * pooled, 1),
    )


def _value_head(words: _Words, channels: int) -> ValueHead:
    words.name()
    conv = _conv(words, channels)
    mid = len(conv.weights)
    norm = _norm_relu(words, mid)
    hidden = _matmul(words, 3 * mid)
    wide = hidden.weights.shape[1]
    hidden_bias = _bias(words, wide)
    _relu(words)
    return ValueHead(
        conv=conv,
        norm=norm,
        hidden=hidden,
        hidden_bias=hidden_bias,
        to_outcome=_matmul(words, wide, 3),
        outcome_bias=_bias(words, 3),
        to_score=_matmul(words, wide, 4),
        score_bias=_bias(words, 4),
        to_ownership=_conv(words, mid, 1),
    )
