"""The referee of blitz games: its clock by the letter of each system, and what it makes of a program that is slow."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from bench.blitz import Blitz, RefereeClock, measure
from zhugo.shared.errors import UserError

FAKE = shlex.join([sys.executable, str(Path(__file__).parents[2] / "fake_gtp.py")])


@pytest.mark.parametrize(
    ("system", "used", "words", "available"),
    [
        ("absolute 20", [], "20.000 0", 20),
        ("absolute 20", [5, 3], "12.000 0", 12),
        ("fischer 5 1", [2, 0.5], "4.500 0", 4.5),
        ("byoyomi 1 1 3", [], "1.000 0", 4),
        ("byoyomi 1 1 3", [1.5], "1.000 3", 3),
        ("byoyomi 1 1 3", [2.5], "1.000 2", 2),
        ("byoyomi 1 1 3", [3.5, 0.9, 0.9], "1.000 1", 1),
        ("canadian 0 5 5", [], "0.000 0", 5),
        ("canadian 0 5 5", [2, 1], "2.000 3", 2),
        ("canadian 0 5 5", [1, 1, 1, 1, 0.5], "5.000 5", 5),
        ("canadian 3 5 5", [4], "4.000 4", 4),
    ],
)
def test_its_clock(system: str, used: list[float], words: str, available: float) -> None:
    clock = RefereeClock.of(system)
    for seconds in used:
        clock.take(seconds)
    assert clock.words() == words
    assert clock.available() == pytest.approx(available)


@pytest.mark.parametrize("system", ["absolute", "byoyomi 1 1", "fischer 5 1 2", "none", "canadian a b c"])
def test_what_it_has_no_clock_for(system: str) -> None:
    with pytest.raises(UserError, match="no time system"):
        RefereeClock.of(system)


def test_who_answers_too_late_has_lost() -> None:
    heard: list[str] = []
    row = measure(Blitz(FAKE, FAKE, 5, 4, 2, ("absolute 0.000001", "absolute 1000000")), heard.append)
    assert (row["games"], row["lost"], row["cold"]) == (4, 1, 2)
    assert [one["lost"] for one in row["systems"]] == [1, 0]
    assert sum("by time" in line for line in heard) == 1
