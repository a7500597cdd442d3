"""Lines about those who were not let in, or not obeyed: at most so many a second, so that a flood fills no disk."""

from __future__ import annotations

import time
from collections.abc import Callable

from daemon.process.log import log

PER_SECOND = 20
"""Lines of one second; of what is beyond there is one line with the number."""

LONGEST = 500
"""Letters of a reason."""


class Audit:
    """See the module."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, write: Callable[..., None] = log) -> None:
        """``write``: takes event, text and fields, as ``log`` does."""
        self._clock = clock
        self._write = write
        self._since = clock()
        self._told = 0
        self._left_out = 0

    def refused(self, principal: str, peer: str, message: str, reason: str) -> None:
        """Whom, from where; what was asked, where that was a message; and why it was not done. Empty: not known."""
        self.turn()
        if self._told >= PER_SECOND:
            self._left_out += 1
            return
        self._told += 1
        reason = _plain(reason)
        who = f"{principal} at {peer}" if principal else peer
        text = f"refused {who}: {f'{message}: ' if message else ''}{reason}"
        self._write("refused", text, level="warning", principal=principal, peer=peer, message=message, reason=reason)

    def leave_out(self, count: int) -> None:
        """So many more were refused, of which nothing else is known."""
        self._left_out += count

    def turn(self) -> None:
        """A second may be over: what was left out in it is told. To be called now and then."""
        now = self._clock()
        if now - self._since < 1.0:
            return
        self._since, self._told = now, 0
        if self._left_out:
            left_out, self._left_out = self._left_out, 0
            self._write(
                "refused_more", f"refused {left_out:,} more that were not told each", level="warning", count=left_out
            )


def _plain(text: str) -> str:
    """Fit for a line: a name in it may be the peer's own choice."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:LONGEST])
