"""Seeded runs of the whole daemon in one thread. A failing seed fails again: `zhugo simulate --seed N --trace FILE`."""

from collections import Counter
from dataclasses import replace as with_other
from pathlib import Path

import pytest

from daemon.core.bounds import Bounds
from daemon.replay.hashed_game import HashedReferee
from daemon.replay.replay import replay
from daemon.replay.simulation import CONFIG, Outcome, simulate

SEEDS = 200
LONG_SEEDS = 4000
PER_TEST = 100


def add_up(outcomes: list[Outcome]) -> Counter[str]:
    total: Counter[str] = Counter()
    for outcome in outcomes:
        total.update({name: value for name, value in vars(outcome).items() if isinstance(value, int)})
        total.update(outcome.reasons)
    return total


@pytest.mark.parametrize(
    "first",
    [
        *range(0, SEEDS, PER_TEST),
        *(pytest.param(first, marks=pytest.mark.long) for first in range(SEEDS, LONG_SEEDS, PER_TEST)),
    ],
)
def test_nothing_breaks_and_everything_ends(first: int) -> None:
    total = add_up([simulate(seed) for seed in range(first, first + PER_TEST)])
    # A simulation in which nothing happens would prove nothing.
    for what in ("kills", "pauses", "revoked", "late", "refused", "visits", "collisions", "speculative_used"):
        assert total[what] >= PER_TEST / 20, what
    for reason in ("visits", "time", "stopped", "moved", "replaced", "memory", "failed", "closed"):
        assert total[reason] > 0, reason


SCANT = Bounds(tree_bytes=6_000, keep=0.05, moves=4, watches=3, reports=20.0)


@pytest.mark.parametrize("first", range(0, 200, 100))
def test_nothing_breaks_where_all_trees_together_have_little_memory(first: int) -> None:
    scant = with_other(CONFIG, bounds=SCANT)
    total = add_up([simulate(seed, config=scant) for seed in range(first, first + 100)])
    for what in ("evicted", "refused", "visits", "memory"):
        assert total[what] > 0, what


@pytest.mark.parametrize(
    "first",
    [0, *(pytest.param(first, marks=pytest.mark.long) for first in range(PER_TEST, 2000, PER_TEST))],
)
def test_principals_keep_to_what_they_may(first: int, tmp_path: Path) -> None:
    seeds = range(first, first + (PER_TEST if first else 40))
    total = add_up([simulate(seed, steps=300, club=True) for seed in seeds])
    for what in ("forbidden", "over_quota", "joined", "visits", "kills"):
        assert total[what] > 0, what
    trace = tmp_path / "club.trace"
    simulate(first, club=True, trace=trace)
    assert replay(trace, HashedReferee()).difference is None


STOCKED = Bounds(sessions=3, keep=0.05, store_bytes=1 << 20, keep_stored=1.0)


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(first, marks=pytest.mark.long) for first in range(PER_TEST, 1000, PER_TEST))]
)
def test_nothing_breaks_where_sessions_come_and_go_to_a_store(first: int, tmp_path: Path) -> None:
    stocked = with_other(CONFIG, bounds=STOCKED)
    seeds = range(first, first + (PER_TEST if first else 15))
    total = add_up([simulate(seed, steps=300, config=stocked, club=True) for seed in seeds])
    for what in ("stored", "fetched", "visits"):
        assert total[what] > 0, what
    trace = tmp_path / "stocked.trace"
    simulate(first, steps=300, config=stocked, club=True, trace=trace)
    assert replay(trace, HashedReferee()).difference is None


def test_a_seed_is_a_run() -> None:
    assert simulate(7) == simulate(7)
    assert simulate(7) != simulate(8)
