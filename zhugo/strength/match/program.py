"""A GTP program in a process of its own, asked with a limit on its time."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

from zhugo.shared.errors import UserError

START_SECONDS = 600.0
"""For answers before the first game: a first start may compile kernels, load a large net or quantize it."""
END_SECONDS = 10.0
LAST_LINES = 20
LONGEST_LINE = 1 << 20
MOST_LINES = 10_000


class ProgramFailed(UserError):
    """The program has ended, hangs or speaks no GTP: it is of no use any more."""


class Refusal(UserError):
    """The program answers a command with an error, and goes on."""


class Program:
    """A running GTP program. Its process leads a group of its own, so that whatever it starts ends with it.

    ``commands``: what it knows, once it was greeted.
    """

    def __init__(self, argv: Sequence[str], label: str) -> None:
        """Start it; ``label`` is what errors call it. Raises ``ProgramFailed``."""
        self.label = label
        self.commands: frozenset[str] = frozenset()
        try:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except (OSError, ValueError, IndexError) as error:
            raise ProgramFailed(f"cannot start {label!r}: {error}") from error
        self._hangs = False
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._notes: deque[str] = deque(maxlen=LAST_LINES)
        self._pumps = [
            threading.Thread(target=self._read_answers, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_notes, args=(self._process.stderr,), daemon=True),
        ]
        for pump in self._pumps:
            pump.start()

    def greet(self, size: int | None = None) -> None:
        """Wait until it is ready; with ``size``, to play: what its first move takes longer is not held against it.

        Raises ``ProgramFailed``, or ``Refusal`` when it does not take the size.
        """
        self.ask("name", START_SECONDS)
        with suppress(Refusal):
            self.commands = frozenset(self.ask("list_commands", START_SECONDS).split())
        if size is not None:
            for command in (f"boardsize {size}", "clear_board", "genmove black", "clear_board"):
                self.ask(command, START_SECONDS)

    def ask(self, command: str, seconds: float) -> str:
        """The answer to one command. Raises ``Refusal``, or ``ProgramFailed`` when none comes within ``seconds``."""
        self.tell(command)
        return self.hear(command, seconds)

    def tell(self, *commands: str) -> None:
        """Send commands, all at once; ``hear`` gives the answers one by one."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.write("".join(f"{command}\n" for command in commands))
            self._process.stdin.flush()

    def hear(self, command: str, seconds: float) -> str:
        """The next answer, which is that to ``command``. Raises as ``ask`` does."""
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            self._hangs = True
            raise ProgramFailed(f"{self.label!r} does not answer {command!r} within {seconds:g} s") from None
        if answer is None:
            self._answers.put(None)
            raise ProgramFailed(f"{self.label!r} ended at {command!r}: {self._last_words()}")
        # an answer may carry a number, though none was sent
        said = answer[1:].lstrip("0123456789").strip()
        if answer[0] == "?":
            raise Refusal(f"{self.label!r} answers {command!r} with {said[:200]!r}")
        return said

    def close(self) -> None:
        """End the program, by asking it first unless it has left a question unanswered."""
        if self._process.poll() is None and not self._hangs:
            with suppress(UserError):
                self.ask("quit", END_SECONDS)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the program and whatever it started."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.close()
        for pump in self._pumps:
            pump.join(END_SECONDS)

    def _read_answers(self, stream: IO[str]) -> None:
        """An answer begins with = or ? and ends with an empty line (GTP 2, section 2.7); what lies between is noise."""
        lines: list[str] = []
        with stream, suppress(OSError, ValueError):
            while line := stream.readline(LONGEST_LINE):
                if line.strip():
                    if (lines or line[0] in "=?") and len(lines) < MOST_LINES:
                        lines.append(line.rstrip())
                elif lines:
                    self._answers.put("\n".join(lines))
                    lines.clear()
        self._answers.put(None)

    def _read_notes(self, stream: IO[str]) -> None:
        with stream, suppress(OSError, ValueError):
            while line := stream.readline(LONGEST_LINE):
                if line.strip():
                    self._notes.append(line.strip())

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        self._pumps[1].join(1.0)
        return self._notes[-1] if self._notes else f"exit code {self._process.poll()}, and nothing on stderr"
