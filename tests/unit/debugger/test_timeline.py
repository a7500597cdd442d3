"""The course of a recording: batches, waits, the causes of idle gaps, and the same as rows and as Chrome trace events.

The recorded world takes exactly as long as ``recorded`` says, so every figure is known beforehand.
"""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from protocol.trace import TraceReader, TraceWriter
from tests.unit.debugger import recorded
from tests.unit.debugger.recorded import Daemon, record
from zhugo.debugger.explaining.idle_gaps import idle_gaps
from zhugo.debugger.explaining.stats import stats
from zhugo.debugger.explaining.timeline import Batch, Timeline, Wait, merged, timeline
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.showing.perfetto import chrome_trace
from zhugo.debugger.showing.timeline_table import happenings

ALONE = recorded.UPDATE + recorded.WIRE + recorded.SELECT + recorded.ENCODE
"""What one searcher does between two batches on the device."""


def of_one_searcher(tmp_path: Path) -> Timeline:
    path = tmp_path / "alone"
    daemon = Daemon(path)
    daemon.search(40, (b"a",))
    daemon.end()
    return timeline(Recording.load(path), HashedReferee())


@pytest.fixture
def found(recording: Recording) -> Timeline:
    return timeline(recording, HashedReferee())


def test_every_grant_is_a_batch_with_its_times_in_order(found: Timeline) -> None:
    assert len(found.batches) > 10
    for batch in found.batches:
        times = (batch.asked, batch.granted, batch.encode, batch.submit, batch.device, batch.device_end, batch.update)
        assert list(times) == sorted(times)
        assert batch.over == pytest.approx(batch.update + recorded.WIRE)
        assert batch.fate == "updated"
    assert sum(batch.leaves for batch in found.batches) == found.counters.leaves


def test_one_searcher_leaves_the_device_idle_while_it_selects_encodes_and_updates(tmp_path: Path) -> None:
    found = of_one_searcher(tmp_path)
    first, *others = idle_gaps(found)
    assert first.cause == "start-up"
    assert len(others) == len(found.batches) - 1
    for gap in others:
        assert gap.end - gap.begin == pytest.approx(ALONE)
        assert gap.seconds == pytest.approx(
            {"update": recorded.UPDATE + recorded.WIRE, "master": recorded.SELECT, "encode": recorded.ENCODE}
        )
    figures = stats(found)
    assert figures["idle_causes"]["encode"]["gaps"] == len(others)
    assert figures["phases_ms"]["encode"]["p50"] == pytest.approx(recorded.ENCODE * 1000)
    assert figures["device"]["busy_share"] == pytest.approx(
        recorded.DEVICE / (recorded.DEVICE + ALONE), abs=0.5 / len(found.batches)
    )


def test_a_second_searcher_fills_the_gaps(found: Timeline, tmp_path: Path) -> None:
    assert stats(found)["device"]["busy_share"] > stats(of_one_searcher(tmp_path))["device"]["busy_share"]


def test_a_gap_is_blamed_on_the_park_that_the_next_batch_had_to_wait_out(found: Timeline) -> None:
    parked = [wait for wait in found.waits if wait.kind == "parked"]
    assert parked
    assert any("parked" in gap.seconds for gap in idle_gaps(found))
    for gap in idle_gaps(found):
        assert sum(gap.seconds.values()) == pytest.approx(gap.end - gap.begin)


def test_what_a_batch_was_waiting_for_is_told_piece_by_piece() -> None:
    found = Timeline.__new__(Timeline)
    first = Batch(b"a", 1, 4, 4, 0.0, 0.0, "updated", 5.0, 1.0, 2.0, 2.0, 4.0, 4.5)
    second = Batch(b"a", 2, 4, 4, 5.0, 8.0, "updated", 15.0, 9.0, 12.0, 13.0, 14.0, 14.5)
    found.batches, found.waits = [first, second], [Wait(b"a", "parked", 5.0, 6.5), Wait(b"a", "idle", 6.5, 7.0)]
    found.samples = [type("Sample", (), {"time": 0.0, "searching": True})()]
    start, between = idle_gaps(found)
    assert start.seconds == {"start-up": 2.0}
    assert between.seconds == {"update": 1.0, "parked": 1.5, "limits": 0.5, "master": 2.0, "encode": 3.0, "submit": 1.0}
    assert between.cause == "encode"


def test_spans_are_merged() -> None:
    assert merged(iter([(3.0, 4.0), (0.0, 1.0), (0.5, 2.0), (3.5, 3.7)])) == [(0.0, 2.0), (3.0, 4.0)]


@pytest.mark.parametrize(("how", "fate"), [("failed", "failed"), ("left", "lost"), ("never", "unfinished")])
def test_what_becomes_of_a_batch_that_is_not_updated(tmp_path: Path, how: str, fate: str) -> None:
    path = tmp_path / "trace"
    daemon = Daemon(path)
    daemon.say(b"a", m.Hello(m.PROTOCOL_VERSION, "searcher", "a", 2))
    daemon.say(recorded.CLIENT, m.Search(2, "s"))
    daemon.say(b"a", m.Select(m.BatchRequest(4)))
    if how == "failed":
        daemon.say(b"a", m.Failed(1, "the device fell over"))
    elif how == "left":
        daemon.say(b"a", m.Goodbye())
    daemon.end()
    found = timeline(Recording.load(path), HashedReferee())
    assert [batch.fate for batch in found.batches] == [fate]
    wasted = stats(found)["wasted"]
    assert sum(wasted.values()) == 1
    assert sum(any(word in one.text for word in ("failed", "lost")) for one in happenings(found)) == (how != "never")


def test_the_clock_of_another_life_is_put_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, late = tmp_path / "plain", tmp_path / "late"
    record(plain)
    phases = m.Phases
    later = lambda *times: phases(*(time + 5000.0 for time in times))  # noqa: E731
    monkeypatch.setattr(recorded.m, "Phases", later)
    record(late)
    monkeypatch.undo()
    one, other = (timeline(Recording.load(path), HashedReferee()) for path in (plain, late))
    for a, b in zip(one.batches, other.batches, strict=True):
        assert b.device == pytest.approx(a.device + recorded.WIRE)  # the fastest message is taken to need no time


def test_the_timeline_tells_every_phase_of_every_batch_in_order(found: Timeline) -> None:
    told = happenings(found)
    assert [one.time for one in told] == sorted(one.time for one in told)
    per_batch: dict[str, list[str]] = defaultdict(list)
    for one in told:
        verb, _, name = one.text.partition(":")[0].partition(" ")
        if verb in ("select", "encode", "submit", "update"):
            per_batch[name].append(verb)
    assert len(per_batch) == len(found.batches)
    assert {tuple(verbs) for verbs in per_batch.values()} == {("select", "encode", "submit", "update", "update")}
    assert sum(one.text == "fail: parked" for one in told) == sum(one.text == "retry" for one in told) > 0


def events(recording: Recording, found: Timeline) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(chrome_trace(recording, found))["traceEvents"]
    return read


def test_slices_of_a_track_follow_each_other(recording: Recording, found: Timeline) -> None:
    tracks: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for event in events(recording, found):
        if event["ph"] == "X":
            tracks[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
    assert len(tracks) == 1 + 2 + 2
    for slices in tracks.values():
        slices.sort()
        assert all(end <= begin + 1e-6 for (_, end), (begin, _) in pairwise(slices))


def test_every_arrow_goes_from_slice_to_slice_and_ends(recording: Recording, found: Timeline) -> None:
    every = events(recording, found)
    slices = [event for event in every if event["ph"] == "X"]
    arrows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for event in every:
        if event["ph"] in "stf":
            arrows[event["id"]].append(event)
    assert len(arrows) == len(found.batches)
    for stops in arrows.values():
        assert "".join(stop["ph"] for stop in stops) == "stttf"
        assert [stop["ts"] for stop in stops] == sorted(stop["ts"] for stop in stops)
        for stop in stops:
            assert any(
                (one["pid"], one["tid"]) == (stop["pid"], stop["tid"])
                and one["ts"] <= stop["ts"] <= one["ts"] + one["dur"]
                for one in slices
            )


def test_the_device_has_a_batch_in_its_queue_exactly_while_it_is_busy_or_about_to_be(
    recording: Recording, found: Timeline
) -> None:
    counters: dict[str, list[float]] = defaultdict(list)
    for event in events(recording, found):
        if event["ph"] == "C":
            counters[event["name"]].append(event["args"]["value"])
    assert set(counters) == {"tickets", "parked searchers", "pseudo-visit share %", "queue depth"}
    assert max(counters["queue depth"]) == 2
    assert min(counters["queue depth"]) == counters["queue depth"][-1] == 0
    assert counters["tickets"][-1] == counters["parked searchers"][-1] == 0
    assert max(counters["pseudo-visit share %"]) > 0


def test_a_recording_without_an_event_has_an_empty_course(trace: Path) -> None:
    TraceWriter(trace, TraceReader(trace).header).close()
    recording = Recording.load(trace)
    found = timeline(recording, HashedReferee())
    assert (found.batches, idle_gaps(found), happenings(found), found.length) == ([], [], [], 0.0)
    assert stats(found)["device"]["busy_share"] == 0.0
    assert {event["ph"] for event in events(recording, found)} == {"M"}


def test_perfetto_opens_it_without_a_warning(recording: Recording, found: Timeline, tmp_path: Path) -> None:
    processor = pytest.importorskip("perfetto.trace_processor", reason="PyPI's perfetto is not installed")
    path = tmp_path / "trace.json"
    path.write_bytes(chrome_trace(recording, found))
    try:
        opened = processor.TraceProcessor(trace=str(path))
    except processor.TraceProcessorException:
        raise  # it is there, and does not like the file
    except Exception as error:  # its program is fetched from the network when it is first used
        pytest.skip(f"the trace processor cannot be had: {str(error).splitlines()[0][:200]}")
    with opened:
        problems = opened.query("select name, value from stats where severity != 'info' and value > 0")
        assert [(row.name, row.value) for row in problems] == []
        names = {row.name for row in opened.query("select name from process where name is not null")}
        assert {"master", "searcher A", "searcher B", "device"} <= names
        (flows,) = opened.query("select count(*) as n from flow")
        assert flows.n == 4 * len(found.batches)
        (slices,) = opened.query("select count(*) as n from slice where name = 'encode'")
        assert slices.n == len(found.batches)
