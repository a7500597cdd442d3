"""A run as one HTML page, with everything in it."""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from protocol.files import write_whole
from zhugo.learning.loop.folder import ELO, Iteration, game_of_run, read_history
from zhugo.learning.training.log import read
from zhugo.shared.errors import UserError
from zhugo.strength.arena.ratings import Ratings

_MOST_POINTS = 400
_PARTS = ("selfplay", "training", "arena", "waiting")

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #222 }}
svg {{ width: 100%; height: auto }} table {{ border-collapse: collapse }}
td, th {{ padding: .1em .8em; text-align: right; border-bottom: 1px solid #ddd }}
</style>
<h1>{title}</h1>
<p>{summary}</p>
{body}
</html>
"""


def write_report(directory: Path, out: Path, pictures: Path | None = None) -> Path:
    """The page of a run, at ``out``; each of its pictures also as an SVG file in the folder ``pictures``.

    Raises ``UserError`` when there is no run, or nothing to tell of it yet.
    """
    game = game_of_run(directory)
    history = read_history(directory)
    if not history:
        raise UserError(f"run {directory}: no iteration is finished yet")
    drawn = {
        "Losses": _picture(lambda axes: _losses(axes, read(directory))),
        "Elo": _picture(lambda axes: _elo(axes, history, Ratings(directory / ELO))),
        "Where the time went": _picture(lambda axes: _time(axes, history)),
        "Device share": _picture(lambda axes: _device(axes, history)),
    }
    if any(iteration.gpu for iteration in history):
        drawn["GPU"] = _picture(lambda axes: _gpu(axes, history))
    body = "\n".join(f"<h2>{name}</h2>\n{picture}" for name, picture in drawn.items()) + _table(history)
    page = _PAGE.format(title=html.escape(f"Learning {game}"), summary=_summary(history), body=body)
    write_whole(out, page.encode())
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        for name, picture in drawn.items():
            write_whole(pictures / f"{name.lower().replace(' ', '-')}.svg", picture.encode())
    return out


def _summary(history: Sequence[Iteration]) -> str:
    last, hours = history[-1], sum(iteration.times.total for iteration in history) / 3600
    return (
        f"{last.number} iterations in {hours:.2f} hours: {last.games:,} games, {last.positions:,} positions, "
        f"{last.steps:,} steps of training; net {last.net} plays, Elo {last.elo:+.0f} over the first."
    )


def _picture(draw: Callable[[Axes], None]) -> str:
    """An SVG, to stand in the page."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams |= {"svg.hashsalt": "zhugo", "svg.fonttype": "none"}
    figure, axes = pyplot.subplots(figsize=(9, 3.2))
    draw(axes)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
    figure.tight_layout()
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    text = drawn.getvalue()
    return text[text.index("<svg") :]


def _losses(axes: Axes, lines: Sequence[dict[str, Any]]) -> None:
    seen = lines[:: max(1, len(lines) // _MOST_POINTS)]
    for name in seen[-1]["losses"] if seen else ():
        have = [line for line in seen if name in line["losses"]]
        axes.plot([line["step"] for line in have], [line["losses"][name] for line in have], lw=1, label=name)
    axes.set(xlabel="step", yscale="log")


def _elo(axes: Axes, history: Sequence[Iteration], ratings: Ratings) -> None:
    axes.plot([iteration.number for iteration in history], [iteration.elo for iteration in history], label="who plays")
    for accepted, mark in ((True, "o"), (False, "x")):
        of = [rating for rating in ratings.history if rating.accepted is accepted]
        label = "accepted" if accepted else "refused"
        axes.plot([int(rating.new) for rating in of], [rating.elo for rating in of], mark, ms=4, label=label)
    axes.set(xlabel="iteration", ylabel="Elo over the first net")


def _time(axes: Axes, history: Sequence[Iteration]) -> None:
    numbers = [iteration.number for iteration in history]
    columns = [[getattr(iteration.times, part) for iteration in history] for part in _PARTS]
    axes.stackplot(numbers, *columns, labels=[part.replace("selfplay", "self-play") for part in _PARTS], alpha=0.8)
    axes.set(xlabel="iteration", ylabel="seconds")


def _device(axes: Axes, history: Sequence[Iteration]) -> None:
    axes.plot([iteration.number for iteration in history], [100 * iteration.device for iteration in history])
    axes.set(xlabel="iteration", ylabel="% of the time", ylim=(0, 105))


def _gpu(axes: Axes, history: Sequence[Iteration]) -> None:
    """Busy share and memory as shares, power beside them."""
    known = [(iteration.number, iteration.gpu) for iteration in history if iteration.gpu is not None]
    busy = [(number, 100 * gpu.busy) for number, gpu in known if gpu.busy is not None]
    memory = [(number, 100 * gpu.used / gpu.memory) for number, gpu in known if gpu.used and gpu.memory]
    watts = [(number, gpu.watts) for number, gpu in known if gpu.watts is not None]
    for points, label in ((busy, "busy"), (memory, "memory, at most")):
        if points:
            axes.plot(*zip(*points, strict=True), label=label)
    axes.set(xlabel="iteration", ylabel="%", ylim=(0, 105))
    if watts:
        beside = axes.twinx()
        beside.plot(*zip(*watts, strict=True), "k:", lw=1)
        beside.set(ylabel="W (dotted)")
        beside.set_ylim(bottom=0)


def _table(history: Sequence[Iteration]) -> str:
    heads = ("iteration", "games", "positions", "steps", *history[-1].losses, "Elo", *_PARTS, "total s", "device")
    rows = [
        (
            str(iteration.number),
            f"{iteration.games:,}",
            f"{iteration.positions:,}",
            f"{iteration.steps:,}",
            *(f"{iteration.losses.get(name, 0.0):.3f}" for name in history[-1].losses),
            f"{iteration.elo:+.0f}",
            *(f"{getattr(iteration.times, part) / iteration.times.total:.0%}" for part in _PARTS),
            f"{iteration.times.total:.1f}",
            f"{iteration.device:.0%}",
        )
        for iteration in history
    ]
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
    return "\n<h2>Iterations</h2>\n<table><tr>" + "</tr>\n<tr>".join([head, *lines]) + "</tr></table>"
