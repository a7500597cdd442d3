"""`zhugo simulate`: the daemon's seeded simulations, as many as one likes."""

from __future__ import annotations

import os
from collections import Counter
from typing import Annotated

import typer

CHUNK = 50


def simulate(
    seeds: Annotated[int, typer.Option(min=1, help="How many runs.")] = 1000,
    first: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    jobs: Annotated[int | None, typer.Option(min=1, max=256, help="Processes.", show_default="one a core")] = None,
) -> None:
    """Simulate master, searchers and clients with accidents, one run a seed; exit code 1 and the seeds that fail."""
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    from rich.progress import Progress

    total: Counter[str] = Counter()
    failures: list[str] = []
    starts = range(first, first + seeds, CHUNK)
    with ProcessPoolExecutor(jobs or os.cpu_count(), get_context("spawn")) as pool, Progress() as progress:
        task = progress.add_task("simulating", total=seeds)
        running = [pool.submit(run_seeds, start, min(CHUNK, first + seeds - start)) for start in starts]
        for done in as_completed(running):
            counts, failed = done.result()
            total.update(counts)
            failures += failed
            progress.advance(task, counts["runs"] + len(failed))
    for failure in failures:
        print(failure)
    print(", ".join(f"{count:,} {what}" for what, count in total.items()))
    print(f"{len(failures)} of {seeds:,} seeds failed")
    raise typer.Exit(1 if failures else 0)


def run_seeds(first: int, count: int) -> tuple[Counter[str], list[str]]:
    """Sums of what happened in the runs of these seeds, and what those that failed say."""
    from daemon.simulation import SimulationError
    from daemon.simulation import simulate as run

    total: Counter[str] = Counter()
    failures = []
    for seed in range(first, first + count):
        try:
            outcome = run(seed)
        except SimulationError as error:
            failures.append(str(error))
            continue
        total["runs"] += 1
        total.update({name: value for name, value in vars(outcome).items() if isinstance(value, int)})
    return total, failures
