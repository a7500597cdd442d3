"""Answers on their way to a client that may be slow to read them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import msgspec

from zhugo.bridges.analysis.answers import Answer

PATIENCE = 256
"""Answers that may wait before those that a later one makes worthless are left out."""


class Outbox:
    """A thread that writes, so that other threads never wait for the client.

    ``write`` gets a line without its end; it raises ``OSError`` when the client is gone. Then ``on_gone`` is called,
    and everything else is dropped.
    """

    def __init__(self, write: Callable[[bytes], None], on_gone: Callable[[], None]) -> None:
        self.gone = False
        self._write = write
        self._on_gone = on_gone
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="analysis answers", daemon=True)
        self._thread.start()

    def put(self, answer: Answer) -> None:
        """Send an answer when it is its turn; one of a search that goes on not while the client is far behind."""
        behind = self._lines.qsize() > PATIENCE and answer.get("isDuringSearch") is True
        if not self.gone and not behind:
            self._lines.put(msgspec.json.encode(answer))

    def close(self) -> None:
        """Send what is there, and end."""
        self._lines.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            if self.gone:
                continue
            try:
                self._write(line)
            except OSError:
                self.gone = True
                self._on_gone()
