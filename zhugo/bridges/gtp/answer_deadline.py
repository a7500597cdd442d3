"""How long the current answer may wait: without bound, unless a clock runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from zhugo.bridges.gtp.background_call import BackgroundCall, Late, SerialCalls
from zhugo.bridges.gtp.protocol import GtpError

_T = TypeVar("_T")


class OutOfTime(GtpError):
    """The answer has to go out now, whatever there is."""

    def __init__(self) -> None:
        super().__init__("the daemon is not ready in time")


class AnswerDeadline:
    """Waits, but not past the moment at which the answer must go out: then it raises ``OutOfTime``.

    ``now``: the clock by which moments are told.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._latest: float | None = None
        self._serial_calls = SerialCalls("gtp-session")

    @contextmanager
    def until(self, latest: float | None) -> Iterator[None]:
        """Within the block the answer must go out at that moment; None: at none."""
        self._latest = latest
        try:
            yield
        finally:
            self._latest = None

    @contextmanager
    def until_at_most(self, latest: float | None) -> Iterator[None]:
        """Within the block no wait goes on beyond that moment, nor beyond the one there was; None: as it was."""
        before = self._latest
        if latest is not None:
            self._latest = latest if before is None else min(before, latest)
        try:
            yield
        finally:
            self._latest = before

    @property
    def left(self) -> float | None:
        """Seconds until then; None where there is no such moment."""
        return None if self._latest is None else max(0.0, self._latest - self.now())

    def wait_for(self, what: BackgroundCall[Any]) -> None:
        """Wait until it is there or has failed."""
        if self.left is not None and not what.is_there(self.left):
            raise OutOfTime

    def wait_until_set(self, event: threading.Event) -> None:
        """Wait for an event."""
        if not event.wait(self.left):
            raise OutOfTime

    def get(self, call: Callable[[], _T]) -> _T:
        """The result of ``call``. A late result is dropped."""
        if self.left is None:
            return call()
        made = BackgroundCall(call, "gtp-wait")
        self.wait_for(made)
        return made.result()

    def do(self, call: Callable[[], _T], seconds: float | None = None) -> _T:
        """As ``get``; if it is late, the next such call waits for it. ``seconds``: how long to wait otherwise."""
        try:
            return self._serial_calls.do(call, self.left if seconds is None else seconds)
        except Late:
            raise OutOfTime from None
