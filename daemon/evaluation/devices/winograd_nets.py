"""Nets as programs: KataGo's, those that imitate people too, Leela Zero's, and our own.

What follows the last products, or products of whole boards, stays torch's.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from daemon.evaluation.devices.winograd_activations import RELU
from daemon.evaluation.devices.winograd_blocks import Unfit, activation_of, conv_of, norm_of, write
from daemon.evaluation.devices.winograd_program import Buffer, Builder, Norm, Program
from nets import zhugo_model as zhugo
from nets.game_model import GameModel
from nets.katago.layers import RMSNormModel
from nets.katago.model import KataGoModel, PlayersModel, PolicyHeadModel, ValueHeadModel
from nets.leela_zero.model import LeelaZeroModel


def as_program(module: nn.Module, quantized: bool = False) -> nn.Module:
    """A module that does the same by a program, for any number of threads at a time, in inference mode.

    quantized: multiply in int16. A net that has something else in it comes back as it is; of another, the module that
    was given is of no use afterwards.
    """
    try:
        match module:
            case KataGoModel():
                return KataGoProgram(module, quantized)
            case zhugo.ZhuGoModel():
                return ZhuGoProgram(module, quantized)
            case GameModel():
                return GameProgram(module, quantized)
            case LeelaZeroModel():
                return LeelaZeroProgram(module, quantized)
    except Unfit:
        pass
    return module


class KataGoProgram(nn.Module):
    """``KataGoModel``."""

    def __init__(self, model: KataGoModel, quantized: bool) -> None:
        super().__init__()
        builder = Builder(quantized)
        planes, globals_ = builder.buffer(model.conv.in_channels), builder.buffer(model.own_globals, of_points=False)
        players = None if model.from_players is None else builder.buffer(model.own_players, of_points=False)
        known = None if players is None else _katago_players(builder, players, model.from_players)
        entry = builder.layer(globals_, model.from_globals, bias=model.conv.bias, residual=known)
        x = builder.layer(planes, conv_of(model.conv), added=entry)
        x, norm = _katago_norm(builder, write(builder, x, model.blocks), model.norm)
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
    """``ZhuGoModel``."""

    def __init__(self, model: zhugo.ZhuGoModel, quantized: bool) -> None:
        super().__init__()
        builder = Builder(quantized)
        planes = builder.buffer(model.stem.in_channels)
        globals_ = builder.buffer(model.from_globals.in_features, of_points=False)
        entry = builder.layer(globals_, model.from_globals, bias=model.stem.bias)
        x = builder.layer(planes, conv_of(model.stem), added=entry)
        for block in model.blocks:
            x = write(builder, x, block)
        norm = norm_of(model.rectify)
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


class GameProgram(nn.Module):
    """``GameModel``."""

    def __init__(self, model: GameModel, quantized: bool) -> None:
        super().__init__()
        builder = Builder(quantized)
        planes = builder.buffer(model.stem.in_channels)
        globals_ = builder.buffer(model.from_globals.in_features, of_points=False)
        entry = builder.layer(globals_, model.from_globals, bias=model.stem.bias)
        x = write(builder, builder.layer(planes, conv_of(model.stem), added=entry), model.blocks)
        norm = norm_of(model.rectify)
        said = [builder.layer(x, conv, norm=norm, activation=RELU) for conv in (model.policy_conv, model.value_conv)]
        self._program = builder.program((planes, globals_), said)
        del model.blocks  # its weights are in the program
        self._model = model

    def forward(self, planes: Tensor, globals_: Tensor) -> tuple[Tensor, ...]:
        policy, value = _called(self._program, planes, globals_)
        return self._model.said(policy.transpose(1, 2), value.transpose(1, 2))


class LeelaZeroProgram(nn.Module):
    """``LeelaZeroModel``."""

    def __init__(self, model: LeelaZeroModel, quantized: bool) -> None:
        super().__init__()
        builder = Builder(quantized)
        planes = builder.buffer(model.stem.in_channels)
        x = write(builder, builder.layer(planes, conv_of(model.stem), activation=RELU), model.blocks)
        said = [builder.layer(x, conv, activation=RELU) for conv in (model.policy_conv, model.value_conv)]
        self._program = builder.program([planes], said)
        del model.blocks
        self._model = model

    def forward(self, planes: Tensor, globals_: Tensor) -> tuple[Tensor, ...]:
        policy, value = _called(self._program, planes)
        return self._model.said(policy.transpose(1, 2), value.transpose(1, 2), globals_)


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


def _katago_norm(builder: Builder, x: Buffer, norm: nn.Module) -> tuple[Buffer, Norm | None]:
    """What the heads see, and the norm that is left to them."""
    if not isinstance(norm, RMSNormModel):
        return x, norm_of(norm)
    of_channels = Norm(norm.scale, norm.bias, activation_of(norm.activation))
    return builder.rms(x, of_channels, norm.epsilon, of_board=len(norm.over) > 1), None


def _katago_policy(builder: Builder, x: Buffer, norm: Norm | None, head: PolicyHeadModel) -> tuple[Buffer, Buffer]:
    """Logits of points and of the pass."""
    activation = activation_of(head.pool_activation)
    pooled = builder.pool(builder.layer(x, conv_of(head.pool_conv), norm=norm, activation=activation))
    bias = builder.layer(pooled, head.pool_to_bias, bias=head.conv.bias)
    y = builder.layer(x, conv_of(head.conv), norm=norm, added=bias, activation=activation_of(head.activation))
    passing = builder.layer(_dense(builder, pooled, head.pass_hidden), head.to_pass)
    return builder.layer(y, conv_of(head.to_logits)), passing


def _katago_value(
    builder: Builder, x: Buffer, norm: Norm | None, head: ValueHeadModel
) -> tuple[Buffer, Buffer, Buffer]:
    """Outcome, scores and ownership, raw."""
    y = builder.layer(x, conv_of(head.conv), norm=norm, activation=activation_of(head.activation))
    hidden = _dense(builder, builder.pool(y, for_value=True), head.hidden)
    outcome, scores = (_dense(builder, hidden, said) for said in (head.to_outcome, head.to_score))
    return outcome, scores, builder.layer(y, conv_of(head.to_ownership))


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
            return builder.layer(x, product, activation=activation_of(activation))
    raise Unfit
