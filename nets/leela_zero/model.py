"""Leela Zero's net as a torch module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nets.leela_zero.weights import Dense, Layer, LeelaZeroNet


class LeelaZeroModel(nn.Module):
    """planes[n, 18, H, W], globals[n, 1] -> policy[n, H * W + 1], value[n]; it has neither lead nor ownership.

    As ``nets.net.RawOutputs`` has them. H and W are the size that the net was made for.
    """

    def __init__(self, net: LeelaZeroNet) -> None:
        super().__init__()
        self.stem = _conv(net.tower[0])
        self.blocks = nn.Sequential(*map(Block, net.tower[1::2], net.tower[2::2]))
        self.policy_conv = _conv(net.policy_conv)
        self.to_policy = _linear(net.policy)
        self.value_conv = _conv(net.value_conv)
        self.hidden = _linear(net.value_hidden)
        self.to_value = _linear(net.value)
        self.gives_blacks_value = net.version == 2

    def forward(self, planes: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor]:
        x = self.blocks(self.stem(planes).relu_())
        return self.said(self.policy_conv(x).relu_(), self.value_conv(x).relu_(), globals_)

    def said(self, policy: Tensor, value: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor]:
        """The outputs, from what the heads' convolutions left at each point, [n, channels, ...]."""
        hidden = self.hidden(value.flatten(1)).relu_()
        won = self.to_value(hidden).float()[:, 0].tanh()
        return self.to_policy(policy.flatten(1)).float(), won * globals_[
            :, 0
        ].float() if self.gives_blacks_value else won


class Block(nn.Module):
    """relu(x + conv2(relu(conv1(x))))."""

    def __init__(self, first: Layer, second: Layer) -> None:
        super().__init__()
        self.conv1 = _conv(first)
        self.conv2 = _conv(second)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = (x + self.conv2(self.conv1(x).relu_())).relu_()
        return out


def _conv(layer: Layer) -> nn.Conv2d:
    outputs, inputs, side, _ = layer.weights.shape
    module = nn.Conv2d(inputs, outputs, side, padding=side // 2)
    module.weight = nn.Parameter(torch.tensor(layer.weights))
    module.bias = nn.Parameter(torch.tensor(layer.bias))
    return module


def _linear(dense: Dense) -> nn.Linear:
    outputs, inputs = dense.weights.shape
    module = nn.Linear(inputs, outputs)
    module.weight = nn.Parameter(torch.tensor(dense.weights))
    module.bias = nn.Parameter(torch.tensor(dense.bias))
    return module
