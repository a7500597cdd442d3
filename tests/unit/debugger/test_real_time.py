"""A recording is lived through in its own time, or so many times as fast. The clock is the test's."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from daemon.replay.hashed_game import HashedReferee
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.console import Prompt
from zhugo.debugger.showing.playback import play
from zhugo.debugger.showing.real_time import at_its_own_speed


class Clock:
    """Nothing takes time but sleep."""

    now = 5.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0.0
        self.now += seconds


def said(recording: Recording, terminal: bool) -> tuple[SeekableCore, Console, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, width=150, height=60, force_terminal=terminal, highlight=False)
    return SeekableCore(recording, HashedReferee()), console, out


@pytest.mark.parametrize("speed", [1.0, 10.0, 0.5])
@pytest.mark.parametrize("begin", [0, 15])
def test_every_event_passes_when_it_was(recording: Recording, speed: float, begin: int) -> None:
    seekable, console, _ = said(recording, terminal=False)
    seekable.go_to(begin)
    clock, passed = Clock(), []
    for entry in at_its_own_speed(seekable, console, speed, clock=clock, sleep=clock.sleep):
        passed.append((entry.number, clock.now - 5.0))
    first = recording.times[begin]
    assert passed == [
        (number, pytest.approx((time - first) / speed)) for number, time in list(enumerate(recording.times, 1))[begin:]
    ]


def test_where_there_is_no_terminal_each_event_is_a_line(recording: Recording) -> None:
    seekable, console, out = said(recording, terminal=False)
    clock = Clock()
    for _ in at_its_own_speed(seekable, console, 1.0, until=20, clock=clock, sleep=clock.sleep):
        pass
    lines = out.getvalue().splitlines()
    assert [line.split()[1] for line in lines] == [str(number) for number in range(1, 21)]


def test_on_a_terminal_the_root_and_who_holds_what_are_shown_in_place(recording: Recording) -> None:
    seekable, console, out = said(recording, terminal=True)
    clock = Clock()
    for _ in at_its_own_speed(seekable, console, 1.0, clock=clock, sleep=clock.sleep):
        pass
    shown = out.getvalue()
    assert "\x1b[2K" in shown  # lines are drawn over
    assert "pseudo" in shown
    assert "grant 3" in shown
    assert f"event {len(recording.entries)} " in shown


def test_a_slow_replay_says_the_same_as_a_fast_one(recording: Recording) -> None:
    told = {}
    for speed in (None, 1e5):
        _, console, out = said(recording, terminal=False)
        assert play(recording, HashedReferee(), console, speed=speed)
        told[speed] = out.getvalue()
    assert told[1e5].endswith(told[None])
    assert told[1e5].startswith("event 1 ")


def test_by_hand(recording: Recording) -> None:
    _, console, out = said(recording, terminal=False)
    Prompt(recording, HashedReferee(), console, []).obey_all(["to 5", "play 1e5", "play never", "play 0"])
    lines = out.getvalue().splitlines()
    last = len(recording.entries)
    assert [line.split()[1] for line in lines[:-2]] == ["5", *map(str, range(6, last + 1)), str(last)]
    assert lines[-2:] == ["'never' is no speed", "'0' is no speed"]
