"""What waits for one peer that reads slower than it is written to."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

Buffer = bytes | memoryview

_AT_ONCE = 256 << 10
"""About how many bytes are handed to the system at a time; these cannot be dropped any more."""

_MOST_BUFFERS = 512
"""Of one go; the system takes 1024."""


@dataclass
class _Waiting:
    buffers: Sequence[Buffer]
    size: int
    key: Hashable | None


class Outbox:
    """Messages in order. ``size``: bytes that wait.

    A message with a key may be dropped, and is when a newer one of the same key comes; others never are.
    """

    def __init__(self) -> None:
        self.size = 0
        self._begun: deque[memoryview] = deque()
        self._waiting: dict[int, _Waiting] = {}
        self._latest: dict[Hashable, int] = {}
        self._number = 0

    def put(self, buffers: Sequence[Buffer], key: Hashable | None = None) -> None:
        """Append a message."""
        if key is not None:
            self._drop(self._latest.get(key))
        self._number += 1
        if key is not None:
            self._latest[key] = self._number
        size = sum(map(len, buffers))
        self._waiting[self._number] = _Waiting(buffers, size, key)
        self.size += size

    def drop_what_may_be_dropped(self) -> None:
        """Drop every message that has a key, but what is half sent."""
        for number in list(self._latest.values()):
            self._drop(number)

    def flush(self, to: socket.socket) -> None:
        """Send as much as the peer takes now. Raises ``OSError`` when it is gone."""
        while self._begin():
            batch = [self._begun[at] for at in range(min(len(self._begun), _MOST_BUFFERS))]
            try:
                sent = to.sendmsg(batch)
            except (BlockingIOError, InterruptedError):
                return
            self._forget(sent)

    def _begin(self) -> bool:
        """Take the next messages up for sending, if none are. Whether there is something to send."""
        taken = 0
        while self._waiting and (not self._begun or 0 < taken < _AT_ONCE):
            waiting = self._waiting.pop(number := next(iter(self._waiting)))
            if waiting.key is not None and self._latest.get(waiting.key) == number:
                del self._latest[waiting.key]
            self._begun.extend(memoryview(buffer).cast("B") for buffer in waiting.buffers if len(buffer))
            taken += waiting.size
        return bool(self._begun)

    def _forget(self, sent: int) -> None:
        self.size -= sent
        while sent:
            first = self._begun.popleft()
            if len(first) > sent:
                self._begun.appendleft(first[sent:])
                return
            sent -= len(first)

    def _drop(self, number: int | None) -> None:
        if number is not None and (waiting := self._waiting.pop(number, None)) is not None:
            del self._latest[waiting.key]
            self.size -= waiting.size
