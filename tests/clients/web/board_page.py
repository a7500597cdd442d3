"""The board's page in Debian's chromium: what a person sees of it, and does with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.clients.web.stage import Stage
from tests.daemons import PATIENCE
from zhugo.web import messages as m

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MILLISECONDS = 1000 * PATIENCE
EDGE, CELL = 42, 40
"""Of the board's picture with coordinates: from its side to the first line, and from line to line."""

STONES = """circles => circles.map(({ classList, cx, cy }) => [
    cx.baseVal.value, cy.baseVal.value, classList.contains("black") ? 1 : -1])"""


class BoardPage:
    """One page that was opened. ``complaints``: what the browser had to say against it."""

    def __init__(self, page: Page, stage: Stage) -> None:
        self.page, self.stage = page, stage
        self.complaints: list[str] = []
        page.set_default_timeout(MILLISECONDS)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, more: str = "") -> None:
        """Open the page, with more behind its token."""
        self.page.goto(self.stage.address + more)
        self.page.wait_for_selector("body[data-ready]")
        self.page.wait_for_selector(".link-state:not(.bad)")

    def open_game(self, record: str) -> str:
        """Have the server open a record, and look at its first node."""
        (game,) = self.stage.add_file(record.encode(), "game.sgf")
        self.open(f"&game={game}")
        self.page.wait_for_selector(".board-panel[data-node]")
        self.page.keyboard.press("Home")
        self.at(0)
        return game

    @property
    def node(self) -> int:
        """What the board shows."""
        self.settle()
        return int(self.page.get_attribute(".board-panel", "data-node") or -1)

    def at(self, node: int) -> None:
        """Wait until the board shows this node."""
        self.page.wait_for_selector(f'.board-panel[data-node="{node}"]')

    def settle(self) -> None:
        """Until what was done is painted."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def place(self, point: int, width: int) -> tuple[float, float]:
        """Where a point is on the screen; the board has coordinates."""
        box = self.page.locator(".goban").bounding_box()
        assert box is not None
        scale = box["width"] / ((width - 1) * CELL + 2 * EDGE)
        return box["x"] + scale * (EDGE + CELL * (point % width)), box["y"] + scale * (EDGE + CELL * (point // width))

    def click(self, point: int, width: int, **options: Any) -> None:
        self.page.mouse.click(*self.place(point, width), **options)

    def stones(self, width: int, layer: str = "stones") -> dict[int, int]:
        """+1 Black, -1 White, by point; ``layer`` "played": of the line that is shown."""
        self.settle()
        found = self.page.eval_on_selector_all(f".{layer} circle", STONES)
        return {round((y - EDGE) / CELL) * width + round((x - EDGE) / CELL): color for x, y, color in found}

    def texts(self, selector: str) -> list[str]:
        """The text of each of these, painted."""
        self.settle()
        return self.page.locator(selector).all_text_contents()

    def tell(self, *messages: m.Told) -> None:
        """The server says this, and the page has painted it."""
        self.stage.tell(*messages)
        self.page.wait_for_timeout(50)
        self.settle()


@contextmanager
def opened(
    browser: Browser, stage: Stage, settings: dict[str, Any] | None = None, **options: Any
) -> Iterator[BoardPage]:
    """A page that is not at any game yet, with nothing to complain of at the end."""
    context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}, "locale": "en-US", **options})
    if settings:
        context.add_init_script(
            f"localStorage.getItem('zhugo') ?? localStorage.setItem('zhugo', {json.dumps(json.dumps(settings))})"
        )
    try:
        shown = BoardPage(context.new_page(), stage)
        yield shown
        assert shown.complaints == []
    finally:
        context.close()
