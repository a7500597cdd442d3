"""Searches that a program waits for."""

from __future__ import annotations

from protocol.client import SearchHandle
from protocol.messages import Report
from zhugo.errors import UserError

FAILED = "failed: "


def finished(search: SearchHandle, timeout: float | None = None) -> Report:
    """The final report of a search. Raises ``UserError`` with the daemon's reason when the search failed."""
    report = search.result(timeout)
    if report.reason.startswith(FAILED):
        raise UserError(report.reason.removeprefix(FAILED))
    return report
