"""The page of a game of OpenSpiel in a real browser, with a whole daemon behind it whose net is made up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from websockets.sync.client import connect

from games.openspiel.game import OpenSpielGame
from tests.clients.npm import installed
from tests.clients.web.board_page import MILLISECONDS
from tests.clients.web.test_page import AXE, FAULTS, PHONE
from tests.clients.web.test_server import OPTIONS, Page
from tests.daemons import eventually
from zhugo.web.server.run import GivenGame, Place, serving_game

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

BEST = """[document.querySelector(".lines .best").dataset.name,
    document.querySelector(".found .best .move").textContent]"""
"""The best move, on the board and in the table."""

BOXES = "dots_and_boxes(num_rows=1,num_cols=2)"


@contextmanager
def served(game: str) -> Iterator[str]:
    with serving_game(OPTIONS, GivenGame(OpenSpielGame(game)), Place("127.0.0.1", 0, "t")) as (addresses, _wait):
        yield addresses[0]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(BOXES) as there:
        yield there


class Person:
    """Who plays."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab

    def seats(self, first: str, second: str) -> None:
        for at, kind in enumerate((first, second)):
            self.tab.locator(".seats select").nth(at).select_option(kind)
        self.tab.get_by_role("button", name="New game").click()
        self.at(0)

    def draws(self, *names: str) -> None:
        for name in names:
            self.tab.locator(f"[data-name={name}] .reach").click(force=True)
            self.tab.locator(f"[data-name={name}]:not(.free)").wait_for(state="attached")

    def at(self, number: int) -> None:
        self.tab.wait_for_selector(f'.board-panel[data-number="{number}"]')

    def owners(self, selector: str) -> list[str]:
        """Whose each of these is."""
        classes: list[str] = self.tab.eval_on_selector_all(
            selector, "all => all.map(each => each.getAttribute('class') ?? '')"
        )
        return [next((owner for owner in ("first", "second") if owner in each.split()), "") for each in classes]

    @property
    def boxes(self) -> list[str]:
        return self.owners(".boxes > g")

    @property
    def said(self) -> str:
        return self.tab.locator(".standing .said").inner_text()

    @property
    def scores(self) -> list[str]:
        return self.tab.locator(".players .score").all_inner_texts()


@contextmanager
def opened(browser: Browser, address: str, **options: Any) -> Iterator[Person]:
    """A page with nothing to complain of at the end."""
    context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}, "locale": "en-US", **options})
    complaints: list[str] = []
    try:
        tab = context.new_page()
        tab.set_default_timeout(MILLISECONDS)
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(address)
        tab.wait_for_selector(".board-panel[data-node]")
        yield Person(tab)
        assert complaints == []
    finally:
        context.close()


def test_two_persons_draw_lines_until_all_boxes_are_closed(browser: Browser, address: str) -> None:
    with opened(browser, address) as person:
        person.seats("person", "person")
        assert person.said == "Player 1 to move"
        person.draws("h00", "h10", "v00")
        assert (person.boxes, person.said) == (["", ""], "Player 2 to move")
        person.draws("v01")
        assert (person.boxes, person.scores, person.said) == (["second", ""], ["0", "1"], "Player 2 to move")
        assert person.owners(".lines > g") == ["first", "", "second", "", "first", "second", ""]
        person.draws("h01", "h11", "v02")
        assert (person.boxes, person.scores) == (["second", "second"], ["0", "2"])
        assert person.said == "Player 2 has won, 2 : 0"
        assert person.tab.locator(".list-of-moves li").all_inner_texts() == [
            "h00", "h10", "v00", "v01", "h01", "h11", "v02"
        ]  # fmt: skip
        person.tab.get_by_role("button", name="v00").last.click()
        person.at(3)
        assert person.boxes == ["", ""]


def test_a_game_is_played_without_a_mouse(browser: Browser, address: str) -> None:
    with opened(browser, address) as person:
        person.seats("person", "person")
        person.tab.reload()
        person.at(0)
        keys = person.tab.keyboard
        keys.press("k")
        for key in ("ArrowDown", "ArrowDown", "Enter"):
            keys.press(key)
        person.at(1)
        keys.press("ArrowRight")
        focused = person.tab.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused == "h11"
        keys.press("Enter")
        person.at(2)
        assert person.owners(".lines > g") == ["", "", "first", "second", "", "", ""]
        keys.press("Enter")
        keys.press("Escape")
        for key, number in (("u", 1), ("Home", 0), ("r", 1), ("End", 2), ("ArrowLeft", 1), ("n", 0)):
            keys.press(key)
            person.at(number)


def test_the_engine_answers_and_its_search_stands_on_the_lines(browser: Browser, address: str) -> None:
    with opened(browser, address) as person:
        tab = person.tab
        tab.get_by_label("Visits of a move").fill("20")
        person.seats("person", "engine")
        person.draws("h00")
        person.at(2)
        assert person.said.startswith("Player 1: ")
        tab.keyboard.press("Space")
        eventually(lambda: tab.locator(".lines .known").count() == 5, "all lines are looked at")
        on_board, in_table = tab.evaluate(BEST)
        assert on_board == in_table
        tab.locator(".found .best").hover()
        tab.wait_for_selector(".played g")
        tab.mouse.move(5, 5)
        tab.keyboard.press("Space")
        tab.wait_for_selector(".lines:not(:has(.known))", state="attached")
        tab.keyboard.press("ArrowLeft")
        person.at(1)
        tab.get_by_role("button", name="Let the engine move").click()
        person.at(2)
        tab.get_by_role("button", name="Undo").click()
        person.at(0)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light")])
def test_a_finger_draws_lines_and_axe_finds_no_serious_fault(
    browser: Browser, address: str, width: int, scheme: str
) -> None:
    axe = (installed("axe-core", AXE) / "axe-core" / "axe.min.js").read_text()
    is_phone = width < 500
    with opened(browser, address, color_scheme=scheme, **(PHONE if is_phone else {})) as person:
        tab = person.tab
        person.seats("person", "person")
        if is_phone:
            box = tab.locator("[data-name=v01] .reach").bounding_box()
            assert box is not None
            tab.touchscreen.tap(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
            tab.locator("[data-name=v01].first").wait_for()
        tab.get_by_role("button", name="Analyze").click()
        tab.wait_for_selector(".lines .best")
        wide = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]
        tab.evaluate(axe)
        assert tab.evaluate(FAULTS) == []
        tab.get_by_role("button", name="Analyze").click()


def test_what_only_go_has_is_not_there(browser: Browser, address: str) -> None:
    with opened(browser, address) as person:
        for name in ("Open", "Download", "Review", "Pass"):
            assert person.tab.get_by_role("button", name=name, exact=True).count() == 0
        assert person.tab.title() == "Dots and boxes 1×2 – ZhuGo"
    with pytest.raises(HTTPError, match="404"):
        urlopen(address.replace("/?", "/export/game.sgf?"))


def test_a_bad_message_is_answered_with_a_line(address: str) -> None:
    with connect(address.replace("http", "ws").replace("/?", "/socket?")) as connection:
        page = Page(connection)
        for frame, reason in (
            ("not JSON", "no message: JSON is malformed"),
            ('{"type": "load", "name": "a", "data": ""}', "no message: Invalid value 'load'"),
            (json.dumps({"type": "play_move", "number": 0, "move": 99}), "99 is not a legal move here"),
        ):
            if "play" in frame:
                page.ask("players", first="person", second="person")
                page.ask("new_game")
            connection.send(frame)
            assert page.wait("failed")["reason"].startswith(reason)


def test_another_game_is_played_by_the_names_of_its_moves(browser: Browser) -> None:
    with served("connect_four(rows=4,columns=4)") as there, opened(browser, there) as person:
        person.tab.get_by_label("Visits of a move").fill("20")
        person.seats("person", "engine")
        assert person.tab.locator(".moves-by-name b").all_inner_texts() == ["x0", "x1", "x2", "x3"]
        person.tab.get_by_role("button", name="x2").click()
        person.at(2)
        picture = person.tab.locator(".words-board pre").inner_text()
        assert (picture.count("x"), picture.count("o"), len(picture.splitlines())) == (1, 1, 4)
        person.tab.keyboard.press("Space")
        person.tab.wait_for_selector(".moves-by-name .best")
        person.tab.evaluate((installed("axe-core", AXE) / "axe-core" / "axe.min.js").read_text())
        assert person.tab.evaluate(FAULTS) == []
