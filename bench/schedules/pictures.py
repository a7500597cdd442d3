"""The pictures of the report, as SVG text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np

from bench.schedules.compare import NUM_MOVES, net
from bench.schedules.costs import Costs
from bench.schedules.simulator import Simulation, Span
from bench.schedules.tree_driver import Job
from daemon.schedules.table import SCHEDULES, Size, make
from zhugo.debugger.showing.picture import Bar, Panel, picture

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "zhugo"
matplotlib.rcParams["svg.fonttype"] = "none"

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402

COLORS = dict(zip(SCHEDULES, plt.get_cmap("tab20").colors, strict=False))  # type: ignore[attr-defined]
LETTERS = "ABCD"
ELO_SHOWN = 800
"""Elo at the edges of a picture, where what is beyond them ends."""


def svg(figure: Figure) -> str:
    """The text of a figure, which is then closed."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    plt.close(figure)
    return text.getvalue()[text.getvalue().index("<svg") :]


def winner_map(cells: Sequence[dict[str, Any]]) -> str:
    """Which schedule wins for each pair of latency and encoding, and how many times algorithm 4 with two it is."""
    latencies = sorted({cell["latency_ms"] for cell in cells})
    encodes = sorted({cell["encode_us"] for cell in cells})
    figure, axes = plt.subplots(figsize=(9.5, 1.2 + 0.9 * len(encodes)), layout="constrained")
    for cell in cells:
        x, y = latencies.index(cell["latency_ms"]), encodes.index(cell["encode_us"])
        color = COLORS[cell["winner"]]
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=color, edgecolor="white", alpha=0.75))
        text = f"{cell['winner']}\n{cell['times_double_buffer_2']:.2g}× double-buffer-2\n{cell['visits_per_s']:,.0f}/s"
        axes.text(x, y, text, ha="center", va="center", fontsize=8)
    axes.set(xlim=(-0.5, len(latencies) - 0.5), ylim=(-0.5, len(encodes) - 0.5))
    axes.set_xticks(range(len(latencies)), [f"{latency:g} ms" for latency in latencies])
    axes.set_yticks(range(len(encodes)), [duration(encode) for encode in encodes])
    axes.set(xlabel="device: a batch", ylabel="encoding a position")
    trees, cores = cells[0]["trees"], cells[0]["cores"]
    axes.set_title(f"The fastest at equal time: {trees} tree{'s' if trees > 1 else ''}, {cores} cores")
    return svg(figure)


def duration(us: float) -> str:
    """Microseconds as a person writes them."""
    return f"{us / 1000:g} ms" if us >= 1000 else f"{us:g} µs"


def by_cores(rows: Sequence[dict[str, Any]]) -> str:
    """Visits a second against the cores, a line for each schedule."""
    encodes = sorted({row["encode_us"] for row in rows})
    figure, all_axes = plt.subplots(1, len(encodes), figsize=(11, 4.6), layout="constrained", squeeze=False)
    for axes, encode in zip(all_axes[0], encodes, strict=True):
        for name in SCHEDULES:
            points = [row for row in rows if row["schedule"] == name and row["encode_us"] == encode]
            axes.plot(
                [row["cores"] for row in points],
                [row["visits_per_s"] for row in points],
                "o-",
                color=COLORS[name],
                label=name,
                markersize=4,
            )
        axes.set(xscale="log", yscale="log", xlabel="cores", ylabel="visits a second")
        counts = sorted({row["cores"] for row in rows})
        axes.set_xticks(counts, [str(count) for count in counts], minor=False)
        axes.minorticks_off()
        axes.set_title(f"one tree, encoding {duration(encode)}, device {rows[0]['latency_ms']:g} ms", fontsize=10)
        axes.grid(alpha=0.3)
    all_axes[0][-1].legend(fontsize=7, bbox_to_anchor=(1.0, 1.0), loc="upper left")
    return svg(figure)


def distance(rows: Sequence[dict[str, Any]]) -> str:
    """Total variation from the sequential search against speed, and against depth; good is right and below."""
    figure, all_axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained", sharey=True)
    for axes, what, name in ((all_axes[0], "visits_per_s", "visits a second"), (all_axes[1], "depth", "mean depth")):
        for row in rows:
            marker = {"capped": "o", "uncapped": "s", "virtual-loss": "^"}[row["rule"]]
            face = COLORS[row["schedule"]] if row["net"] == "sharp" else "none"
            place = (row[what], row["total_variation"])
            axes.scatter(*place, s=60, marker=marker, facecolors=face, edgecolors=COLORS[row["schedule"]])
            if row["net"] == "sharp":
                axes.annotate(row["schedule"], place, fontsize=6, xytext=(4, 3), textcoords="offset points")
        axes.set(xlabel=name)
        axes.grid(alpha=0.3)
    all_axes[0].set(xscale="log", ylabel="total variation from the sequential search", ylim=(-0.01, None))
    all_axes[1].set_title("full: a sharp net, hollow: a flat one; o capped, □ uncapped, △ virtual loss", fontsize=9)
    return svg(figure)


def elo(rows: Sequence[dict[str, Any]]) -> str:
    """Elo over algorithm 4 with two searchers, with 95 % intervals, a panel for each pair of latency and encoding."""
    cells = list(dict.fromkeys((row["latency_ms"], row["encode_us"]) for row in rows))
    names = list(dict.fromkeys(row["schedule"] for row in rows))
    figure, all_axes = plt.subplots(
        1, len(cells), figsize=(11, 1.4 + 0.3 * len(names)), layout="constrained", sharey=True, squeeze=False
    )
    for axes, cell in zip(all_axes[0], cells, strict=True):
        for row in rows:
            if (row["latency_ms"], row["encode_us"]) == cell:
                _draw_interval(axes, names.index(row["schedule"]), row)
        axes.axvline(0.0, color="0.4", linewidth=1)
        axes.set(xlim=(-ELO_SHOWN, ELO_SHOWN), xlabel="Elo over double-buffer-2")
        axes.set_title(f"device {cell[0]:g} ms, encoding {duration(cell[1])}", fontsize=10)
        axes.grid(alpha=0.3)
    all_axes[0][0].set_yticks(range(len(names)), names)
    all_axes[0][0].invert_yaxis()
    return svg(figure)


def _draw_interval(axes: Axes, place: int, row: dict[str, Any]) -> None:
    ends = [row["elo_low"], row["elo_high"]]
    low, high = (
        max(-ELO_SHOWN, min(ELO_SHOWN, where if end is None else end))
        for end, where in zip(ends, (-ELO_SHOWN, ELO_SHOWN), strict=True)
    )
    color = COLORS[row["schedule"]]
    axes.plot([low, high], [place, place], color=color, linewidth=3, solid_capstyle="butt")
    axes.plot([max(-ELO_SHOWN, min(ELO_SHOWN, row["elo"]))], [place], "o", color=color, markersize=7)


def memory(effort_visits: int) -> str:
    """Tensors that exist over time, under the schedules that encode ahead."""
    figure, axes = plt.subplots(figsize=(9, 3.6), layout="constrained")
    for name in ("ahead", "virtual", "spread-2", "double-buffer-2"):
        schedule = make(name, Size(12, 16))
        job = Job(NUM_MOVES, effort_visits)
        outcome = Simulation(schedule, job, net("sharp").evaluate, Costs(encode=5e-3), 12).run()
        times, tensors = zip(*outcome.waiting_tensors, strict=True)
        most = schedule.plan.keep + schedule.plan.slots * schedule.plan.request.leaves
        axes.step(
            np.array(times) / times[-1], tensors, color=COLORS[name], label=f"{name}, at most {most}", where="post"
        )
    axes.set(xlabel="part of the search", ylabel="tensors in memory", ylim=(0, None))
    axes.set_title("encoding 5 ms, device 5 ms, 12 cores", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return svg(figure)


TIMELINE = Costs(encode=1.5e-3, latency=6e-3, event=3e-4)
TIMELINE_SIZE = Size(4, 4)


def timelines() -> str:
    """What each process does under each schedule, in one picture."""
    panels = []
    for name in SCHEDULES:
        schedule = make(name, TIMELINE_SIZE)
        trees = 4 if name == "many-trees" else 1
        job = Job(NUM_MOVES, 60, trees=trees)
        simulation = Simulation(schedule, job, net("sharp").evaluate, TIMELINE, TIMELINE_SIZE.cores)
        outcome = simulation.run()
        plan = schedule.plan
        lanes = {"tree": "main process", **{str(worker): f"worker {worker + 1}" for worker in range(plan.workers)}}
        if plan.main_encodes:
            lanes.pop("0")
            lanes["tree"] = "main, worker 1"
        lanes["device"] = "device"
        begin = 0.4 * outcome.seconds
        bars = [bar for span in outcome.spans if (bar := _bar(span, plan.main_encodes)) is not None]
        panels.append(Panel(f"{name}: {plan.label}", lanes, bars, begin, begin + 0.06))
    legend = "grey: the tree; pale: encoding; full: the device, coloured by whose batch it is. 60 ms of each"
    return picture("Every schedule at work", panels, legend)


def _bar(span: Span, main_encodes: bool) -> Bar | None:
    letter = LETTERS[max(0, span.slot) % len(LETTERS)]
    if span.lane == "tree":
        return Bar("tree", span.begin, span.end, "tree", "")
    if span.lane == "device":
        return Bar("device", span.begin, span.end, letter, str(span.leaves))
    lane = "tree" if main_encodes and span.lane == "0" else span.lane
    worker = LETTERS[int(span.lane) % len(LETTERS)]
    return Bar(lane, span.begin, span.end, f"encode {worker}", "")
