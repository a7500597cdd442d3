"""The reports of a search as a command takes them: what went wrong is the command's error."""

from __future__ import annotations

import time

from protocol.client import SearchHandle
from protocol.errors import AnswerTimeout, ConnectionLost, ProtocolError, SessionLost
from protocol.messages import Report
from zhugo.bridges.gtp.protocol import GtpError


def next_report(search: SearchHandle, deadline: float | None) -> Report:
    """The next report. Raises ``GtpError`` when the search failed or is late beyond reason."""
    try:
        report = search.next(None if deadline is None else max(0.0, deadline - time.monotonic()))
    except AnswerTimeout:
        raise GtpError("the search does not end") from None
    except ConnectionLost as error:
        if isinstance(error, SessionLost):
            raise GtpError(str(error)) from error
        raise
    except ProtocolError as error:
        raise GtpError(str(error)) from error
    if report.reason == "failed":
        raise GtpError(report.failure)
    return report
