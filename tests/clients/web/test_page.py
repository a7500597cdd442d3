"""The board's page in a real browser, with a server whose engine the test speaks for."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.npm import installed
from tests.clients.web.board_page import BoardPage, opened
from tests.clients.web.found import analysis
from tests.clients.web.stage import Stage, staged
from tests.daemons import ROOT
from zhugo.web import messages as m

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AXE = "4.14.1"
SMALL = "(;SZ[5]KM[0.5]PB[Ann]PW[Ben];B[cc];W[dc](;B[cd];W[dd])(;B[bb]C[a try];W[ed]))"
"""C3, D3; then C2 D2, or B4 E2. Nodes 0 to 4, then 5 and 6."""
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture
def page(browser: Browser, stage: Stage) -> Iterator[BoardPage]:
    stage.asked.clear()
    with opened(browser, stage) as shown:
        yield shown


def test_a_record_is_gone_through_by_keys(page: BoardPage) -> None:
    page.open_game(SMALL)
    at = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowRight", "b", "End", "Home", "ArrowLeft"):
        page.page.keyboard.press(key)
        at.append(page.node)
    assert at == [1, 2, 3, 5, 6, 2, 6, 0, 0]
    assert page.stones(5) == {}
    assert page.page.inner_text(".navigation .number") == "0 / 4"


def test_moves_show_at_once_and_variations_are_kept(page: BoardPage) -> None:
    page.open_game(SMALL)
    page.click(0, 5)
    page.at(7)
    page.click(1, 5)
    page.at(8)
    assert page.stones(5) == {0: 1, 1: -1}
    page.page.keyboard.press("u")
    assert page.node == 7
    page.page.keyboard.press("Home")
    page.click(12, 5)
    assert page.node == 1
    page.click(12, 5)
    page.page.wait_for_selector(".toast")
    assert page.texts(".toast") == ["C3 cannot be played: occupied"]
    assert page.stones(5) == {12: 1}


def test_a_game_is_begun_and_played_without_a_mouse(page: BoardPage) -> None:
    page.open()
    keys = page.page.keyboard
    keys.press("n")
    page.page.focus("dialog select >> nth=0")
    keys.press("9")
    page.page.press("dialog input[max='9']", "Enter")
    page.at(0)
    keys.press("k")
    for key in ("ArrowUp", "ArrowLeft", "Enter", "ArrowRight", "Enter", "Escape"):
        keys.press(key)
    assert page.stones(9) == {30: 1, 31: -1}
    keys.press("m")
    keys.type("j1")
    keys.press("Enter")
    keys.press("p")
    page.page.wait_for_selector(".number:text-is('4 / 4')")
    page.page.click("[data-tab=record]")
    assert page.texts(".moves li") == ["Black D6", "White E6", "Black J1", "White pass"]
    assert "Black: D6 J1" in page.page.inner_text(".position")
    assert page.page.get_attribute(".goban", "aria-label") == "Move 4. White plays pass. Black to play."


def test_candidates_their_lines_and_what_a_move_lost(page: BoardPage) -> None:
    game = page.open_game(SMALL)
    found = analysis(game, 0, [12, 7, 17, 11, 13], 25)
    page.tell(found)
    assert page.texts(".candidates .large") == ["56.0", "54.8", "51.2", "45.2", "36.8"]
    assert page.texts(".candidates tbody tr:not([hidden]) .move") == ["C3", "C4", "C2", "B3", "D3"]
    page.page.wait_for_selector(".said:text-is('56.0 % · B+2.1 · 1.0k visits')")
    line = found.candidates[1].pv
    page.page.mouse.move(*page.place(7, 5))
    assert page.stones(5, "played") == {point: 1 if at % 2 == 0 else -1 for at, point in enumerate(line)}
    assert page.texts(".played ~ .numbers text") == [str(at) for at in range(1, 11)]
    assert page.texts(".candidates .large") == []
    page.page.mouse.move(*page.place(17, 5))
    assert page.stones(5, "played")[17] == 1
    page.page.mouse.move(*page.place(7, 5))
    third = page.place(line[2], 5)
    page.page.mouse.move(*third)
    assert page.stones(5, "played")[line[2]] == 1
    page.page.mouse.click(*third)
    page.page.wait_for_selector(".number:text-is('3 / 3')")
    assert page.stones(5) == {line[0]: 1, line[1]: -1, line[2]: 1}
    page.page.keyboard.press("Home")
    page.at(0)
    page.click(7, 5)
    page.page.mouse.move(5, 5)
    assert page.stones(5) == {7: 1}
    page.page.wait_for_selector(".said:text-is('54.8 % · B+2.0 · 288 visits')")
    lost = analysis(game, page.node, [6], 25, turn=-1)
    page.page.wait_for_selector('.board-panel:not([data-node="-1"])')
    page.tell(
        m.Analysis(**{name: getattr(lost, name) for name in lost.__struct_fields__} | {"node": page.node, "loss": 4.0})
    )
    assert page.page.locator(".losses circle.loss-3").count() == 1


def test_few_visits_are_hidden_and_owners_shown(page: BoardPage) -> None:
    game = page.open_game(SMALL)
    few = analysis(game, 0, [12, 7], 25)
    page.tell(m.Analysis(**{name: getattr(few, name) for name in few.__struct_fields__} | {
        "candidates": [few.candidates[0], m.Candidate(7, 3, 0.4, None, 0.1, None, [7])],
        "ownership": [1.0] * 5 + [-0.7] * 5 + [0.0] * 15,
    }))  # fmt: skip
    assert page.texts(".candidates .large") == ["56.0"]
    page.page.keyboard.press("o")
    page.settle()
    assert page.page.locator(".owners .black").count() == page.page.locator(".owners .white").count() == 5


def test_analysis_goes_on_and_pauses_as_it_is_told(page: BoardPage, stage: Stage) -> None:
    page.open_game(SMALL)
    page.page.keyboard.press("Space")
    page.page.wait_for_selector(".analyze[aria-pressed=true]")
    stage.wait_for(m.Analyze(True, ownership=False))
    page.page.keyboard.down("Shift")
    page.page.mouse.move(*page.place(0, 5))
    page.page.mouse.down()
    page.page.mouse.move(*page.place(6, 5), steps=2)
    page.page.mouse.up()
    page.page.keyboard.up("Shift")
    page.page.wait_for_selector(".limit:not([hidden])")
    page.click(1, 5, button="right")
    stage.wait_for(m.Analyze(True, [0, 1, 5, 6], [1], ownership=False))
    page.settle()
    assert page.page.inner_text(".limit") == "Only 4 points · Without B5 Whole board"
    page.page.click(".limit button")
    page.page.keyboard.press("Space")
    page.page.keyboard.press("ArrowRight")
    page.at(1)
    stage.wait_for(m.Analyze(False, ownership=False))
    page.page.reload()
    page.at(1)
    assert page.page.get_attribute(".analyze", "aria-pressed") == "false"


def test_comments_and_markup_are_written_down(page: BoardPage) -> None:
    page.open_game(SMALL)
    page.page.fill(".note textarea", "good\n<b>or</b>")
    page.page.click('.tool[title="Triangle"]')
    page.click(3, 5)
    page.page.click('.tool[title="Letter"]')
    page.click(4, 5)
    page.click(9, 5)
    page.page.wait_for_selector(".labels g:nth-of-type(2)", state="attached")
    assert page.texts(".labels text") == ["A", "B"]
    assert page.page.locator(".marks path").count() == 1
    page.page.click('.tool[title="Play stones"]')
    page.page.keyboard.press("Tab")
    page.page.reload()
    page.at(0)
    assert page.page.input_value(".note textarea") == "good\n<b>or</b>"


def test_keys_that_are_typed_or_press_a_button_do_nothing_else(page: BoardPage, stage: Stage) -> None:
    page.open_game(SMALL)
    page.page.focus(".note textarea")
    page.page.keyboard.type("up, no b t o ?")
    page.page.focus(".navigation [aria-label='Move on']")
    page.page.keyboard.press("Space")
    page.at(1)
    page.page.click(".navigation [aria-label='Move on']")
    page.at(2)
    page.page.keyboard.press("Space")
    stage.wait_for(m.Analyze(True, ownership=False))
    assert page.node == 2
    page.page.keyboard.press("Space")
    page.page.keyboard.press("Home")
    page.at(0)
    assert page.page.input_value(".note textarea") == "up, no b t o ?"


def test_variations_are_promoted_and_deleted(page: BoardPage) -> None:
    page.open_game(SMALL)
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"):
        page.page.keyboard.press(key)
    page.at(5)
    page.page.click(".tree [aria-label='Make this the main line']")
    page.page.wait_for_selector(".tree [aria-label='Make this the main line']:disabled")
    page.page.keyboard.press("Delete")
    page.page.click("dialog .primary")
    page.at(2)
    page.page.keyboard.press("ArrowRight")
    assert page.node == 3
    box = page.page.locator(".tree .view").bounding_box()
    assert box is not None
    page.page.mouse.click(box["x"] + 16 + 26, box["y"] + 16)
    assert page.node == 1


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_record_that_a_person_brings_goes_to_the_server_as_it_is(page: BoardPage, stage: Stage, way: str) -> None:
    data = "(;SZ[7]PB[中村]C[<img src=x onerror=alert(1)>];B[aa])".encode("shift-jis" if way == "drop" else "utf-8")
    page.open()
    if way == "drop":
        page.page.evaluate(
            """bytes => {
                const files = new DataTransfer();
                files.items.add(new File([new Uint8Array(bytes)], "a.sgf"));
                dispatchEvent(new DragEvent("drop", { dataTransfer: files, cancelable: true }));
            }""",
            list(data),
        )
    else:
        page.page.evaluate(
            """text => {
                const clipboardData = new DataTransfer();
                clipboardData.setData("text/plain", text);
                const options = { clipboardData, bubbles: true, cancelable: true };
                document.body.dispatchEvent(new ClipboardEvent("paste", options));
            }""",
            data.decode(),
        )
    page.at(1)
    name = "a.sgf" if way == "drop" else "pasted record"
    stage.wait_for(m.Load(name, base64.b64encode(data).decode()))
    page.page.keyboard.press("Home")
    page.at(0)
    assert page.page.input_value(".note textarea") == "<img src=x onerror=alert(1)>"
    assert page.page.locator(".who b").first.text_content() == "中村"


def test_the_library_is_looked_through(page: BoardPage) -> None:
    page.open()
    page.page.click("[data-tab=games]")
    page.page.click("text=records/")
    page.page.click("text=2-0-9x9-katago-gnugo.sgf")
    page.page.wait_for_selector(".board-panel[data-node]")
    assert "katago" in page.page.inner_text("h1")


def test_a_record_is_taken_away_as_it_came(page: BoardPage) -> None:
    page.open_game(SMALL)
    page.page.click("[aria-label=Download]")
    with page.page.expect_download() as download:
        page.page.click("text='Record (SGF)'")
    text = download.value.path().read_text()
    assert "PB[Ann]" in text
    assert text.count(";") == SMALL.count(";")
    assert "C[a try]" in text


def test_light_and_dark_are_chosen_and_kept(page: BoardPage) -> None:
    page.open()
    page.page.click("[aria-label=Settings]")
    page.page.select_option("dialog select >> nth=1", "dark")
    page.page.reload()
    page.page.wait_for_selector("html.dark")


def test_a_game_that_is_removed_is_left(page: BoardPage) -> None:
    page.open_game(SMALL)
    page.page.click("[data-tab=games]")
    page.page.click("li:has([aria-current=true]) [aria-label=Remove]")
    page.page.click("dialog .primary")
    page.page.wait_for_selector(".welcome")
    assert page.stones(19) == {}


def test_a_name_that_is_changed_is_told(page: BoardPage, stage: Stage) -> None:
    game = page.open_game(SMALL)
    page.page.click("[aria-label=Settings]")
    page.page.fill("dialog input[type=text]", "Ann")
    page.page.press("dialog input[type=text]", "Tab")
    stage.wait_for(m.Hello("Ann", game, 0))
    page.page.wait_for_selector(".link-state:not(.bad)")


def test_who_follows_sees_what_the_other_sees(browser: Browser, page: BoardPage, stage: Stage) -> None:
    game = page.open_game(SMALL)
    with opened(browser, stage, {"name": "Ben"}) as other:
        other.open(f"&game={game}")
        page.page.click(".viewers summary")
        page.page.click(".viewers button")
        other.page.keyboard.press("Home")
        other.page.keyboard.press("ArrowRight")
        page.at(1)
        assert page.texts(".viewers li b")[1] == "Ben"
        assert page.page.text_content("[aria-live=polite]") == "Move 1. Black plays C3. White to play."
        other.click(0, 5)
        page.at(7)
        assert page.stones(5) == {12: 1, 0: -1}
        page.page.keyboard.press("Home")
        page.at(0)
        other.page.keyboard.press("ArrowLeft")
        other.at(1)
        assert page.node == 0


def test_a_broken_connection_comes_back_to_where_one_was(page: BoardPage, stage: Stage) -> None:
    page.open_game(SMALL)
    page.page.keyboard.press("ArrowRight")
    page.at(1)
    stage.wait_for(m.Go(1))
    stage.disconnect()
    page.page.wait_for_selector(".link-state.bad")
    page.click(0, 5)
    assert page.stones(5) == {12: 1}
    page.page.wait_for_selector(".link-state:not(.bad)")
    page.page.keyboard.press("ArrowRight")
    page.at(2)
    assert page.stones(5) == {12: 1, 13: -1}


def test_a_tap_on_a_phone_shows_the_stone_and_another_one_plays_it(browser: Browser, stage: Stage) -> None:
    with opened(browser, stage, **PHONE) as page:
        game = page.open_game(SMALL)
        page.page.touchscreen.tap(*page.place(6, 5))
        assert page.stones(5, "ghosts") == {6: 1}
        assert page.page.inner_text(".confirm") == "Play B4"
        page.tell(analysis(game, 0, [18, 7], 25))
        page.page.touchscreen.tap(*page.place(18, 5))
        assert page.stones(5, "ghosts") == {18: 1}
        assert page.stones(5, "played")[18] == 1
        page.page.tap(".confirm")
        page.page.wait_for_selector('.board-panel:not([data-node="0"])')
        assert page.stones(5) == {18: 1}


FAULTS = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_everything_has_its_place_and_axe_finds_no_serious_fault(
    browser: Browser, stage: Stage, scheme: Any, width: int
) -> None:
    """Axe takes its time: it looks at each scheme once, and at each width."""
    axe = (installed("axe-core", AXE) / "axe-core" / "axe.min.js").read_text()
    options = PHONE if width < 500 else {}
    with opened(browser, stage, color_scheme=scheme, **options) as page:
        game = page.open_game((ROOT / "games" / "records" / "1-4-19x19-gnugo-gnugo.sgf").read_text())
        page.tell(
            m.EngineState(True, "", "net", "CPU", 0.9, 6.0, 900.0, 700.0, 3.0, 0.2, True),
            analysis(game, 0, [60, 72, 288, 300, 61, 73], 361),
        )
        wide = page.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]
        board = page.page.locator(".goban").bounding_box()
        assert board is not None
        assert board["width"] == pytest.approx(board["height"], abs=1)
        assert board["width"] >= (390 if width < 500 else 600)
        assert board["y"] + board["height"] <= page.page.viewport_size["height"]  # type: ignore[index]
        if (width < 500) != (scheme == "dark"):
            return
        faults = []
        page.page.evaluate(axe)
        for tab in ("explore", "play", "review", "record", "games"):
            page.page.click(f"[data-tab={tab}]")
            page.settle()
            faults += page.page.evaluate(FAULTS)
        for key in ("n", "?"):
            page.page.keyboard.press(key)
            faults += page.page.evaluate(FAULTS)
            page.page.keyboard.press("Escape")
        page.page.click("[aria-label=Settings]")
        faults += page.page.evaluate(FAULTS)
        assert faults == []


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "新对局"), ("ja", "新しい対局"), ("ko", "새 대국"), ("de", "Neue Partie")]
)
def test_the_page_speaks(browser: Browser, stage: Stage, language: str, said: str) -> None:
    with opened(browser, stage, locale=f"{language}-XX") as page:
        page.open()
        assert page.page.get_attribute("html", "lang") == language
        assert page.texts("header.top .with-words")[0] == said
        page.page.click(f"text={said}")
        assert page.page.locator("dialog h2").text_content() == said


def test_files_are_for_the_browser_alone() -> None:
    """What pages import lies beside them, and nothing is fetched from elsewhere."""
    for file in (ROOT / "zhugo" / "web" / "page").glob("*.*"):
        text = file.read_text(encoding="utf-8")
        assert "http://" not in text.replace("http://www.w3.org", ""), file.name
        assert "https://" not in text, file.name
        assert "innerHTML" not in text, file.name
    assert Path(ROOT / "zhugo" / "web" / "page" / "index.html").read_text().count("<script") == 1
