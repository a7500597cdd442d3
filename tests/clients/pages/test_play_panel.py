"""The page's part of a game against the engine: its clocks are those of the server, all it says has words."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from tests.clients.scripts import run
from tests.daemons import ROOT
from zhugo.web import messages
from zhugo.web.play import clocks
from zhugo.web.play.standing import REFUSALS, SAYINGS

PAGE = ROOT / "zhugo" / "web" / "page"
CLOCKS = [
    messages.Clock("absolute", main=60),
    messages.Clock("fischer", main=60, period=5),
    messages.Clock("byoyomi", main=60, period=30, periods=3),
    messages.Clock("byoyomi", main=0, period=30, periods=1),
    messages.Clock("canadian", main=60, period=300, stones=25),
    messages.Clock("canadian", main=0, period=300, stones=2),
]


def test_clocks_run_on_as_the_server_has_them(tmp_path: Path) -> None:
    given, expected = [], []
    for clock in CLOCKS:
        system = clocks.system_of(clock)
        assert system is not None
        for first in (0, 20, 59.5, 75):
            left = clocks.ran(system, clocks.full(system), first)
            for seconds in (0.5, 10, 40, 70, 110):
                behind = None if left is None else clocks.ran(system, left, seconds)
                if left is None or behind is None:
                    continue
                told = [msgspec.to_builtins(each) for each in (clock, clocks.shown(system, left))]
                given.append([*told, seconds])
                expected.append(msgspec.to_builtins(clocks.shown(system, behind)))
    assert len(given) > 40
    assert run(tmp_path, "page/play-clock.js", "given.map(each => it.ranOn(...each))", given, PAGE) == expected


def test_a_clock_that_has_fallen_shows_nothing_left(tmp_path: Path) -> None:
    given = [msgspec.to_builtins(CLOCKS[2]), msgspec.to_builtins(messages.ClockLeft(1.0, True, 1, 0)), 5]
    assert run(tmp_path, "page/play-clock.js", "it.ranOn(...given).seconds", given, PAGE) == 0


def test_what_a_clock_reads(tmp_path: Path) -> None:
    given = [
        [{"seconds": 3723.9, "overtime": False, "periods": 3, "stones": 0}, "1:02:03"],
        [{"seconds": 600, "overtime": False, "periods": 0, "stones": 0}, "10:00"],
        [{"seconds": 9.99, "overtime": True, "periods": 3, "stones": 0}, "9.9 (3)"],
        [{"seconds": 61, "overtime": True, "periods": 0, "stones": 12}, "1:01 (12)"],
    ]
    texts = run(tmp_path, "page/play-clock.js", "given.map(([left]) => it.clockText(left))", given, PAGE)
    assert texts == [text for _, text in given]


def test_results_in_words(tmp_path: Path) -> None:
    given = {
        "B+3.5": "Black wins by 3.5 points",
        "W+R": "White wins by resignation",
        "W+Resign": "White wins by resignation",
        "B+T": "Black wins on time",
        "0": "Jigo",
        "": "Ended without a result",
    }
    assert run(tmp_path, "page/play-result.js", "given.map(it.resultText)", list(given), PAGE) == list(given.values())


def test_there_are_words_for_all_that_a_game_says(tmp_path: Path) -> None:
    words = run(tmp_path, "page/words.js", "it.WORDS", None, PAGE)
    said = {*SAYINGS, *REFUSALS}
    for script in PAGE.glob("play*.js"):
        said |= set(re.findall(r'(?:word|#button)\("([^"]+)"', script.read_text("utf-8")))
    assert said - words.keys() == set()
    assert all(len(row) == 4 and all(row) for row in words.values())
