"""Messages on their way to a page that may be slow."""

from __future__ import annotations

import asyncio
from collections import deque

from zhugo.web.messages import Message

PATIENCE = 20_000
"""Messages that may wait; a page that is further behind is better off with a new connection."""


class Outbox:
    """Messages in order. Of those that replace others, as analyses, only the last one of its kind waits.

    ``put`` may be called in any thread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Message] = deque()
        self._latest: dict[type[Message], Message] = {}
        self._some = asyncio.Event()
        self.is_over = False

    def put(self, message: Message) -> None:
        """Send this when it is its turn."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, message)

    def close(self) -> None:
        """Nothing more will come."""
        self.is_over = True
        self._some.set()

    async def next(self) -> Message | None:
        """The next message; None at the end, or where the page is too far behind."""
        await self._some.wait()
        if self.is_over:
            return None
        message = self._waiting.popleft() if self._waiting else self._latest.pop(next(iter(self._latest)))
        if not self._waiting and not self._latest:
            self._some.clear()
        return message

    def _put(self, message: Message) -> None:
        if message.replaces:
            self._latest[type(message)] = message
        else:
            self._waiting.append(message)
        if len(self._waiting) > PATIENCE:
            self.is_over = True
        self._some.set()
