"""The timeline of a recording in the look of docs/pipeline.svg, so that the two can be held side by side."""

from __future__ import annotations

from collections.abc import Iterator

from zhugo.debugger.explaining.timeline import Timeline
from zhugo.debugger.showing.picture import HATCHED, Bar, Panel, picture
from zhugo.shared.errors import UserError

MASTER_WORKS = 2e-5
"""Seconds that the master is drawn at work for an event; a trace does not tell how long it took."""

LEGEND = (
    "s select, u update: in the tree.  Pale: a searcher encodes a batch.  Hatched: parked on a collision.  "
    "{length:.0f} ms"
)


def timeline_picture(found: Timeline, since: float, until: float) -> str:
    """The SVG text of the time from ``since`` to ``until``, seconds since the first event. Raises ``UserError``."""
    if not since < until:
        raise UserError(f"there is nothing from {since * 1000:g} ms to {until * 1000:g} ms")
    letters = {who: found.people[who].removeprefix("searcher ") for who in found.people.searchers}
    lanes = {
        "tree": "master: tree",
        **{letter: f"searcher {letter}" for letter in letters.values()},
        "device": "device",
    }
    title = f"{since * 1000:.0f} to {until * 1000:.0f} ms of a recorded search"
    panel = Panel(title, lanes, list(_bars(found, letters)), since, until)
    return picture(title, [panel], LEGEND.format(length=(until - since) * 1000))


def _bars(found: Timeline, letters: dict[bytes, str]) -> Iterator[Bar]:
    for batch in found.batches:
        letter = letters[batch.searcher]
        name = f"{letter}{batch.grant}"
        yield Bar("tree", batch.granted, batch.granted + MASTER_WORKS, "tree", "s")
        if batch.fate == "updated":
            yield Bar(letter, batch.encode, batch.submit, f"encode {letter}", name)
            if batch.used_device:
                yield Bar("device", batch.device, batch.device_end, letter, name)
            yield Bar("tree", batch.over, batch.over + MASTER_WORKS, "tree", "u")
    for wait in found.waits:
        if wait.kind == "parked":
            yield Bar(letters[wait.searcher], wait.begin, wait.end, HATCHED, "")
