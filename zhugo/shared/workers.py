"""Processes that work off tasks for this one, and end with it: at once when it is interrupted or killed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

LOOK_SECONDS = 0.5
"""How soon a worker that has work sees that nobody wants it any more."""


class Workers:
    """A pool of processes. A context manager: left by an exception, it drops what is being worked at."""

    def __init__(
        self, count: int, begin: Callable[..., None] | None = None, arguments: tuple[object, ...] = ()
    ) -> None:
        """``begin(*arguments)``: what each process does first."""
        context = get_context("spawn")
        self._ended = context.Event()
        told = (self._ended, os.getpid(), begin, arguments)
        self._pool = ProcessPoolExecutor(count, context, _begin, told)

    def submit(self, call: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> Future[_T]:
        """Have a process do this, when one is free."""
        # A process that is born here knows of no Ctrl-C: it is for this one. Later is too late, while it is starting.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return self._pool.submit(call, *arguments, **named)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def close(self, wait: bool = True) -> None:
        """End the processes; ``wait``: behind what they are at."""
        if not wait:
            self._ended.set()
        self._pool.shutdown(cancel_futures=True)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(wait=kind is None)


def _begin(ended: Event, parent: int, begin: Callable[..., None] | None, arguments: tuple[object, ...]) -> None:
    def look() -> None:
        while not ended.wait(LOOK_SECONDS) and os.getppid() == parent:
            pass
        os._exit(1)

    threading.Thread(target=look, name="watch", daemon=True).start()
    if begin is not None:
        begin(*arguments)
