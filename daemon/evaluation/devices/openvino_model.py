"""A net as OpenVINO has it: converted once by way of torch, then read from the cache, without torch.

Importing this module is cheap; OpenVINO is imported when a function needs it.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, Literal

import msgspec

import games
import nets
from daemon.evaluation.devices import disk_cache
from daemon.evaluation.devices.disk_cache import Keep, anew
from daemon.evaluation.devices.openvino_library import core, openvino
from nets import Net, NetError
from nets.files import read_file

CONVERSION = 7
"""Raised whenever a model that was kept by an earlier version of this module must not be used."""

_EXAMPLE_SIDE = 13


class Model(msgspec.Struct, frozen=True):
    """A net's description, as ``nets.Net`` has it, and OpenVINO's intermediate form of its module.

    The form is dynamic in the number of positions and, for Go, in both sides of the board; its outputs are the fields
    of ``nets.RawOutputs`` in their order. rest: of a form in bytes, the arithmetic of what is in floating point.
    """

    name: str
    sha256: str
    features: str
    min_size: int
    max_size: int
    xml: bytes
    weights: bytes
    rest: Literal["", "bf16", "f32"] = ""

    def check(self, height: int, width: int) -> None:
        """Raise ``NetError`` when the net cannot play on a board of this size."""
        if not all(self.min_size <= side <= self.max_size for side in (height, width)):
            raise NetError(f"net {self.name} plays sizes {self.min_size} to {self.max_size}, not {width}x{height}")

    def read(self) -> Any:
        """The ``openvino.Model``."""
        return core().read_model(model=self.xml, weights=self.weights)

    def in_bytes(self, model: Any, rest: Literal["bf16", "f32"]) -> Model:
        """The same net in a form in bytes, an ``openvino.Model``."""
        xml, weights = serialized(model)
        return msgspec.structs.replace(self, xml=xml, weights=weights, rest=rest)


def load(path: Path, *, quietly: bool = False) -> Model:
    """The net in a file; ``quietly``: no word when it must be converted. Raises ``NetError``."""
    name = f"openvino-{hashlib.sha256(read_file(path)).hexdigest()[:32]}-{_version()}"
    return msgspec.msgpack.decode(disk_cache.keep(name, lambda: _converted(path, quietly)), type=Model)


def in_bytes(model: Model, threads: int, keep: Keep = anew) -> Model:
    """The same net in bytes, calibrated on positions of real games; ``keep``: as ``quantized`` takes it."""
    return msgspec.msgpack.decode(
        disk_cache.keep(_name_in_bytes(model.sha256), lambda: _quantized(model, threads, keep)), type=Model
    )


def has_in_bytes(sha256: str) -> bool:
    """Whether the form in bytes of a net is there already."""
    return disk_cache.has(_name_in_bytes(sha256))


def _name_in_bytes(sha256: str) -> str:
    return f"openvino-int8-{sha256[:32]}-{_version()}"


def _version() -> str:
    """What a kept model depends on beside the net."""
    build: str = openvino().get_version()
    return f"{build.split('-')[0]}.{CONVERSION}"


def serialized(model: Any) -> tuple[bytes, bytes]:
    """An ``openvino.Model`` as bytes: the graph, and the weights."""
    with tempfile.TemporaryDirectory() as directory:
        xml, weights = Path(directory) / "model.xml", Path(directory) / "model.bin"
        openvino().serialize(model, xml, weights)
        return xml.read_bytes(), weights.read_bytes()


def _converted(path: Path, quietly: bool) -> bytes:
    net = nets.load(path)
    if not quietly:
        what = "converting the net for OpenVINO, the first time only (a few seconds) …"
        print(what, file=sys.stderr, flush=True)  # noqa: T201
    xml, weights = serialized(convert(net))
    model = Model(net.name, net.sha256, net.features, net.min_size, net.max_size, xml, weights)
    return msgspec.msgpack.encode(model)


def _quantized(model: Model, threads: int, keep: Keep) -> bytes:
    from daemon.evaluation.devices.quantize import quantized
    from daemon.evaluation.devices.real_positions import sample

    samples = sample(model.features, range(model.min_size, model.max_size + 1), (0,))
    what = f"calibrating the net in bytes on {sum(map(len, samples))} positions, the first time only (up to a minute) …"
    print(what, file=sys.stderr, flush=True)  # noqa: T201
    return msgspec.msgpack.encode(model.in_bytes(*quantized(model.read(), samples, threads, keep)))


def convert(net: Net) -> Any:
    """The ``openvino.Model`` of a net, see ``Model``. Imports torch."""
    import torch

    side = min(net.max_size, max(net.min_size, _EXAMPLE_SIDE))
    game = games.load(net.game, net.spec or {"size": side})
    shapes = game.feature_shapes(net.features)
    example = tuple(torch.zeros(2, *shape) for shape in shapes)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer's, of sizes that it takes for constants
        model = openvino().convert_model(net.module, example_input=example)
    planes, global_inputs = ([-1, *shape] for shape in shapes)
    if not net.spec:  # then it plays on boards of other sizes too
        planes[2:] = [-1, -1]
    model.reshape({model.inputs[0]: planes, model.inputs[1]: global_inputs})
    return model
