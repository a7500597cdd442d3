"""The transformer blocks of KataGo's nets as a torch module.

The arithmetic is that of cpp/neuralnet/eigenbackend.cpp. What a norm multiplies with is folded into the products behind
it, and products of the same input are one. Everything that depends on the board's size is made of the sides of the
input, so that a trace of the module holds for every size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention, silu

from nets.katago.description import (
    Activation,
    Attention,
    FeedForward,
    FixedRotation,
    Floats,
    LearnedRotation,
    MatMul,
    PointNorm,
)
from nets.katago.layers import ACTIVATIONS, linear


class TransformerModel(nn.Module):
    """Attention and feed-forward blocks in a row, over x[n, C, H, W]."""

    def __init__(self, blocks: Sequence[Attention | FeedForward], activation: Activation) -> None:
        """``activation``: of feed-forward blocks without a gate."""
        super().__init__()
        self.blocks = nn.ModuleList(
            AttentionModel(block) if isinstance(block, Attention) else FeedForwardModel(block, activation)
            for block in blocks
        )

    def forward(self, x: Tensor) -> Tensor:
        points = x.flatten(2).transpose(1, 2)  # no copy where the channels come last in memory
        for block in self.blocks:
            points = points + block(points, x.shape[2], x.shape[3])
        return points.transpose(1, 2).reshape(x.shape)


class AttentionModel(nn.Module):
    """What ``description.Attention`` adds to x[n, H * W, C].

    Query heads that share a head of keys are one long list of queries to it, so that no key is copied.
    """

    def __init__(self, block: Attention) -> None:
        super().__init__()
        size = block.queries.weights.shape[1] // block.heads
        self.norm = PointNormModel(block.norm)
        self.heads, self.key_heads, self.size = block.heads, block.key_heads, size
        self.value_size = block.values.weights.shape[1] // block.key_heads
        order = [*range(size)] if block.rotation is None else [*range(0, size, 2), *range(1, size, 2)]
        queries, keys = (_reordered(product.weights, order) for product in (block.queries, block.keys))
        self.project = _joined(block.norm, queries, keys, block.values.weights)
        self.rotation = None if block.rotation is None else RotationModel(block.rotation, size // 2)
        self.out = linear(block.out)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        n, points, _ = x.shape
        keys_size = self.key_heads * self.size
        widths = [self.heads * self.size, keys_size, self.key_heads * self.value_size]
        queries, keys, values = self.project(self.norm(x)).split(widths, dim=2)
        group = self.heads // self.key_heads
        queries = queries.reshape(n, points, self.key_heads, group, self.size).permute(0, 2, 3, 1, 4)
        keys = keys.reshape(n, points, self.key_heads, 1, self.size).permute(0, 2, 3, 1, 4)
        values = values.reshape(n, points, self.key_heads, self.value_size).transpose(1, 2)
        if self.rotation is not None:
            cosines, sines = self.rotation(height, width)
            queries, keys = _turned(queries, cosines, sines), _turned(keys, cosines, sines)
        seen = _attended(queries.flatten(2, 3), keys.squeeze(2), values)
        seen = seen.reshape(n, self.key_heads, group, points, self.value_size).permute(0, 3, 1, 2, 4)
        out: Tensor = self.out(seen.reshape(n, points, self.heads * self.value_size))
        return out


class FeedForwardModel(nn.Module):
    """What ``description.FeedForward`` adds to x[n, H * W, C]."""

    def __init__(self, block: FeedForward, activation: Activation) -> None:
        super().__init__()
        self.norm = PointNormModel(block.norm)
        self.gated = block.gate is not None
        gate = [] if block.gate is None else [block.gate.weights]
        self.wide = _joined(block.norm, block.wide.weights, *gate)
        self.activation = ACTIVATIONS[activation]()
        self.narrow = linear(block.narrow)

    def forward(self, x: Tensor, _height: int, _width: int) -> Tensor:
        y = self.wide(self.norm(x))
        if self.gated:
            y, gate = y.chunk(2, dim=2)
            y = silu(y) * gate
        else:
            y = self.activation(y)
        out: Tensor = self.narrow(y)
        return out


class PointNormModel(nn.Module):
    """``description.PointNorm`` of x[n, H * W, C] but for its scale."""

    def __init__(self, norm: PointNorm) -> None:
        super().__init__()
        self.epsilon = norm.epsilon

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        return (wide * torch.rsqrt((wide * wide).mean(2, keepdim=True) + self.epsilon)).to(x.dtype)


class RotationModel(nn.Module):
    """Cosines and sines of ``description.FixedRotation`` and ``LearnedRotation``.

    Two arrays [heads of keys or 1, 1, H * W, pairs].
    """

    def __init__(self, rotation: FixedRotation | LearnedRotation, pairs: int) -> None:
        super().__init__()
        angles = rotation.angles if isinstance(rotation, LearnedRotation) else _fixed_angles(rotation.theta, pairs)
        self.of_column = nn.Parameter(torch.tensor(angles[:, None, None, :, 0]))
        self.of_row = nn.Parameter(torch.tensor(angles[:, None, None, :, 1]))

    def forward(self, height: int, width: int) -> tuple[Tensor, Tensor]:
        rows, columns = (torch.arange(side, dtype=torch.float32, device=self.of_row.device) for side in (height, width))
        angles = rows[:, None, None] * self.of_row + columns[:, None] * self.of_column
        angles = angles.flatten(1, 2)[:, None]
        return angles.cos(), angles.sin()


def _fixed_angles(theta: float, pairs: int) -> Floats:
    """[1, pairs, 2], of a column and of a row."""
    rows = pairs // 2
    angles = np.zeros((1, pairs, 2), np.float32)
    for first, last, of_row in ((0, rows, 1), (rows, pairs, 0)):
        exponents = 2 * np.arange(last - first, dtype=np.float32) / np.float32(pairs)
        angles[0, first:last, of_row] = 1 / np.float32(theta) ** exponents
    return angles


def _attended(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Attention, padded to heads of one size: for others torch has nothing fast on a CPU."""
    size, value_size = queries.shape[3], values.shape[3]
    if size > value_size:
        values = pad(values, (0, size - value_size))
    if size < value_size:
        queries, keys = pad(queries, (0, value_size - size)), pad(keys, (0, value_size - size))
    return scaled_dot_product_attention(queries, keys, values, scale=size**-0.5)[..., :value_size]


def _turned(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """x[..., points, 2 * pairs], of which channels i and pairs + i are a pair, each turned by its angle."""
    one, other = x.chunk(2, dim=-1)
    cosines, sines = cosines.to(x.dtype), sines.to(x.dtype)
    turned = torch.addcmul(one * cosines, other, sines, value=-1), torch.addcmul(one * sines, other, cosines)
    return torch.cat(turned, dim=-1)


def _reordered(weights: Floats, order: Sequence[int]) -> Floats:
    """The same product with the outputs of every head in another order."""
    inputs, outputs = weights.shape
    return weights.reshape(inputs, -1, len(order))[:, :, order].reshape(inputs, outputs)


def _joined(norm: PointNorm, *products: Floats) -> nn.Linear:
    """All the products of what a norm gives, next to each other, with the norm's scale in them."""
    return linear(MatMul(norm.name, np.concatenate(products, axis=1) * norm.scale[:, None]))
