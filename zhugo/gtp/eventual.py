"""What takes a while to be there, and must not be waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Eventual(Generic[_T]):
    """What a function comes to that is called once, in a thread of its own, when somebody first asks for it."""

    def __init__(self, make: Callable[[], _T], name: str) -> None:
        """``name``: of the thread."""
        self._make, self._name = make, name
        self._future: Future[_T] | None = None
        self._lock = threading.Lock()

    def result(self) -> _T:
        """Wait for it. Raises what the function raised."""
        return self._begun().result()

    def within(self, seconds: float) -> _T | None:
        """It, if it is there within so many seconds; None where the function failed, too."""
        try:
            return self._begun().result(seconds)
        except FutureTimeout:
            return None
        except Exception:  # whoever needs it hears of it from ``result``
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
