"""The files of ZhuGo's own nets: safetensors with the weights in half precision.

In the metadata stand the format's name, which tells the families apart, its version, the configuration of the net as
JSON, and a checksum. Nothing here needs torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from nets.errors import NetError

GO_FORMAT, GAME_FORMAT = "zhugo-net", "zhugo-game-net"
"""The families: nets for Go on many sizes of board, and nets for one other game."""

MIN_SIZE, MAX_SIZE = 7, 19
"""Sides of the boards of Go that nets of the first family play on."""

_FEATURES = {(26, 10): "zhugo", (31, 15): "zhugo_history"}

Weights = Mapping[str, NDArray[np.float16]]


@dataclass(frozen=True)
class Header:
    """What a file says before its weights. config: JSON. checksum: of the weights, as the file has it."""

    format: str
    version: str
    config: str
    checksum: str


def pack(name: str, version: int, config: str, weights: Weights) -> bytes:
    """The bytes of a file of the format ``name``, the same for the same net: safetensors would mix up the metadata."""
    data: bytes = safetensors.numpy.save(dict(weights))
    begin = 8 + int.from_bytes(data[:8], "little")
    said = {"format": name, "version": str(version), "config": config, "sha256": _checksum(data)}
    text = json.dumps({"__metadata__": said, **json.loads(data[8:begin])}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[begin:]


def header(data: bytes) -> Header:
    """What a file says of itself. Raises ``NetError``."""
    try:
        length = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + length].decode())["__metadata__"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NetError("corrupted: the safetensors header cannot be read") from None
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise NetError("corrupted: the safetensors metadata is no table")
    return Header(*(metadata.get(key, "") for key in ("format", "version", "config", "sha256")))


def config_of(data: bytes, name: str, version: int) -> str:
    """The configuration in a file that must be of this format and version, and whole. Raises ``NetError``."""
    found = header(data)
    if found.format != name:
        raise NetError("a safetensors file, but not of ZhuGo's format")
    if found.version != str(version):
        raise NetError(f"ZhuGo net version {found.version!r} is not supported; supported: {version}")
    if found.checksum != _checksum(data):
        raise NetError("truncated or corrupted: the checksum of the weights does not hold")
    return found.config


def features_of(config: str) -> str:
    """The kind of inputs of a net for Go, from its configuration. Raises ``NetError``."""
    try:
        values = json.loads(config)
        return _FEATURES[values["planes"], values["globals"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NetError("corrupted: the configuration of the net makes no sense") from None


def weights(data: bytes, shapes: Mapping[str, tuple[int, ...]]) -> Weights:
    """The weights in a file, which must be these. Raises ``NetError``."""
    try:
        found: Weights = safetensors.numpy.load(data)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise NetError(f"corrupted: {str(error).splitlines()[0]}") from None
    fits = {name: array.shape for name, array in found.items()} == shapes
    if not fits or any(array.dtype != np.float16 for array in found.values()):
        raise NetError("corrupted: the weights are not those that the configuration asks for")
    if not all(np.isfinite(array).all() for array in found.values()):
        raise NetError("corrupted: a weight is not finite")
    return found


def _checksum(data: bytes) -> str:
    """SHA-256 of all that follows the header of a safetensors file."""
    return hashlib.sha256(data[8 + int.from_bytes(data[:8], "little") :]).hexdigest()
