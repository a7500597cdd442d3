"""The review on the page: asked for, followed, looked through, and compared with a second net."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clients.web.stage import Stage, staged
from zhugo.web import messages as m

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

expect = pytest.importorskip("playwright.sync_api", reason="PyPI's playwright is not installed").expect

GAME = "(;SZ[9]KM[7]PB[Ann]PW[Bob];B[ee];W[hh];B[cc];W[gg])"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("home")) as one:
        yield one


@pytest.fixture
def page(browser: Browser, stage: Stage, tmp_path: Path) -> Iterator[Page]:
    file = tmp_path / "game.sgf"
    file.write_text(GAME)
    opened = browser.new_page(viewport={"width": 1280, "height": 1600}, locale="en-US")
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.goto(stage.address)
    opened.locator("input[type=file]").set_input_files(file)
    expect(opened.locator("h1")).to_contain_text("Ann")
    opened.get_by_role("tab", name="Review").click()
    yield opened
    opened.close()
    assert errors == []


def game_of(page: Page) -> str:
    expect(page).to_have_url(re.compile("#game="))
    return page.url.partition("#game=")[2].partition("&")[0]


def judged(node: int, rate: float, lead: float, best: int) -> m.Judged:
    candidate = m.Candidate(best, 40, rate, lead, 0.5, 0.0, [best, 0, 1])
    other = m.Candidate(70, 5, rate - 0.1, lead - 2.0, 0.1, 2.0, [70])
    return m.Judged(node, 50, rate, lead, [candidate, other])


def player(accuracy: float, losses: list[int], strength: str) -> m.PlayerSummary:
    phases = [m.Phase(2, 0.5, accuracy), m.Phase(0, None, 0.0), m.Phase(0, None, 0.0)]
    return m.PlayerSummary(2, accuracy, 0.5, 0.5, 1.0, losses, phases, strength)


def summary(game: str, net: str | None = None, accuracy: float = 90.0) -> m.Summary:
    mistakes = [
        m.Mistake(2, 2, -1, 70, 6.5, 0.2, 4, [24, 30]),
        m.Mistake(3, 3, 1, 20, 1.6, 0.06, 2, [60]),
    ]
    black, white = player(accuracy, [1, 0, 1, 0, 0, 0], "8k–5k"), player(70.0, [1, 0, 0, 0, 1, 0], "")
    return m.Summary(game, [0.5, 1.5, 3.0, 6.0, 12.0], (11, 34), black, white, mistakes, [1], net)


def test_a_review_is_asked_for_followed_and_looked_through(page: Page, stage: Stage) -> None:
    page.get_by_label("Visits a move").select_option("100")
    page.get_by_role("button", name="Review this game").click()
    stage.wait_for(m.Review(100))
    game = game_of(page)
    stage.tell(m.ReviewState(game, True, 2, 5, 100))
    expect(page.locator(".review-progress").first).to_contain_text("2 of 5 positions")
    page.get_by_role("button", name="Stop", exact=True).click()
    stage.tell(m.Reviewed(game, [judged(node, 0.5, 0.0, 40) for node in range(5)]))
    stage.tell(m.ReviewState(game, False, 5, 5, 100), summary(game))
    expect(page.locator(".figures").first).to_contain_text("8k–5k")
    rows = page.locator(".mistakes li")
    assert [text.split() for text in rows.all_inner_texts()] == [
        ["2", "White", "H2", "−20", "%", "−6.5", "better:", "G7"],
        ["3", "Black", "C7", "−6", "%", "−1.6", "better:", "G3"],
    ]
    page.locator(".filters").get_by_role("combobox", name="Player").select_option("1")
    expect(rows).to_have_count(1)
    rows.locator("button").first.click()
    stage.wait_for(m.Go(3))
    page.locator(".filters").get_by_role("combobox", name="Player").select_option("0")
    page.locator(".filters").get_by_role("combobox", name="Points lost").select_option("4")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="better: G7").click()
    expect(page.locator(".goban .played circle")).to_have_count(2)


def test_a_second_net_stands_beside_the_first(page: Page, stage: Stage) -> None:
    game = game_of(page)
    stage.tell(m.Reviewed(game, [judged(node, 0.5, 0.0, 40) for node in range(5)]), summary(game))
    second = [judged(node, 0.5 if node != 3 else 0.8, 3.0, 50) for node in range(5)]
    stage.tell(m.Reviewed(game, second, "b18"), summary(game, "b18", 55.5))
    compared = page.locator(".review > div").last
    expect(compared).to_contain_text("55.5")
    page.get_by_role("list", name="Where the nets disagree").get_by_role("button").click()
    stage.wait_for(m.Go(3))
    page.get_by_role("button", name="Review with this net").click()
    stage.wait_for(m.Review(50, "b18"))
