"""Nets that become programs as a whole: KataGo's of convolutions, those that imitate people too, and ZhuGo's own."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from daemon.evaluation.devices.winograd_activations import RELU
from daemon.evaluation.devices.winograd_program import Buffer, Builder, Norm, Program, kind_of
from nets import zhugo_model as zhugo
from nets.katago import blocks as katago
from nets.katago.layers import ScaleBias
from nets.katago.model import KataGoModel, PlayersModel, PolicyHeadModel, ValueHeadModel


class _Unfit(Exception):
    """The net has a part for which programs have no step."""


def as_program(module: nn.Module, quantized: bool = False) -> nn.Module | None:
    """A module that does the same by a program, maybe in int16; None for nets that have something else in them."""
    try:
        match module:
            case KataGoModel():
                return KataGoProgram(module, quantized)
            case zhugo.ZhuGoModel():
                return ZhuGoProgram(module, quantized)
    except _Unfit:
        pass
    return None


class KataGoProgram(nn.Module):
    """``KataGoModel``; what follows the last products stays torch's."""

    def __init__(self, model: KataGoModel, quantized: bool) -> None:
        super().__init__()
        norm = _norm(model.norm)  # first: of nets that do not fit, few weights are transformed in vain
        builder = Builder(quantized)
        planes, globals_ = builder.buffer(model.conv.in_channels), builder.buffer(model.own_globals, of_points=False)
        players = None if model.from_players is None else builder.buffer(model.own_players, of_points=False)
        known = None if players is None else _katago_players(builder, players, model.from_players)
        entry = builder.layer(globals_, model.from_globals, bias=model.conv.bias, residual=known)
        x = builder.layer(planes, _conv(model.conv), added=entry)
        _katago_blocks(builder, x, model.blocks)
        policy = _katago_policy(builder, x, norm, model.policy)
        value = _katago_value(builder, x, norm, model.value)
        inputs = [one for one in (planes, globals_, players) if one is not None]
        self._program = builder.program(inputs, (*policy, *value))
        self._parts = model.own_globals, model.own_players
        self._heads = model.policy, model.value  # of which the products are not used; the trunk is let go of

    def forward(self, planes: Tensor, globals_: Tensor) -> tuple[Tensor, ...]:
        globals_count, players_count = self._parts
        own, players, more = globals_.tensor_split((globals_count, globals_count + players_count), dim=1)
        given = (own, players) if players_count else (own,)
        logits, passing, outcome, scores, ownership = _called(self._program, planes, *given)
        policy_head, value_head = self._heads
        policy = policy_head.mixed(logits.transpose(1, 2), passing, more)
        return KataGoModel.chosen(value_head.said(outcome, scores, ownership[:, :, 0], own, policy))


class ZhuGoProgram(nn.Module):
    """``ZhuGoModel``; what follows the last products stays torch's."""

    def __init__(self, model: zhugo.ZhuGoModel, quantized: bool) -> None:
        super().__init__()
        builder = Builder(quantized)
        planes = builder.buffer(model.stem.in_channels)
        globals_ = builder.buffer(model.from_globals.in_features, of_points=False)
        entry = builder.layer(globals_, model.from_globals, bias=model.stem.bias)
        x = builder.layer(planes, _conv(model.stem), added=entry)
        for block in model.blocks:
            assert isinstance(block, zhugo.Block)
            _zhugo_block(builder, x, block)
        norm = _norm(model.rectify)
        pooled = builder.pool(builder.layer(x, model.policy_pool, norm=norm, activation=RELU))
        bias = builder.layer(pooled, model.policy_bias, bias=model.policy_conv.bias)
        y = builder.layer(x, model.policy_conv, norm=norm, added=bias, activation=RELU)
        logits, passing = builder.layer(y, model.to_logits), builder.layer(pooled, model.to_pass)
        y = builder.layer(x, model.value_conv, norm=norm, activation=RELU)
        hidden = builder.layer(builder.pool(y, for_value=True), model.hidden, activation=RELU)
        outcome, ownership = builder.layer(hidden, model.to_outcome), builder.layer(y, model.to_ownership)
        self._program = builder.program((planes, globals_), (logits, passing, outcome, ownership))

    def forward(self, planes: Tensor, globals_: Tensor) -> tuple[Tensor, ...]:
        logits, passing, outcome, ownership = _called(self._program, planes, globals_)
        policy = torch.cat((logits[:, :, 0], passing), dim=1)
        return policy, *zhugo.outcome_of(outcome, ownership[:, :, 0], globals_)


def _called(program: Program, planes: Tensor, *globals_: Tensor) -> list[Tensor]:
    """The program's outputs for what a module is given."""
    n, channels, height, width = planes.shape
    of_points = planes.numpy().transpose(0, 2, 3, 1).reshape(n, height * width, channels)
    given = [numbers.numpy() for numbers in globals_]
    return [torch.from_numpy(said) for said in program((n, height, width), of_points, *given)]


def _katago_players(builder: Builder, x: Buffer, model: PlayersModel | None) -> Buffer:
    """``PlayersModel``."""
    assert model is not None
    for hidden in model.hidden:
        x = _dense(builder, x, hidden)
    return builder.layer(x, model.out)


def _katago_blocks(builder: Builder, x: Buffer, blocks: Iterable[nn.Module]) -> None:
    """Blocks that change x."""
    for block in blocks:
        match block:
            case katago.ResidualModel():
                y = builder.layer(
                    x, _conv(block.conv1), norm=_norm(block.norm1), activation=_activation(block.activation2)
                )
                builder.layer(y, _conv(block.conv2), residual=x, into=x)
            case katago.PoolingResidualModel():
                norm, activation = _norm(block.norm1), _activation(block.pool_activation)
                pooled = builder.pool(builder.layer(x, _conv(block.pool_conv), norm=norm, activation=activation))
                bias = builder.layer(pooled, block.pool_to_bias, bias=block.conv1.bias)
                activation = _activation(block.activation2)
                y = builder.layer(x, _conv(block.conv1), norm=norm, added=bias, activation=activation)
                builder.layer(y, _conv(block.conv2), residual=x, into=x)
            case katago.NestedResidualModel():
                y = builder.layer(x, _conv(block.conv1), norm=_norm(block.norm1))
                _katago_blocks(builder, y, block.blocks)
                builder.layer(y, _conv(block.conv2), norm=_norm(block.norm2), residual=x, into=x)
            case _:
                raise _Unfit


def _katago_policy(builder: Builder, x: Buffer, norm: Norm, head: PolicyHeadModel) -> tuple[Buffer, Buffer]:
    """Logits of points and of the pass."""
    activation = _activation(head.pool_activation)
    pooled = builder.pool(builder.layer(x, _conv(head.pool_conv), norm=norm, activation=activation))
    bias = builder.layer(pooled, head.pool_to_bias, bias=head.conv.bias)
    y = builder.layer(x, _conv(head.conv), norm=norm, added=bias, activation=_activation(head.activation))
    passing = builder.layer(_dense(builder, pooled, head.pass_hidden), head.to_pass)
    return builder.layer(y, _conv(head.to_logits)), passing


def _katago_value(builder: Builder, x: Buffer, norm: Norm, head: ValueHeadModel) -> tuple[Buffer, Buffer, Buffer]:
    """Outcome, scores and ownership, raw."""
    y = builder.layer(x, _conv(head.conv), norm=norm, activation=_activation(head.activation))
    hidden = _dense(builder, builder.pool(y, for_value=True), head.hidden)
    outcome, scores = (_dense(builder, hidden, said) for said in (head.to_outcome, head.to_score))
    return outcome, scores, builder.layer(y, _conv(head.to_ownership))


def _zhugo_block(builder: Builder, x: Buffer, block: zhugo.Block) -> None:
    """A block that changes x."""
    y = builder.layer(x, block.down, norm=_norm(block.rectify))
    for pair in block.pairs:
        assert isinstance(pair, zhugo.Pair)
        norm, bias = _norm(pair.rectify), None
        if pair.pool is not None and pair.pool_bias is not None:
            pooled = builder.pool(builder.layer(y, _conv(pair.pool), norm=norm, activation=RELU))
            bias = builder.layer(pooled, pair.pool_bias, bias=pair.conv1.bias)
        z = builder.layer(y, _conv(pair.conv1), norm=norm, added=bias, activation=RELU)
        builder.layer(z, _conv(pair.conv2), residual=y, into=y)
    builder.layer(y, block.up, norm=_norm(block.rectify_inner), residual=x, into=x)


def _dense(builder: Builder, x: Buffer, dense: nn.Module) -> Buffer:
    """What ``nets.katago.layers.dense`` makes, or nothing."""
    match dense:
        case nn.Identity():
            return x
        case nn.Linear():
            return builder.layer(x, dense)
        case nn.Sequential():
            product, activation = dense
            assert isinstance(product, nn.Linear)
            return builder.layer(x, product, activation=_activation(activation))
    raise _Unfit


def _conv(conv: nn.Conv2d) -> nn.Conv2d:
    if conv.kernel_size not in ((1, 1), (3, 3), (5, 5)):
        raise _Unfit
    return conv


def _norm(norm: nn.Module) -> Norm:
    match norm:
        case ScaleBias():
            return Norm(norm.scale, norm.bias, _activation(norm.activation))
        case zhugo.BiasReLU():
            return Norm(torch.ones_like(norm.bias), norm.bias, activation=RELU)
    raise _Unfit


def _activation(module: nn.Module) -> int:
    kind = kind_of(module)
    if kind is None:
        raise _Unfit
    return kind
