"""Everything that a person may set of a run of learning. A preset is a TOML file with the tables below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

import games
from games import Game
from games.registry import named
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.training.plan import Shape, Training
from zhugo.shared.errors import UserError, listed
from zhugo.shared.settings import convert, parse, with_changes
from zhugo.strength.arena.plan import Arena

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
    namespace={"__doc__": "The settings of ``zhugo.learning.selfplay.plan.Plan`` that are not the run's."},
)


class Loop(Struct, frozen=True, forbid_unknown_fields=True):
    """iterations: how often games, training and arena follow each other; minutes, evaluations: the run ends after the
    iteration in which it has gone on for so long, or the net looked at so many leaves in self-play, if that comes
    first. games: of one iteration. reuse: how often a position is learned from, on the average. workers: processes that
    play, 0 for one a core (less one a GPU). arena_every: iterations from one contest to the next; nets between play on
    at once. overlap: whether the next games are played while the net trains, by the net before it; auto where there is
    a GPU, or other machines play: on one CPU both want the same cores."""

    iterations: Positive = 100
    minutes: Annotated[float, Meta(gt=0.0, le=1e6)] | None = None
    evaluations: Positive | None = None
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


_OF_ONE_GAME = ("size", "komi", "selfplay.max_moves", "selfplay.openings", "arena.max_moves")
"""Keys that a preset has for its own game, and that mean nothing, or something else, for another."""


def names() -> list[str]:
    """The presets that come with the program."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def read(name: str, changes: Sequence[str] = (), say: Callable[[str], None] = lambda _: None) -> Preset:
    """The preset of a name, or in a file whose name ends in .toml, with the changes of ``--set``.

    When they name another game, what the preset has for its own one alone is left out, which ``say`` hears of. Raises
    ``UserError``, or ``GameError`` for a game that there is not.
    """
    whose = f"preset {name}"
    own = parse(_text(name), whose)
    if left_out := _left_out(own, changes):
        say(f"{whose}: left out {', '.join(left_out)}, which it has for {own.get('game', 'go')}")
    preset = convert(with_changes(own, [*(f"{key}=" for key in left_out), *changes]), Preset, whose)
    preset.load_game()
    return preset


def _text(name: str) -> str:
    try:
        if name.endswith(".toml"):
            return Path(name).read_text()
        if name in names():
            return (PRESETS / f"{name}.toml").read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"preset {name}: {getattr(error, 'strerror', None) or 'not a text'}") from None
    raise UserError(f"preset {name}: there is none of this name; take {listed(names(), 'the name of a .toml file')}")


def _left_out(own: Mapping[str, Any], changes: Sequence[str]) -> list[str]:
    """The keys of a preset that are for its own game, where the changes name another one and not these keys."""
    if with_changes({"game": own.get("game", "go")}, changes)["game"] == own.get("game", "go"):
        return []
    asked = {change.partition("=")[0].replace(" ", "") for change in changes}
    return [key for key in _OF_ONE_GAME if key not in asked and _has(own, key)]


def _has(values: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True
