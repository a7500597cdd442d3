"""The timeline as a picture: everybody's bars in their lanes, as long as what they stand for."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from daemon.replay.hashed_game import HashedReferee
from tests.unit.debugger import recorded
from zhugo.debugger.explaining.timeline import timeline
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.showing.picture import COLORS, LANE, LEFT, RIGHT, WIDTH, Bar, Panel, picture
from zhugo.debugger.showing.timeline_picture import timeline_picture
from zhugo.shared.errors import UserError

SVG = "{http://www.w3.org/2000/svg}"


def bars(text: str, color: str) -> list[tuple[float, float, float]]:
    """Left, width and top of every bar of a colour."""
    return [
        (float(bar.get("x", 0)), float(bar.get("width", 0)), float(bar.get("y", 0)))
        for bar in ET.fromstring(text).iter(f"{SVG}rect")
        if bar.get("fill") == color
    ]


def test_a_bar_is_as_long_as_it_lasts() -> None:
    panel = Panel("two", {"A": "searcher A", "device": "device"}, [Bar("device", 2.0, 4.0, "A", "A1")], 0.0, 8.0)
    ((left, width, _),) = bars(picture("a picture", [panel], "a legend"), COLORS["A"])
    whole = WIDTH - LEFT - RIGHT
    assert left == pytest.approx(LEFT + whole / 4, abs=0.1)
    assert width == pytest.approx(whole / 4 - 1, abs=0.1)


def test_what_is_outside_is_left_out_or_cut() -> None:
    inside, cut, outside = Bar("A", 1, 2, "A", ""), Bar("A", -1, 0.5, "A", ""), Bar("A", 4, 5, "A", "")
    drawn = bars(picture("", [Panel("", {"A": "A"}, [inside, cut, outside], 0.0, 4.0)], ""), COLORS["A"])
    assert [left for left, *_ in drawn] == pytest.approx([LEFT + (WIDTH - LEFT - RIGHT) / 4, LEFT], abs=0.1)


def test_names_are_no_markup() -> None:
    text = picture("<&>", [Panel("<b>", {"A": "<i>"}, [Bar("A", 0, 1, "A", "<u>")], 0.0, 1.0)], "&amp;")
    words = [element.text for element in ET.fromstring(text).iter(f"{SVG}text")]
    assert words == ["<b>", "<i>", "<u>", "&amp;"]


def test_the_device_of_a_recorded_search_is_drawn_at_work_as_long_as_it_was(recording: Recording) -> None:
    found = timeline(recording, HashedReferee())
    text = timeline_picture(found, 0.0, found.length)
    scale = (WIDTH - LEFT - RIGHT) / found.length
    for letter, searcher in (("A", b"a"), ("B", b"b")):
        work = [batch for batch in found.device_work() if batch.searcher == searcher]
        drawn = bars(text, COLORS[letter])
        assert [left for left, *_ in drawn] == pytest.approx([LEFT + batch.device * scale for batch in work], abs=0.1)
        assert [width for _, width, _ in drawn] == pytest.approx([recorded.DEVICE * scale - 1] * len(work), abs=0.6)
    lanes = {top for _, _, top in bars(text, "#f2f0eb") + bars(text, "#f3dcd6")}
    assert {top for _, _, top in bars(text, "url(#hatch)")} <= lanes
    assert len(lanes) == 4
    assert max(lanes) - min(lanes) > 3 * LANE


def test_a_time_that_is_none_cannot_be_drawn(recording: Recording) -> None:
    found = timeline(recording, HashedReferee())
    with pytest.raises(UserError, match="there is nothing from 5 ms to 5 ms"):
        timeline_picture(found, 0.005, 0.005)
