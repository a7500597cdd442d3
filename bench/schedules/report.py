"""All figures and pictures as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from bench.schedules import pictures
from bench.schedules.compare import Setting
from bench.schedules.matches import VISITS
from bench.schedules.sweep import BEND
from daemon.schedules.table import SCHEDULES, Size, make

STYLE = """
body { font: 15px/1.5 Helvetica, Arial, sans-serif; max-width: 1060px; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; font-size: 13px; margin: 1em 0 }
th, td { border-bottom: 1px solid #ddd; padding: 3px 10px; text-align: left; vertical-align: top }
td.number { text-align: right; font-variant-numeric: tabular-nums }
svg { max-width: 100%; height: auto }
p.note { color: #666; font-size: 13px }
"""

SHOWN = {
    "schedule": "schedule",
    "rule": "rule",
    "net": "net",
    "visits_per_s": "visits/s",
    "evaluations_per_s": "evaluations/s",
    "device_busy": "device busy",
    "batch": "batch",
    "batch_fill": "fill",
    "host_us_per_leaf": "host, µs a leaf",
    "total_variation": "TV",
    "kl": "KL",
    "same_best": "same move",
    "regret": "regret",
    "depth": "depth",
    "tensor_mb_most": "tensors, MB at most",
    "tensors_unused": "unused",
}


def page(figures: dict[str, Any], visits: int) -> str:
    """The HTML of the report."""
    return "\n".join(
        [
            "<!doctype html><html lang='en'><meta charset='utf-8'><title>Schedules side by side</title>",
            f"<style>{STYLE}</style><body>",
            *_body(figures, visits),
            "</body></html>",
        ]
    )


def files(figures: dict[str, Any]) -> dict[str, str]:
    """The pictures of ``docs/schedules.md`` by the names of their files."""
    cells = [cell for cell in figures["near_winners"] if cell["trees"] == 1]
    usual = Setting("sequential").cores
    cores = usual if any(cell["cores"] == usual for cell in cells) else cells[0]["cores"]
    return {
        "schedules-map.svg": pictures.winner_map([cell for cell in cells if cell["cores"] == cores]),
        "schedules-cores.svg": pictures.by_cores(figures["lines"]),
        "schedules-elo.svg": pictures.elo(figures["matches"]),
        "schedules-timeline.svg": pictures.timelines(),
    }


def _body(figures: dict[str, Any], visits: int) -> Iterator[str]:
    yield "<h1>Schedules side by side</h1>"
    yield f"<p>Made by <code>{escape(figures['command'])}</code>. Searches on a virtual clock: the real core, a made-up"
    yield f"net, batches of {figures['batch']}; of device and encoding the times that tables name, of the rest these:"
    yield f"{escape(', '.join(f'{name[:-3]} {us:g} µs' for name, us in figures['costs'].items()))}.</p>"
    yield "<h2>The schedules</h2>"
    yield table([_plan(name, figures["batch"]) for name in SCHEDULES])
    yield pictures.timelines()
    yield "<h2>Which is fastest</h2>"
    yield "<p>Visits at equal time. Of those within 3 % of the fastest, the one nearest to the sequential search.</p>"
    for title, cells in (("all", figures["winners"]), ("near", figures["near_winners"])):
        if title == "near":
            yield "<p>The same, of those alone that are no further from the sequential search than algorithm 4 with two"
            yield f"searchers and {BEND:g} (total variation at equal visits).</p>"
        for key in sorted({(cell["trees"], cell["cores"]) for cell in cells}):
            yield pictures.winner_map([cell for cell in cells if (cell["trees"], cell["cores"]) == key])
    yield f"<p>The rule of <code>--schedule auto</code>, between double-buffer and spread: {figures['auto']}.</p>"
    yield "<h2>By cores</h2>"
    yield pictures.by_cores(figures["lines"])
    yield "<h2>How far from the sequential search</h2>"
    yield "<p>At equal visits, device 5 ms, encoding 0.5 ms. Regret: what the chosen move loses by a search of four"
    yield "times the visits, in utility from -1 to 1. Fill: of the largest batch.</p>"
    yield pictures.distance(figures["distances"])
    yield table(figures["distances"], SHOWN)
    yield "<h2>At equal time</h2>"
    yield table(figures["equal_time"], {"schedule": "schedule", "encode_us": "encoding, µs", "regret": "regret"})
    yield "<h2>Games at equal time</h2>"
    yield "<p>Elo over algorithm 4 with two searchers: pairs of games from the same random opening, colours changed, on"
    yield f"the virtual clock. Both have as long for a move as the sequential search takes for {VISITS} visits, and the"
    yield "same evaluations. The bars are 95 % intervals; where one is open every pair was won, or lost.</p>"
    yield pictures.elo(figures["matches"])
    yield table(figures["matches"])
    yield "<h2>Memory</h2>"
    yield f"<p>A tensor of 19×19 takes {figures['tensor_kb']:.1f} kB.</p>"
    yield pictures.memory(visits)
    yield "<h2>What algorithm 3 claims</h2>"
    yield table(figures["prediction"])
    yield "<p class='note'>Foreseen: of the leaves granted, those that the forecast before named. Value drift: how"
    yield "much a leaf's value differs from its parent's, which its virtual bound assumed. Parent drift: how much the"
    yield "parent's moved from the forecast to the grant.</p>"
    yield "<h2>The original's figures</h2>"
    yield table(figures["original"])
    if figures.get("real"):
        yield "<h2>The simulation beside real processes</h2>"
        yield table(figures["real"])


def _plan(name: str, batch: int) -> dict[str, str]:
    plan = make(name, Size(12, batch)).plan
    return {
        "name": name,
        "what": plan.label,
        "selects": plan.selects,
        "encodes": plan.encodes,
        "waits": plan.waits,
        "in flight": plan.in_flight,
    }


def table(rows: Sequence[dict[str, Any]], columns: dict[str, str] | None = None) -> str:
    """Rows as HTML; ``columns``: which, and what they are called."""
    columns = columns or {name: name.replace("_", " ") for name in rows[0]}
    head = "".join(f"<th>{escape(title)}</th>" for title in columns.values())
    body = ["<tr>" + "".join(map(_cell, (row.get(name, "") for name in columns))) + "</tr>" for row in rows]
    return f"<table><tr>{head}</tr>{''.join(body)}</table>"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"<td class='number'>{f'{value:,.0f}' if abs(value) >= 100 else f'{value:.3g}'}</td>"
    return f"<td class='number'>{value:,}</td>" if isinstance(value, int) else f"<td>{escape(str(value))}</td>"
