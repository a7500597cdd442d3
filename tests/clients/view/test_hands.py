"""The page in a real browser under a person's hands: mouse, wheel, keys, address, and windows of any size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from daemon.core import search_tree as st
from daemon.process.referee import GamesReferee
from tests.clients.view.page import ViewPage, opened
from tests.clients.view.replayed import replayed_tree
from zhugo.debugger.explaining.timeline import Timeline
from zhugo.debugger.reading.breakpoints import condition
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.view.page import page as page_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_the_tree_opens_and_closes_by_mouse_and_keys(shown: ViewPage, seekable: SeekableCore, found: Timeline) -> None:
    event = max(entry.number for entry in seekable.run() if "nine" in seekable.core.sessions.by_name)
    seekable.go_to(event)
    shown.open(f"#event={event}&session=0")
    session = seekable.core.sessions.by_name["nine"]
    root, first, *others = shown.rows()
    child = f'#tree tr[data-node="{first[1]}"]'
    below = replayed_tree(seekable, found.people, "nine", int(first[1]), 1)
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


def test_the_timeline_tells_every_batch_where_it_was(shown: ViewPage, found: Timeline) -> None:
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
    stop, seekable = condition(f"event={kind}"), SeekableCore(recording, GamesReferee())
    stops = [entry.number for entry in seekable.run() if stop(seekable, entry)]
    shown.page.select_option("#kind", kind)
    shown.go(0)
    shown.page.locator("#event").blur()
    for event in [*stops[:4], *stops[2:3]]:
        shown.page.keyboard.press("n" if event > shown.event else "N")
        assert shown.event == event


def test_what_the_event_did_is_told_in_the_words_of_a_story(shown: ViewPage, recording: Recording) -> None:
    stop, seekable = condition("event=ticket & event=pseudo & session=nine"), SeekableCore(recording, GamesReferee())
    event = next(entry.number for entry in seekable.run() if stop(seekable, entry))
    shown.open(f"#event={event}&session=0")
    told = shown.page.inner_text("#happened")
    tickets = sum(note.what == "ticket" and note.session.name == "nine" for note in seekable.tree_events)
    assert told.count("gets its ticket") >= tickets > 0
    assert "pseudo-visits +" in told or "pseudo-visits −" in told


def test_pointing_at_a_ticket_shows_its_path(shown: ViewPage, seekable: SeekableCore) -> None:
    for _ in seekable.run():
        nine = seekable.core.sessions.by_name.get("nine")
        if (
            nine is not None
            and nine in seekable.core.sessions.searches.running
            and nine.visits > 100
            and nine.in_flight
        ):
            break
    shown.open(f"#event={seekable.at}&session=0")
    line = shown.page.locator("#holdings button").first
    moves = (line.text_content() or "").removesuffix(" (speculative)").split()
    line.hover()
    shown.settle()
    assert shown.page.locator(".ghost text").all_text_contents() == [str(at + 1) for at in range(len(moves))]
    shown.page.mouse.move(5, 5)
    assert shown.page.locator(".ghost").count() == 0


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
