"""Calls in threads, whose results can be waited for with a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class Late(Exception):
    """It is not there yet."""


class BackgroundCall(Generic[_T]):
    """The result of a function that is called once, in a thread of its own, when the result is first asked for."""

    def __init__(self, make: Callable[[], _T], name: str) -> None:
        """``name``: of the thread."""
        self._make, self._name = make, name
        self._future: Future[_T] | None = None
        self._lock = threading.Lock()

    def is_there(self, seconds: float) -> bool:
        """Whether it is there, or has failed, within so many seconds."""
        return not wait([self._begun()], max(0.0, seconds)).not_done

    def result(self) -> _T:
        """Wait for it. Raises what the function raised."""
        return self._begun().result()

    def within(self, seconds: float) -> _T | None:
        """It, if it is there within so many seconds; None where the function failed, too."""
        try:
            return self._begun().result(seconds)
        except FutureTimeout:
            return None
        except Exception:  # ``result`` raises it
            return None

    def then(self, call: Callable[[], None]) -> None:
        """Call this, from any thread, when it is there or has failed; now if it already is."""
        self._begun().add_done_callback(lambda _: call())

    def _begun(self) -> Future[_T]:
        with self._lock:
            if self._future is None:
                self._future = Future()
                threading.Thread(target=self._run, args=(self._future,), name=self._name, daemon=True).start()
            return self._future

    def _run(self, future: Future[_T]) -> None:
        try:
            future.set_result(self._make())
        except BaseException as error:
            future.set_exception(error)


class SerialCalls:
    """Calls one after the other, each with a bound on the wait. A call that takes too long goes on, and later calls
    wait for it.
    """

    def __init__(self, name: str) -> None:
        """``name``: of the threads."""
        self._name = name
        self._late: BackgroundCall[Any] | None = None

    def do(self, call: Callable[[], _T], seconds: float | None) -> _T:
        """The result of ``call``. Raises what it raises, and ``Late`` when there is none within ``seconds``.

        Without a limit it is called in the caller's own thread.
        """
        end = None if seconds is None else time.monotonic() + seconds
        if self._late is not None:
            if end is None:
                with suppress(Exception):  # of which its own caller did not wait to hear
                    self._late.result()
            elif not self._late.is_there(end - time.monotonic()):
                raise Late
            self._late = None
        if end is None:
            return call()
        made = BackgroundCall(call, self._name)
        if not made.is_there(end - time.monotonic()):
            self._late = made
            raise Late
        return made.result()
