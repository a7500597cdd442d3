"""The page: one HTML file that holds everything and asks the network for nothing."""

from __future__ import annotations

import html
from importlib.resources import files

from daemon.core.sessions import Referee
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.showing.view.gather import Gathered, gather
from zhugo.debugger.showing.view.pack import pack
from zhugo.pages.bundle import filled, script

FOLDER = files("zhugo.debugger.showing.view") / "page"


def page(recording: Recording, referee: Referee) -> str:
    """The HTML of a recording. Raises ``TraceError`` when this program cannot replay it."""
    return page_of(gather(recording, referee))


def page_of(found: Gathered) -> str:
    """The HTML of what was gathered."""
    return filled(
        _read("page.html"),
        title=html.escape(found.facts["file"]),
        style=_read("style.css"),
        data=pack(found.facts, found.arrays),
        script=script(FOLDER),
    )


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
