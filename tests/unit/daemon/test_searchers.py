"""The watch over the searchers, with processes that do as the test says."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

import msgspec
import pytest

from daemon.evaluation.searcher_options import FATAL, FATAL_CODE, SearcherOptions
from daemon.process import searchers as watch
from daemon.process.options import Options
from daemon.process.searchers import SLOWEST_RESTART, STARTS_IN_VAIN, Searchers, SearchersFailed
from daemon.process.signals import EndingSignals, Interrupted


class Process:
    """A child that says and ends what it is told to."""

    born: list[Process]

    def __init__(self, command: list[str], **_: object) -> None:
        self.command = command
        read, self.write = os.pipe()
        self.stderr = open(read, "rb", buffering=0)  # noqa: PTH123, SIM115
        self.stdin = open(os.devnull, "wb")  # noqa: PTH123, SIM115
        self.pid = 1000 + len(self.born)
        self.code: int | None = None
        self.killed = False
        self.born.append(self)

    def poll(self) -> int | None:
        return self.code

    def wait(self, timeout: float | None = None) -> int:
        if self.code is None:
            if timeout is not None:
                raise watch.subprocess.TimeoutExpired("searcher", timeout)
            self.code = -9
        return self.code

    def kill(self) -> None:
        self.killed = True

    def end(self, code: int, *lines: str) -> None:
        os.write(self.write, "".join(f"{line}\n" for line in lines).encode())
        os.close(self.write)
        self.code = code


class Time:
    """A clock to turn."""

    now = 50.0

    @classmethod
    def monotonic(cls) -> float:
        return cls.now


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    Process.born = []
    Time.now = 50.0
    monkeypatch.setattr(watch.subprocess, "Popen", Process)
    monkeypatch.setattr(watch, "time", Time)


def _searchers(count: int) -> Searchers:
    return Searchers(count, lambda name: Options().for_searcher("ipc://x", name, str(Path("/p"))))


def _started(count: int) -> Searchers:
    """All of them live, and the first has greeted."""
    searchers = _searchers(count)
    searchers.start_one()
    searchers.greeted(Process.born[0].pid)
    searchers.watch()
    return searchers


def test_the_others_start_when_the_first_has_greeted() -> None:
    searchers = _searchers(3)
    searchers.start_one()
    searchers.watch()
    assert len(Process.born) == 1
    assert not searchers.is_due()
    searchers.greeted(1000)
    assert searchers.is_due()
    searchers.watch()
    assert len(Process.born) == 3
    assert len(list(searchers.descriptors())) == 3


def test_what_they_say_is_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    searchers = _searchers(1)
    searchers.watch()
    os.write(Process.born[0].write, b"compiling\nhalf a")
    searchers.watch()
    os.write(Process.born[0].write, b" line\n")
    searchers.watch()
    assert capsys.readouterr().err == "compiling\nhalf a line\n"


def test_the_dead_are_told_and_replaced() -> None:
    searchers = _started(2)
    for process in Process.born:
        searchers.greeted(process.pid)
    Process.born[0].end(-signal.SIGKILL)
    Time.now += 100
    assert searchers.watch() == [1000]
    assert searchers.is_due()
    searchers.watch()
    assert [process.pid for process in Process.born] == [1000, 1001, 1002]


def _die_in_vain(searchers: Searchers, code: int = 1, *lines: str) -> float:
    """The youngest is due, starts, and dies before it was ready: the pause until the next."""
    due = searchers.next_restart()
    assert due is not None
    Time.now = max(Time.now, due)
    searchers.watch()
    Process.born[-1].end(code, *lines)
    searchers.watch()
    due = searchers.next_restart()
    assert due is not None
    return due - Time.now


def test_whoever_dies_young_comes_back_later_and_later() -> None:
    searchers = _searchers(1)
    pauses = [_die_in_vain(searchers) for _ in range(STARTS_IN_VAIN - 1)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 1.0
    Time.now += 100
    searchers.watch()
    Process.born[-1].end(1, "MemoryError: no room")
    with pytest.raises(SearchersFailed, match="die as soon as they start: MemoryError: no room"):
        searchers.watch()


@pytest.mark.parametrize(("code", "line"), [(1, "MemoryError: no room"), (FATAL_CODE, f"{FATAL}net x: no net")])
@pytest.mark.parametrize("who_was_ready", ["its own", "another"])
def test_a_daemon_that_has_worked_goes_on_however_often_they_die(
    code: int, line: str, who_was_ready: str, capsys: pytest.CaptureFixture[str]
) -> None:
    searchers = _searchers(1)
    if who_was_ready == "its own":
        searchers.start_one()
        searchers.greeted(Process.born[0].pid)
        Process.born[0].end(-signal.SIGKILL)
        searchers.watch()
    else:
        searchers.greeted(424242)
    pauses = [_die_in_vain(searchers, code, line) for _ in range(4 * STARTS_IN_VAIN)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == SLOWEST_RESTART
    said = capsys.readouterr().err
    assert f"searcher 0 ended: {line.removeprefix(FATAL)}; the next try is in 60 s\n" in said
    _revive(searchers)
    assert _die_in_vain(searchers) < 1.0 or code == FATAL_CODE


def _revive(searchers: Searchers) -> None:
    """The next one is ready, and killed a long time later."""
    Time.now += SLOWEST_RESTART
    searchers.watch()
    searchers.greeted(Process.born[-1].pid)
    Time.now += 1000
    Process.born[-1].end(-signal.SIGKILL)
    searchers.watch()


def test_a_greeting_makes_good_for_failures() -> None:
    searchers = _searchers(1)
    for _ in range(3 * STARTS_IN_VAIN):
        Time.now += 100
        searchers.watch()
        searchers.greeted(Process.born[-1].pid)
        Process.born[-1].end(-signal.SIGSEGV)
        searchers.watch()


def test_who_cannot_work_as_asked_is_not_tried_again(capsys: pytest.CaptureFixture[str]) -> None:
    searchers = _searchers(2)
    searchers.start_one()
    Process.born[0].end(FATAL_CODE, f"{FATAL}net x: no net")
    with pytest.raises(SearchersFailed, match=r"^net x: no net$"):
        searchers.watch()
    assert capsys.readouterr().err == ""


def test_while_one_works_another_that_cannot_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    searchers = _started(2)
    Process.born[1].end(FATAL_CODE, f"{FATAL}net x: no net")
    assert searchers.watch() == [1001]
    assert capsys.readouterr().err == "searcher 1 ended: net x: no net; the next try is in 60 s\n"
    assert not searchers.is_due()
    Time.now += SLOWEST_RESTART
    assert searchers.is_due()


def test_all_are_asked_for_the_net_that_the_first_had() -> None:
    searchers = _searchers(2)
    searchers.start_one()
    searchers.greeted(1000, "abc")
    searchers.watch()
    asked = [msgspec.json.decode(process.command[-1], type=SearcherOptions).sha256 for process in Process.born]
    assert asked == ["", "abc"]


def test_the_end_waits_for_some_and_kills_the_others() -> None:
    searchers = _started(2)
    Process.born[0].end(0)
    searchers.end(patience=1.0)
    assert [process.killed for process in Process.born] == [False, True]
    assert list(searchers.descriptors()) == []


def test_a_signal_is_noted_and_wakes_whoever_polls() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with EndingSignals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.came
        assert os.read(signals.descriptor, 1) == bytes([signal.SIGTERM])
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_ends_long_work() -> None:
    with EndingSignals() as signals:
        with pytest.raises(Interrupted), signals.interruptible():
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted), signals.interruptible():
            pytest.fail("it came before")


def test_an_error_that_a_signal_led_to_is_no_news() -> None:
    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Interrupted:
            raise KeyError("half done") from None

    with EndingSignals() as signals, pytest.raises(Interrupted), signals.interruptible():
        work()
    with EndingSignals() as signals, pytest.raises(KeyError), signals.interruptible():
        raise KeyError("a mistake")


def test_a_signal_where_c_calls_python_ends_it_afterwards_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    went_on = []

    @ctypes.CFUNCTYPE(None)
    def called_by_c() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    def work() -> None:
        called_by_c()
        went_on.append(True)

    with EndingSignals() as signals, pytest.raises(Interrupted), signals.interruptible():
        work()
    assert went_on
    assert capfd.readouterr().err == ""
