"""KataGo files with random weights, of every version, block, activation and option that the format has.

Written from the format's description alone, so that it can stand against the reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

RESIDUAL, POOLING, NESTED = "ordinary_block", "gpool_block", "nested_bottleneck_block"


@dataclass(frozen=True)
class Attention:
    """A block. size, value_size: of the heads. rotation: "none", "fixed" or "learned"."""

    heads: int = 4
    key_heads: int = 2
    size: int = 6
    value_size: int = 6
    rotation: str = "fixed"
    theta: float = 10.0


@dataclass(frozen=True)
class FeedForward:
    """A block. gated: as all of KataGo's are."""

    wide: int = 10
    gated: bool = True


@dataclass(frozen=True)
class Spec:
    """What is written. blocks: kinds, a nested one as a list of the kinds inside. activation: from version 11 on."""

    version: int
    blocks: Sequence[Any] = (RESIDUAL, POOLING)
    activation: str = "ACTIVATION_RELU"
    binary: bool = True
    seed: int = 1
    channels: int = 12
    rms: int | None = None
    suicide_alive: bool = False
    metadata: bool = False
    policies: int | None = None
    lead_multiplier: float = 20.0

    @property
    def inputs(self) -> tuple[int, int]:
        """Planes and global inputs."""
        return {3: (22, 14), 4: (22, 14), 5: (22, 14), 6: (13, 12), 7: (22, 16)}.get(self.version, (22, 19))


def write(spec: Spec) -> bytes:
    """The content of a file, not packed."""
    return _Writer(spec).net()


class _Writer:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.rng = np.random.RandomState(spec.seed)  # whose numbers never change
        self.parts: list[bytes] = []

    def net(self) -> bytes:
        spec, version = self.spec, self.spec.version
        planes, values = spec.inputs
        self.words(f"random-v{version}", version, planes, values)
        if version >= 13:
            self.words(20.0, 18.5, 21.0, spec.lead_multiplier, 40.0, 0.25, 150.0)
        if version >= 15:
            self.words(int(spec.metadata), int(spec.suicide_alive), *[0] * 6)
        self.trunk(planes, values)
        self.policy_head()
        self.value_head()
        return b"".join(self.parts)

    def words(self, *words: object) -> None:
        self.parts += [f"{word}\n".encode() for word in words]

    def floats(self, values: Any) -> None:
        values = np.ascontiguousarray(values, "<f4")
        if self.spec.binary:
            self.parts += [b"@BIN@", values.tobytes(), b"\n"]
        else:
            self.parts += [" ".join(np.format_float_scientific(value) for value in values.flat).encode(), b"\n"]

    def normal(self, *shape: int, scale: float = 1.0) -> Any:
        return self.rng.normal(0.0, scale, shape)

    def conv(self, name: str, side: int, inputs: int, outputs: int, gain: float = 1.0) -> None:
        self.words(name, side, side, inputs, outputs, 1, 1)
        self.floats(self.normal(side, side, inputs, outputs, scale=gain / np.sqrt(side * side * inputs)))

    def norm(self, name: str, channels: int, has_scale: int = 1, has_bias: int = 1) -> None:
        self.words(name, channels, 0.001, has_scale, has_bias)
        self.floats(self.normal(channels, scale=0.3))
        self.floats(self.rng.uniform(0.3, 2.0, channels))
        if has_scale:
            self.floats(self.rng.uniform(0.5, 1.5, channels))
        if has_bias:
            self.floats(self.normal(channels, scale=0.3))
        self.activation(f"{name}/act")

    def activation(self, name: str) -> None:
        self.words(name, *([self.spec.activation] if self.spec.version >= 11 else []))

    def matmul(self, name: str, inputs: int, outputs: int, gain: float = 1.0) -> None:
        self.words(name, inputs, outputs)
        self.floats(self.normal(inputs, outputs, scale=gain / np.sqrt(inputs)))

    def bias(self, name: str, channels: int) -> None:
        self.words(name, channels)
        self.floats(self.normal(channels, scale=0.3))

    def trunk(self, planes: int, values: int) -> None:
        spec, c = self.spec, self.spec.channels
        self.words("trunk", len(spec.blocks), c, c, c - 4, 4, 4)
        if spec.version >= 15:
            self.words(0 if spec.rms is None else 1, *[0] * 5)
        self.conv("conv1", 5 if spec.version < 8 else 3, planes, c)
        self.matmul("ginputw", values, c)
        if spec.metadata:
            self.words("metadata", 192)
            for layer, (inputs, outputs) in enumerate(((192, 10), (10, 8))):
                self.matmul(f"meta{layer}", inputs, outputs)
                self.bias(f"metabias{layer}", outputs)
                self.activation(f"metaact{layer}")
            self.matmul("meta2", 8, c)
        self.blocks("block", spec.blocks, c)
        if spec.rms is None:
            self.norm("trunk/norm", c)
        else:
            self.words("trunk/norm", c, 1e-5, spec.rms, 0)
            self.floats(self.rng.uniform(0.5, 1.5, c))
            self.floats(self.normal(c, scale=0.3))
            self.activation("trunk/act")

    def blocks(self, name: str, kinds: Sequence[Any], c: int) -> None:
        for i, kind in enumerate(kinds):
            here = f"{name}{i}"
            if kind == RESIDUAL:
                self.words(kind, here)
                self.norm(f"{here}/norm1", c, has_scale=0)
                self.conv(f"{here}/w1", 3, c, c - 2)
                self.norm(f"{here}/norm2", c - 2)
                self.conv(f"{here}/w2", 3, c - 2, c, gain=0.5)
            elif kind == POOLING:
                self.words(kind, here)
                self.norm(f"{here}/norm1", c, has_bias=0)
                self.conv(f"{here}/w1a", 3, c, c - 4)
                self.conv(f"{here}/w1b", 3, c, 4)
                self.norm(f"{here}/norm1b", 4)
                self.matmul(f"{here}/w1r", 12, c - 4, gain=0.5)
                self.norm(f"{here}/norm2", c - 4)
                self.conv(f"{here}/w2", 3, c - 4, c, gain=0.5)
            elif isinstance(kind, Attention):
                self.attention(here, kind, c)
            elif isinstance(kind, FeedForward):
                self.words("transformer_ffn_block", here, c, kind.wide, int(kind.gated))
                self.point_norm(f"{here}/norm", c)
                self.matmul(f"{here}/linear1", c, kind.wide)
                if kind.gated:
                    self.matmul(f"{here}/gate", c, kind.wide)
                self.matmul(f"{here}/linear2", kind.wide, c, gain=0.7)
            else:
                self.words(NESTED, here, len(kind))
                self.norm(f"{here}/norm1", c)
                self.conv(f"{here}/w1", 1, c, c - 3)
                self.blocks(f"{here}/inner", kind, c - 3)
                self.norm(f"{here}/norm2", c - 3)
                self.conv(f"{here}/w2", 1, c - 3, c, gain=0.5)

    def point_norm(self, name: str, c: int) -> None:
        self.words(name, c, 1e-3)
        self.floats(self.rng.uniform(0.5, 1.5, c))

    def attention(self, here: str, block: Attention, c: int) -> None:
        turns, learned = block.rotation != "none", block.rotation == "learned"
        sizes = block.heads, block.key_heads, block.size, block.value_size
        self.words("transformer_attention_block", here, *sizes, int(turns), int(learned))
        self.point_norm(f"{here}/norm", c)
        self.matmul(f"{here}/q", c, block.heads * block.size, gain=1.5)
        self.matmul(f"{here}/k", c, block.key_heads * block.size, gain=1.5)
        self.matmul(f"{here}/v", c, block.key_heads * block.value_size)
        self.matmul(f"{here}/out", block.heads * block.value_size, c, gain=0.7)
        if learned:
            self.words(f"{here}/freqs", block.key_heads, block.size // 2, 2)
            self.floats(self.normal(block.key_heads, block.size // 2, 2, scale=0.5))
        elif turns:
            self.words(f"{here}/theta", block.theta)

    def policy_head(self) -> None:
        spec, c = self.spec, self.spec.channels
        version = spec.version
        policies = spec.policies or (4 if version == 16 else 2 if version >= 12 else 1)
        self.words("policyhead", *([policies, 0, 0, 0] if version >= 17 else []))
        self.conv("p1/intermediate_conv/w", 1, c, 6)
        self.conv("g1/w", 1, c, 5)
        self.norm("g1/norm", 5)
        self.matmul("matmulg2w", 15, 6, gain=0.5)
        self.norm("p1/norm", 6)
        self.conv("p2/w", 1, 6, policies, gain=3.0)
        if version >= 15:
            self.matmul("matmulpass", 15, 6)
            self.bias("biaspass", 6)
            self.activation("actpass")
            self.matmul("matmulpass2", 6, policies)
        else:
            self.matmul("matmulpass", 15, policies)

    def value_head(self) -> None:
        c, version = self.spec.channels, self.spec.version
        self.words("valuehead", *([0, 0, 0] if version >= 17 else []))
        self.conv("v1/w", 1, c, 7)
        self.norm("v1/norm", 7)
        self.matmul("v2/w", 21, 9)
        self.bias("v2/b", 9)
        self.activation("v2/act")
        self.matmul("v3/w", 9, 3)
        self.bias("v3/b", 3)
        scores = 1 if version < 4 else 2 if version < 8 else 4 if version < 9 else 6
        self.matmul("sv3/w", 9, scores, gain=0.5)
        self.bias("sv3/b", scores)
        self.conv("vownership/w", 1, 7, 1)
