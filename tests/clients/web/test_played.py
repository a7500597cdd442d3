"""A game against the engine, played by clicks in a browser: the engine is a whole daemon with an emulated device."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from games.go.game import Go
from games.go.position import Position
from protocol.choices import Devices
from tests.daemons import PATIENCE, eventually
from zhugo.shared.options import DaemonOptions
from zhugo.web.server.run import Given, Place, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

OPTIONS = DaemonOptions(device=str(Devices.parse("emulated")), latency_ms=1.0, batch=4)
SIZE, PASS = 5, 25
MILLISECONDS = 1000 * PATIENCE

BOARD = "board => { const box = board.getBoundingClientRect(); return [box.x, box.y, box.width]; }"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = Given(home=tmp_path_factory.mktemp("home"))
    with serving(OPTIONS, given, Place("127.0.0.1", 0, "t")) as (addresses, _wait):
        yield addresses[0]


class Person:
    """Who plays, with a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def headline(self) -> str:
        return self.page.locator(".play .headline").inner_text()

    @property
    def said(self) -> str:
        """All of the panel."""
        return self.page.locator(".play").inner_text()

    def button(self, name: str) -> Locator:
        return self.page.locator(".play").get_by_role("button", name=name, exact=True)

    def begins(self, **fields: str) -> None:
        page = self.page
        page.get_by_role("tab", name="Play").click()
        page.get_by_role("button", name="New game").first.click()
        dialog = page.locator("dialog")
        dialog.get_by_label("Size").select_option(label="other")
        for label in ("↔", "↕"):
            dialog.get_by_label(label).fill(str(SIZE))
        dialog.get_by_label("Rules").select_option("chinese")
        for label, value in fields.items():
            dialog.get_by_label(label).select_option(value)
        dialog.get_by_label("Teaching").check()
        dialog.get_by_role("button", name="Start").click()
        self.waits_for("Your move")

    def waits_for(self, *headlines: str) -> str:
        self.page.wait_for_function(
            "([words]) => words.some(each => document.querySelector('.play .headline').textContent.includes(each))",
            arg=[headlines],
            timeout=MILLISECONDS,
        )
        return self.headline

    def clicks(self, point: int) -> None:
        x, y, width = self.page.locator(".goban").evaluate(BOARD)
        unit = width / (40 * (SIZE - 1) + 2 * 46)
        self.page.mouse.click(x + unit * (46 + 40 * (point % SIZE)), y + unit * (46 + 40 * (point // SIZE)))

    def plays(self, point: int, length: int) -> None:
        """Play, warned of it or not, until the engine has answered and so many moves are there."""
        self.clicks(point)
        eventually(lambda: "loses" in self.headline or len(self.moves()) == length, "an answer, or a warning")
        if "loses" in self.headline:
            self.button("Keep it").click()
        eventually(lambda: len(self.moves()) == length, "the engine's move")
        self.waits_for("Your move")

    def sgf(self) -> str:
        """The record as it can be downloaded."""
        origin, _, place = self.page.url.partition("/#")
        game = parse_qs(place)["game"][0]
        answer = self.page.context.request.get(f"{origin}/export/{game}.sgf")
        assert answer.ok
        return answer.text()

    def moves(self) -> list[int]:
        """Of the main line, by the record."""
        found = re.findall(r";[BW]\[(\w*)\]", self.sgf())
        return ["abcde".index(place[0]) + SIZE * "abcde".index(place[1]) if place else PASS for place in found]


@pytest.fixture
def person(browser: Browser, address: str) -> Iterator[Person]:
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        page = context.new_page()
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.set_default_timeout(MILLISECONDS)
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        yield Person(page)
        assert failures == []


def test_a_whole_game_to_an_agreed_count(person: Person) -> None:
    person.begins(Level="20k", Clock="byoyomi")
    person.page.wait_for_function("() => location.hash.includes('game=')")
    for point in (12, 6, 18, 8, 16):
        before = person.moves()
        if Position(Go.from_spec({"size": SIZE}), before).why_illegal(point) is None:
            person.plays(point, len(before) + 2)
    moves = person.moves()
    assert moves[:1] == [12]
    assert person.page.locator(".players .clock.runs").inner_text().startswith("9:")

    # the page is looked at anew, and the game is there
    person.page.reload()
    person.waits_for("Your move")
    person.button("Take back").click()
    eventually(lambda: "taken back: 1" in person.said, "the move is taken back")
    person.button("Hint").click()
    person.page.wait_for_selector(".play .line")
    person.page.locator(".play .line").first.hover()
    person.page.wait_for_selector(".goban .veil[visibility=visible]")

    person.button("Count").click()
    person.page.wait_for_selector(".play .sides")
    assert person.headline == "The game is counted"
    stands = person.said
    person.clicks(12)
    eventually(lambda: person.said != stands, "the chain in the middle is dead, or alive after all")
    result = person.page.locator(".play .sides b").inner_text()
    person.button("Agree").click()
    person.waits_for(result)
    written = re.search(r"RE\[([BW])\+([\d.]+)\]", person.sgf())
    assert written is not None
    assert result == f"{'Black' if written[1] == 'B' else 'White'} wins by {written[2]} points"
