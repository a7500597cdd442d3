"""What is recorded with `--trace`, and the commands that read it and measure it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocol.trace import Event, TraceReader, TraceWriter
from tests.process.command import QUICK, inside, zhugo


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of a search of 30 visits on 9×9, on a device that takes its time."""
    trace = tmp_path_factory.mktemp("recorded") / "trace"
    on_a_device = ("--device", "emulated", "--latency-ms", "2", "--batch", "4")
    zhugo("genmove", "--size", "9", "--visits", "30", "--trace", trace, *on_a_device)
    return trace


def test_a_trace_replays_and_one_that_says_something_else_does_not(recorded: Path, tmp_path: Path) -> None:
    assert zhugo("trace", "replay", recorded).stdout.startswith("the same: ")
    reader = TraceReader(recorded)
    with TraceWriter(tmp_path / "other", reader.header) as writer:
        for _, record in reader:
            if isinstance(record, Event):
                writer.event(record.time, record.sender, record.inbound, record.outbound[:-1])
    assert "different" in inside("trace", "replay", tmp_path / "other", code=1).stdout


def test_a_trace_in_parts_is_one_and_its_newest_part_stands_alone(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    arguments = ("--size", "9", "--visits", "300", "--trace", trace, "--trace-mb", "0.02", "--trace-keep", "2")
    zhugo("genmove", *arguments, *QUICK)
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == 2
    assert trace not in kept
    assert json.loads(inside("trace", "info", trace, "--json").stdout)["parts"] == ", ".join(file.name for file in kept)
    for each in (trace, kept[-1]):
        assert inside("trace", "replay", each, "--check").stdout.startswith("the same: ")
        assert json.loads(inside("trace", "stats", each, "--json").stdout)["searchers"]
    assert "it takes a whole trace" in inside("trace", "shrink", trace, "--out", tmp_path / "x", code=2).stderr


def test_a_trace_tells_what_was_searched_and_what_the_device_did(recorded: Path, tmp_path: Path) -> None:
    trace, chrome = recorded, tmp_path / "chrome.json"
    assert "gets its ticket" in inside("trace", "story", trace, "root").stdout
    assert "encode A1" in inside("trace", "timeline", trace).stdout
    inside("trace", "timeline", trace, "--perfetto", chrome)
    assert json.loads(chrome.read_text())["traceEvents"]
    inside("trace", "timeline", trace, "--svg", tmp_path / "x.svg")
    assert "searcher A" in (tmp_path / "x.svg").read_text()
    figures = json.loads(inside("trace", "stats", trace, "--json").stdout)
    assert figures["visits"] == 30
    assert 0 < figures["device"]["busy_share"] <= 1
    assert "start-up" in inside("trace", "stats", trace).stdout
    by_hand = inside("trace", "replay", trace, "-i", typed="run event=ticket\ntree\nwho\nback\nquit\n").stdout
    assert "in flight" in by_hand
    assert "grant 1" in by_hand
    assert "0 orderly ends" in inside("trace", "replay", trace, "--break", "event=update", "--check").stdout


def test_two_searches_are_laid_side_by_side_and_one_is_made_small(tmp_path: Path) -> None:
    one, other, small = (tmp_path / name for name in ("one", "other", "small"))
    on_a_device = ("--device", "emulated", "--latency-ms", "1", "--batch", "4")
    for trace, speculate in ((one, "off"), (other, "on")):
        zhugo("genmove", "--size", "9", "--visits", "40", "--speculate", speculate, "--trace", trace, *on_a_device)
    assert "the same: every message" in inside("trace", "diff", one, one).stdout
    figures = json.loads(inside("trace", "diff", one, other, "--json", code=1).stdout)
    assert [figures[side]["visits"] for side in "ab"] == [40, 40]
    assert figures["sums"]["leaves"]["b"] > figures["sums"]["leaves"]["a"]
    said = inside("trace", "shrink", one, "--out", small, "--break", "event=update & session=genmove").stdout
    assert f"wrote {small}" in said
    assert len(list(TraceReader(small))) < 10 < len(list(TraceReader(one)))
    assert inside("trace", "replay", small).stdout.startswith("the same: ")


@pytest.mark.parametrize("command", [("replay",), ("story", "root"), ("timeline",), ("stats",), ("view",)])
def test_of_a_damaged_trace_what_can_be_read_is_shown(recorded: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    trace = tmp_path / "trace"
    offsets = [offset for offset, _ in TraceReader(recorded)]
    damaged = bytearray(recorded.read_bytes())
    damaged[offsets[-3] + 16] ^= 1
    trace.write_bytes(damaged)
    done = inside("trace", command[0], trace, *command[1:], code=2)
    assert done.stdout
    assert f"damaged at byte {offsets[-3]}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_bench_pipeline_has_the_figures_that_are_documented() -> None:
    arguments = (
        "--latency-ms",
        "2",
        "--batch",
        "4",
        "--searchers",
        "2",
        "--seconds",
        "1",
        "--warm-up",
        "0",
        "--size",
        "9",
    )
    figures = json.loads(zhugo("bench", "pipeline", "--device", "emulated", *arguments, "--json").stdout)
    assert {"device_busy", "visits_per_s", "collisions", "parked_share", "mean_batch", "of_alone"} <= figures.keys()
    assert 0 < figures["mean_batch"] < 5
    assert figures["of_alone"] == figures["evaluations_per_s"] / figures["alone_per_s"] > 0


def test_bench_trace_measures_pairs_of_runs() -> None:
    arguments = ("--seconds", "0.5", "--warm-up", "0.2", "--rounds", "1", "--sessions", "4", "--size", "9")
    figures = json.loads(zhugo("bench", "trace", "--device", "emulated", *arguments, "--json").stdout)
    assert figures["pairs"] == 1
    assert 60 < figures["bytes_per_visit"] < 2000
    assert min(figures["visits_per_s"], figures["recorded_visits_per_s"], figures["master_us_per_visit"]) > 0
