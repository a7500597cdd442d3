"""KataGo's net as plain data: what a file says, part by part, before anything is computed with it.

Batch norms come as the scale and bias that they amount to. Weights are float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from games import with_optimism, with_players

Floats = NDArray[np.float32]
Activation = Literal["identity", "relu", "mish", "mish_scale8", "silu"]


@dataclass(frozen=True)
class Conv:
    """A convolution without bias, zero padded to keep the board's size. weights: [out, in, rows, columns]."""

    name: str
    weights: Floats


@dataclass(frozen=True)
class Norm:
    """activation(x * scale + bias); both [channels]."""

    name: str
    scale: Floats
    bias: Floats
    activation: Activation


@dataclass(frozen=True)
class RMSNorm:
    """activation(x / rms * scale + bias); rms is sqrt(mean of x² + epsilon), the mean taken over the channels.

    spatial: ... and over the board.
    """

    name: str
    scale: Floats
    bias: Floats
    epsilon: float
    spatial: bool
    activation: Activation


@dataclass(frozen=True)
class MatMul:
    """x @ weights. weights: [in, out]."""

    name: str
    weights: Floats


@dataclass(frozen=True)
class Dense:
    """activation(x @ product + bias). bias: [out]."""

    product: MatMul
    bias: Floats
    activation: Activation = "identity"


@dataclass(frozen=True)
class Residual:
    """x + conv2(norm2(conv1(norm1(x))))."""

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


@dataclass(frozen=True)
class NestedResidual:
    """x + conv2(norm2(blocks(conv1(norm1(x))))): a bottleneck with residual blocks of its own inside."""

    name: str
    norm1: Norm
    conv1: Conv
    blocks: tuple[Block, ...]
    norm2: Norm
    conv2: Conv


@dataclass(frozen=True)
class PointNorm:
    """x / rms * scale, at each point by itself; rms is sqrt(mean of x² over the channels + epsilon)."""

    name: str
    scale: Floats
    epsilon: float


@dataclass(frozen=True)
class FixedRotation:
    """How far the pairs of channels of queries and keys turn from point to point (RoPE, Su et al. 2021).

    Of p pairs the first p // 2 turn with the row, the others with the column; pair i of either kind turns by
    theta^(-2i / p) a step.
    """

    theta: float


@dataclass(frozen=True)
class LearnedRotation:
    """As ``FixedRotation``, but every pair turns by an angle of its own for each column and for each row.

    angles: [key heads, pairs, 2], of a column and of a row.
    """

    name: str
    angles: Floats


@dataclass(frozen=True)
class Attention:
    """x + out(attention over the board of queries, keys and values of norm(x)).

    heads: of the queries; every ``heads // key_heads`` of them in a row share one head of keys and values. rotation:
    of the pairs of channels 2i and 2i + 1 of queries and keys; None for attention that knows no places.
    """

    name: str
    heads: int
    key_heads: int
    norm: PointNorm
    queries: MatMul
    keys: MatMul
    values: MatMul
    out: MatMul
    rotation: FixedRotation | LearnedRotation | None


@dataclass(frozen=True)
class FeedForward:
    """x + narrow(silu(wide(y)) * gate(y)), y = norm(x), at each point by itself.

    Without a gate: x + narrow(activation(wide(y))), and the activation is the one behind the trunk's last norm, for
    KataGo's nets have one for all, and their files do not say it here.
    """

    name: str
    norm: PointNorm
    wide: MatMul
    gate: MatMul | None
    narrow: MatMul


Block = Residual | PoolingResidual | NestedResidual | Attention | FeedForward


@dataclass(frozen=True)
class MetadataEncoder:
    """What a net that imitates people adds to its first layer for who plays: out @ (hidden layers of the metadata).

    The metadata are what ``games.go.players`` makes of a profile.
    """

    hidden1: Dense
    hidden2: Dense
    out: MatMul


@dataclass(frozen=True)
class Trunk:
    """The residual tower with its input layers and its last norm."""

    conv: Conv
    from_globals: MatMul
    from_metadata: MetadataEncoder | None
    blocks: tuple[Block, ...]
    norm: Norm | RMSNorm


@dataclass(frozen=True)
class PolicyHead:
    """Logits of every point, and of the pass from what was pooled.

    Several channels give several policies, the plain one first and the optimistic one second. pass_hidden: a layer
    between what was pooled and the pass, from version 15 on.
    """

    conv: Conv
    pool_conv: Conv
    pool_norm: Norm
    pool_to_bias: MatMul
    norm: Norm
    to_logits: Conv
    pass_hidden: Dense | None
    to_pass: MatMul


@dataclass(frozen=True)
class ValueHead:
    """Win, loss, no result; then score and its kin; then ownership."""

    conv: Conv
    norm: Norm
    hidden: Dense
    to_outcome: Dense
    to_score: Dense
    to_ownership: Conv


@dataclass(frozen=True)
class Multipliers:
    """What one unit of the net's outputs is worth, in points where nothing else is said."""

    td_score: float = 20.0
    score: float = 20.0
    score_stdev: float = 20.0
    lead: float = 20.0
    variance_time: float = 40.0
    value_error: float = 0.25
    score_error: float = 30.0


@dataclass(frozen=True)
class KataGoNet:
    """A whole file.

    inputs: the version of the input features. suicide_alive: those are computed as if suicide were legal wherever they
    ask which stones live. parameters: how many numbers were learned.
    """

    name: str
    version: int
    inputs: int
    suicide_alive: bool
    multipliers: Multipliers
    trunk: Trunk
    policy: PolicyHead
    value: ValueHead
    parameters: int

    @property
    def asks_who_plays(self) -> bool:
        """Whether it imitates people, and wants to know whom."""
        return self.trunk.from_metadata is not None

    @property
    def is_optimistic(self) -> bool:
        """Whether there is an optimistic policy that is to be used; of a net that imitates people there is none."""
        return len(self.policy.to_logits.weights) > 1 and not self.asks_who_plays

    @property
    def features(self) -> str:
        """The kind of inputs, as ``Game.feature_shapes`` knows it."""
        return features_name(self.inputs, self.suicide_alive, self.asks_who_plays, self.is_optimistic)


def features_name(inputs: int, suicide_alive: bool, players: bool = False, optimism: bool = False) -> str:
    """What ``Game.feature_shapes`` calls a version of the input features, with these further inputs.

    ``players``: that say who plays, and then there is none for the ``optimism`` of the policy.
    """
    name = f"katago_v{inputs}" + ("_suicide" if suicide_alive else "")
    if players:
        return with_players(name)
    return with_optimism(name) if optimism else name
