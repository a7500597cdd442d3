"""Signals that end the daemon, or have it read its configuration again."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

HEEDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal came inside ``EndingSignals.interruptible``."""


class EndingSignals:
    """From now on SIGINT, SIGTERM and SIGHUP are noted here. A context manager, for the main thread.

    SIGHUP asks for a reload; from a terminal that is gone it ends, as the others do. ``descriptor`` becomes readable
    when one came. ``times``: how many came that end; ``reload``: one came that asks for a reload.
    """

    def __init__(self) -> None:
        self.times = 0
        self.reload = False
        self._has_terminal = _has_terminal()
        self._interruptible = False
        self._in, self._out = socket.socketpair()
        self._in.setblocking(False)
        self._out.setblocking(False)

    @property
    def came(self) -> bool:
        """Whether the daemon is to end."""
        return self.times > 0

    def take_reload(self) -> bool:
        """Whether a reload was asked for since the last call."""
        asked, self.reload = self.reload, False
        return asked

    @property
    def descriptor(self) -> int:
        return self._out.fileno()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Raise ``Interrupted`` out of a long piece of work, compilation say, when a signal comes or came.

        Where C called Python, as LLVM does, nothing can be raised; then it is raised when the work is done.
        """
        report = sys.unraisablehook
        sys.unraisablehook = lambda lost: None if lost.exc_type is Interrupted else report(lost)
        self._interruptible = True
        try:
            if self.came:
                raise Interrupted
            yield
            if self.came:
                raise Interrupted
        except Exception:
            if self.came:  # what was interrupted half way fails in ways of its own
                raise Interrupted from None
            raise
        finally:
            self._interruptible = False
            sys.unraisablehook = report

    def drain(self) -> None:
        """Make ``descriptor`` unreadable again."""
        with suppress(BlockingIOError):
            self._out.recv(4096)

    def __enter__(self) -> EndingSignals:
        self._wakeup = signal.set_wakeup_fd(self._in.fileno(), warn_on_full_buffer=False)
        self._handlers = {number: signal.signal(number, self._note) for number in HEEDED}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._in.close()
        self._out.close()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP and not (self._has_terminal and not _has_terminal()):
            self.reload = True
            return
        self.times += 1
        if self._interruptible:
            raise Interrupted


def _has_terminal() -> bool:
    """Whether this process has a controlling terminal."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
