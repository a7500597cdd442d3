"""The search that one looks at, as the trace page shows it: every decision, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daemon.process.referee import referee_of
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.showing.view.gather import gather
from zhugo.debugger.showing.view.page import page_of
from zhugo.shared.errors import UserError
from zhugo.web.open.live_searches import session_prefix

TRACE_MB, TRACE_KEEP = 3.0, 2
"""How much of its own daemon's trace is kept for this: some ten thousand visits, a page that opens in seconds."""


@dataclass(frozen=True)
class TracePage:
    """``html``: the page. ``place``: what stands behind ``#`` in its address, so that it opens at the game's search."""

    html: bytes
    place: str


def trace_page(trace: Path | None, game: str) -> TracePage:
    """What the daemon recorded last. Raises ``UserError`` or ``TraceError`` where there is nothing to show."""
    if trace is None:
        raise UserError("this daemon records no trace here: see --trace")
    recording = Recording.load(trace)
    found = gather(recording, referee_of(recording.header))
    names = [str(session["name"]) for session in found.facts["sessions"]]
    mine = [number for number, name in enumerate(names) if name.startswith(session_prefix(game))]
    return TracePage(page_of(found).encode(), f"session={mine[-1]}" if mine else "")
