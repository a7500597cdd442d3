"""What a net's file says of itself, in words and figures, without making ready to play with it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nets.errors import NetError
from nets.files import Format, format_of, read_file
from nets.katago.description import Block, KataGoNet, NestedResidual, PoolingResidual, Residual

_KINDS = {Residual: "residual", PoolingResidual: "global pooling", NestedResidual: "nested bottleneck"}
_ERRORS_SINCE = 9


@dataclass(frozen=True)
class Facts:
    """blocks: how many of which kind. parameters: how many numbers were learned. features: the kind of inputs. sizes:
    of the smallest and the largest board that it plays on. file_bytes, sha256: of the file as it is."""

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


def _describe(data: bytes, sha256: str) -> Facts:
    match found := format_of(data):
        case "KataGo":
            from nets.katago.parse import read

            katago = read(data)
            return Facts(
                name=katago.name,
                format=found,
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
        case "Leela Zero":
            from nets.leela_zero import weights

            leela = weights.read(data)
            return Facts(
                name=leela.name,
                format=found,
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
        case "ZhuGo":
            from nets import zhugo_model

            config, model = zhugo_model.load_trainable(data)
            return Facts(
                name=config.name,
                format=found,
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
