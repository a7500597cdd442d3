"""KataGo's net as a torch module.

The arithmetic is that of cpp/neuralnet/eigenbackend.cpp, with every norm that directly follows a convolution
folded into it. Boards fill the whole input, so there is no mask.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from nets.katago_format import (
    Block,
    Conv,
    Floats,
    KataGoNet,
    MatMul,
    Norm,
    PolicyHead,
    PoolingResidual,
    Residual,
    ValueHead,
)
from nets.pooling import pool, pool_for_value

_NEVER = 3e4
"""Taken off a logit that cannot be; large enough for exp to give 0, and a finite half-precision number."""

_LEAD = 2
"""Where the lead stands among the score outputs, after the mean of the score and its deviation."""

_KO_IS_SUPERKO, _TERRITORY = 6, 9
"""Global inputs that say whether a game can end without a result."""


class KataGoModel(nn.Module):
    """planes[n, 22, H, W], globals[n, 19] -> policy[n, H * W + 1], value[n], lead[n], ownership[n, H * W].

    As ``nets.net.RawOutputs`` has them: logits, the rest finished, all float32 and of the player to move.
    """

    def __init__(self, net: KataGoNet) -> None:
        super().__init__()
        self.conv = _conv(net.trunk.conv)
        self.from_globals = _linear(net.trunk.from_globals)
        self.blocks = nn.ModuleList(_block(block) for block in net.trunk.blocks)
        self.norm = ScaleBiasReLU(net.trunk.norm)
        self.policy = PolicyHeadModel(net.policy)
        self.value = ValueHeadModel(net.value, net.lead_multiplier)

    def forward(self, planes: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x = self.conv(planes) + self.from_globals(globals_)[:, :, None, None]
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        policy = self.policy(x)
        value, lead, ownership = self.value(x, globals_)
        return policy, value, lead, ownership


class ScaleBiasReLU(nn.Module):
    """relu(x * scale + bias), per channel."""

    def __init__(self, norm: Norm) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(norm.scale)[:, None, None])
        self.bias = nn.Parameter(torch.tensor(norm.bias)[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return torch.addcmul(self.bias, x, self.scale).relu_()


class ResidualModel(nn.Module):
    """``katago_format.Residual``."""

    def __init__(self, block: Residual) -> None:
        super().__init__()
        self.norm1 = ScaleBiasReLU(block.norm1)
        self.conv1 = _conv(block.conv1, block.norm2)
        self.conv2 = _conv(block.conv2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.conv2(self.conv1(self.norm1(x)).relu_())
        return out


class PoolingResidualModel(nn.Module):
    """``katago_format.PoolingResidual``."""

    def __init__(self, block: PoolingResidual) -> None:
        super().__init__()
        self.norm1 = ScaleBiasReLU(block.norm1)
        self.conv1 = _conv(block.conv1, block.norm2)
        self.pool_conv = _conv(block.pool_conv, block.pool_norm)
        self.pool_to_bias = _linear(block.pool_to_bias, block.norm2)
        self.conv2 = _conv(block.conv2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        bias = self.pool_to_bias(pool(self.pool_conv(y).relu_()))
        out: Tensor = x + self.conv2((self.conv1(y) + bias[:, :, None, None]).relu_())
        return out


class PolicyHeadModel(nn.Module):
    """``katago_format.PolicyHead``; the pass is the last logit."""

    def __init__(self, head: PolicyHead) -> None:
        super().__init__()
        self.conv = _conv(head.conv, head.norm)
        self.pool_conv = _conv(head.pool_conv, head.pool_norm)
        self.pool_to_bias = _linear(head.pool_to_bias, head.norm)
        self.to_logits = _conv(head.to_logits)
        self.pool_to_pass = _linear(head.pool_to_pass)

    def forward(self, x: Tensor) -> Tensor:
        pooled = pool(self.pool_conv(x).relu_())
        y = (self.conv(x) + self.pool_to_bias(pooled)[:, :, None, None]).relu_()
        return torch.cat((self.to_logits(y).flatten(1), self.pool_to_pass(pooled)), dim=1).float()


class ValueHeadModel(nn.Module):
    """``katago_format.ValueHead``, finished as cpp/neuralnet/nneval.cpp does: no result counts as 0."""

    def __init__(self, head: ValueHead, lead_multiplier: float) -> None:
        super().__init__()
        self.conv = _conv(head.conv, head.norm)
        self.hidden = _linear(head.hidden, bias=head.hidden_bias.weights)
        self.to_outcome = _linear(head.to_outcome, bias=head.outcome_bias.weights)
        lead = MatMul(head.to_score.name, head.to_score.weights[:, _LEAD : _LEAD + 1])
        self.to_lead = _linear(lead, bias=head.score_bias.weights[_LEAD : _LEAD + 1])
        self.to_ownership = _conv(head.to_ownership)
        self.lead_multiplier = lead_multiplier

    def forward(self, x: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        y = self.conv(x).relu_()
        hidden = self.hidden(pool_for_value(y)).relu_()
        never = _NEVER * globals_[:, _KO_IS_SUPERKO] * (1.0 - globals_[:, _TERRITORY])
        win, loss, no_result = self.to_outcome(hidden).float().unbind(1)
        outcome = torch.stack((win, loss, no_result - never), dim=1).softmax(1)
        lead = self.to_lead(hidden).float()[:, 0] * self.lead_multiplier * (1.0 - outcome[:, 2])
        return outcome[:, 0] - outcome[:, 1], lead, self.to_ownership(y).float().flatten(1).tanh()


def _block(block: Block) -> nn.Module:
    return ResidualModel(block) if isinstance(block, Residual) else PoolingResidualModel(block)


def _conv(conv: Conv, norm: Norm | None = None) -> nn.Conv2d:
    """The convolution, with the norm that follows folded in."""
    outputs, inputs, rows, columns = conv.weights.shape
    module = nn.Conv2d(inputs, outputs, (rows, columns), padding=(rows // 2, columns // 2), bias=norm is not None)
    weights = conv.weights if norm is None else conv.weights * norm.scale[:, None, None, None]
    module.weight = nn.Parameter(torch.tensor(weights))
    if norm is not None:
        module.bias = nn.Parameter(torch.tensor(norm.bias))
    return module


def _linear(matmul: MatMul, norm: Norm | None = None, bias: Floats | None = None) -> nn.Linear:
    """The product, scaled as the norm that follows says; that norm's bias goes to the convolution beside it."""
    inputs, outputs = matmul.weights.shape
    module = nn.Linear(inputs, outputs, bias=bias is not None)
    weights = matmul.weights if norm is None else matmul.weights * norm.scale
    module.weight = nn.Parameter(torch.tensor(np.ascontiguousarray(weights.T)))
    if bias is not None:
        module.bias = nn.Parameter(torch.tensor(bias))
    return module
