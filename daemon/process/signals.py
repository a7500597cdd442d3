"""Signals that end the daemon."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal came inside ``EndingSignals.interruptible``."""


class EndingSignals:
    """From now on SIGINT, SIGTERM and SIGHUP are noted here. A context manager, for the main thread.

    ``descriptor`` becomes readable when one came; ``came`` says so.
    """

    def __init__(self) -> None:
        self.came = False
        self._interruptible = False
        self._in, self._out = socket.socketpair()
        self._in.setblocking(False)
        self._out.setblocking(False)

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
        self._handlers = {number: signal.signal(number, self._note) for number in ENDING}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._in.close()
        self._out.close()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
        if self._interruptible:
            raise Interrupted
