"""A run of learning on disk.

| file | what |
|---|---|
| run.json | of which game and version it is, and its preset |
| games | what self-play wrote (``zhugo.learning.samples``) |
| nets/NNNNNN.safetensors | the net after each iteration; 0 is the one that the run began with |
| state.pt, log.jsonl, tensorboard | training (``zhugo.learning.training.run``) |
| history.json | what each finished iteration came to |
| elo.json | every contest (``zhugo.strength.arena.ratings``) |
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from daemon.evaluation.gpu_monitor import GpuUse
from games import Game
from protocol.files import write_whole
from zhugo.learning.loop.preset import Preset
from zhugo.learning.loop.times import Times
from zhugo.learning.training.plan import Shape
from zhugo.shared.errors import UserError, one_line

VERSION = 1
RUN, GAMES, NETS, HISTORY, ELO = "run.json", "games", "nets", "history.json", "elo.json"


class Identity(Struct, frozen=True):
    """What must be the same when a run goes on. game: as its nets name it."""

    version: int
    game: str
    spec: str
    net: Shape


class Iteration(Struct, frozen=True):
    """A finished iteration. positions, games, steps: in all since the run began. losses: means over its steps.

    net: number of the one that plays on, ``elo`` its Elo. device: share of the time in which the device had work.
    gpu: what all GPUs of this machine did, see ``GpuMonitor.lap``; None where there are none. evaluations: leaves that
    the net looked at in self-play, in all since the run began, but for games that were under way when it was ended.
    """

    number: int
    games: int
    positions: int
    steps: int
    losses: dict[str, float]
    net: int
    elo: float
    times: Times
    device: float
    gpu: GpuUse | None = None
    evaluations: int = 0


class _Kept(Struct):
    identity: Identity
    preset: dict[str, object]


class Folder:
    """A run's folder, made if need be."""

    def __init__(self, directory: Path, preset: Preset, game: Game) -> None:
        """Raises ``UserError``, having changed nothing, when the folder is of another game, version or net."""
        self.directory = directory
        check(directory, preset, game)
        try:
            (directory / NETS).mkdir(parents=True, exist_ok=True)
            kept = _Kept(_identity(preset, game), msgspec.to_builtins(preset))
            write_whole(directory / RUN, msgspec.json.format(msgspec.json.encode(kept), indent=1))
        except OSError as error:
            raise UserError(f"run {directory}: {error.strerror}") from None
        self.history = read_history(directory)

    @property
    def games(self) -> Path:
        """The folder of the games."""
        return self.directory / GAMES

    def net(self, number: int) -> Path:
        """The file of a net, there or not."""
        return net_file(self.directory, number)

    def add(self, iteration: Iteration) -> None:
        """An iteration is finished. Raises ``OSError`` on a full disk."""
        self.history.append(iteration)
        write_whole(self.directory / HISTORY, msgspec.json.format(msgspec.json.encode(self.history), indent=1))


def net_file(directory: Path, number: int) -> Path:
    """The file of a run's net, there or not."""
    return directory / NETS / f"{number:06}.safetensors"


def check(directory: Path, preset: Preset, game: Game) -> None:
    """Raise ``UserError`` when the folder is that of another game, version or net, or holds something else."""
    found, identity = _kept(directory), _identity(preset, game)
    if found is not None and found.identity != identity:
        raise UserError(f"run {directory}: {_difference(found.identity, identity)}")


def read_history(directory: Path) -> list[Iteration]:
    """The finished iterations of a run. Raises ``UserError``."""
    try:
        return msgspec.json.decode((directory / HISTORY).read_bytes(), type=list[Iteration])
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError) as error:
        raise UserError(f"run {directory}: {HISTORY}: {one_line(error)}") from None


def game_of_run(directory: Path) -> str:
    """What a run is of, as people write it. Raises ``UserError`` for a folder that is no run."""
    kept = _kept(directory) if directory.is_dir() else None
    if kept is None:
        raise UserError(f"run {directory}: there is no run of learning")
    return kept.identity.game


def _kept(directory: Path) -> _Kept | None:
    """None for a folder that is not there or empty. Raises ``UserError`` for one that holds something else."""
    try:
        data = (directory / RUN).read_bytes()
    except FileNotFoundError:
        if directory.is_dir() and any(directory.iterdir()):
            raise UserError(f"run {directory}: holds something else than a run of learning") from None
        return None
    except OSError as error:
        raise UserError(f"run {directory}: {error.strerror}") from None
    try:
        return msgspec.json.decode(data, type=_Kept)
    except msgspec.DecodeError as error:
        raise UserError(f"run {directory}: {RUN}: {one_line(error)}") from None


def _identity(preset: Preset, game: Game) -> Identity:
    return Identity(VERSION, preset.game, msgspec.json.encode(game.spec(), order="sorted").decode(), preset.net)


def _difference(found: Identity, wanted: Identity) -> str:
    if found.version != wanted.version:
        return f"of version {found.version}; this is version {wanted.version}"
    if (found.game, found.spec) != (wanted.game, wanted.spec):
        return f"of another game, {found.game} {found.spec}"
    return f"its net has {found.net.blocks} blocks of {found.net.filters} filters"
