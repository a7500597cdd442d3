"""The page: one HTML file that holds everything and asks the network for nothing.

The scripts are ES modules, so that each says what it needs; in the page they are one script, in that order.
"""

from __future__ import annotations

import html
import re
from importlib.resources import files

from daemon.core.sessions import Referee
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.showing.view.gather import gather
from zhugo.debugger.showing.view.pack import pack

SCRIPTS = (
    "data", "history", "trace", "moment", "stones", "format", "dom", "colors", "badge", "candidates", "address", "keys",
    "span", "blocks", "graphs", "painter", "timeline", "scrubber", "board", "moves", "tree", "happened", "holdings",
    "controls", "main",
)  # fmt: skip
"""In an order in which each needs only those before it."""

_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def page(recording: Recording, referee: Referee) -> str:
    """The HTML of a recording. Raises ``TraceError`` when this program cannot replay it."""
    found = gather(recording, referee)
    return filled(
        title=html.escape(found.facts["file"]),
        style=_read("style.css"),
        data=pack(found.facts, found.arrays),
        script=script(),
    )


def script() -> str:
    """All scripts as one."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _read(f"{name}.js"))) for name in SCRIPTS)


def filled(**parts: str) -> str:
    """The page's frame with each ``{{name}}`` replaced by its part."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _read("page.html"))


def _read(name: str) -> str:
    return (files("zhugo.debugger.showing.view") / "page" / name).read_text(encoding="utf-8")
