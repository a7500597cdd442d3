"""`zhugo simulate`: the daemon's seeded simulations, as many as one likes, or one of them with its trace."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhugo.shared.options import EXPERT

if TYPE_CHECKING:
    from daemon.replay.simulation import Outcome

CHUNK = 50


def simulate(
    seeds: Annotated[int | None, typer.Option(min=1, help="How many runs.", show_default="1000")] = None,
    first: Annotated[
        int | None, typer.Option(min=0, help="The first seed.", show_default="0", rich_help_panel=EXPERT)
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes.", show_default="one a core", rich_help_panel=EXPERT)
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Only the run of this seed.")] = None,
    trace: Annotated[Path | None, typer.Option(help="Write the trace of that run here.")] = None,
) -> None:
    """Simulate master, searchers and clients with accidents, one run a seed.

    The exit code is 1 if some fail, and their seeds are told.
    """
    from zhugo.shared.errors import UserError

    if seed is not None:
        if seeds is not None or first is not None:
            raise UserError("--seed is one run; leave --seeds and --first out")
        raise typer.Exit(_run_one(seed, trace))
    if trace is not None:
        raise UserError("--trace records one run; say which with --seed")
    raise typer.Exit(_run_many(first or 0, seeds or 1000, jobs))


def _run_one(seed: int, trace: Path | None) -> int:
    from daemon.replay.simulation import SimulationError
    from daemon.replay.simulation import simulate as run

    try:
        print(_told(_sums(run(seed, trace=trace))))
    except SimulationError as error:
        print(error)
        print(_how_to_record(seed) if trace is None else _how_to_look(trace))
        return 1
    if trace is not None:
        print(f"wrote {trace}")
    return 0


def _run_many(first: int, seeds: int, jobs: int | None) -> int:
    from concurrent.futures import as_completed

    from rich.console import Console

    from zhugo.shared.progress import shown
    from zhugo.shared.workers import Workers

    total: Counter[str] = Counter()
    failures: list[tuple[int, str]] = []
    starts = range(first, first + seeds, CHUNK)
    with (
        Workers(jobs or os.cpu_count() or 1) as pool,
        shown(Console(stderr=True), "the processes start", remaining=True) as bar,
    ):
        running = [pool.submit(run_seeds, start, min(CHUNK, first + seeds - start)) for start in starts]
        for done in as_completed(running):
            counts, failed = done.result()
            total.update(counts)
            failures += failed
            bar.update(total["runs"] + len(failures), seeds, "runs")
    for failing, failure in sorted(failures):
        print(failure)
        print(f"  {_how_to_record(failing)}")
    print(_told(total))
    print(f"{len(failures)} of {seeds:,} seeds failed")
    return 1 if failures else 0


def run_seeds(first: int, count: int) -> tuple[Counter[str], list[tuple[int, str]]]:
    """Sums of what happened in the runs of these seeds; those that failed, with what they say."""
    from daemon.replay.simulation import SimulationError
    from daemon.replay.simulation import simulate as run

    total: Counter[str] = Counter()
    failures = []
    for seed in range(first, first + count):
        try:
            outcome = run(seed)
        except SimulationError as error:
            failures.append((seed, str(error)))
            continue
        total["runs"] += 1
        total.update(_sums(outcome))
    return total, failures


def _sums(outcome: Outcome) -> Counter[str]:
    return Counter({name: value for name, value in vars(outcome).items() if isinstance(value, int)})


def _told(sums: Counter[str]) -> str:
    return ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in sums.items())


def _how_to_record(seed: int) -> str:
    return f"to record it: zhugo simulate --seed {seed} --trace seed-{seed}.trace"


def _how_to_look(trace: Path) -> str:
    return f"to look into it: zhugo trace replay {trace} --check; to make it small: zhugo trace shrink {trace}"
