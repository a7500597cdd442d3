"""Work before a person's eyes: a bar on a terminal, plain lines elsewhere. The clock is the test's."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from daemon.evaluation.gpu_monitor import GpuMonitor, GpuUse
from tests.daemons import eventually
from zhugo.learning.distill.show import progress as distilled
from zhugo.learning.loop.show import shown as learned
from zhugo.learning.selfplay.run import RunProgress
from zhugo.learning.selfplay.show import progress as played
from zhugo.learning.selfplay.tasks import Work
from zhugo.learning.training.log import Entry
from zhugo.shared.progress import EVERY, Lines, Shown, shown
from zhugo.strength.match.show import progress as matched


class Clock:
    """Turned by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def a_console(terminal: bool = False, file: io.StringIO | None = None) -> tuple[Console, io.StringIO]:
    out = file or io.StringIO()
    return Console(file=out, width=100, force_terminal=terminal), out


def lines_of(seconds: int, **options: bool) -> tuple[Lines, Clock, io.StringIO]:
    console, out = a_console()
    clock = Clock()
    return Lines(console, "it begins", every=float(seconds), clock=clock, **{"as_share": False, **options}), clock, out


def test_there_is_a_line_every_so_often_though_nothing_is_heard() -> None:
    lines, clock, out = lines_of(20)
    for _ in range(100):
        clock.now += 1.0
        lines.look()
    times = ("0:00:20", "0:00:40", "0:01:00", "0:01:20", "0:01:40")
    assert out.getvalue().splitlines() == [f"{time}  it begins" for time in times]


def test_a_line_says_how_far_it_is() -> None:
    lines, clock, out = lines_of(10)
    lines.update(1200, 40_000, "games  [busy]")
    clock.now += 3725
    lines.look()
    lines.look()
    assert out.getvalue() == "1:02:05  1,200 of 40,000 games  [busy]\n"


def test_shares_are_told_in_per_cent_and_texts_alone() -> None:
    lines, clock, out = lines_of(10, as_share=True)
    for done, total in ((0.0, None), (0.256, 1.0)):
        lines.update(done, total, "of the run")
        clock.now += 10
        lines.look()
    assert out.getvalue() == "0:00:10  of the run\n0:00:20  26%  of the run\n"


def test_after_a_line_of_another_kind_none_is_due() -> None:
    lines, clock, out = lines_of(10)
    clock.now += 9
    lines.say("a game is over")
    clock.now += 9
    lines.look()
    assert out.getvalue() == "a game is over\n"


def test_the_longest_silence_is_half_a_minute_at_most() -> None:
    assert EVERY <= 30


def test_lines_come_by_themselves_and_end_with_the_work() -> None:
    console, out = a_console()
    before = threading.active_count()
    with shown(console, "it begins", every=0.0) as bar:
        bar.update(3, 7, "steps")
        eventually(lambda: "3 of 7 steps\n" in out.getvalue(), "a line comes")
    assert threading.active_count() == before
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("trouble", [BrokenPipeError, ValueError])
def test_whoever_read_the_lines_may_go(trouble: type[Exception]) -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise trouble

    def update(bar: Shown) -> bool:
        try:
            bar.update(1, 2, "steps")
        except BrokenPipeError:
            return True
        return False

    console, _ = a_console(file=Gone())
    with shown(console, "it begins", every=0.0) as bar:
        eventually(lambda: update(bar), "the work hears of it")


def test_a_terminal_has_a_bar_and_no_such_lines() -> None:
    console, out = a_console(terminal=True)
    with shown(console, "it begins", every=0.0) as bar:
        bar.update(3, 7, "steps [of it]")
        bar.say("a line to keep")
    assert "3/7" in out.getvalue()
    assert "steps [of it]" in out.getvalue()
    assert "a line to keep" in out.getvalue()
    assert "3 of 7" not in out.getvalue()


ENTRY = Entry(40, 900, 900, {"policy": 1.5}, 1.0, 0.1, 0.0, 20.0)
STANDING = RunProgress(40, 0, 2, games=12, work=Work(positions=500, seconds=4.0, busy=2.0))


class OneGpu:
    def read(self) -> list[GpuUse]:
        return [GpuUse(0, "G", busy=0.83, watts=412.0)]


def test_every_program_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """What each of them shows, as the line that comes next."""
    told: list[str] = []

    def next_line(self: Lines) -> None:
        if not told or told[-1] != self._now:
            told.append(self._now)

    monkeypatch.setattr(Lines, "look", next_line)

    def is_told(words: str) -> None:
        eventually(lambda: any(words in line for line in told), f"{words} in {told}")

    console, _ = a_console()
    with played(console) as standing:
        is_told("the workers start")
        standing(STANDING)
        is_told("12 of 40 games  ")
    with GpuMonitor(OneGpu()) as gpus, learned(console, gpus) as show:
        eventually(lambda: bool(gpus.now()), "the GPU is read")
        show.games(3, STANDING)
        is_told("12 of 40 games of iteration 3  ")
        is_told("device 50%, GPU 83%, 412 W")
        show.training(3, 0, 60, None)
        is_told("0 of 60 steps of iteration 3")
        show.training(3, 40, 60, ENTRY)
        is_told("40 of 60 steps of iteration 3  20.0 steps/s, policy 1.500")
        show.arena(3, 0, 50)
        is_told("0 of 50 pairs in the arena of iteration 3")
    with distilled(console) as distilling:
        distilling.waiting("the teacher plays: 5 of 7 positions")
        is_told("5 of 7 positions")
        distilling.entry({"progress": 0.5, "step": 3, "steps_per_s": 1.0, "losses": {"policy": 1.0}, "hints": [0.1]})
        is_told("50%  step 3, 1.00 s each")
    with matched(None, console):  # type: ignore[arg-type]
        is_told("no game is over yet")
