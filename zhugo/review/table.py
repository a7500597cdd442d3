"""The costliest moves of a game, and what games have in sum, as tables for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from zhugo.review.annotate import side_line
from zhugo.review.move_costs import INACCURACY, MoveReview
from zhugo.review.report import Review
from zhugo.review.summary import GameSummary

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


def players_table(summary: GameSummary) -> Table:
    """How each player played, a row each."""
    table = Table(title="Players", title_justify="left", title_style="bold", header_style="bold")
    table.add_column("player")
    for name in ("moves", "accuracy", "points/move", "1st choice", "first 5"):
        table.add_column(name, justify="right")
    has_strength = bool(summary.black.strength or summary.white.strength)
    if has_strength:
        table.add_column("plays like")
    for name, one in (("Black", summary.black), ("White", summary.white)):
        strength = [one.strength or "–"] if has_strength else []
        if one.moves:
            loss = "–" if one.mean_loss is None else f"-{one.mean_loss:.2f}"
            shares = [f"{share:.0%}".replace("%", " %") for share in (one.best, one.top)]
            table.add_row(name, str(one.moves), f"{one.accuracy:.1f}", loss, *shares, *strength)
    return table


@dataclass(frozen=True)
class Summary:
    """What a review comes to: moves, mistakes of Black and White, their accuracy, and the costliest move in words."""

    moves: int
    black: int
    white: int
    accuracy: str
    worst: str

    @classmethod
    def of(cls, review: Review) -> Summary:
        """That of a review."""
        players = [one.player for one in review.moves if one.cost >= INACCURACY]
        worst = review.mistakes[0] if review.mistakes else None
        shown = "–" if worst is None else f"{worst.number} {review.vertex(worst.move)}, -{worst.rate_loss * 100:.1f} %"
        both = review.summary.black, review.summary.white
        accuracy = " / ".join(f"{one.accuracy:.0f}" if one.moves else "–" for one in both)
        return cls(len(review.moves), players.count(1), players.count(-1), accuracy, shown)


def games_table(games: Sequence[tuple[str, Summary]]) -> Table:
    """One row a game, up to ``MOST_GAMES``."""
    table = Table(title="Mistakes by game", title_justify="left", title_style="bold", header_style="bold")
    table.add_column("game", overflow="fold")
    for name in ("moves", "Black's", "White's", "accuracy"):
        table.add_column(name, justify="right")
    table.add_column("costliest move")
    for name, one in games[:MOST_GAMES]:
        table.add_row(escape(name), str(one.moves), str(one.black), str(one.white), one.accuracy, one.worst)
    if len(games) > MOST_GAMES:
        table.add_row(f"and {len(games) - MOST_GAMES} more", "", "", "", "", "")
    return table
