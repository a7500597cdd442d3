"""ZhuGo's own net: a small residual tower over the ZhuGo planes, with global pooling, for boards of many sizes.

Its file is safetensors: the trainable weights, and in the metadata the format's name and version and the
configuration as JSON. What plays is the same net with every batch norm folded into the convolution before it.
"""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from nets.errors import NetError
from nets.layout import ready
from nets.pooling import pool, pool_for_value

FORMAT, VERSION = "zhugo-net", 1
MIN_SIZE, MAX_SIZE = 7, 19
"""Sides of the boards that the net has learned on."""

_UNIT = 20.0
"""Points of lead per unit inside the value head, and of komi per unit of the first global input."""
_MAX_WIDTH = 1024


@dataclass(frozen=True)
class Config:
    """Shape of a net. pooling: the indices of the blocks that pool; the other fields are counts of channels, or what
    their name says."""

    name: str
    planes: int = 26
    globals: int = 10
    blocks: int = 5
    channels: int = 64
    pooling: tuple[int, ...] = (1, 3)
    pooled: int = 16
    head: int = 32
    hidden: int = 64


class ZhuGoModel(nn.Module):
    """planes[n, 26, H, W], globals[n, G] -> the fields of ``nets.net.RawOutputs``, float32, of the player to move."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = config.channels
        self.stem = ConvNorm(config.planes, c, 3)
        self.from_globals = nn.Linear(config.globals, c)
        self.blocks = nn.ModuleList(Block(c, config.pooled if i in config.pooling else 0) for i in range(config.blocks))
        self.policy_conv = ConvNorm(c, config.head, 1)
        self.policy_pool = ConvNorm(c, config.head, 1)
        self.policy_bias = nn.Linear(3 * config.head, config.head, bias=False)
        self.to_logits = nn.Conv2d(config.head, 1, 1, bias=False)
        self.to_pass = nn.Linear(3 * config.head, 1)
        self.value_conv = ConvNorm(c, config.head, 1)
        self.hidden = nn.Linear(3 * config.head, config.hidden)
        self.to_outcome = nn.Linear(config.hidden, 3)
        self.to_ownership = nn.Conv2d(config.head, 1, 1)

    def forward(self, planes: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x = (self.stem(planes) + self.from_globals(globals_)[:, :, None, None]).relu_()
        for block in self.blocks:
            x = block(x)
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
        ownership = self.to_ownership(v).flatten(1).float().tanh()
        count = ownership.sum(1) / _UNIT + globals_[:, 0].float()
        correction, sureness, outcome = self.to_outcome(self.hidden(pool_for_value(v)).relu_()).float().unbind(1)
        value = (outcome + count * functional.softplus(sureness)).tanh()
        return value, _UNIT * (count + correction), ownership


class ConvNorm(nn.Module):
    """A convolution that keeps the board's size, and a batch norm; ``fold`` makes one convolution of them."""

    def __init__(self, inputs: int, outputs: int, side: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, side, padding=side // 2, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(self.conv(x))
        return out

    def fold(self) -> None:
        """Evaluation mode only, and for good: the norm's running statistics become weights."""
        assert isinstance(self.norm, nn.BatchNorm2d)
        self.conv = fuse_conv_bn_eval(self.conv, self.norm)
        self.norm = nn.Identity()


class Block(nn.Module):
    """relu(x + conv(relu(conv(x) + bias))); the bias is pooled over the board from ``pooled`` channels, if any."""

    def __init__(self, channels: int, pooled: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(channels, channels, 3)
        self.conv2 = ConvNorm(channels, channels, 3)
        self.pool = ConvNorm(channels, pooled, 1) if pooled else None
        self.pool_bias = nn.Linear(3 * pooled, channels, bias=False) if pooled else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(x)
        if self.pool is not None and self.pool_bias is not None:
            y = y + self.pool_bias(pool(self.pool(x).relu_()))[:, :, None, None]
        out: Tensor = (self.conv2(y.relu_()) + x).relu_()
        return out


def folded(model: ZhuGoModel) -> ZhuGoModel:
    """A copy in evaluation mode without batch norms."""
    model = copy.deepcopy(model).eval()
    for module in model.modules():
        if isinstance(module, ConvNorm):
            module.fold()
    return model.requires_grad_(False)


def dump(config: Config, model: ZhuGoModel) -> bytes:
    """The bytes of a net's file; ``read`` takes them, and ``load_trainable``."""
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    metadata = {"format": FORMAT, "version": str(VERSION), "config": json.dumps(asdict(config), sort_keys=True)}
    metadata["sha256"] = _checksum(safetensors.torch.save(weights))
    return safetensors.torch.save(weights, metadata)


def load_trainable(data: bytes) -> tuple[Config, ZhuGoModel]:
    """Configuration and net, batch norms and all, from the bytes of a file. Raises ``NetError``."""
    metadata = _metadata(data)
    if metadata.get("format") != FORMAT:
        raise NetError("a safetensors file, but not of ZhuGo's format")
    if metadata.get("version") != str(VERSION):
        raise NetError(f"ZhuGo net version {metadata.get('version')!r} is not supported; supported: {VERSION}")
    config = _config(metadata.get("config", ""))
    if metadata.get("sha256") != _checksum(data):
        raise NetError("truncated or corrupted: the checksum of the weights does not hold")
    with torch.device("meta"):
        model = ZhuGoModel(config)
    expected = {name: (tensor.shape, tensor.dtype) for name, tensor in model.state_dict().items()}
    try:
        weights = safetensors.torch.load(data)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise NetError(f"corrupted: {str(error).splitlines()[0]}") from None
    if expected != {name: (tensor.shape, tensor.dtype) for name, tensor in weights.items()}:
        raise NetError("corrupted: the weights are not those that the configuration asks for")
    if not all(bool(torch.isfinite(tensor).all()) for tensor in weights.values()):
        raise NetError("corrupted: a weight is not finite")
    model.load_state_dict(weights, assign=True)
    return config, model


def _checksum(data: bytes) -> str:
    """SHA-256 of all that follows the header of a safetensors file."""
    return hashlib.sha256(data[8 + int.from_bytes(data[:8], "little") :]).hexdigest()


def read(data: bytes) -> tuple[str, ZhuGoModel]:
    """Name and folded net, ready to play, from the bytes of a file. Raises ``NetError``."""
    config, model = load_trainable(data)
    return config.name, ready(folded(model))


def _metadata(data: bytes) -> dict[str, str]:
    try:
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length].decode())
        metadata = header["__metadata__"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NetError("corrupted: the safetensors header cannot be read") from None
    if not isinstance(metadata, dict):
        raise NetError("corrupted: the safetensors metadata is no table")
    return metadata


def _config(text: str) -> Config:
    try:
        values: dict[str, Any] = json.loads(text)
        values["pooling"] = tuple(values["pooling"])
        config = Config(**values)
        counts = [getattr(config, field.name) for field in fields(config) if field.name not in ("name", "pooling")]
        sound = all(type(count) is int and 0 < count <= _MAX_WIDTH for count in counts) and isinstance(config.name, str)
    except (ValueError, KeyError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise NetError("corrupted: the configuration of the net makes no sense")
    return config
