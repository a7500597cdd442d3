"""What a net's file says of itself, in words and figures, without making ready to play with it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nets.errors import NetError
from nets.files import Format, format_of, read_file
from nets.katago.description import Block, KataGoNet, NestedResidual, PoolingResidual, Residual
from nets.zhugo_file import GAME_FORMAT, header

_KINDS = {Residual: "residual", PoolingResidual: "global pooling", NestedResidual: "nested bottleneck"}
_ERRORS_SINCE = 9


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

                read(data).check_playable()
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
        features=katago.features,
        sizes=(2, 19),
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
        features="zhugo",
        sizes=(zhugo_model.MIN_SIZE, zhugo_model.MAX_SIZE),
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
    if net.trunk.from_metadata is not None:
        yield "metadata of players (input)"
