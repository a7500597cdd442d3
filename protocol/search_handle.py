"""The reports of a search, or of a watch, as they come."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from protocol import messages as m
from protocol.errors import AnswerTimeout, ProtocolError

Wait = Callable[[Callable[[float | None], Any], float | None], Any]
"""Calls something that takes a timeout, with this timeout at first; see ``Client.wait``."""


class SearchHandle:
    """A running search, or a watch. Iterate over it for reports, the final one included, or ask for ``result``.

    A timeout counts only while the daemon is there.
    """

    def __init__(self, wait: Wait, until_closed: bool) -> None:
        """``until_closed``: final reports do not end it but the one that says that the session is closed."""
        self._wait = wait
        self._until_closed = until_closed
        self.position = 0
        """Its place among the searches that wait to begin; 0 when it has begun, or nothing is known of a wait."""
        self._reports: queue.SimpleQueue[m.Report | ProtocolError] = queue.SimpleQueue()
        self._final: Future[m.Report] = Future()

    def __iter__(self) -> Iterator[m.Report]:
        """Reports as they come. Ends behind the final one of a search; raises what ended it otherwise."""
        while True:
            report = self.next()
            yield report
            if self._is_last(report):
                return

    def next(self, timeout: float | None = None) -> m.Report:
        """The next report. Raises ``AnswerTimeout``, or what ended the search."""
        try:
            item = self._wait(lambda left: self._reports.get(timeout=left), timeout)
        except queue.Empty:
            raise AnswerTimeout(f"no report within {timeout:g} s") from None
        if isinstance(item, ProtocolError):
            self._reports.put(item)  # for the next call
            raise item
        report: m.Report = item
        return report

    def result(self, timeout: float | None = None) -> m.Report:
        """Wait for the final report. Raises ``AnswerTimeout``, ``RefusedError`` or ``ConnectionLost``."""
        try:
            report: m.Report = self._wait(self._final.result, timeout)
        except FutureTimeout:
            raise AnswerTimeout(f"the search did not end within {timeout:g} s") from None
        return report

    @property
    def over(self) -> bool:
        """Whether the search has ended, well or not."""
        return self._final.done()

    def put(self, item: Any) -> None:
        """Take a report, a place in the queue, or the error that ends it all; called by the client's thread."""
        if isinstance(item, m.Queued):
            self.position = item.position
            return
        self.position = 0
        self._reports.put(item)
        if self._final.done():
            return
        if isinstance(item, ProtocolError):
            self._final.set_exception(item)
        elif self._is_last(item):
            self._final.set_result(item)

    def _is_last(self, report: m.Report) -> bool:
        return report.final and (report.reason == "closed" or not self._until_closed)
