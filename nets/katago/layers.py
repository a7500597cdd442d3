"""The layers of KataGo's nets as torch modules, with every norm that directly follows a convolution folded into it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from nets.katago.description import Activation, Conv, Dense, Floats, MatMul, Norm, RMSNorm


class MishOfFew(nn.Module):
    """Mish between two small products, x * tanh(ln(1 + exp(x))), written out.

    OpenVINO 2026.4 makes a kernel of its own of such products for small batches, and then has no Mish for it.
    """

    def forward(self, x: Tensor) -> Tensor:
        y = x.float().exp() + 1.0
        return x * (1.0 - 2.0 / (y * y + 1.0)).to(x.dtype)


class MishScale8(nn.Module):
    """Mish of a net whose activations were all divided by 8."""

    def forward(self, x: Tensor) -> Tensor:
        return x * softplus(8.0 * x).tanh()


ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    "identity": nn.Identity,
    "relu": lambda: nn.ReLU(inplace=True),
    "mish": lambda: nn.Mish(inplace=True),
    "mish_scale8": MishScale8,
    "silu": lambda: nn.SiLU(inplace=True),
}
"""They may write over what they are given: it is always an intermediate result of nobody else."""


class ScaleBias(nn.Module):
    """``description.Norm`` where it cannot be folded."""

    def __init__(self, norm: Norm) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(norm.scale)[:, None, None])
        self.bias = nn.Parameter(torch.tensor(norm.bias)[:, None, None])
        self.activation = ACTIVATIONS[norm.activation]()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.activation(torch.addcmul(self.bias, x, self.scale))
        return out


class RMSNormModel(nn.Module):
    """``description.RMSNorm``."""

    def __init__(self, norm: RMSNorm) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(norm.scale)[:, None, None])
        self.bias = nn.Parameter(torch.tensor(norm.bias)[:, None, None])
        self.epsilon = norm.epsilon
        self.over = (1, 2, 3) if norm.spatial else (1,)
        self.activation = ACTIVATIONS[norm.activation]()

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        inverse = torch.rsqrt((wide * wide).mean(self.over, keepdim=True) + self.epsilon)
        out: Tensor = self.activation(torch.addcmul(self.bias, (wide * inverse).to(x.dtype), self.scale))
        return out


def conv(layer: Conv, norm: Norm | None = None) -> nn.Conv2d:
    """The convolution, with the norm that follows folded in, but for its activation."""
    outputs, inputs, rows, columns = layer.weights.shape
    module = nn.Conv2d(inputs, outputs, (rows, columns), padding=(rows // 2, columns // 2), bias=norm is not None)
    weights = layer.weights if norm is None else layer.weights * norm.scale[:, None, None, None]
    module.weight = nn.Parameter(torch.tensor(weights))
    if norm is not None:
        module.bias = nn.Parameter(torch.tensor(norm.bias))
    return module


def linear(matmul: MatMul, norm: Norm | None = None, bias: Floats | None = None) -> nn.Linear:
    """The product, scaled as the norm that follows says; that norm's bias goes to the convolution beside it."""
    inputs, outputs = matmul.weights.shape
    module = nn.Linear(inputs, outputs, bias=bias is not None)
    weights = matmul.weights if norm is None else matmul.weights * norm.scale
    module.weight = nn.Parameter(torch.tensor(np.ascontiguousarray(weights.T)))
    if bias is not None:
        module.bias = nn.Parameter(torch.tensor(bias))
    return module


def dense(layer: Dense) -> nn.Module:
    """The product with its bias and activation."""
    product = linear(layer.product, bias=layer.bias)
    if layer.activation == "identity":
        return product
    return nn.Sequential(product, MishOfFew() if layer.activation == "mish" else ACTIVATIONS[layer.activation]())
