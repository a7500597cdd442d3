"""The costliest moves of a game as a table for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.table import Table

from zhugo.review.annotate import side_line
from zhugo.review.moves import MoveReview


def mistakes_table(mistakes: Sequence[MoveReview], vertex: Callable[[int], str]) -> Table:
    """One row a move, the costliest first."""
    table = Table(title="Biggest mistakes", title_justify="left", title_style="bold", header_style="bold")
    table.add_column("move", justify="right")
    table.add_column("player")
    table.add_column("played")
    table.add_column("better")
    table.add_column("win rate", justify="right")
    table.add_column("points", justify="right")
    table.add_column("after it")
    for mistake in mistakes:
        table.add_row(
            str(mistake.number),
            "Black" if mistake.player > 0 else "White",
            vertex(mistake.move),
            "–" if mistake.better is None else vertex(mistake.better.move),
            f"-{mistake.rate_loss * 100:.1f} %",
            "–" if mistake.point_loss is None else f"-{mistake.point_loss:.1f}",
            side_line(mistake.after.win_rate, mistake.after.lead),
        )
    return table
