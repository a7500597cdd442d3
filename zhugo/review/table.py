"""The costliest moves of a game, and what games have in sum, as tables for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from zhugo.review.annotate import side_line
from zhugo.review.move_costs import INACCURACY, MoveReview
from zhugo.review.report import Review

MOST_GAMES = 40


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


@dataclass(frozen=True)
class Summary:
    """What a review comes to: moves, mistakes of Black and White, and the costliest move in words."""

    moves: int
    black: int
    white: int
    worst: str

    @classmethod
    def of(cls, review: Review) -> Summary:
        """That of a review."""
        players = [one.player for one in review.moves if one.cost >= INACCURACY]
        worst = review.mistakes[0] if review.mistakes else None
        shown = "–" if worst is None else f"{worst.number} {review.vertex(worst.move)}, -{worst.rate_loss * 100:.1f} %"
        return cls(len(review.moves), players.count(1), players.count(-1), shown)


def games_table(games: Sequence[tuple[str, Summary]]) -> Table:
    """One row a game, up to ``MOST_GAMES``."""
    table = Table(title="Mistakes by game", title_justify="left", title_style="bold", header_style="bold")
    table.add_column("game", overflow="fold")
    for name in ("moves", "Black's", "White's"):
        table.add_column(name, justify="right")
    table.add_column("costliest move")
    for name, one in games[:MOST_GAMES]:
        table.add_row(escape(name), str(one.moves), str(one.black), str(one.white), one.worst)
    if len(games) > MOST_GAMES:
        table.add_row(f"and {len(games) - MOST_GAMES} more", "", "", "", "")
    return table
