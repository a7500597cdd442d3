"""The page of ``zhugo trace view`` in Debian's chromium: what a person sees of it, and does with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.daemons import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MILLISECONDS = 1000 * PATIENCE

ROWS = """rows => rows.map(row => [
    row.querySelector("th").lastChild.textContent, row.dataset.node,
    ...[...row.querySelectorAll("td")].slice(0, 6).map(cell => cell.textContent),
    row.querySelector(".word").firstChild.textContent,
    row.querySelector(".owner")?.textContent ?? ""])"""

HOLDINGS = """parts => parts.map(part => [
    part.dataset.searcher, part.querySelector("h3").lastChild.textContent.trim(),
    ...[...part.querySelectorAll("li")].map(line => line.textContent)])"""

NUMBERS = """parts => Object.fromEntries(parts.map(part =>
    [part.dataset.move, part.querySelector(".number")?.textContent ?? ""]))"""

STONES = """stones => Object.fromEntries(stones.map(stone =>
    [stone.dataset.stone, stone.classList.contains("black") ? 1 : -1]))"""


class ViewPage:
    """One page that was opened. ``complaints``: what the browser had to say against it, and what it asked for."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.address = file.as_uri()
        self.complaints: list[str] = []
        page.set_default_timeout(MILLISECONDS)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if url.partition("#")[0] != self.address:
            self.complaints.append(f"asks for {url}")

    def open(self, place: str = "") -> None:
        """Open the page at a place in its address, or anew at what it shows by itself."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}{place}")
        self.page.wait_for_selector("body[data-event]")

    def go(self, event: int) -> None:
        """By the field of the event."""
        self.page.fill("#event", str(event))
        self.page.press("#event", "Enter")
        self.wait(event)

    def wait(self, event: int) -> None:
        """Until the page shows this event."""
        self.page.wait_for_selector(f'body[data-event="{event}"]')

    @property
    def event(self) -> int:
        self.settle()
        return int(self.page.get_attribute("body", "data-event") or -1)

    def settle(self) -> None:
        """Until what was done is painted."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    @property
    def said(self) -> str:
        return self.page.inner_text("#said")

    def rows(self) -> list[list[str]]:
        """Of the tree: move, node, N, weight, value, U, P, pseudo, state, owner."""
        return self._all("#tree tr[data-node]", ROWS)  # type: ignore[no-any-return]

    def holdings(self) -> list[list[str]]:
        """Of each searcher: its name, what it has, the leaves."""
        return self._all("#holdings section", HOLDINGS)  # type: ignore[no-any-return]

    def numbers(self) -> dict[int, str]:
        """On the board or in the list, by move."""
        return {int(move): text for move, text in self._all("[data-move]", NUMBERS).items()}

    def stones(self) -> dict[int, int]:
        """+1 Black, -1 White, by point."""
        return {int(point): color for point, color in self._all("[data-stone]", STONES).items()}

    def counts(self) -> dict[str, str]:
        """Below the timeline, by name."""
        rows = "rows => Object.fromEntries(rows.map(row => [row.firstChild.textContent, row.lastChild.textContent]))"
        return self._all("#lanes .count", rows)  # type: ignore[no-any-return]

    def _all(self, selector: str, script: str) -> Any:
        return self.page.eval_on_selector_all(selector, script)

    def span(self) -> tuple[float, float]:
        """Seconds that the timeline shows: from, to."""
        self.settle()
        data = self.page.eval_on_selector("#timeline", "canvas => [canvas.dataset.from, canvas.dataset.to]")
        return float(data[0]), float(data[1])

    def point(self, seconds: float, lane: str) -> tuple[float, float]:
        """Where a time is in a lane of the timeline, on the screen."""
        begin, end = self.span()
        box = self.page.locator("#timeline").bounding_box()
        label = self.page.locator("#lanes li:not(.count)", has_text=lane).bounding_box()
        assert box is not None
        assert label is not None
        return box["x"] + (seconds - begin) / (end - begin) * box["width"], label["y"] + label["height"] / 2


@contextmanager
def opened(browser: Browser, file: Path, **options: Any) -> Iterator[ViewPage]:
    """The page, with nothing to complain of at the end."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, **options)
    try:
        shown = ViewPage(context.new_page(), file)
        shown.open()
        yield shown
        assert shown.complaints == []
    finally:
        context.close()
