"""Lanes of bars over time as SVG: what each process was doing, for a page of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

LEFT, RIGHT, LANE, GAP, WIDTH = 128.0, 16.0, 30.0, 9.0, 940.0
HEAD, BETWEEN, FOOT = 16.0, 45.0, 22.0
"""Pixels: above the lanes of a panel, from a panel to the title of the next, for the legend."""

NARROWEST = 1.2
LETTER = 9.0
"""Pixels that a bar is drawn wide at least; that a letter of its label takes."""

COLORS = {"tree": "#7a8ca3", "encode A": "#e9b8ac", "encode B": "#f3d9a8", "A": "#c2452d", "B": "#e0a43a"}
COLORS |= {"encode C": "#b5d5cf", "C": "#35877a", "encode D": "#cfc3e0", "D": "#7a5ea8"}
OTHER = "#8d9440"
HATCHED = "parked"
FONT = "font-family='Helvetica, Arial, sans-serif'"
HATCH = (
    "<defs><pattern id='hatch' width='6' height='6' patternUnits='userSpaceOnUse' patternTransform='rotate(45)'>"
    "<rect width='1.3' height='6' fill='#b3261e' fill-opacity='.6'/></pattern></defs>"
)


@dataclass(frozen=True)
class Bar:
    """Something in the lane of who did it. ``kind``: of ``COLORS``, or ``HATCHED``. The label is left out where it has
    no room."""

    lane: str
    begin: float
    end: float
    kind: str
    label: str


@dataclass(frozen=True)
class Panel:
    """Lanes under a title, from the time ``begin`` to ``end``. ``lanes``: what bars call each, and its name."""

    title: str
    lanes: dict[str, str]
    bars: list[Bar]
    begin: float
    end: float

    @property
    def height(self) -> float:
        """Pixels from its title to the title of the next."""
        return HEAD + len(self.lanes) * (LANE + GAP) - GAP + BETWEEN


def picture(title: str, panels: list[Panel], legend: str) -> str:
    """The SVG text of some panels, one below the other."""
    body: list[str] = []
    top = 34.0
    for panel in panels:
        body += _panel(panel, top)
        top += panel.height
    height = top - BETWEEN + FOOT + 14.0
    body.append(f"<text x='16' y='{height - 14:.0f}' {FONT} font-size='12.5' fill='#666'>{escape(legend)}</text>")
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH:.0f} {height:.0f}' role='img'>"
    ground = f"<rect width='{WIDTH:.0f}' height='{height:.0f}' rx='8' fill='#fff'/>"
    return "\n".join([head, f"<title>{escape(title)}</title>", HATCH, ground, *body, "</svg>"]) + "\n"


def _panel(panel: Panel, top: float) -> Iterator[str]:
    title = escape(panel.title)
    yield f"<text x='16' y='{top + 2:.0f}' {FONT} font-size='16' font-weight='bold' fill='#222'>{title}</text>"
    places = {lane: top + HEAD + at * (LANE + GAP) for at, lane in enumerate(panel.lanes)}
    for lane, y in places.items():
        yield f"<text x='16' y='{y + 20:.1f}' {FONT} font-size='14' fill='#444'>{escape(panel.lanes[lane])}</text>"
        ground = "#f3dcd6" if lane == "device" else "#f2f0eb"
        yield f"<rect x='{LEFT}' y='{y}' width='{WIDTH - LEFT - RIGHT}' height='{LANE}' rx='4' fill='{ground}'/>"
    scale = (WIDTH - LEFT - RIGHT) / (panel.end - panel.begin)
    for bar in panel.bars:
        if bar.begin < panel.end and bar.end > panel.begin:
            x = LEFT + max(0.0, bar.begin - panel.begin) * scale
            end = LEFT + (min(bar.end, panel.end) - panel.begin) * scale
            yield from _bar(bar, x, max(end - 1, x + NARROWEST), places[bar.lane])


def _bar(bar: Bar, x: float, end: float, y: float) -> Iterator[str]:
    color = "url(#hatch)" if bar.kind == HATCHED else COLORS.get(bar.kind, OTHER)
    radius = min(4.0, (end - x) / 2)
    yield f"<rect x='{x:.1f}' y='{y}' width='{end - x:.1f}' height='{LANE}' rx='{radius:.1f}' fill='{color}'/>"
    if end + 1 - x >= LETTER * len(bar.label) > 0:
        ink = "#fff" if bar.kind in ("tree", "A", "C", "D") else "#222"
        place = f"x='{(x + end + 1) / 2:.1f}' y='{y + 19.5:.1f}' text-anchor='middle'"
        yield f"<text {place} {FONT} font-size='13' fill='{ink}'>{escape(bar.label)}</text>"
