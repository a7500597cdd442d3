"""The picture of a game: win rate and lead, move by move, with the costliest moves marked.

Where the net gives no lead there is the win rate alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from zhugo.review.move_costs import MoveReview, Position

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLACK_SIDE, WHITE_SIDE = "#3b3f46", "#f4f1ea"
LINE, GRID = "#c2452d", "#b9b3a6"
LABEL_WIDTH, LABEL_HEIGHT, LABEL_AWAY = 0.055, 0.065, 0.075
"""Of a move's name: width as a share of the moves; height, and distance from its mark, in win rate."""
EAST_ASIAN = 0x2E80
EAST_ASIAN_FONTS = re.compile(
    r"CJK|Hei|Song|Ming|Gothic|Mincho|Malgun|Nanum|Droid Sans Fallback|WenQuanYi|PingFang|Hiragino|YaHei|Unifont"
)
"""The first code point of their characters, and what names of fonts that have them contain."""
BLACK_MARK, WHITE_MARK = "#1b1d21", "#ffffff"


def draw(
    path: Path | IO[bytes],
    title: str,
    numbers: Sequence[int],
    positions: Sequence[Position],
    mistakes: Sequence[MoveReview],
    vertex: Callable[[int], str],
) -> None:
    """Draw the game into the PNG ``path``, a path or a file. ``mistakes`` are marked and named, ``vertex`` names moves.

    numbers: how many moves lead to each position; two may have the same, where stones are set up behind a move.
    """
    import warnings

    with warnings.catch_warnings():
        # where no font has a player's characters, boxes stand for them; that needs no warning
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        _draw(path, title, numbers, positions, mistakes, vertex)


def _draw(
    path: Path | IO[bytes],
    title: str,
    numbers: Sequence[int],
    positions: Sequence[Position],
    mistakes: Sequence[MoveReview],
    vertex: Callable[[int], str],
) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    leads = [position.lead for position in positions if position.lead is not None]
    heights = (3, 2) if len(leads) == len(positions) else (3,)
    figure, grid = pyplot.subplots(
        len(heights),
        1,
        figsize=(11, 1.28 * sum(heights)),
        dpi=150,
        sharex=True,
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
    )
    panels = list(grid[:, 0])
    figure.suptitle(title, fontsize=13, fontweight="bold", x=0.012, ha="left", fontfamily=_fonts(title))
    _draw_rates(panels[0], numbers, [position.win_rate for position in positions])
    _mark(panels[0], mistakes, lambda position: position.win_rate)
    _name(panels[0], mistakes, numbers[-1] + 1, vertex)
    panels[0].yaxis.set_major_formatter(PercentFormatter(xmax=1.0))
    if len(panels) > 1:
        _draw_leads(panels[1], numbers, leads)
        _mark(panels[1], mistakes, lambda position: position.lead or 0.0)
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True, nbins=14))
    panels[-1].set_xlabel("move")
    for axes in panels:
        axes.set_xlim(0, max(1, numbers[-1]))
        axes.grid(color=GRID, linewidth=0.6, alpha=0.6)
        axes.set_axisbelow(False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0)
    figure.savefig(path, format="png")
    pyplot.close(figure)


def _fonts(text: str) -> list[str]:
    """Fonts for a text, the first that has a character counts; those of East Asia where it has any of theirs."""
    usual = ["DejaVu Sans"]
    if all(ord(letter) < EAST_ASIAN for letter in text):
        return usual
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    return usual + sorted(name for name in known if EAST_ASIAN_FONTS.search(name))[:8]


def _draw_rates(axes: Axes, moves: Sequence[int], rates: list[float]) -> None:
    """Black's share of the height is dark, White's light, as GUIs paint it."""
    axes.set_facecolor(WHITE_SIDE)
    axes.fill_between(moves, rates, color=BLACK_SIDE, linewidth=0)
    axes.plot(moves, rates, color=LINE, linewidth=1.6)
    axes.axhline(0.5, color=LINE, linewidth=0.8, linestyle=(0, (4, 4)), alpha=0.7)
    axes.set_ylim(0, 1)
    axes.set_ylabel("Black's win rate")


def _draw_leads(axes: Axes, moves: Sequence[int], leads: list[float]) -> None:
    reach = max(5.0, *(abs(lead) * 1.15 for lead in leads))
    axes.set_facecolor("#fbfaf7")
    axes.fill_between(
        moves, leads, where=[lead >= 0 for lead in leads], color=BLACK_SIDE, linewidth=0, interpolate=True
    )
    axes.fill_between(moves, leads, where=[lead <= 0 for lead in leads], color="#dcd5c6", linewidth=0, interpolate=True)
    axes.plot(moves, leads, color=LINE, linewidth=1.2)
    axes.axhline(0, color="#555", linewidth=0.8)
    axes.set_ylim(-reach, reach)
    axes.set_ylabel("lead in points")
    axes.yaxis.set_major_formatter(
        lambda value, _at: f"B+{value:g}" if value > 0 else f"W+{-value:g}" if value else "0"
    )


def _mark(axes: Axes, mistakes: Sequence[MoveReview], height: Callable[[Position], float]) -> None:
    """A stone of the player's colour on the line where each move led to."""
    for mistake in mistakes:
        colour = BLACK_MARK if mistake.player > 0 else WHITE_MARK
        at = (mistake.number, height(mistake.after))
        edge = {"markeredgecolor": LINE, "markeredgewidth": 1.5}
        axes.plot(*at, "o", markersize=7, markerfacecolor=colour, zorder=5, clip_on=False, **edge)  # type: ignore[arg-type]


def _name(axes: Axes, mistakes: Sequence[MoveReview], moves: int, vertex: Callable[[int], str]) -> None:
    """Name the marked moves on the graph of win rates: below the line for Black, who fell there, above it for White.

    Where names would cover each other, those of the costliest moves stay.
    """
    taken: list[tuple[float, float]] = []
    for mistake in mistakes:
        rate = mistake.after.win_rate
        side = _side_with_room(-mistake.player, rate)
        place = (mistake.number, rate + side * LABEL_AWAY)
        if any(abs(place[0] - x) < LABEL_WIDTH * moves and abs(place[1] - y) < LABEL_HEIGHT for x, y in taken):
            continue
        taken.append(place)
        edge = "right" if mistake.number > moves * (1 - LABEL_WIDTH / 2) else "center"
        style: dict[str, Any] = {
            "boxstyle": "round,pad=0.25",
            "facecolor": "white",
            "edgecolor": GRID,
            "linewidth": 0.6,
        }
        text = f"{mistake.number} {vertex(mistake.move)}"
        axes.text(*place, text, ha=edge, va="center", fontsize=8, bbox=style, zorder=6)


def _side_with_room(wanted: int, rate: float) -> int:
    """+1 above the line or -1 below it: as wanted, unless the name would leave the picture there."""
    return wanted if LABEL_HEIGHT < rate + wanted * LABEL_AWAY < 1 - LABEL_HEIGHT / 2 else -wanted
