"""Everything that a person may set of a run of learning. A preset is a TOML file with the tables below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

import games
from games import Game
from games.registry import named
from zhugo.arena.plan import Arena
from zhugo.errors import UserError
from zhugo.selfplay.plan import Plan
from zhugo.settings import convert, parse, with_changes
from zhugo.training.net import Shape
from zhugo.training.plan import Training

PRESETS = Path(__file__).parent / "presets"

Positive = Annotated[int, Meta(ge=1, le=2**31)]

_OF_THE_RUN = {"game", "spec", "net", "seed"}
"""What self-play takes from elsewhere in a preset."""

SelfPlay: Any = msgspec.defstruct(
    "SelfPlay",
    [
        (field.name, field.type, field.default)
        for field in msgspec.structs.fields(Plan)
        if field.name not in _OF_THE_RUN
    ],
    frozen=True,
    forbid_unknown_fields=True,
    namespace={"__doc__": "The settings of ``zhugo.selfplay.plan.Plan`` that are not the run's."},
)


class Loop(Struct, frozen=True, forbid_unknown_fields=True):
    """iterations: how often games, training and arena follow each other; minutes: the run ends after the iteration in
    which so many are over, if that comes first. games: of one iteration. reuse: how often a position is learned from,
    on the average. workers: processes that play, 0 for one a core (less one a GPU). arena_every: iterations from one
    contest to the next; nets between play on at once. overlap: whether the next games are played while the net
    trains, by the net before it; auto where there is a GPU, or other machines play: on one CPU both want the same
    cores."""

    iterations: Positive = 100
    minutes: Annotated[float, Meta(gt=0.0, le=1e6)] | None = None
    games: Positive = 100
    reuse: Annotated[float, Meta(gt=0.0, le=1000.0)] = 4.0
    workers: Annotated[int, Meta(ge=0, le=1024)] = 0
    arena_every: Positive = 1
    overlap: Literal["auto", "on", "off"] = "auto"
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 1


class Preset(Struct, frozen=True, forbid_unknown_fields=True):
    """game, size: as ``games.registry.named`` takes them. komi: of Go."""

    game: str = "go"
    size: Annotated[int, Meta(ge=2, le=19)] | None = None
    komi: Annotated[float, Meta(ge=-400.0, le=400.0)] | None = None
    net: Shape = Shape()
    selfplay: SelfPlay = SelfPlay()
    training: Training = Training()
    arena: Arena = Arena()
    loop: Loop = Loop()

    def load_game(self) -> Game:
        """Raises ``GameError``."""
        name, spec = named(self.game, self.size)
        if self.komi is not None:
            if name != "go":
                raise UserError(f"komi is for go, not for {self.game}")
            spec = {**spec, "komi": self.komi}
        return games.load(name, spec)

    def plan(self, game: Game, net: Path) -> Plan:
        """How a net plays the games to learn from."""
        settings = msgspec.structs.asdict(self.selfplay)
        return Plan(game=game.name, spec=game.spec(), net=str(net), seed=self.loop.seed, **settings)


def names() -> list[str]:
    """The presets that come with the program."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def read(name: str, changes: Sequence[str] = ()) -> Preset:
    """The preset of a name, or in a file whose name ends in .toml, with the changes of ``--set``.

    Raises ``UserError``, or ``GameError`` for a game that there is not.
    """
    path = Path(name) if name.endswith(".toml") else PRESETS / f"{name}.toml"
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError):
        known = ", ".join(names())
        raise UserError(f"preset {name}: there is none; there are {known}, or the name of a .toml file") from None
    preset = convert(with_changes(parse(text, f"preset {name}"), changes), Preset, f"preset {name}")
    preset.load_game()
    return preset
