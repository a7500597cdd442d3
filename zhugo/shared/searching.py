"""Searches that a program waits for."""

from __future__ import annotations

from protocol.client import SearchHandle
from protocol.messages import Report
from zhugo.shared.errors import UserError


def finished(search: SearchHandle, timeout: float | None = None) -> Report:
    """The final report of a search. Raises ``UserError`` with the daemon's reason when the search failed."""
    report = search.result(timeout)
    if report.reason == "failed":
        raise UserError(report.failure)
    return report
