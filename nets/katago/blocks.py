"""The blocks of KataGo's trunks as torch modules."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from nets.katago.description import (
    Activation,
    Attention,
    Block,
    FeedForward,
    NestedResidual,
    PoolingResidual,
    Residual,
)
from nets.katago.layers import ACTIVATIONS, ScaleBias, conv, linear
from nets.katago.transformer import TransformerModel
from nets.pooling import pool


def stack(blocks: Sequence[Block], activation: Activation) -> nn.Sequential:
    """Blocks in a row; ``activation``: the net's, see ``FeedForward``."""
    modules: list[nn.Module] = []
    of_sequence: list[Attention | FeedForward] = []
    for block in blocks:
        if isinstance(block, Attention | FeedForward):
            of_sequence.append(block)
            continue
        if of_sequence:
            modules.append(TransformerModel(of_sequence, activation))
            of_sequence = []
        modules.append(_convolutions(block, activation))
    if of_sequence:
        modules.append(TransformerModel(of_sequence, activation))
    return nn.Sequential(*modules)


def _convolutions(block: Residual | PoolingResidual | NestedResidual, activation: Activation) -> nn.Module:
    match block:
        case Residual():
            return ResidualModel(block)
        case PoolingResidual():
            return PoolingResidualModel(block)
        case NestedResidual():
            return NestedResidualModel(block, activation)


class ResidualModel(nn.Module):
    """``description.Residual``."""

    def __init__(self, block: Residual) -> None:
        super().__init__()
        self.norm1 = ScaleBias(block.norm1)
        self.conv1 = conv(block.conv1, block.norm2)
        self.activation2 = ACTIVATIONS[block.norm2.activation]()
        self.conv2 = conv(block.conv2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.conv2(self.activation2(self.conv1(self.norm1(x))))
        return out


class PoolingResidualModel(nn.Module):
    """``description.PoolingResidual``."""

    def __init__(self, block: PoolingResidual) -> None:
        super().__init__()
        self.norm1 = ScaleBias(block.norm1)
        self.conv1 = conv(block.conv1, block.norm2)
        self.pool_conv = conv(block.pool_conv, block.pool_norm)
        self.pool_activation = ACTIVATIONS[block.pool_norm.activation]()
        self.pool_to_bias = linear(block.pool_to_bias, block.norm2)
        self.activation2 = ACTIVATIONS[block.norm2.activation]()
        self.conv2 = conv(block.conv2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        bias = self.pool_to_bias(pool(self.pool_activation(self.pool_conv(y))))
        out: Tensor = x + self.conv2(self.activation2(self.conv1(y) + bias[:, :, None, None]))
        return out


class NestedResidualModel(nn.Module):
    """``description.NestedResidual``."""

    def __init__(self, block: NestedResidual, activation: Activation) -> None:
        super().__init__()
        self.norm1 = ScaleBias(block.norm1)
        self.conv1 = conv(block.conv1)
        self.blocks = stack(block.blocks, activation)
        self.norm2 = ScaleBias(block.norm2)
        self.conv2 = conv(block.conv2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.conv2(self.norm2(self.blocks(self.conv1(self.norm1(x)))))
        return out
