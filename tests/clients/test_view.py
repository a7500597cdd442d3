"""The page of ``zhugo trace view`` in a real browser shows what ``replay`` says of the same moment."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.table import Table

from daemon import search_tree as st
from daemon.hashed_game import HashedReferee
from daemon.inspection import moves_to
from daemon.referee import GamesReferee
from games.go.game import Go
from games.go.position import Position
from protocol.messages import Limits
from tests.clients.view_page import ViewPage, opened
from tests.daemons import PATIENCE, RealDaemon
from tests.unit.tracing.recorded import record
from zhugo.tracing.breaks import condition
from zhugo.tracing.course import Course, course
from zhugo.tracing.moments import Moments
from zhugo.tracing.recording import Recording
from zhugo.tracing.text import event_line, holdings_table, tree_table
from zhugo.tracing.view.page import page as page_of
from zhugo.tracing.words import People

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ZHUGO = Path(sys.executable).parent / "zhugo"
VISITS = 150
NINE = {"size": 9, "komi": 7}
CORNER = [9, 0, 1, 40]
"""A8, A9, B9, which takes A9, and E5."""
WIDE = {"size": [7, 5], "komi": 0.5, "black": [8, 9], "white": [16], "to_play": "white"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="PyPI's playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not there (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as drivers:
        running = drivers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions that a daemon searched at once: a game of 9×9 that is under way, and set-up stones on 7×5."""
    directory = tmp_path_factory.mktemp("v")
    with RealDaemon(directory, "--trace", str(directory / "t.trace"), latency_ms=3.0) as daemon:
        with daemon.client() as client:
            nine, wide = client.open("nine", "go", NINE, CORNER), client.open("wide", "go", WIDE)
            searches = [session.search(Limits(visits=VISITS)) for session in (nine, wide)]
            assert all(search.result(PATIENCE).final for search in searches)
            nine.search(Limits(new_visits=VISITS)).result(PATIENCE)
        daemon.end()
    return directory / "t.trace"


@pytest.fixture(scope="module")
def recording(trace: Path) -> Recording:
    return Recording.load(trace)


@pytest.fixture(scope="module")
def found(recording: Recording) -> Course:
    return course(recording, GamesReferee())


@pytest.fixture(scope="module")
def file(trace: Path) -> Path:
    subprocess.run([ZHUGO, "trace", "view", trace], check=True, capture_output=True, timeout=PATIENCE)
    return trace.with_name("t.trace.html")


@pytest.fixture
def shown(browser: Browser, file: Path) -> Iterator[ViewPage]:
    with opened(browser, file) as page:
        yield page


@pytest.fixture
def moments(recording: Recording) -> Moments:
    return Moments(recording, GamesReferee(), goes_back=True)


def some_events(recording: Recording, count: int = 8) -> list[int]:
    """Events anywhere, in no order."""
    return random.Random(5).sample(range(1, len(recording.entries) + 1), count)


def cells(table: Table) -> list[list[str]]:
    """The rows of a table as text, without their indents."""
    rows = zip(*(column.cells for column in table.columns), strict=True)
    return [[str(cell).strip() for cell in row] for row in rows]


def replayed_tree(moments: Moments, people: People, name: str, node: int, depth: int) -> list[list[str]]:
    """The rows that ``replay`` prints, with the searchers' letters for their names."""
    session = moments.core.sessions.by_name[name]
    rows = cells(tree_table(moments, people, session, node, depth))
    return [[*row[:-1], row[-1].removeprefix("searcher ")] for row in rows]


def test_it_shows_what_replay_says_at_any_event(shown: ViewPage, moments: Moments, found: Course) -> None:
    recording, people = moments.recording, found.people
    compared = 0
    for event in some_events(recording):
        moments.go_to(event)
        shown.go(event)
        entry = recording.entries[event - 1]
        assert shown.said == event_line(recording, people, entry)
        for number, name in enumerate(("nine", "wide")):
            shown.page.select_option("#session", str(number))
            shown.settle()
            if name not in moments.core.sessions.by_name:
                assert shown.rows() == []
                continue
            session = moments.core.sessions.by_name[name]
            expected = replayed_tree(moments, people, name, session.cursor, 1)
            assert [row[1:] for row in shown.rows()] == [row[1:] for row in expected]
            assert [row[0] for row in shown.rows()] == ["root", *(row[0] for row in expected[1:])]
            compared += len(expected)
    assert compared > 50


def test_it_shows_who_has_what_at_any_event(shown: ViewPage, moments: Moments, found: Course) -> None:
    kinds = [held for event in some_events(moments.recording) for held in holdings_alike(shown, moments, found, event)]
    assert any(kind.startswith("grant ") for kind in kinds)


def holdings_alike(shown: ViewPage, moments: Moments, found: Course, event: int) -> list[str]:
    """What the searchers have behind an event, which the page and ``replay`` agree on."""
    moments.go_to(event)
    shown.go(event)
    told: dict[str, list[str]] = {}
    for searcher, has, session, leaves in cells(holdings_table(moments, found.people)):
        lines = told.setdefault(searcher, [has])
        lines += leaves.split("; ") if session and session == shown_session(moments) else []
    for name, has, *lines in shown.holdings():
        here = [line for line in lines if not line.endswith(" elsewhere")]
        assert [has.replace("not here", "left"), *here] == told[name]
    return [has for has, *_ in told.values()]


def shown_session(moments: Moments) -> str:
    """The session that the page shows by itself: the one that is searched, else the first that is open."""
    sessions = moments.core.sessions
    names = [session.name for session in sessions.searching] or list(sessions.by_name)
    return min(names, default="")


def test_the_counts_are_those_of_the_moment(shown: ViewPage, found: Course, recording: Recording) -> None:
    for event in some_events(recording):
        shown.go(event)
        last = [sample for sample in found.samples if sample.time == found.samples[event - 1].time][-1]
        counts = shown.counts()
        share = 100.0 * last.pseudo / last.visits if last.visits else 0.0
        assert counts["tickets"] == str(last.tickets)
        assert counts["parked searchers"] == str(last.parked)
        assert float(counts["pseudo-visit share"].removesuffix(" %")) == pytest.approx(share, abs=0.051)


def test_the_board_has_the_stones_and_the_numbers(shown: ViewPage, moments: Moments) -> None:
    last = max(entry.number for entry in moments.run() if len(moments.core.sessions.by_name) == 2)
    moments.go_to(last)
    shown.go(last)
    for number, (name, spec) in enumerate({"nine": NINE, "wide": WIDE}.items()):
        shown.page.select_option("#session", str(number))
        shown.settle()
        session = moments.core.sessions.by_name[name]
        for node in (session.cursor, *some_nodes(session.tree, session.cursor)):
            shown.page.goto(f"{shown.address}#event={last}&session={number}&node={node}")
            shown.page.wait_for_selector(f'#path button[disabled][data-node="{node}"]')
            assert shown.stones() == stones(spec, moves_to(session.tree, node))
            children = st.children_of(session.tree, node).tolist()
            for heat, texts in (
                ("visits", {child: str(session.tree.visits[child] or "") for child in children}),
                ("pseudo", {child: str(session.tree.pseudo[child] or "") for child in children}),
                ("Q", {child: q_text(session.tree, child) for child in children}),
            ):
                shown.page.check(f'#heat input[value="{heat}"]', force=True)
                shown.settle()
                drawn = shown.numbers()
                assert {child: drawn[int(session.tree.move[child])] for child in children} == texts


def some_nodes(tree: st.Tree, cursor: int) -> list[int]:
    """Nodes here and there below the cursor."""
    below = [node for node in range(cursor + 1, int(tree.used[st.NODES])) if tree.visits[node]]
    return random.Random(3).sample(below, 3)


def stones(spec: dict[str, Any], moves: list[int]) -> dict[int, int]:
    """What the rules leave on the board."""
    there = Position(Go.from_spec(spec), moves).stones.reshape(-1)
    return {int(point): int(there[point]) for point in np.flatnonzero(there)}


def q_text(tree: st.Tree, node: int) -> str:
    return f"{tree.W[node] / tree.visits[node]:+.2f}" if tree.visits[node] else ""


def test_the_tree_opens_and_closes_by_mouse_and_keys(shown: ViewPage, moments: Moments, found: Course) -> None:
    event = max(entry.number for entry in moments.run() if "nine" in moments.core.sessions.by_name)
    moments.go_to(event)
    shown.open(f"#event={event}&session=0")
    session = moments.core.sessions.by_name["nine"]
    root, first, *others = shown.rows()
    child = f'#tree tr[data-node="{first[1]}"]'
    below = replayed_tree(moments, found.people, "nine", int(first[1]), 1)
    shown.page.click(f"{child} .sign")
    shown.settle()
    assert shown.rows() == [root, *below, *others]
    shown.page.focus(child)
    shown.page.keyboard.press("ArrowLeft")
    shown.settle()
    assert shown.rows() == [root, first, *others]
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        shown.page.keyboard.press(key)
        shown.settle()
    assert shown.rows() == [root, *below, *others]
    assert shown.page.get_attribute('#tree [aria-selected="true"]', "data-node") == below[1][1]
    more = len(st.children_of(session.tree, session.cursor)) - 8
    shown.page.click(f'text="{more} more"')
    shown.settle()
    assert len(shown.rows()) == 1 + len(below) + 7 + more


def test_a_move_on_the_board_leads_to_the_position_behind_it(shown: ViewPage) -> None:
    shown.open("#session=0")
    before = shown.stones()
    move = shown.page.get_attribute("[data-move].known", "data-move") or ""
    shown.page.click(f'[data-move="{move}"]', force=True)
    shown.settle()
    assert set(shown.stones()) - set(before) == {int(move)}
    shown.page.keyboard.press("r")
    shown.settle()
    assert shown.stones() == before


def test_scrubbing_goes_to_the_last_event_before_that_time(shown: ViewPage, recording: Recording) -> None:
    box = shown.page.locator("#scrubber").bounding_box()
    assert box is not None
    times = np.array(recording.times) - recording.times[0]
    shown.page.mouse.move(box["x"] + 5, box["y"] + 10)
    shown.page.mouse.down()
    seen = set()
    for share in (0.2, 0.9, 0.5, 0.75):
        x = round(box["x"] + share * box["width"])
        shown.page.mouse.move(x, box["y"] + 12, steps=3)
        seconds = (x - box["x"]) / box["width"] * times[-1]
        near = [int(np.searchsorted(times, seconds + away / box["width"] * times[-1], "right")) for away in (-1, 1)]
        assert near[0] <= shown.event <= near[1]
        assert shown.said.startswith(f"event {shown.event} ")
        seen.add(shown.event)
    shown.page.mouse.up()
    assert len(seen) == 4


def test_the_timeline_tells_every_batch_where_it_was(shown: ViewPage, found: Course) -> None:
    for number in (2, len(found.batches) // 2, len(found.batches) - 2):
        batch = found.batches[number]
        name = f"{found.people[batch.searcher].removeprefix('searcher ')}{batch.grant}"
        middle = (batch.device + batch.device_end) / 2
        shown.open(f"#event={next(at for at, one in enumerate(found.samples, 1) if one.time >= middle)}")
        shown.page.mouse.move(*shown.point(middle, "device"))
        tip = shown.page.inner_text("#tip")
        assert tip.startswith(f"{name}: on the device")
        assert f"{batch.leaves} lea" in tip
        shown.page.mouse.move(*shown.point(middle, found.people[batch.searcher]))
        assert shown.page.inner_text("#tip").startswith(f"{name}: submitted")
        shown.page.mouse.click(*shown.point(middle, "master"))
        assert shown.event == sum(sample.time <= middle for sample in found.samples)


def test_the_timeline_zooms_about_the_pointer_and_is_dragged(shown: ViewPage, recording: Recording) -> None:
    begin, end = shown.span()
    x, y = shown.point(begin + 0.25 * (end - begin), "device")
    shown.page.mouse.move(x, y)
    shown.page.mouse.wheel(0, -400)
    near = shown.span()
    assert near[1] - near[0] < 0.6 * (end - begin)
    assert (begin + 0.25 * (end - begin) - near[0]) / (near[1] - near[0]) == pytest.approx(0.25, abs=0.01)
    event = shown.event
    shown.page.mouse.down()
    shown.page.mouse.move(x - 200, y, steps=4)
    shown.page.mouse.up()
    dragged = shown.span()
    assert dragged[0] > near[0]
    assert dragged[1] - dragged[0] == pytest.approx(near[1] - near[0])
    assert shown.event == event
    shown.page.keyboard.press("0")
    assert shown.span() == pytest.approx((0.0, recording.times[-1] - recording.times[0]))


def test_keys_step_and_the_address_keeps_the_moment(shown: ViewPage, recording: Recording) -> None:
    shown.go(40)
    shown.page.locator("#event").blur()
    for key, event in (("ArrowRight", 41), ("ArrowLeft", 40), ("Shift+ArrowRight", 50), ("Home", 0), ("ArrowLeft", 0)):
        shown.page.keyboard.press(key)
        assert shown.event == event
    assert shown.said == "before the first event"
    assert shown.rows() == []
    shown.page.keyboard.press("End")
    last = len(recording.entries)
    assert shown.event == last
    shown.page.wait_for_url(f"**#event={last}*")
    shown.go(60)
    shown.page.check('#heat input[value="policy"]', force=True)
    shown.page.wait_for_url("**#event=60&heat=policy")
    said, rows, numbers = shown.said, shown.rows(), shown.numbers()
    shown.page.reload()
    shown.wait(60)
    assert (shown.said, shown.rows(), shown.numbers()) == (said, rows, numbers)


@pytest.mark.parametrize("kind", ["ticket", "collision", "pseudo", "wake"])
def test_the_next_event_of_a_kind_is_found(shown: ViewPage, recording: Recording, kind: str) -> None:
    stop, moments = condition(f"event={kind}"), Moments(recording, GamesReferee())
    stops = [entry.number for entry in moments.run() if stop(moments, entry)]
    shown.page.select_option("#kind", kind)
    shown.go(0)
    shown.page.locator("#event").blur()
    for event in [*stops[:4], *stops[2:3]]:
        shown.page.keyboard.press("n" if event > shown.event else "N")
        assert shown.event == event


def test_what_the_event_did_is_told_in_the_words_of_a_story(shown: ViewPage, recording: Recording) -> None:
    stop, moments = condition("event=ticket & event=pseudo & session=nine"), Moments(recording, GamesReferee())
    event = next(entry.number for entry in moments.run() if stop(moments, entry))
    shown.open(f"#event={event}&session=0")
    told = shown.page.inner_text("#happened")
    tickets = sum(note.what == "ticket" and note.session.name == "nine" for note in moments.notes)
    assert told.count("gets its ticket") >= tickets > 0
    assert "pseudo-visits +" in told or "pseudo-visits −" in told


def test_pointing_at_a_ticket_shows_its_path(shown: ViewPage, moments: Moments) -> None:
    for _ in moments.run():
        nine = moments.core.sessions.by_name.get("nine")
        if nine is not None and nine in moments.core.sessions.searching and nine.visits > 100 and nine.in_flight:
            break
    shown.open(f"#event={moments.at}&session=0")
    line = shown.page.locator("#holdings button").first
    moves = (line.text_content() or "").removesuffix(" (speculative)").split()
    line.hover()
    shown.settle()
    assert shown.page.locator(".ghost text").all_text_contents() == [str(at + 1) for at in range(len(moves))]
    shown.page.mouse.move(5, 5)
    assert shown.page.locator(".ghost").count() == 0


@pytest.fixture
def hashed(tmp_path: Path) -> Recording:
    """A search of a game that the page has no board for, the same in every run."""
    record(tmp_path / "hashed.trace")
    return Recording.load(tmp_path / "hashed.trace")


@pytest.fixture
def shown_hashed(browser: Browser, hashed: Recording, tmp_path: Path) -> Iterator[ViewPage]:
    (tmp_path / "page.html").write_text(page_of(hashed, HashedReferee()), encoding="utf-8")
    with opened(browser, tmp_path / "page.html") as page:
        yield page


def test_a_game_without_a_board_is_a_list_of_moves(shown_hashed: ViewPage, hashed: Recording) -> None:
    moments = Moments(hashed, HashedReferee(), goes_back=True)
    for event in (shown_hashed.event, 15, 22):
        moments.go_to(event)
        shown_hashed.go(event)
        tree = moments.session().tree
        children = st.children_of(tree, 0)
        visits = {int(tree.move[child]): str(tree.visits[child] or "") for child in children}
        numbers = shown_hashed.numbers()
        assert visits.items() <= numbers.items()
        assert all(text == "" for move, text in numbers.items() if move not in visits)


def test_it_shows_who_is_parked_where(shown_hashed: ViewPage, hashed: Recording) -> None:
    moments = Moments(hashed, HashedReferee(), goes_back=True)
    found, park = course(hashed, HashedReferee()), condition("event=park")
    parks = [entry.number for entry in moments.run() if park(moments, entry)]
    assert "parked on" in [held for event in parks[:6] for held in holdings_alike(shown_hashed, moments, found, event)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_the_colours_that_are_preferred(browser: Browser, file: Path, scheme: Any) -> None:
    with opened(browser, file, color_scheme=scheme) as shown:
        ground = shown.page.evaluate("getComputedStyle(document.body).backgroundColor")
        ink = shown.page.evaluate("getComputedStyle(document.body).color")
        lightness = [sum(int(part) for part in color[4:-1].split(",")) for color in (ground, ink)]
        assert (lightness[0] > lightness[1]) == (scheme == "light")


def test_nothing_is_wider_than_a_small_window(browser: Browser, file: Path) -> None:
    with opened(browser, file) as shown:
        for width in (1280, 900, 600, 380):
            shown.page.set_viewport_size({"width": width, "height": 800})
            shown.settle()
            assert shown.page.evaluate("document.documentElement.scrollWidth") <= width


def test_of_a_torn_trace_it_shows_what_could_be_read(browser: Browser, trace: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.trace"
    torn.write_bytes(trace.read_bytes()[:-100])
    (tmp_path / "p.html").write_text(page_of(Recording.load(torn), GamesReferee()), encoding="utf-8")
    with opened(browser, tmp_path / "p.html") as shown:
        assert "was cut short" in shown.page.inner_text("#warnings")
        assert shown.page.inner_text("#count") == str(len(Recording.load(torn).entries))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_search_of_100_000_visits_opens_and_is_scrubbed(browser: Browser, tmp_path: Path) -> None:
    trace, file = tmp_path / "long.trace", tmp_path / "long.html"
    device = ("--device", "emulated", "--latency-ms", "0", "--batch", "64")
    search = ("genmove", "--size", "9", "--visits", "100000", *device, "--trace", trace)
    for command in (search, ("trace", "view", trace, "--out", file)):
        subprocess.run([ZHUGO, *command], check=True, capture_output=True, timeout=900)
    assert file.stat().st_size < 30_000_000
    moments = Moments(Recording.load(trace), GamesReferee())
    people = People(moments.recording)
    with opened(browser, file) as shown:
        for event in sorted([*some_events(moments.recording, 4), shown.event]):
            moments.go_to(event)
            shown.go(event)
            expected = replayed_tree(moments, people, "genmove", 0, 1)
            assert [row[1:] for row in shown.rows()] == [row[1:] for row in expected]
        assert int(shown.rows()[0][2]) > 99_000
