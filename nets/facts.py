"""What a net's file says of itself, in words and figures, without making ready to play with it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nets.errors import NetError
from nets.files import Format, format_of, read_file
from nets.katago.description import (
    Attention,
    Block,
    FeedForward,
    KataGoNet,
    NestedResidual,
    PoolingResidual,
    Residual,
    features_name,
)
from nets.zhugo_file import GAME_FORMAT, MAX_SIZE, MIN_SIZE, header
from nets.zhugo_file import features_of as zhugo_features

_KINDS = {
    Residual: "residual",
    PoolingResidual: "global pooling",
    NestedResidual: "nested bottleneck",
    Attention: "attention",
    FeedForward: "feed-forward",
}
_ERRORS_SINCE = 9
_KATAGO_SIZES = (2, 19)


@dataclass(frozen=True)
class Facts:
    """blocks: how many of which kind. parameters: how many numbers were learned. features: the kind of inputs. sizes:
    of the smallest and the largest board that it plays on; sides of the one board of a game other than Go. file_bytes,
    sha256: of the file as it is. game: "go", or OpenSpiel's name and parameters."""

    name: str
    format: Format
    version: int
    blocks: str
    channels: int
    parameters: int
    features: str
    sizes: tuple[int, int]
    heads: tuple[str, ...]
    file_bytes: int
    sha256: str
    game: str = "go"


def describe(path: Path) -> Facts:
    """The facts of a file that ``nets.load`` takes. Raises ``NetError`` as that does."""
    data = read_file(path)
    try:
        return _describe(data, hashlib.sha256(data).hexdigest())
    except NetError as error:
        raise NetError(f"net {path}: {error}") from None


def check(path: Path) -> None:
    """Raise ``NetError``, as ``nets.load`` would, when a file holds no net to play with.

    Without torch, and so soon: of KataGo's and Leela Zero's nets everything is looked at but the arithmetic, of
    ZhuGo's no more than that it may be one.
    """
    data = read_file(path)
    try:
        match format_of(data):
            case "KataGo":
                from nets.katago.parse import read

                read(data)
            case "Leela Zero":
                from nets.leela_zero import weights

                weights.read(data)
    except NetError as error:
        raise NetError(f"net {path}: {error}") from None


def game_of(path: Path) -> str:
    """The game that the net in a file plays, as in ``Facts``; without torch. Raises ``NetError``."""
    data = read_file(path)
    try:
        if format_of(data) == "ZhuGo" and (said := header(data)).format == GAME_FORMAT:
            return str(json.loads(said.config)["spec"]["game"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NetError(f"net {path}: {error if isinstance(error, NetError) else 'corrupted'}") from None
    return "go"


def features_of(path: Path) -> str:
    """The kind of inputs of the net in a file, as ``Net`` has it; soon, and without torch. Raises ``NetError``."""
    data = read_file(path)
    try:
        match format_of(data):
            case "KataGo":
                from nets.katago.parse import features

                return features(data)
            case "Leela Zero":
                return "leela_zero"
            case "ZhuGo":
                said = header(data)
                if said.format == GAME_FORMAT:
                    return str(json.loads(said.config)["features"])
                return zhugo_features(said.config)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NetError(f"net {path}: {error if isinstance(error, NetError) else 'corrupted'}") from None


def name_of(path: Path) -> str:
    """The name of the net in a file, as in ``Facts``; without torch. Raises ``NetError``."""
    data = read_file(path)
    try:
        match format_of(data):
            case "KataGo":
                from nets.katago.parse import name

                return name(data)
            case "Leela Zero":
                from nets.leela_zero import weights

                return weights.read(data).name
            case "ZhuGo":
                return str(json.loads(header(data).config)["name"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NetError(f"net {path}: {error if isinstance(error, NetError) else 'corrupted'}") from None


def sizes_of(path: Path) -> tuple[int, int]:
    """Sides of the smallest and the largest board that a net for Go plays on; without torch. Raises ``NetError``."""
    data = read_file(path)
    try:
        match format_of(data):
            case "KataGo":
                return _KATAGO_SIZES
            case "Leela Zero":
                from nets.leela_zero import weights

                size = weights.read(data).size
                return size, size
            case "ZhuGo":
                return MIN_SIZE, MAX_SIZE
    except NetError as error:
        raise NetError(f"net {path}: {error}") from None


def identity_of(path: Path) -> tuple[str, str]:
    """The SHA-256 of a net's file, and a digest of its architecture; without torch. Raises ``NetError``.

    The architecture is the same for nets that differ in name and weights alone: whatever evaluates them, it takes the
    same time for one as for the other.
    """
    data = read_file(path)
    return hashlib.sha256(data).hexdigest(), _architecture(path, data)


def _architecture(path: Path, data: bytes) -> str:
    try:
        kind = format_of(data)
        match kind:
            case "KataGo":
                from nets.katago.parse import read

                shape = _shape(read(data))
            case "Leela Zero":
                from nets.leela_zero import weights

                shape = _shape(weights.read(data))
            case "ZhuGo":
                said = header(data)
                shape = [said.format, said.version, _shape(json.loads(said.config))]
    except (ValueError, TypeError, RecursionError) as error:
        raise NetError(f"net {path}: {error if isinstance(error, NetError) else 'corrupted'}") from None
    return hashlib.sha256(json.dumps([kind, shape], sort_keys=True).encode()).hexdigest()


def _shape(part: Any) -> Any:
    """Plain data whose arrays are replaced by their shapes, and which lost its names."""
    if isinstance(part, np.ndarray):
        return ["array", *part.shape]
    if is_dataclass(part) and not isinstance(part, type):
        return [type(part).__name__, _shape(vars(part))]
    if isinstance(part, dict):
        return {key: _shape(value) for key, value in part.items() if key != "name"}
    if isinstance(part, list | tuple):
        return [_shape(value) for value in part]
    return part


def _describe(data: bytes, sha256: str) -> Facts:
    match format_of(data):
        case "KataGo":
            return _of_katago(data, sha256)
        case "Leela Zero":
            return _of_leela_zero(data, sha256)
        case "ZhuGo" if header(data).format == GAME_FORMAT:
            return _of_game_net(data, sha256)
        case "ZhuGo":
            return _of_zhugo(data, sha256)


def _of_katago(data: bytes, sha256: str) -> Facts:
    from nets.katago.parse import read

    katago = read(data)
    return Facts(
        name=katago.name,
        format="KataGo",
        version=katago.version,
        blocks=_blocks(katago.trunk.blocks),
        channels=len(katago.trunk.norm.scale),
        parameters=katago.parameters,
        features=features_name(katago.inputs, katago.suicide_alive, katago.asks_who_plays),
        sizes=_KATAGO_SIZES,
        heads=tuple(_katago_heads(katago)),
        file_bytes=len(data),
        sha256=sha256,
    )


def _of_leela_zero(data: bytes, sha256: str) -> Facts:
    from nets.leela_zero import weights

    leela = weights.read(data)
    return Facts(
        name=leela.name,
        format="Leela Zero",
        version=leela.version,
        blocks=f"{leela.blocks} residual",
        channels=leela.channels,
        parameters=leela.parameters,
        features="leela_zero",
        sizes=(leela.size, leela.size),
        heads=("policy", "value" if leela.version == 1 else "value of Black"),
        file_bytes=len(data),
        sha256=sha256,
    )


def _of_zhugo(data: bytes, sha256: str) -> Facts:
    from nets import zhugo_model

    config, model = zhugo_model.load_trainable(data)
    return Facts(
        name=config.name,
        format="ZhuGo",
        version=zhugo_model.VERSION,
        blocks=f"{config.blocks} nested bottleneck, {len(config.pooling)} of them with global pooling",
        channels=config.channels,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        features=zhugo_model.features_of(config),
        sizes=(MIN_SIZE, MAX_SIZE),
        heads=("policy", "value", "lead", "ownership"),
        file_bytes=len(data),
        sha256=sha256,
    )


def _of_game_net(data: bytes, sha256: str) -> Facts:
    from nets import game_model

    config, model = game_model.load_trainable(data)
    _, *sides = config.planes
    return Facts(
        name=config.name,
        format="ZhuGo",
        version=game_model.VERSION,
        blocks=f"{config.blocks} residual",
        channels=config.filters,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        features=config.features,
        sizes=(min(sides), max(sides)),
        heads=("policy", "value"),
        file_bytes=len(data),
        sha256=sha256,
        game=config.spec["game"],
    )


def _blocks(blocks: tuple[Block, ...]) -> str:
    """As "6 residual, 2 global pooling", with what is inside of others in parentheses."""
    counts = Counter(_KINDS[type(block)] for block in blocks)
    inside = tuple(inner for block in blocks if isinstance(block, NestedResidual) for inner in block.blocks)
    text = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    return f"{text} (inside: {_blocks(inside)})" if inside else text


def _katago_heads(net: KataGoNet) -> Iterator[str]:
    policies = len(net.policy.to_logits.weights)
    yield "policy"
    if policies > 1:
        yield "optimistic policy"
    if policies > 2:
        yield "values of moves"
    yield "win, loss, no result"
    yield "score"
    if net.version >= 8:
        yield "lead"
    yield "ownership"
    if net.version >= _ERRORS_SINCE:
        yield "short-term errors"
    if net.asks_who_plays:
        yield "metadata of players (input)"
