"""What the nets of a run of learning were worth, one after the other, beside an exact solution, and a picture of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.dots_and_boxes import DotsAndBoxes
from bench.dots_games import even_openings, lines_left, play
from bench.optimal import AT_ONCE, shares, solved
from bench.solver import solver
from protocol.files import write_whole
from zhugo.learning.loop.folder import net_file, read_history
from zhugo.shared.errors import UserError
from zhugo.strength.arena.engine import Engine, Search


@dataclass(frozen=True)
class Asked:
    """visits: of every search. positions, most_moves: that are sampled, see ``bench.optimal.solved``.

    games: of dots and boxes against the player without mistakes, from half as many openings of each length. every:
    iterations from one net that is measured to the next; the last always is.
    """

    visits: int
    positions: int
    games: int
    every: int
    most_moves: int | None = None
    seed: int = 1


def rows(text: str, run: Path, asked: Asked, tell: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """A row for each net: when it was there, how often its moves are optimal, and what it gives away in games.

    minutes: of the run when the net was there. Raises ``UserError`` and ``GameError``.
    """
    history = read_history(run)
    if not history:
        raise UserError(f"run {run}: no iteration is finished yet")
    player = solver(text)
    known = solved(text, asked.positions, asked.most_moves, asked.seed)
    perfect = player if isinstance(player, DotsAndBoxes) else None
    lengths = [] if perfect is None else lines_left(perfect)
    openings = {left: even_openings(perfect, left, asked.games // 2, asked.seed) for left in lengths if perfect}
    last = history[-1].number
    for number in sorted({*range(0, last + 1, asked.every), last}):
        minutes = sum(iteration.times.total for iteration in history[:number]) / 60
        games = history[number - 1].games if number else 0
        with Engine(net_file(run, number), Search(known.game.name, known.game.spec(), asked.visits, AT_ONCE)) as engine:
            found = shares(known, engine)
            choices = found.pop("choices")
            row = {"net": number, "minutes": round(minutes, 1), "played": games, **found}
            row |= {f"choices_{name}": value for name, value in choices.items() if name != "positions"}
            if perfect is not None:
                row |= _together({left: play(perfect, engine, those, asked.seed) for left, those in openings.items()})
        tell(f"net {number}: {row['search_optimal']:.1%} optimal")
        yield row


def _together(played: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The games by the lines that their openings left: means over all, and each score."""
    every = list(played.values())
    means = {name: sum(one[name] for one in every) / len(every) for name in ("given_away", "mistakes", "blunders")}
    return {
        "games": sum(one["games"] for one in every),
        **means,
        **{_of(left): one["score"] for left, one in played.items()},
    }


def _of(left: int) -> str:
    return f"{_SCORE}{left}"


_SCORE = "score_"


def draw(rows: Sequence[dict[str, Any]], title: str, out: Path) -> None:
    """The rows over the minutes of the run, as an SVG at ``out``."""
    import io

    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams |= {"svg.hashsalt": "zhugo", "svg.fonttype": "none"}
    panels = [_CHOICES, *((_GIVEN, _scores(rows[0])) if _GIVEN.lines[0].key in rows[0] else ())]
    figure, axes = pyplot.subplots(1, len(panels), figsize=(4 * len(panels), 3.2), squeeze=False)
    minutes = [row["minutes"] for row in rows]
    for each, panel in zip(axes[0], panels, strict=True):
        for line in panel.lines:
            each.plot(minutes, [line.times * row[line.key] for row in rows], marker="o", ms=3, lw=1, label=line.label)
        if panel.perfect is not None:
            each.axhline(panel.perfect, color="#888", lw=1, ls="--", label="without a mistake")
        each.set(xlabel="minutes of learning", ylabel=panel.label)
        each.set_ylim(bottom=0)
        each.grid(alpha=0.3)
        each.legend(fontsize=8)
    figure.suptitle(title, fontsize=10)
    figure.tight_layout()
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, drawn.getvalue().encode())


@dataclass(frozen=True)
class _Line:
    key: str
    label: str
    times: float = 1.0


@dataclass(frozen=True)
class _Panel:
    label: str
    lines: tuple[_Line, ...]
    perfect: float | None


_CHOICES = _Panel(
    "% of positions with a choice",
    (
        _Line("choices_search_optimal", "search: an optimal move", 100.0),
        _Line("choices_policy_optimal", "policy alone", 100.0),
    ),
    None,
)
_GIVEN = _Panel(
    "a game",
    (
        _Line("given_away", "boxes given away"),
        _Line("mistakes", "moves that do so"),
        _Line("blunders", "moves that give away a win or a draw"),
    ),
    None,
)


def _scores(row: dict[str, Any]) -> _Panel:
    lines = [_Line(name, f"{name.removeprefix(_SCORE)} lines left", 100.0) for name in row if name.startswith(_SCORE)]
    return _Panel("% of the points against no mistakes", tuple(lines), 50.0)
