"""A session that is to be opened, and the place of those for which the daemon has no room yet."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any

from protocol import messages as m
from protocol.errors import AnswerTimeout, ProtocolError, RefusedError
from protocol.search_handle import Wait
from protocol.session import Session


class Replies:
    """The answers to one request, of which the last one counts: before it come places in a queue.

    ``position``: the place that was told last; 0 before any.
    """

    def __init__(self, wait: Wait) -> None:
        """``wait``: see ``Client.wait``."""
        self._wait = wait
        self._came: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._last: Any = None
        self.position = 0

    def put(self, reply: Any) -> None:
        """Take an answer, or the error that ends it all; called by the client's thread."""
        self._came.put(reply)

    def next(self, timeout: float | None) -> Any:
        """The last answer, None behind another place in the queue. Raises ``AnswerTimeout``, and what ended it."""
        if self._last is None:
            try:
                reply = self._wait(lambda left: self._came.get(timeout=left), timeout)
            except queue.Empty:
                raise AnswerTimeout(f"no answer within {timeout:g} s") from None
            if isinstance(reply, m.Queued):
                self.position = reply.position
                return None
            self._last = reply
        if isinstance(self._last, ProtocolError):
            raise self._last
        return self._last

    def last(self, timeout: float, queued: Callable[[int], None] | None = None) -> Any:
        """The last answer. Once a place was told it may take any time; before that ``AnswerTimeout`` is raised.

        ``queued`` is told the places, in this thread.
        """
        while True:
            try:
                if (reply := self.next(timeout)) is not None:
                    return reply
            except AnswerTimeout:
                if not self.position:
                    raise
            else:
                if queued is not None:
                    queued(self.position)


class Opening:
    """A session that is being opened."""

    def __init__(
        self, replies: Replies, timeout: float, made: Callable[[Any], Session], cancel: Callable[[], None]
    ) -> None:
        """``timeout``: seconds for an answer. ``made``: the session of an answer. ``cancel``: tells the daemon."""
        self._replies, self._timeout, self._made, self._cancel = replies, timeout, made, cancel

    @property
    def position(self) -> int:
        """Its place among those that wait for room, as ``poll`` or ``result`` heard it last; 0 where none was told."""
        return self._replies.position

    def cancel(self) -> None:
        """It is not wanted any more; any thread may say so. Who waits for it gets a ``RefusedError``."""
        self._cancel()
        self._replies.put(RefusedError("nobody waits for this session any more"))

    def poll(self, seconds: float) -> Session | None:
        """The session; None where it is not there within so many seconds, or has another place. Raises what ended it:
        ``RefusedError`` or ``ConnectionLost``.
        """
        try:
            reply = self._replies.next(seconds)
        except AnswerTimeout:
            return None
        return None if reply is None else self._made(reply)

    def result(self, queued: Callable[[int], None] | None = None) -> Session:
        """The session, when it is there. ``queued`` is told its place, in this thread.

        Raises what ``poll`` raises; ``AnswerTimeout`` where the daemon says nothing, not even a place. That, and an
        interrupt, cancels it.
        """
        try:
            return self._made(self._replies.last(self._timeout, queued))
        except (AnswerTimeout, KeyboardInterrupt):
            self.cancel()
            raise
