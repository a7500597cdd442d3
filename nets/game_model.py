"""A net for any game of one size: residual blocks over planes, logits for all its moves, and a value.

Its trunk is made of the residual pairs of ``zhugo_model``; its heads know their planes by place, so that moves need not
be points of a board. It speaks of no lead and no owners. Its file is as ``zhugo_file`` says.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import torch
from msgspec import Meta
from torch import Tensor, nn

from nets import zhugo_file
from nets.errors import NetError
from nets.layout import filled, halves, ready
from nets.zhugo_model import BiasReLU, Pair

FORMAT, VERSION = zhugo_file.GAME_FORMAT, 1

Count = Annotated[int, Meta(ge=1, le=8192)]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shape of a net, and the game that it plays.

    game, spec: as ``games.load`` takes them. features: the kind of its inputs. planes: [C, H, W]. globals: how many
    there are. moves: the game's ``num_moves``. filters: channels of the ``blocks``. head: channels of each head.
    """

    name: str
    game: str
    spec: dict[str, Any]
    features: str
    planes: tuple[Count, Count, Count]
    globals: Count
    moves: Count
    blocks: Count = 4
    filters: Count = 64
    head: Count = 16
    hidden: Count = 64


class GameModel(nn.Module):
    """planes[n, C, H, W], globals[n, G] -> policy and value of ``nets.net.RawOutputs``, float32, of who is to move."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        channels, height, width = config.planes
        places = config.head * height * width
        self.stem = nn.Conv2d(channels, config.filters, 3, padding=1)
        self.from_globals = nn.Linear(config.globals, config.filters, bias=False)
        self.blocks = nn.Sequential(*(Pair(config.filters, 0) for _ in range(config.blocks)))
        self.rectify = BiasReLU(config.filters)
        self.policy_conv = nn.Conv2d(config.filters, config.head, 1)
        self.to_logits = nn.Linear(places, config.moves)
        self.value_conv = nn.Conv2d(config.filters, config.head, 1)
        self.hidden = nn.Linear(places, config.hidden)
        self.to_value = nn.Linear(config.hidden, 1)

    def forward(self, planes: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(planes) + self.from_globals(globals_)[:, :, None, None]
        x = self.rectify(self.blocks(x))
        return self.said(self.policy_conv(x).relu_(), self.value_conv(x).relu_())

    def said(self, policy: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """The outputs, from what the heads' convolutions left at each point, [n, head, ...]."""
        hidden = self.hidden(value.flatten(1)).relu_()
        return self.to_logits(policy.flatten(1)).float(), self.to_value(hidden).float().tanh().squeeze(1)


def initialized(config: Config) -> GameModel:
    """A net to train, from torch's random generator: all moves nearly alike, every value near zero."""
    model = GameModel(config)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    small = [module.conv2.weight for module in model.modules() if isinstance(module, Pair)]
    for weight in (*small, model.to_logits.weight, model.to_value.weight):
        nn.init.normal_(weight, std=0.01)
    return model


def dump(config: Config, model: GameModel) -> bytes:
    """The bytes of a net's file, which ``load_trainable`` and ``read`` take. Weights are rounded to half precision."""
    text = msgspec.json.encode(config, order="sorted").decode()
    return zhugo_file.pack(FORMAT, VERSION, text, halves(model))


def load_trainable(data: bytes) -> tuple[Config, GameModel]:
    """Configuration and net, float32, from the bytes of a file. Raises ``NetError``."""
    config = config_of(data)
    with torch.device("meta"):
        model = GameModel(config)
    return config, filled(model, data)


def read(data: bytes) -> tuple[Config, GameModel]:
    """Configuration and net, ready to play, from the bytes of a file. Raises ``NetError``."""
    config, model = load_trainable(data)
    return config, ready(model)


def config_of(data: bytes) -> Config:
    """The configuration in the bytes of a file. Raises ``NetError``."""
    try:
        return msgspec.json.decode(zhugo_file.config_of(data, FORMAT, VERSION), type=Config)
    except (msgspec.DecodeError, RecursionError):
        raise NetError("corrupted: the configuration of the net makes no sense") from None
