"""What each way of self-play is worth: short runs of learning that differ in one way, then games between their nets.

Every run has as many evaluations by its net, which is what self-play costs; training takes what it finds. The last net
of each way then meets that of ``PLAIN`` of the same seed, in pairs of games from the same random openings with the
sides changed. All is kept in a folder: a run or a contest that was ended goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console

from daemon.evaluation.gpu_monitor import GpuMonitor, Nvml
from protocol.files import write_whole
from zhugo.learning.loop.folder import net_file, read_history
from zhugo.learning.loop.loop import Learning
from zhugo.learning.loop.preset import Preset
from zhugo.learning.loop.show import shown
from zhugo.learning.selfplay.command import pool_of
from zhugo.shared.errors import UserError, one_line
from zhugo.strength.arena.contest import Contest, GamePool, Pair
from zhugo.strength.arena.engine import Search
from zhugo.strength.elo import Elo, elo_of_pairs

PLAIN = "plain"

WAYS: Mapping[str, Mapping[str, Any]] = {
    PLAIN: {"forced_playouts": 0.0, "surprise_weight": 0.0},
    "forced-playouts": {"forced_playouts": 2.0, "surprise_weight": 0.0},
    "policy-surprise": {"forced_playouts": 0.0, "surprise_weight": 0.5},
    "both": {"forced_playouts": 2.0, "surprise_weight": 0.5},
    "gumbel": {"root_selection": "gumbel", "surprise_weight": 0.0},
}
"""The settings of self-play that each has; all else is the preset's."""

NEVER = 10**6
"""Iterations from one contest of a run to the next: there are none, and every new net plays on."""

CONTESTS = "contests.json"


@dataclass(frozen=True)
class Ablation:
    """ways: of ``WAYS``, to be compared with ``PLAIN``. evaluations: of each run, at least. seeds: 1 to this one."""

    preset: Preset
    ways: Sequence[str]
    evaluations: int
    seeds: int
    workers: int


class Played(Struct, frozen=True):
    """A contest that is over: the way's scores in each pair of games, and how it came about."""

    way: str
    seed: int
    evaluations: tuple[int, int]
    visits: int
    pairs: list[Pair]


def chosen(names: Sequence[str]) -> list[str]:
    """The ways of these names, all but ``PLAIN`` for none. Raises ``UserError``."""
    for name in names:
        if name not in WAYS or name == PLAIN:
            raise UserError(f"--way {name}: there is none of this name; take {', '.join(list(WAYS)[1:])}")
    return list(names) or list(WAYS)[1:]


def measure(folder: Path, ablation: Ablation, say: Callable[[str], None]) -> dict[str, Any]:
    """Learn and play what is not done yet, then all figures by way."""
    contests = _Contests(folder / CONTESTS)
    used: dict[tuple[str, int], int] = {}
    for seed in range(1, ablation.seeds + 1):
        for way in (PLAIN, *ablation.ways):
            say(f"{way}, seed {seed}")
            used[way, seed] = _learn(_run(folder, way, seed), _preset(ablation, way, seed), ablation.workers)
            if way != PLAIN and not contests.has(way, seed):
                evaluations = used[way, seed], used[PLAIN, seed]
                visits = ablation.preset.arena.visits
                pairs = _contest(folder, _preset(ablation, way, seed), way, seed)
                contests.add(Played(way, seed, evaluations, visits, pairs))
    return {way: figures(contests.of(way)) for way in ablation.ways}


def figures(played: Sequence[Played]) -> dict[str, Any]:
    """Of one way, over its seeds.

    ``elo``: over ``PLAIN``, of all pairs; ``elo_by_seed`` shows beside it how far luck in training goes.
    """
    pairs = [math.fsum(pair) / 2 for one in played for pair in one.pairs]
    whole = elo_of_pairs(pairs)
    each = [elo_of_pairs([math.fsum(pair) / 2 for pair in one.pairs]) for one in played]
    return {
        "pairs": len(pairs),
        "score": whole.score if whole else None,
        "elo": _told(whole),
        "elo_by_seed": [_told(one) for one in each],
        "evaluations": [one.evaluations[0] for one in played],
        "evaluations_plain": [one.evaluations[1] for one in played],
    }


def _told(strength: Elo | None) -> list[float | None] | None:
    """Elo and the ends of its 95 % interval."""
    return None if strength is None else [strength.elo, strength.elo_low, strength.elo_high]


class _Contests:
    """Those that are over, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._played = msgspec.json.decode(path.read_bytes(), type=list[Played])
        except FileNotFoundError:
            self._played = []
        except (OSError, msgspec.DecodeError) as error:
            raise UserError(f"contests {path}: {one_line(error)}") from None

    def has(self, way: str, seed: int) -> bool:
        return any((one.way, one.seed) == (way, seed) for one in self._played)

    def of(self, way: str) -> list[Played]:
        return [one for one in self._played if one.way == way]

    def add(self, played: Played) -> None:
        self._played.append(played)
        write_whole(self._path, msgspec.json.format(msgspec.json.encode(self._played), indent=1))


def _run(folder: Path, way: str, seed: int) -> Path:
    return folder / f"{way}-{seed}"


def _preset(ablation: Ablation, way: str, seed: int) -> Preset:
    preset = ablation.preset
    loop = replace(
        preset.loop, seed=seed, evaluations=ablation.evaluations, minutes=None, iterations=NEVER, arena_every=NEVER
    )
    return replace(preset, selfplay=replace(preset.selfplay, **WAYS[way]), loop=loop)


def _learn(directory: Path, preset: Preset, workers: int) -> int:
    """Learn until the run is over; how many evaluations that took."""
    plan = preset.plan(preset.load_game(), directory)
    with (
        pool_of(plan, workers, None) as pool,
        GpuMonitor(Nvml()) as gpus,
        shown(Console(stderr=True), gpus) as show,
        Learning(directory, preset, pool, show, gpus) as learning,
    ):
        for iteration in learning.iterations():
            show.say(f"iteration {iteration.number}: {iteration.evaluations:,} evaluations, {iteration.steps:,} steps")
        return learning.folder.history[-1].evaluations


def _contest(folder: Path, preset: Preset, way: str, seed: int) -> list[Pair]:
    new, old = (_last(_run(folder, one, seed)) for one in (way, PLAIN))
    game, arena = preset.load_game(), preset.arena
    search = Search(
        game.name, game.spec(), arena.visits, arena.at_once, preset.selfplay.device, preset.selfplay.precision
    )
    with GamePool(1) as pool:
        return [pair for pairs in pool.play(Contest(new, old, search, arena, seed)) for pair in pairs]


def _last(directory: Path) -> Path:
    return net_file(directory, read_history(directory)[-1].net)
