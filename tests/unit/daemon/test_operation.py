"""What a master does for its operator, without a master."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.process.figures import Figures
from daemon.process.notify import Notifier
from daemon.process.operation import ConfigurationError, Operation
from daemon.process.signals import EndingSignals


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """A service manager's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "n"))
        listening.settimeout(10.0)
        yield listening


def _notifier(manager: socket.socket, clock: float = 5.0, **more: str) -> Notifier:
    return Notifier({"NOTIFY_SOCKET": manager.getsockname(), **more}, lambda: clock)


def _heard(manager: socket.socket, count: int) -> list[str]:
    return [manager.recv(4096).decode() for _ in range(count)]


def _no_figures() -> Figures:
    raise AssertionError("nobody asks")


def test_it_is_ready_when_the_first_searcher_is_there(manager: socket.socket) -> None:
    operation = Operation(2, notifier=_notifier(manager))
    operation.turn(_no_figures)
    operation.greeted()
    operation.turn(_no_figures)
    operation.turn(_no_figures)
    operation.close()
    assert _heard(manager, 3) == ["READY=1", "STATUS=serving", "STOPPING=1"]


def test_without_searchers_of_its_own_it_is_ready_at_once(manager: socket.socket) -> None:
    Operation(0, notifier=_notifier(manager)).turn(_no_figures)
    assert _heard(manager, 1) == ["READY=1"]


def test_a_reload_reaches_every_part(manager: socket.socket, capsys: pytest.CaptureFixture[str]) -> None:
    def bad() -> None:
        raise ConfigurationError("keys/ann.key: no key")

    reloaded = []
    operation = Operation(0, notifier=_notifier(manager))
    operation.on_reload(bad)
    operation.on_reload(lambda: reloaded.append("limits"))
    operation.reload()
    assert reloaded == ["limits"]
    assert _heard(manager, 2) == ["RELOADING=1\nMONOTONIC_USEC=5000000", "READY=1"]
    assert capsys.readouterr().err == "zhugo-searchd: not reloaded: keys/ann.key: no key\n"


def test_signs_of_life_come_twice_as_often_as_asked(manager: socket.socket) -> None:
    environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "4000000", "WATCHDOG_PID": str(os.getpid())}
    times = iter([0.0, 0.0, 0.0, 1.9, 2.0, 2.0])
    notifier = Notifier(environment, lambda: next(times))
    assert environment == {}
    for _ in range(3):
        notifier.live()
    manager.setblocking(False)
    assert _heard(manager, 2) == ["WATCHDOG=1", "WATCHDOG=1"]
    with pytest.raises(BlockingIOError):
        manager.recv(4096)


def test_a_watchdog_of_another_process_is_not_fed(manager: socket.socket) -> None:
    assert _notifier(manager, WATCHDOG_USEC="4000000", WATCHDOG_PID="1").due is None


def test_nobody_need_listen(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": "vsock:2:1"}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}):
        notifier = Notifier(environment)
        notifier.ready()
        notifier.close()


def test_sighup_asks_for_a_reload_and_ends_nothing() -> None:
    with EndingSignals() as signals:
        os.kill(os.getpid(), signal.SIGHUP)
        assert signals.take_reload()
        assert not signals.take_reload()
        assert not signals.came


def test_sighup_of_a_terminal_that_is_gone_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    there = iter([True, False])
    monkeypatch.setattr("daemon.process.signals._has_terminal", lambda: next(there))
    with EndingSignals() as signals:
        os.kill(os.getpid(), signal.SIGHUP)
        assert signals.came
        assert not signals.reload
