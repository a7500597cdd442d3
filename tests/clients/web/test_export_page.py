"""A reviewed game in one HTML file, opened from disk: it shows the game, runs nothing of it, and asks nobody for
anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from games.go import sgf
from zhugo.review.move_costs import Candidate, Position
from zhugo.review.report import Review
from zhugo.web.export import page_of_game, page_of_review
from zhugo.web.export.page import as_data
from zhugo.web.record import RecordTree

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

expect = pytest.importorskip("playwright.sync_api", reason="PyPI's playwright is not installed").expect

EVIL = "</script><script>window.ran = 1</script><img src=https://example.org/x onerror='window.ran=2'>"
GAME = (
    f"(;SZ[9]KM[7]PB[Ann {EVIL}]PW[碁]GN[{EVIL}]C[<!--<script>{EVIL}]"
    f";B[ee]LB[aa:{EVIL}](;W[hh]C[{EVIL}];B[cc])(;W[cg]))"
)


def known(lead: float, best: int, *line: int) -> Position:
    rate = 0.5 + lead / 40
    first = Candidate(best, 40, rate, lead, 0.5, (best, *line))
    other = Candidate(80, 3, rate - 0.1, lead - 4.0, 0.1, (80,))
    return Position(rate, lead, 50, (first, other))


# White's move, H2, lost six points; G7 was better.
POSITIONS = [known(0.0, 40), known(0.0, 24, 30), known(6.0, 20), known(6.0, 3)]


def whole() -> bytes:
    return page_of_review(Review.of(sgf.parse(GAME.encode()), POSITIONS), GAME.encode(), 0, "ZhuGo, a net")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "game.html"
    path.write_bytes(whole())
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 1600}, locale="en-US")
    requests: list[str] = []
    errors: list[str] = []
    opened.on("request", lambda request: requests.append(request.url))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.goto(file.as_uri())
    opened.wait_for_selector("body[data-ready]")
    yield opened
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert errors == []
    opened.close()


def test_nothing_of_a_record_is_executed(page: Page) -> None:
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0
    assert EVIL in page.title()
    assert page.locator(".note textarea").input_value() == f"<!--<script>{EVIL}"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".note textarea")).to_have_value(EVIL)
    assert page.evaluate("window.ran") is None


def test_the_review_is_there_and_its_moves_can_be_found(page: Page) -> None:
    accuracy = page.locator(".figures tbody tr").first
    assert accuracy.inner_text().split() == ["Accuracy", "100.0", "17.8"]  # 100 · 0.75 to the power of six
    mistake = page.locator(".mistakes li")
    assert [text.split() for text in mistake.all_inner_texts()] == [
        ["2", "White", "H2", "−15", "%", "−6.0", "better:", "G7"]
    ]
    mistake.locator("button").first.click()
    _is_at(page, 2)
    page.get_by_role("button", name="Start", exact=True).click()
    _is_at(page, 1)
    expect(page.locator(".asked")).to_have_text("1 of 1: White to play. Where?")
    _press(page, 24)
    expect(page.locator(".asked")).to_have_text("G7 is the best move.")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".asked")).to_contain_text("Found 1 of 1.")


def test_moves_can_be_tried_out_and_variations_looked_at(page: Page) -> None:
    page.keyboard.press("ArrowRight")
    _is_at(page, 1)
    _press(page, 0)
    _is_at(page, 5)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    _is_at(page, 5)
    _press(page, 40)  # a stone is there
    _is_at(page, 5)


def test_it_fits_a_phone(browser: Browser, file: Path) -> None:
    phone = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    phone.goto(file.as_uri())
    phone.wait_for_selector("body[data-ready]")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.evaluate("document.documentElement.classList.contains('dark')")
    phone.close()


def _is_at(page: Page, node: int) -> None:
    expect(page.locator(".board-panel")).to_have_attribute("data-node", str(node))


def _press(page: Page, point: int) -> None:
    """Click on a point of the board of nine lines."""
    box = page.locator(".goban").bounding_box()
    assert box is not None
    margin, cell = 34, 40
    scale = box["width"] / (8 * cell + 2 * margin)
    row, column = divmod(point, 9)
    page.mouse.click(box["x"] + scale * (margin + cell * column), box["y"] + scale * (margin + cell * row))


def test_a_page_of_a_record_needs_no_review() -> None:
    tree = RecordTree.read_all(GAME.encode())[0]
    assert isinstance(tree, RecordTree)
    data = page_of_game(tree, EVIL, {}, "ZhuGo")()
    assert data.count(b"</script>") == 2  # those of the page itself
    assert b"https://example.org/x onerror" in data
    assert b"<img" not in data


def test_data_cannot_end_a_script() -> None:
    assert as_data('["</script><!-- &"]') == r'["\u003c/script\u003e\u003c!-- \u0026"]'
