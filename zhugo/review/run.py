"""A whole review, as a person sees it in the terminal: progress, table, files."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from games.go.sgf import GameRecord
from protocol.client import Client
from protocol.messages import Limits, Status
from zhugo import records
from zhugo.review.moves import Position
from zhugo.review.positions import search_positions
from zhugo.review.report import Review, write_files
from zhugo.review.table import mistakes_table


def review_game(client: Client, game: GameRecord, source: Path, limits: Limits, directory: Path) -> None:
    """Review ``game``, which was read from ``source``, and leave the files in ``directory``."""
    console = Console()
    for note in game.notes:
        console.print(f"note: {note}", style="yellow", highlight=False)
    console.print(f"[bold]{records.title(game)}[/bold]", highlight=False)
    began, before = time.monotonic(), client.status()
    positions = _search(client, game, limits, console)
    after = client.status()
    review = Review.of(game, positions)
    if review.mistakes:
        console.print(mistakes_table(review.mistakes, review.vertex))
    else:
        console.print("No mistakes worth the name.")
    about = _about(game, source, after, limits)
    console.print(_work_done(before, after, time.monotonic() - began), highlight=False)
    for path in write_files(review, source, directory, about):
        console.print(f"  {path}", highlight=False, soft_wrap=True)


def _search(client: Client, game: GameRecord, limits: Limits, console: Console) -> list[Position]:
    all_positions = records.positions(game)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("positions", total=len(all_positions))
        return search_positions(
            client, game.spec, all_positions, limits, lambda done: progress.update(task, completed=done)
        )


def _work_done(before: Status, after: Status, seconds: float) -> str:
    visits, batches = after.visits - before.visits, max(1, after.batches - before.batches)
    mean_batch = (after.leaves - before.leaves) / batches
    busy = min(1.0, (after.device_seconds - before.device_seconds) / seconds)
    return (
        f"{visits:,} visits in {seconds:.1f} s: {visits / seconds:,.0f} visits/s, batches of {mean_batch:.1f}, "
        f"device busy {busy:.0%}"
    )


def _about(game: GameRecord, source: Path, status: Status, limits: Limits) -> dict[str, object]:
    nets = {searcher.net.name for searcher in status.searchers if searcher.net is not None}
    return {
        "file": source.name,
        "game": game.info,
        "size": [game.game.width, game.game.height],
        "komi": game.game.komi,
        "rules": game.game.rules.as_dict(),
        "net": ", ".join(sorted(nets)) or "unknown net",
        "limits": {"visits": limits.visits, "seconds": limits.seconds},
    }
