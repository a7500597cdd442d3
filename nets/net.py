"""What a net is to everybody else, and how one is loaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nets.errors import NetError
from nets.files import format_of, read_file
from nets.zhugo_file import GAME_FORMAT, header

if TYPE_CHECKING:
    from torch import nn
BUNDLED = Path(__file__).parent / "bundled" / "zhugo.safetensors"


class RawOutputs(NamedTuple):
    """What a module gives for n positions; torch tensors there, numpy arrays once they left the device. float32.

    policy: [n, num_moves], logits, illegal moves among them. value: [n], win - loss in [-1, 1]. lead: [n], points.
    ownership: [n, points] in [-1, 1]. score: [n, 2], mean (points) and standard deviation of the final score. errors:
    [n, 2], how far a short search is expected to move value and score. All from the side of the player to move. What a
    net does not have is None, and not among a module's outputs; who has none of these has none behind it.
    """

    policy: Any
    value: Any
    lead: Any = None
    ownership: Any = None
    score: Any = None
    errors: Any = None


@dataclass(frozen=True, eq=False)
class Net:
    """A loaded net.

    name: as its file says. sha256: of its file. features: the kind of inputs, as ``Game.feature_shapes`` knows it.
    module: ready to play on the CPU, float32; forward(planes[n, C, H, W], globals[n, G]) gives the fields of
    ``RawOutputs`` in their order. min_size, max_size: sides of the boards that it can play on. game, spec: as
    ``games.load`` takes them; the spec is empty for Go, of which a net plays more than one.
    """

    name: str
    sha256: str
    features: str
    module: nn.Module
    min_size: int = 2
    max_size: int = 19
    game: str = "go"
    spec: dict[str, Any] = field(default_factory=dict)

    def check(self, height: int, width: int) -> None:
        """Raise ``NetError`` when the net cannot play on a board of this size."""
        if not all(self.min_size <= side <= self.max_size for side in (height, width)):
            least, most = self.min_size, self.max_size
            sizes = f"{least}x{least} only" if least == most else f"sizes {least} to {most}"
            raise NetError(f"net {self.name} plays {sizes}, not {width}x{height}")


def load(path: Path | None = None) -> Net:
    """The net in a file, whose format its content tells; the bundled one for None.

    Raises ``NetError``, one line that names the file, when there is no such file or no net in it.
    """
    path = BUNDLED if path is None else path
    data = read_file(path)
    try:
        return _parse(data, hashlib.sha256(data).hexdigest())
    except NetError as error:
        raise NetError(f"net {path}: {error}") from None


def _parse(data: bytes, sha256: str) -> Net:
    match format_of(data):
        case "ZhuGo" if header(data).format == GAME_FORMAT:
            from nets import game_model

            config, game_net = game_model.read(data)
            _, *sides = config.planes
            return Net(config.name, sha256, config.features, game_net, min(sides), max(sides), config.game, config.spec)
        case "ZhuGo":
            from nets import zhugo_model

            name, features, module = zhugo_model.read(data)
            return Net(name, sha256, features, module, zhugo_model.MIN_SIZE, zhugo_model.MAX_SIZE)
        case "Leela Zero":
            from nets.leela_zero import weights
            from nets.leela_zero.model import LeelaZeroModel

            leela_zero = weights.read(data)
            playing = _ready(LeelaZeroModel(leela_zero))
            return Net(leela_zero.name, sha256, "leela_zero", playing, leela_zero.size, leela_zero.size)
        case "KataGo":
            from nets.katago import parse
            from nets.katago.model import KataGoModel

            katago = parse.read(data)
            return Net(katago.name, sha256, katago.features, _ready(KataGoModel(katago)))


def _ready(module: nn.Module) -> nn.Module:
    from nets.layout import ready

    return ready(module)
