"""Writes convolutions and blocks, of every family of nets, as steps of a program."""

from __future__ import annotations

import torch
from torch import nn

from daemon.evaluation.devices.winograd_activations import IDENTITY, RELU
from daemon.evaluation.devices.winograd_program import Buffer, Builder, Norm, kind_of
from nets import zhugo_model as zhugo
from nets.katago import blocks as katago
from nets.katago.layers import ScaleBias
from nets.katago.transformer import AttentionModel, FeedForwardModel, PointNormModel, TransformerModel
from nets.leela_zero import model as leela_zero

KERNELS = ((1, 1), (3, 3), (5, 5))
"""Of the convolutions for which there are steps."""


class Unfit(Exception):
    """A module for which programs have no step."""


def write(builder: Builder, x: Buffer, module: nn.Module) -> Buffer:
    """What a convolution, a block, or such in a row makes of x; blocks change it. Raises ``Unfit``."""
    match module:
        case nn.Conv2d():
            return builder.layer(x, conv_of(module))
        case nn.Sequential():
            for one in module:
                x = write(builder, x, one)
        case katago.ResidualModel():
            activation = activation_of(module.activation2)
            y = builder.layer(x, conv_of(module.conv1), norm=norm_of(module.norm1), activation=activation)
            builder.layer(y, conv_of(module.conv2), residual=x, into=x)
        case katago.PoolingResidualModel():
            _katago_pooling(builder, x, module)
        case katago.NestedResidualModel():
            y = builder.layer(x, conv_of(module.conv1), norm=norm_of(module.norm1))
            y = write(builder, y, module.blocks)
            builder.layer(y, conv_of(module.conv2), norm=norm_of(module.norm2), residual=x, into=x)
        case zhugo.Block():
            y = builder.layer(x, conv_of(module.down), norm=norm_of(module.rectify))
            y = write(builder, y, module.pairs)
            builder.layer(y, conv_of(module.up), norm=norm_of(module.rectify_inner), residual=x, into=x)
        case zhugo.Pair():
            _zhugo_pair(builder, x, module)
        case leela_zero.Block():
            y = builder.layer(x, conv_of(module.conv1), activation=RELU)
            builder.layer(y, conv_of(module.conv2), residual=x, activation=RELU, into=x)
        case TransformerModel():
            for one in module.blocks:
                _transformer(builder, x, one)
        case _:
            raise Unfit
    return x


def _katago_pooling(builder: Builder, x: Buffer, block: katago.PoolingResidualModel) -> None:
    norm, activation = norm_of(block.norm1), activation_of(block.pool_activation)
    pooled = builder.pool(builder.layer(x, conv_of(block.pool_conv), norm=norm, activation=activation))
    bias = builder.layer(pooled, block.pool_to_bias, bias=block.conv1.bias)
    activation = activation_of(block.activation2)
    y = builder.layer(x, conv_of(block.conv1), norm=norm, added=bias, activation=activation)
    builder.layer(y, conv_of(block.conv2), residual=x, into=x)


def _zhugo_pair(builder: Builder, x: Buffer, pair: zhugo.Pair) -> None:
    norm, bias = norm_of(pair.rectify), None
    if pair.pool is not None and pair.pool_bias is not None:
        pooled = builder.pool(builder.layer(x, conv_of(pair.pool), norm=norm, activation=RELU))
        bias = builder.layer(pooled, pair.pool_bias, bias=pair.conv1.bias)
    y = builder.layer(x, conv_of(pair.conv1), norm=norm, added=bias, activation=RELU)
    builder.layer(y, conv_of(pair.conv2), residual=x, into=x)


def _transformer(builder: Builder, x: Buffer, block: nn.Module) -> None:
    match block:
        case AttentionModel():
            heads = block.heads, block.key_heads, block.size, block.value_size
            projected = builder.layer(_normed(builder, x, block.norm), block.project)
            builder.layer(builder.attention(projected, heads, block.rotation), block.out, residual=x, into=x)
        case FeedForwardModel():
            activation = IDENTITY if block.gated else activation_of(block.activation)
            wide = builder.layer(_normed(builder, x, block.norm), block.wide, activation=activation)
            builder.layer(builder.gate(wide) if block.gated else wide, block.narrow, residual=x, into=x)
        case _:
            raise Unfit


def _normed(builder: Builder, x: Buffer, norm: PointNormModel) -> Buffer:
    return builder.rms(x, Norm(torch.ones(x.channels), torch.zeros(x.channels), IDENTITY), norm.epsilon)


def conv_of(conv: nn.Conv2d) -> nn.Conv2d:
    """The same, if a point of its outputs stands for each of its inputs and sees all channels. Raises ``Unfit``."""
    centred = conv.padding == tuple(side // 2 for side in conv.kernel_size)
    plain = centred and conv.stride == conv.dilation == (1, 1) and conv.groups == 1 and conv.padding_mode == "zeros"
    if not plain or conv.kernel_size not in KERNELS:
        raise Unfit
    return conv


def norm_of(norm: nn.Module) -> Norm:
    """What a norm of single channels and its activation do. Raises ``Unfit``."""
    match norm:
        case ScaleBias():
            return Norm(norm.scale, norm.bias, activation_of(norm.activation))
        case zhugo.BiasReLU():
            return Norm(torch.ones_like(norm.bias), norm.bias, RELU)
    raise Unfit


def activation_of(module: nn.Module) -> int:
    """``kind_of``. Raises ``Unfit``."""
    kind = kind_of(module)
    if kind is None:
        raise Unfit
    return kind
