"""A net's module with its convolutions replaced: Winograd's for kernels of 3x3 and 5x5, products for single points.

Nets that ``winograd_nets`` knows become programs as a whole. Of all others every such convolution is replaced. In the
residual blocks that take most of the time, norms, activations and sums are drawn in, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from daemon.evaluation.devices.winograd_activations import IDENTITY, RELU
from daemon.evaluation.devices.winograd_int16 import quantize, quantized_weights
from daemon.evaluation.devices.winograd_kernels import Floats, Shape, from_tiles, to_tiles, transformed_weights
from daemon.evaluation.devices.winograd_nets import as_program
from daemon.evaluation.devices.winograd_products import in_strips, multiply
from daemon.evaluation.devices.winograd_program import kind_of
from daemon.evaluation.devices.winograd_tiles import (
    AT_ONCE,
    PRODUCTS,
    QUANTIZED_AT_ONCE,
    padded,
    room,
    rows_of_products,
    tiles,
)
from nets import zhugo_model
from nets.katago import blocks as katago
from nets.katago.layers import ScaleBias
from nets.leela_zero import model as leela_zero
from nets.pooling import pool

FEWEST_CHANNELS = 8
"""With fewer of them on either side a convolution stays torch's: the products are too small to gain by it."""

_NOTHING = np.zeros(0, np.float32)

Norm = tuple[Floats, Floats, int]
"""scale[channels], bias[channels] and activation: what becomes of a convolution's inputs."""

_AS_IT_IS: Norm = (_NOTHING, _NOTHING, IDENTITY)


class Workspace(threading.local):
    """What convolutions write between their steps, of each thread its own."""

    def __init__(self) -> None:
        self._kept = [_NOTHING] * 4

    def of(self, *sizes: int) -> list[Floats]:
        """As many flat arrays of these sizes, at most four, with anything in them."""
        for which, size in enumerate(sizes):
            if len(self._kept[which]) < size:
                self._kept[which] = torch.zeros(size).numpy()  # torch lets it begin with a line of the cache
        return [kept[:size] for kept, size in zip(self._kept, sizes, strict=True)]


class Convolution(nn.Module):
    """The same as a convolution of 3x3 or 5x5, with zeros around the board."""

    def __init__(self, conv: nn.Conv2d, workspace: Workspace, quantized: bool = False) -> None:
        """quantized: whether it multiplies in int16."""
        super().__init__()
        self._side = conv.kernel_size[0]
        weights = transformed_weights(conv.weight.detach().contiguous().numpy())
        self._weights, self._scales = quantized_weights(weights) if quantized else (in_strips(weights), _NOTHING)
        bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias
        self._bias: Floats = bias.detach().numpy().copy()
        self._inputs, self._outputs = padded(conv.in_channels), padded(conv.out_channels)
        self._at_once = QUANTIZED_AT_ONCE if quantized else AT_ONCE
        self._workspace = workspace

    def forward(
        self, x: Tensor, norm: Norm = _AS_IT_IS, activation: int = IDENTITY, residual: Tensor | None = None
    ) -> Tensor:
        """activation(conv(norm(x)) + bias + residual): [n, outputs, H, W] of x[n, inputs, H, W]."""
        n, inputs, height, width = x.shape
        outputs, points = len(self._bias), height * width
        out = torch.empty((n, height, width, outputs))
        flat, flat_out = _flat(x), out.view(-1).numpy()
        added = _NOTHING if residual is None else _flat(residual)
        some = max(1, self._at_once // (tiles(height, width, self._side) * (inputs + outputs)))
        for first in range(0, n, some):
            count = min(some, n - first)
            these = slice(first * points * inputs, (first + count) * points * inputs)
            those = slice(first * points * outputs, (first + count) * points * outputs)
            shape = (count, height, width, inputs)
            self._convolve(flat[these], shape, norm, activation, added[those], flat_out[those])
        return out.permute(0, 3, 1, 2)

    def _convolve(self, x: Floats, shape: Shape, norm: Norm, activation: int, residual: Floats, out: Floats) -> None:
        """The same of as many positions as are worked on at once, all flat."""
        n, height, width, _ = shape
        inputs, outputs = self._inputs, self._outputs
        rows = rows_of_products(n, height, width, self._side)
        every = int(rows[0]) | 1  # were it a power of two, caches would hold few of the 49 parts
        before, after, work, of_rows = self._workspace.of(
            PRODUCTS * every * inputs, PRODUCTS * every * outputs, room(height, width, self._side), PRODUCTS * every
        )
        to_tiles(x, shape, self._side, *norm, work, every, before)
        if len(self._scales):
            quantize(before, rows, every, inputs, before, of_rows)
            multiply(before, self._weights, after, rows, every, inputs // 2, outputs, of_rows, self._scales)
        else:
            multiply(before, self._weights, after, rows, every, inputs, outputs, _NOTHING, _NOTHING)
        shape = n, height, width, len(self._bias)
        from_tiles(after, every, shape, self._side, self._bias, residual, activation, work, out)


class Pointwise(nn.Module):
    """The same as a convolution of single points."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight.detach().flatten(1).contiguous(), conv.bias

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x.permute(0, 2, 3, 1), self.weight, self.bias).permute(0, 3, 1, 2)


def _flat(x: Tensor) -> Floats:
    """The numbers of x[n, channels, H, W], those of a point beside each other; as they lie there as a rule."""
    flat: Floats = x.permute(0, 2, 3, 1).contiguous().view(-1).numpy()
    return flat


class Residual(nn.Module):
    """last(x + conv2(activation(conv1(norm(x)))))."""

    def __init__(
        self, norm: Norm, conv1: Convolution, activation: int, conv2: Convolution, last: int = IDENTITY
    ) -> None:
        super().__init__()
        self._norm, self._activation, self._last = norm, activation, last
        self._conv1, self._conv2 = conv1, conv2

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self._conv2(self._conv1(x, self._norm, self._activation), _AS_IT_IS, self._last, x)
        return out


class PoolingResidual(nn.Module):
    """``katago.PoolingResidualModel``."""

    def __init__(self, block: katago.PoolingResidualModel, convolution: Callable[[nn.Conv2d], Convolution]) -> None:
        super().__init__()
        self._norm = _scale_bias(block.norm1)
        self._conv1, self._pool_conv, self._conv2 = map(convolution, (block.conv1, block.pool_conv, block.conv2))
        self._pool_activation, self._activation = _kind(block.pool_activation), block.activation2
        self._pool_to_bias = block.pool_to_bias

    def forward(self, x: Tensor) -> Tensor:
        bias = self._pool_to_bias(pool(self._pool_conv(x, self._norm, self._pool_activation)))
        y = self._activation(self._conv1(x, self._norm).add_(bias[:, :, None, None]))
        out: Tensor = self._conv2(y, residual=x)
        return out


def with_winograd(module: nn.Module, quantized: bool = False) -> nn.Module:
    """The module changed as above, or another; evaluated in inference mode, by any number of threads at a time.

    quantized: multiply in int16.
    """
    return as_program(module, quantized) or with_convolutions(module, quantized)


def with_convolutions(module: nn.Module, quantized: bool = False) -> nn.Module:
    """The same of nets that are no programs."""
    workspace = Workspace()

    def convolution(conv: nn.Conv2d) -> Convolution:
        return Convolution(conv, workspace, quantized)

    return _changed(module, convolution)


def _changed(module: nn.Module, convolution: Callable[[nn.Conv2d], Convolution]) -> nn.Module:
    if isinstance(module, nn.Conv2d):
        if _fits(module):
            return convolution(module)
        return Pointwise(module) if _is_plain(module) and module.kernel_size == (1, 1) else module
    block = _block(module, convolution)
    if block is not None:
        return block
    for name, child in module.named_children():
        setattr(module, name, _changed(child, convolution))
    return module


def _is_plain(conv: nn.Conv2d) -> bool:
    """Whether a point of its outputs stands for each of its inputs, and sees all channels."""
    centred = conv.padding == tuple(side // 2 for side in conv.kernel_size)
    return centred and conv.stride == conv.dilation == (1, 1) and conv.groups == 1 and conv.padding_mode == "zeros"


def _fits(conv: object) -> bool:
    """Whether it can be a ``Convolution``."""
    return (
        isinstance(conv, nn.Conv2d)
        and conv.kernel_size in ((3, 3), (5, 5))
        and _is_plain(conv)
        and min(conv.in_channels, conv.out_channels) >= FEWEST_CHANNELS
    )


def _block(module: nn.Module, convolution: Callable[[nn.Conv2d], Convolution]) -> nn.Module | None:
    """A residual block of convolutions that all fit, None for anything else."""
    if not all(_fits(getattr(module, name, None)) for name in ("conv1", "conv2")):
        return None
    match module:
        case katago.ResidualModel():
            norm, activation = _scale_bias(module.norm1), _kind(module.activation2)
            return Residual(norm, convolution(module.conv1), activation, convolution(module.conv2))
        case katago.PoolingResidualModel() if _fits(module.pool_conv):
            return PoolingResidual(module, convolution)
        case zhugo_model.Pair(pool=None):
            bias = module.rectify.bias.detach().flatten().numpy()
            norm = (np.ones_like(bias), bias, RELU)
            return Residual(norm, convolution(module.conv1), RELU, convolution(module.conv2))
        case leela_zero.Block():
            conv1, conv2 = convolution(module.conv1), convolution(module.conv2)
            return Residual(_AS_IT_IS, conv1, RELU, conv2, RELU)
    return None


def _scale_bias(norm: ScaleBias) -> Norm:
    scale, bias = (numbers.detach().flatten().numpy() for numbers in (norm.scale, norm.bias))
    return scale, bias, _kind(norm.activation)


def _kind(activation: nn.Module) -> int:
    kind = kind_of(activation)
    assert kind is not None, "KataGo's nets have no other"
    return kind
