"""ZhuGo's own net: nested-bottleneck residual blocks over the ZhuGo planes, with global pooling, for many board sizes.

There is no batch norm: biases before each rectifier and small first weights take its place, so that a net plays as it
was trained, on every size. The shape of the blocks is that of KataGo's nested bottlenecks (python/katago/train/
model_pytorch.py): a pointwise convolution down to fewer channels, residual pairs there, and one back up.

Its file is as ``zhugo_file`` says.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nets import zhugo_file
from nets.errors import NetError
from nets.layout import filled, halves, ready
from nets.pooling import pool, pool_for_value

FORMAT, VERSION = zhugo_file.GO_FORMAT, 2
MIN_SIZE, MAX_SIZE = zhugo_file.MIN_SIZE, zhugo_file.MAX_SIZE
"""Sides of the boards that the net has learned on."""

_UNIT = 20.0
"""Points of lead per unit inside the value head, and of komi per unit of the first global input."""
_MAX_WIDTH = 1024


@dataclass(frozen=True)
class Config:
    """Shape of a net.

    stem: side of the first convolution, odd. inner: channels inside a block, where it has ``pairs`` residual pairs of
    convolutions. pooling: the indices of the blocks that pool. The others are counts of channels, or what they say.
    """

    name: str
    planes: int = 26
    globals: int = 10
    stem: int = 5
    blocks: int = 6
    channels: int = 96
    inner: int = 64
    pairs: int = 2
    pooling: tuple[int, ...] = (2, 4)
    pooled: int = 32
    head: int = 32
    hidden: int = 64


class ZhuGoModel(nn.Module):
    """planes[n, 26, H, W], globals[n, G] -> the fields of ``nets.net.RawOutputs``, float32, of the player to move."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = config.channels
        self.stem = nn.Conv2d(config.planes, c, config.stem, padding=config.stem // 2)
        self.from_globals = nn.Linear(config.globals, c, bias=False)
        self.blocks = nn.ModuleList(
            Block(c, config.inner, config.pairs, config.pooled if i in config.pooling else 0)
            for i in range(config.blocks)
        )
        self.rectify = BiasReLU(c)
        self.policy_conv = nn.Conv2d(c, config.head, 1)
        self.policy_pool = nn.Conv2d(c, config.head, 1)
        self.policy_bias = nn.Linear(3 * config.head, config.head, bias=False)
        self.to_logits = nn.Conv2d(config.head, 1, 1, bias=False)
        self.to_pass = nn.Linear(3 * config.head, 1)
        self.value_conv = nn.Conv2d(c, config.head, 1)
        self.hidden = nn.Linear(3 * config.head, config.hidden)
        self.to_outcome = nn.Linear(config.hidden, 3)
        self.to_ownership = nn.Conv2d(config.head, 1, 1)

    def forward(self, planes: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.heads(self.trunk(planes, globals_)[-1], globals_)

    def enter(self, planes: Tensor, globals_: Tensor) -> Tensor:
        """What the first block sees: [n, channels, H, W]."""
        x: Tensor = self.stem(planes) + self.from_globals(globals_)[:, :, None, None]
        return x

    def trunk(self, planes: Tensor, globals_: Tensor) -> list[Tensor]:
        """What the first block sees, and what each block leaves."""
        found = [self.enter(planes, globals_)]
        for block in self.blocks:
            found.append(block(found[-1]))
        return found

    def heads(self, x: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The outputs, from what the last block left."""
        x = self.rectify(x)
        pooled = pool(self.policy_pool(x).relu_())
        p = (self.policy_conv(x) + self.policy_bias(pooled)[:, :, None, None]).relu_()
        policy = torch.cat((self.to_logits(p).flatten(1), self.to_pass(pooled)), dim=1)
        value, lead, ownership = self.outcome(self.value_conv(x).relu_(), globals_)
        return policy.float(), value, lead, ownership

    def outcome(self, v: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Value, lead and ownership of the player to move.

        The count, area by ownership and komi, is a first guess of the lead; what is pooled corrects it, and says how
        much a count is worth at this time of the game.
        """
        said = self.to_outcome(self.hidden(pool_for_value(v)).relu_())
        return outcome_of(said, self.to_ownership(v).flatten(1), globals_)


def outcome_of(said: Tensor, ownership: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """``ZhuGoModel.outcome`` from what its last products gave, [n, 3] and [n, points]."""
    ownership = ownership.float().tanh()
    count = ownership.sum(1) / _UNIT + globals_[:, 0].float()
    correction, sureness, outcome = said.float().unbind(1)
    value = (outcome + count * functional.softplus(sureness)).tanh()
    return value, _UNIT * (count + correction), ownership


class BiasReLU(nn.Module):
    """relu(x + bias), per channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return (x + self.bias).relu_()


class Pair(nn.Module):
    """x + conv(relu(conv(z) + bias)), z = rectified x; the bias is pooled over the board from ``pooled`` channels."""

    def __init__(self, channels: int, pooled: int) -> None:
        super().__init__()
        self.rectify = BiasReLU(channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.pool = nn.Conv2d(channels, pooled, 3, padding=1) if pooled else None
        self.pool_bias = nn.Linear(3 * pooled, channels, bias=False) if pooled else None

    def forward(self, x: Tensor) -> Tensor:
        z = self.rectify(x)
        y = self.conv1(z)
        if self.pool is not None and self.pool_bias is not None:
            y = y + self.pool_bias(pool(self.pool(z).relu_()))[:, :, None, None]
        out: Tensor = x + self.conv2(y.relu_())
        return out


class Block(nn.Module):
    """x + up(rectified pairs(down(rectified x))); the first pair pools if the block has ``pooled`` channels for it."""

    def __init__(self, channels: int, inner: int, pairs: int, pooled: int) -> None:
        super().__init__()
        self.rectify = BiasReLU(channels)
        self.down = nn.Conv2d(channels, inner, 1)
        self.pairs = nn.Sequential(*(Pair(inner, 0 if i else pooled) for i in range(pairs)))
        self.rectify_inner = BiasReLU(inner)
        self.up = nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.up(self.rectify_inner(self.pairs(self.down(self.rectify(x)))))
        return out


def initialized(config: Config) -> ZhuGoModel:
    """A net to train, from torch's random generator: every residual branch begins near zero."""
    model = ZhuGoModel(config)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in model.modules():
        if isinstance(module, Pair):
            nn.init.normal_(module.conv2.weight, std=0.01)
        elif isinstance(module, Block):
            nn.init.normal_(module.up.weight, std=0.02)
    return model


def dump(config: Config, model: ZhuGoModel) -> bytes:
    """The bytes of a net's file, which ``load_trainable`` and ``read`` take. Weights are rounded to half precision."""
    return zhugo_file.pack(FORMAT, VERSION, json.dumps(asdict(config), sort_keys=True), halves(model))


def load_trainable(data: bytes) -> tuple[Config, ZhuGoModel]:
    """Configuration and net, float32, from the bytes of a file. Raises ``NetError``."""
    config = _config(zhugo_file.config_of(data, FORMAT, VERSION))
    with torch.device("meta"):
        model = ZhuGoModel(config)
    return config, filled(model, data)


def read(data: bytes) -> tuple[str, str, ZhuGoModel]:
    """Name, kind of inputs, and net, ready to play, from the bytes of a file. Raises ``NetError``."""
    config, model = load_trainable(data)
    return config.name, features_of(config), ready(model)


def features_of(config: Config) -> str:
    """The kind of inputs of such a net. Raises ``NetError``."""
    return zhugo_file.features_of(json.dumps(asdict(config)))


def _config(text: str) -> Config:
    try:
        values: dict[str, Any] = json.loads(text)
        values["pooling"] = tuple(values["pooling"])
        config = Config(**values)
        counts = [getattr(config, field.name) for field in fields(config) if field.name not in ("name", "pooling")]
        sound = (
            config.stem % 2 == 1
            and all(type(count) is int and 0 < count <= _MAX_WIDTH for count in counts)
            and isinstance(config.name, str)
        )
        zhugo_file.features_of(text)
    except (ValueError, KeyError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise NetError("corrupted: the configuration of the net makes no sense")
    return config
