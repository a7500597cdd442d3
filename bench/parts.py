"""What each part of the search gives: games of the whole search against itself without that part, at equal visits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.policies import Setting
from bench.strength import Terms, measure

PARTS: Mapping[str, Mapping[str, Any]] = {
    "exploration that grows with visits": {"exploration_log": 0.0},
    "exploration by the spread of utilities": {"utility_deviation_scale": 0.0},
    "first play between the net's word and the mean": {"fpu_power": 0},
    "milder first play at the root": {"root_fpu_reduction": None},
    "dynamic score utility": {"dynamic_score_utility": 0.0},
    "static score utility": {"static_score_utility": 0.0},
    "bad children weigh less": {"value_weight_exponent": 0.0},
    "noise weighs less": {"noise_pruning": 0.0},
    "value biases by local pattern": {"value_bias": 0.0},
    "positions share their statistics": {"graph": False},
    "weight by the net's own uncertainty": {"uncertainty": 0.0},
    "choice by lower confidence bound": {"choice": "visits"},
}
"""Each part, and the settings of a search without it."""

PLAIN: Mapping[str, Any] = {name: value for part in PARTS.values() for name, value in part.items()} | {
    "exploration": 1.1
}
"""A search without any of them: PUCT with a constant c, means of win rates, the most visited move."""

EVERYTHING = "all of them together"


def without(part: str) -> Mapping[str, Any]:
    """The settings of a search without a part, of ``PARTS`` or ``EVERYTHING``."""
    return PLAIN if part == EVERYTHING else PARTS[part]


def compared(
    net: Path | None,
    size: int,
    visits: int,
    games: int,
    jobs: int,
    parts: Sequence[str],
    tell: Callable[[str], None],
) -> Iterator[dict[str, Any]]:
    """A row for each part: the score of the whole search against the one without it, in Elo. Raises ``NetError``.

    ``parts``: the names of those that are wanted, of ``PARTS`` or ``EVERYTHING``. ``tell`` hears of each pair of games.
    """
    for name in parts:
        other = Setting(visits=visits, changes=tuple(without(name).items()))
        terms = Terms(net, size, Setting(visits=visits), other)
        found = measure(terms, games, 0, jobs, partial(_tell_of, name, tell))
        kept = ("games", "pairs_won", "pairs_even", "pairs_lost", "elo", "elo_low", "elo_high")
        yield {"part": name, **{key: found[key] for key in kept}}


def _tell_of(part: str, tell: Callable[[str], None], line: str) -> None:
    tell(f"{part}: {line}")
