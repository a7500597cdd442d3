"""The controller's lines (GTP's word for the program at the other end): read ahead, so that a running answer sees the
next one.
"""

from __future__ import annotations

import io
import queue
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Literal, Protocol, TextIO

import psutil

from zhugo.bridges.gtp.protocol import parse

MAX_LINE = 1 << 20
"""Characters of a line that are read; no GTP client sends a longer one."""

MOST_AHEAD = 1000
"""Lines that are read ahead at most; then the sender must wait."""

AT_ONCE = 0.05
"""Lines that come within so many seconds from the first attempt to read have been waiting."""

HURRIES = ("genmove", "time_settings", "time_left")
"""Parts of command names after which a clock may run."""

FIRST_LINES = 0.1
"""Seconds in which lines are read that were waiting."""

LONGEST_START = 30.0
"""Seconds that this process may have taken from its start to here."""

INTERRUPT = "# interrupt"
"""The comment with which GoGui ends a search for a move (gogui-interrupt)."""

Sign = Literal["line", "interrupt", "end"]
"""What ends a search before its limits do: any line, or ``INTERRUPT`` alone; ``end``: ``quit`` or the end of the
input, if it comes while somebody waits. Where it is there before, a script has said everything and wants its answers.
"""


class Controller(Protocol):
    """The sender of the lines, as a running answer sees it."""

    def waiting(self, timeout: float) -> bool:
        """Whether a line, or the end of the input, is there or comes within ``timeout`` seconds."""

    def calling(self, call: Callable[[], None], at: Sign) -> AbstractContextManager[None]:
        """Within the block ``call`` is called once, from any thread, as soon as there is such a sign."""


class InputLines:
    """The lines of a stream, read ahead in a thread so that a running answer sees the next one."""

    def __init__(self, stream: TextIO, began: float | None = None) -> None:
        """``began``: when this process began (``time.monotonic``), where that is known: lines that are found waiting
        may have been there since then.
        """
        self._lines: queue.SimpleQueue[tuple[str | Exception | None, float]] = queue.SimpleQueue()
        self._room = threading.Semaphore(MOST_AHEAD)
        self._next: tuple[str | Exception | None, float] = (None, 0.0)
        self._began = began
        self._read_at = time.monotonic()
        self._peeked = False
        self._hurries = threading.Event()
        self._interrupts_read = self._interrupts_passed = 0
        self._ended = False
        self._lock = threading.Lock()
        self._calls: list[tuple[Sign, Callable[[], None]]] = []
        threading.Thread(target=self._read, args=(stream,), name="gtp-input", daemon=True).start()

    def moment(self) -> float:
        """When the last line given out was read, by ``time.monotonic``."""
        return self._read_at

    def peek(self) -> tuple[str | None, float]:
        """The line that is waiting, and when it was read; None where the input has ended, or something has failed."""
        line, read_at = self._next
        return line if isinstance(line, str) else None, read_at

    def hurries(self) -> bool:
        """Whether a line that was read, or was waiting at the start, sets a clock or asks for a move."""
        return self._hurries.wait(FIRST_LINES if self._began is not None else 0.0)

    def fail(self, error: Exception) -> None:
        """Raise ``error`` behind the lines that have been read so far; what comes later is not answered."""
        self._put(error)

    def waiting(self, timeout: float) -> bool:
        """Whether a line, or the end of the input, is there or comes within ``timeout`` seconds."""
        if not self._peeked:
            try:
                self._next = self._lines.get(timeout=timeout) if timeout > 0 else self._lines.get_nowait()
            except queue.Empty:
                return False
            self._peeked = True
        return True

    @contextmanager
    def calling(self, call: Callable[[], None], at: Sign) -> Iterator[None]:
        """Within the block ``call`` is called once, from any thread, as soon as there is such a sign."""
        waits = (at, call)
        with self._lock:
            if not (at == "end" and self._ended):
                self._calls.append(waits)
            self._call_if_due()
        try:
            yield
        finally:
            with self._lock, suppress(ValueError):  # called already, or never to be
                self._calls.remove(waits)

    def __iter__(self) -> Iterator[str]:
        while True:
            line, self._read_at = self._next if self._peeked else self._lines.get()
            self._peeked = False
            if line is None:
                return
            if isinstance(line, Exception):
                raise line
            self._interrupts_passed += line.strip() == INTERRUPT
            self._room.release()
            yield line

    def _call_if_due(self) -> None:
        due = {
            "interrupt": self._interrupts_read > self._interrupts_passed,
            "line": self._peeked or not self._lines.empty(),
            "end": self._ended,
        }
        called = [waits for waits in self._calls if due[waits[0]]]
        self._calls = [waits for waits in self._calls if waits not in called]
        for _, call in called:
            call()

    def _put(self, line: str | Exception | None, read_at: float | None = None) -> None:
        with self._lock:
            self._interrupts_read += isinstance(line, str) and line.strip() == INTERRUPT
            self._ended |= not isinstance(line, str) or _is_quit(line)
            if isinstance(line, str) and any(word in line for word in HURRIES):
                self._hurries.set()
            self._lines.put((line, time.monotonic() if read_at is None else read_at))
            self._call_if_due()

    def _read(self, stream: TextIO) -> None:
        first = time.monotonic()
        with suppress(OSError, ValueError):
            while self._room.acquire() and (line := stream.readline(MAX_LINE)):
                rest = line
                while len(rest) == MAX_LINE and not rest.endswith("\n"):
                    rest = stream.readline(MAX_LINE)
                now = time.monotonic()
                waited = self._began is not None and now - first < AT_ONCE
                self._put(line, self._began if waited else now)
        self._put(None)


def _is_quit(line: str) -> bool:
    request = parse(line)
    return request is not None and request.name == "quit"


def stdin_lines() -> InputLines:
    """The lines of this process's stdin, which is read from now on."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    return InputLines(sys.stdin, _process_began() if _is_waiting(sys.stdin) else None)


def _is_waiting(stream: TextIO) -> bool:
    """Whether there is something to read."""
    with suppress(OSError, ValueError):
        return bool(select.select([stream], [], [], 0.0)[0])
    return False


def _process_began() -> float:
    """When this process began, by ``time.monotonic``; now, where the system's clock tells something unlikely."""
    age = time.time() - psutil.Process().create_time()
    return time.monotonic() - (age if 0.0 < age < LONGEST_START else 0.0)
