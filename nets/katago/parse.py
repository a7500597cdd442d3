"""From the bytes of a KataGo file to its description.

The order of the parts is that of KataGo's own reader (cpp/neuralnet/desc.cpp). Model versions differ in the input
features, in the heads and in what is written out instead of being taken for granted; the names that end in ``_SINCE``
say where. Nothing in a file is trusted: sizes are checked against what follows before anything is made of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nets.errors import NetError
from nets.katago.description import (
    Activation,
    Attention,
    Block,
    Conv,
    Dense,
    FeedForward,
    FixedRotation,
    KataGoNet,
    LearnedRotation,
    MatMul,
    MetadataEncoder,
    Multipliers,
    NestedResidual,
    Norm,
    PointNorm,
    PolicyHead,
    PoolingResidual,
    Residual,
    RMSNorm,
    Trunk,
    ValueHead,
    features_name,
)
from nets.katago.words import MAX_CHANNELS, Words
from nets.unpack import content, head

OLDEST, NEWEST = 3, 17
"""The model versions that can be read."""

_ACTIVATIONS_SINCE, _OPTIMISM_SINCE, _MULTIPLIERS_SINCE = 11, 12, 13
_OPTIONS_SINCE, _MOVE_VALUES_SINCE, _HEAD_OPTIONS_SINCE = 15, 16, 17
"""The model versions that began something."""

_HEAD_BYTES = 4096
_MAX_BLOCKS = 1000
_MAX_DEPTH = 4
_METADATA = {0: 0, 1: 192}
"""Inputs of the metadata encoder, by its version."""

_ACTIVATIONS: dict[str, Activation] = {
    "ACTIVATION_IDENTITY": "identity",
    "ACTIVATION_RELU": "relu",
    "ACTIVATION_MISH": "mish",
    "ACTIVATION_MISH_SCALE8": "mish_scale8",
    "ACTIVATION_SILU": "silu",
}


def _inputs(version: int) -> int:
    """The version of the input features of a model version."""
    return {3: 3, 4: 3, 5: 4, 6: 5, 7: 6}.get(version, 7)


_PLANES = {3: 22, 4: 22, 5: 13, 6: 22, 7: 22}
_GLOBALS = {3: 14, 4: 14, 5: 12, 6: 16, 7: 19}
"""How many inputs of either kind a version of the input features has."""


def _scores(version: int) -> int:
    """How many score outputs a model version has."""
    return 1 if version < 4 else 2 if version < 8 else 4 if version < 9 else 6


def read(data: bytes) -> KataGoNet:
    """The net in the bytes of a file, gzipped or not. Raises ``NetError`` for anything else."""
    _header(Words(head(data, _HEAD_BYTES)))
    return parse(Words(content(data)))


def name(data: bytes) -> str:
    """The name of a net, by the beginning of its file's bytes alone. Raises ``NetError``."""
    return _header(Words(head(data, _HEAD_BYTES)))[0]


def features(data: bytes) -> str:
    """The kind of inputs of a net, by the beginning of its file's bytes alone. Raises ``NetError``."""
    words = Words(head(data, _HEAD_BYTES))
    _, version = _header(words)
    return _Parser(words, version).features()


def parse(words: Words) -> KataGoNet:
    """The net in a file's words. Raises ``NetError``."""
    name, version = _header(words)
    return _Parser(words, version).net(name)


def _header(words: Words) -> tuple[str, int]:
    try:
        name, version = words.name(), int(words.word())
    except (NetError, ValueError):
        raise NetError("not a KataGo net: it does not begin with a name and a model version") from None
    if not OLDEST <= version <= NEWEST:
        raise NetError(f"model version {version} of net {name} is not supported; supported: {OLDEST} to {NEWEST}")
    return name, version


def _require(holds: bool, part: str, what: str) -> None:
    if not holds:
        raise NetError(f"corrupted: {part} {what}")


class _Parser:
    """The parts of a file of one model version, each by a method that reads it where the words are."""

    def __init__(self, words: Words, version: int) -> None:
        self.words = words
        self.version = version
        self._blocks: dict[str, Callable[[int, int], Block]] = {
            "ordinary_block": self._residual,
            "gpool_block": self._pooling_residual,
            "nested_bottleneck_block": self._nested_residual,
            "transformer_attention_block": self._attention,
            "transformer_ffn_block": self._feed_forward,
        }

    def net(self, name: str) -> KataGoNet:
        """Everything after the name and the version."""
        inputs = _inputs(self.version)
        planes, globals_ = self.words.size("input planes"), self.words.size("global inputs")
        _require(planes == _PLANES[inputs], name, f"takes {planes} planes, not those of Go that its version has")
        _require(globals_ == _GLOBALS[inputs], name, f"takes {globals_} global inputs, not those that its version has")
        multipliers, metadata, suicide_alive = self._options()
        trunk = self._trunk(planes, globals_, metadata)
        channels = len(trunk.norm.scale)
        policy, value = self._policy_head(channels), self._value_head(channels)
        self.words.end()
        return KataGoNet(
            name, self.version, inputs, suicide_alive, multipliers, trunk, policy, value, self.words.learned
        )

    def features(self) -> str:
        """The kind of inputs, which what stands before the layers tells."""
        self.words.size("input planes")
        self.words.size("global inputs")
        _, metadata, suicide_alive = self._options()
        return features_name(_inputs(self.version), suicide_alive, metadata > 0, self.version >= _OPTIMISM_SINCE)

    def _options(self) -> tuple[Multipliers, int, bool]:
        """What stands between the counts of inputs and the layers: inputs of the metadata encoder, the rule of life."""
        multipliers = Multipliers(*self._multipliers()) if self.version >= _MULTIPLIERS_SINCE else Multipliers()
        metadata, suicide_alive = 0, False
        if self.version >= _OPTIONS_SINCE:
            metadata = _METADATA[self.words.integer("metadata encoder", 0, max(_METADATA))]
            suicide_alive = self.words.integer("rule of life", 0, 1) == 1
            self._unused(6)
        return multipliers, metadata, suicide_alive

    def _multipliers(self) -> list[float]:
        names = ("td score", "score", "score stdev", "lead", "variance time", "value error", "score error")
        return [self.words.number(f"{name} multiplier") for name in names]

    def _unused(self, count: int) -> None:
        """Options that no net has used yet, written as 0."""
        for _ in range(count):
            self.words.integer("an option that is not known", 0, 0)

    def _conv(self, channels: int, outputs: int | None = None) -> Conv:
        words = self.words
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

    def _activation(self) -> Activation:
        """A name, and from version 11 on a kind; before, it means ReLU."""
        name = self.words.name()
        if self.version < _ACTIVATIONS_SINCE:
            return "relu"
        kind = self.words.word()
        if kind not in _ACTIVATIONS:
            raise NetError(f"activation {kind[:40]!r} of {name} is not supported")
        return _ACTIVATIONS[kind]

    def _norm(self, channels: int) -> Norm:
        """A batch norm and the activation that follows it."""
        words = self.words
        name = words.name()
        count = words.size("channels")
        epsilon = words.number("epsilon")
        has_scale, has_bias = words.integer("flag", 0, 1), words.integer("flag", 0, 1)
        _require(count == channels, name, f"takes {count} channels where {channels} come in")
        mean, variance = words.floats(count, learned=False), words.floats(count, learned=False)
        scale = words.floats(count) if has_scale else np.ones(count, np.float32)
        bias = words.floats(count) if has_bias else np.zeros(count, np.float32)
        _require(bool((variance >= 0).all()), name, "has a negative variance")
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            merged = (scale / np.sqrt(variance + np.float32(epsilon))).astype(np.float32)
            shift = (bias - merged * mean).astype(np.float32)
        _require(bool(np.isfinite(merged).all() and np.isfinite(shift).all()), name, "amounts to infinite weights")
        return Norm(name, merged, shift, self._activation())

    def _rms_norm(self, channels: int) -> RMSNorm:
        words = self.words
        name = words.name()
        count = words.size("channels")
        epsilon = words.number("epsilon")
        spatial = words.integer("flag", 0, 1) == 1
        words.integer("size of groups", 0, 0)
        _require(count == channels, name, f"takes {count} channels where {channels} come in")
        scale, bias = words.floats(count), words.floats(count)
        return RMSNorm(name, scale, bias, epsilon, spatial, self._activation())

    def _matmul(self, inputs: int, outputs: int | None = None) -> MatMul:
        words = self.words
        name = words.name()
        rows, columns = words.size("inputs"), words.size("outputs")
        _require(rows == inputs, name, f"takes {rows} channels where {inputs} come in")
        _require(outputs in (None, columns), name, f"gives {columns} channels where {outputs} are wanted")
        return MatMul(name, words.floats(rows, columns))

    def _dense(self, inputs: int, outputs: int | None = None, activated: bool = False) -> Dense:
        product = self._matmul(inputs, outputs)
        name = self.words.name()
        count = product.weights.shape[1]
        _require(self.words.size("channels") == count, name, f"is not for {count} channels")
        bias = self.words.floats(count)
        return Dense(product, bias, self._activation()) if activated else Dense(product, bias)

    def _residual(self, channels: int, depth: int) -> Residual:  # noqa: ARG002
        name = self.words.name()
        norm1 = self._norm(channels)
        conv1 = self._conv(channels)
        mid = len(conv1.weights)
        return Residual(name, norm1, conv1, self._norm(mid), self._conv(mid, channels))

    def _pooling_residual(self, channels: int, depth: int) -> PoolingResidual:  # noqa: ARG002
        name = self.words.name()
        norm1 = self._norm(channels)
        conv1, pool_conv = self._conv(channels), self._conv(channels)
        mid, pooled = len(conv1.weights), len(pool_conv.weights)
        return PoolingResidual(
            name=name,
            norm1=norm1,
            conv1=conv1,
            pool_conv=pool_conv,
            pool_norm=self._norm(pooled),
            pool_to_bias=self._matmul(3 * pooled, mid),
            norm2=self._norm(mid),
            conv2=self._conv(mid, channels),
        )

    def _nested_residual(self, channels: int, depth: int) -> NestedResidual:
        name = self.words.name()
        count = self.words.integer("blocks", 1, _MAX_BLOCKS)
        _require(depth < _MAX_DEPTH, name, "is nested too deeply")
        norm1 = self._norm(channels)
        conv1 = self._conv(channels)
        mid = len(conv1.weights)
        blocks = self._block_stack(count, mid, depth + 1)
        return NestedResidual(name, norm1, conv1, blocks, self._norm(mid), self._conv(mid, channels))

    def _point_norm(self, channels: int) -> PointNorm:
        words = self.words
        name = words.name()
        count = words.size("channels")
        epsilon = words.number("epsilon")
        _require(count == channels, name, f"takes {count} channels where {channels} come in")
        return PointNorm(name, words.floats(count), epsilon)

    def _attention(self, channels: int, _depth: int) -> Attention:
        words = self.words
        name = words.name()
        heads, key_heads = words.size("heads"), words.size("heads of keys")
        size, value_size = words.size("channels of a query"), words.size("channels of a value")
        turns, learned = words.integer("flag", 0, 1) == 1, words.integer("flag", 0, 1) == 1
        _require(heads % key_heads == 0, name, f"has {key_heads} heads of keys for {heads} of queries")
        _require(not turns or size % 2 == 0, name, f"turns queries of {size} channels, which are no pairs")
        norm = self._point_norm(channels)
        queries, keys = self._matmul(channels, heads * size), self._matmul(channels, key_heads * size)
        values, out = self._matmul(channels, key_heads * value_size), self._matmul(heads * value_size, channels)
        rotation: FixedRotation | LearnedRotation | None = None
        if turns and learned:
            rotation = self._learned_rotation(key_heads, size // 2)
        elif turns:
            words.name()
            rotation = FixedRotation(words.number("theta"))
        return Attention(name, heads, key_heads, norm, queries, keys, values, out, rotation)

    def _learned_rotation(self, heads: int, pairs: int) -> LearnedRotation:
        words = self.words
        name = words.name()
        shape = words.size("heads"), words.size("pairs"), words.size("angles")
        _require(shape == (heads, pairs, 2), name, f"has {shape} angles where {(heads, pairs, 2)} belong")
        return LearnedRotation(name, words.floats(*shape))

    def _feed_forward(self, channels: int, _depth: int) -> FeedForward:
        words = self.words
        name = words.name()
        count, wide = words.size("channels"), words.size("wide channels")
        gated = words.integer("flag", 0, 1) == 1
        _require(count == channels, name, f"takes {count} channels where {channels} come in")
        norm, first = self._point_norm(channels), self._matmul(channels, wide)
        gate = self._matmul(channels, wide) if gated else None
        return FeedForward(name, norm, first, gate, self._matmul(wide, channels))

    def _block_stack(self, count: int, channels: int, depth: int) -> tuple[Block, ...]:
        blocks = []
        for _ in range(count):
            kind = self.words.word()
            if kind not in self._blocks:
                raise NetError(f"block {kind[:40]!r} of model version {self.version} is not supported")
            blocks.append(self._blocks[kind](channels, depth))
        return tuple(blocks)

    def _metadata_encoder(self, inputs: int, channels: int) -> MetadataEncoder:
        name = self.words.name()
        _require(self.words.size("inputs") == inputs, name, f"does not take {inputs} inputs")
        hidden1 = self._dense(inputs, activated=True)
        hidden2 = self._dense(len(hidden1.bias), activated=True)
        return MetadataEncoder(hidden1, hidden2, self._matmul(len(hidden2.bias), channels))

    def _trunk(self, planes: int, globals_: int, metadata: int) -> Trunk:
        words = self.words
        words.name()
        count = words.integer("blocks", 1, _MAX_BLOCKS)
        channels = words.size("channels")
        for what in ("mid channels", "regular channels", "dilated channels", "pooled channels"):
            words.integer(what, 0, MAX_CHANNELS)
        rms = False
        if self.version >= _OPTIONS_SINCE:
            rms = words.integer("kind of norm", 0, 1) == 1
            self._unused(5)
        return Trunk(
            conv=self._conv(planes, channels),
            from_globals=self._matmul(globals_, channels),
            from_metadata=self._metadata_encoder(metadata, channels) if metadata else None,
            blocks=self._block_stack(count, channels, 0),
            norm=self._rms_norm(channels) if rms else self._norm(channels),
        )

    def _policies(self) -> int:
        """How many policies the head gives; all but the first two are about moves' values."""
        if self.version >= _HEAD_OPTIONS_SINCE:
            count = self.words.integer("policies", 2, 4)
            _require(count != 3, "the policy head", "has 3 policies where 2 or 4 belong")
            self._unused(3)
            return count
        return 4 if self.version >= _MOVE_VALUES_SINCE else 2 if self.version >= _OPTIMISM_SINCE else 1

    def _policy_head(self, channels: int) -> PolicyHead:
        self.words.name()
        policies = self._policies()
        conv, pool_conv = self._conv(channels), self._conv(channels)
        mid, pooled = len(conv.weights), 3 * len(pool_conv.weights)
        pool_norm = self._norm(len(pool_conv.weights))
        pool_to_bias = self._matmul(pooled, mid)
        norm = self._norm(mid)
        to_logits = self._conv(mid, policies)
        hidden = self._dense(pooled, mid, activated=True) if self.version >= _OPTIONS_SINCE else None
        to_pass = self._matmul(pooled if hidden is None else mid, policies)
        return PolicyHead(conv, pool_conv, pool_norm, pool_to_bias, norm, to_logits, hidden, to_pass)

    def _value_head(self, channels: int) -> ValueHead:
        self.words.name()
        if self.version >= _HEAD_OPTIONS_SINCE:
            self._unused(3)
        conv = self._conv(channels)
        mid = len(conv.weights)
        norm = self._norm(mid)
        hidden = self._dense(3 * mid, activated=True)
        wide = len(hidden.bias)
        return ValueHead(
            conv=conv,
            norm=norm,
            hidden=hidden,
            to_outcome=self._dense(wide, 3),
            to_score=self._dense(wide, _scores(self.version)),
            to_ownership=self._conv(mid, 1),
        )
