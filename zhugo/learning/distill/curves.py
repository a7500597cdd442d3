"""The curves of a run as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def draw(entries: list[dict[str, Any]], path: Path) -> None:
    """Hints, losses and held-out agreement over the minutes of a run, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams |= {"svg.hashsalt": "zhugo", "svg.fonttype": "none"}
    steps = _thinned([entry for entry in entries if "hints" in entry])
    exams = [entry for entry in entries if "held_out" in entry]
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(13, 3.8))
    minutes = [entry["seconds"] / 60 for entry in steps]
    for depth in range(len(steps[0]["hints"]) if steps else 0):
        missed = [entry["hints"][depth] for entry in steps]
        left.plot(minutes, missed, lw=1, label=f"block {depth}" if depth else "stem")
    left.set(title="trunk: share of the teacher's variance missed", yscale="log")
    for name in steps[0]["losses"] if steps else ():
        middle.plot(minutes, [entry["losses"][name] for entry in steps], lw=1, label=name)
    middle.set(title="losses of the outputs", yscale="log")
    for size in exams[-1]["held_out"] if exams else ():
        seen = [entry for entry in exams if size in entry["held_out"]]
        top1 = [100 * entry["held_out"][size]["top1"] for entry in seen]
        right.plot([entry["seconds"] / 60 for entry in seen], top1, lw=1.2, label=f"{size}×{size}")
    right.set(title="held out: first choice is the teacher's, %")
    for axes in (left, middle, right):
        axes.set_xlabel("minutes of training")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _thinned(entries: list[dict[str, Any]], most: int = 100) -> list[dict[str, Any]]:
    """At most so many of the entries, evenly."""
    return entries[:: max(1, len(entries) // most)]
