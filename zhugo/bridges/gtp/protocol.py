"""The protocol of GTP 2 (Gunnar Farnebäck, "Specification of the Go Text Protocol, version 2"): lines in, answers out.

A line is ``[id] command argument…``; an answer ``=[id] text`` or ``?[id] text``, closed by an empty line. Comments
and control characters mean nothing. Every line gets an answer but those that are empty without them.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class GtpError(Exception):
    """The command failed; the text is what the controller is told after the ``?``."""


class Arguments(Sequence[str]):
    """What stands behind a command's name, read as what the command needs. Raises ``GtpError`` where it is not that."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self._words[index]

    def word(self, index: int, what: str) -> str:
        """The argument at ``index``; ``what`` names it in the complaint when it is missing."""
        if index >= len(self._words):
            raise GtpError(f"syntax error: {what} is missing")
        return self._words[index]

    def integer(self, index: int, what: str) -> int:
        """A whole number."""
        word = self.word(index, what)
        if not _WHOLE.fullmatch(word):
            raise GtpError(f"syntax error: {what} is no whole number: {word[:40]}")
        return int(word)

    def number(self, index: int, what: str) -> float:
        """A finite number, with an exponent or without."""
        word = self.word(index, what)
        value = float(word) if _NUMBER.fullmatch(word) else math.nan
        if not math.isfinite(value):
            raise GtpError(f"syntax error: {what} is no number: {word[:40]}")
        return value

    def color(self, index: int) -> int:
        """A player: +1 Black, -1 White."""
        word = self.word(index, "the color").lower()
        try:
            return {"b": 1, "black": 1, "w": -1, "white": -1}[word]
        except KeyError:
            raise GtpError(f"syntax error: {word[:40]} is no color") from None


@dataclass(frozen=True)
class Request:
    """One command line. ``id`` is as it was written, empty without one."""

    id: str
    name: str
    arguments: Arguments


def parse(line: str) -> Request | None:
    """The command of a line, None when there is none. Text that is no command is one with an unknown name."""
    words = _CONTROL.sub("", line.replace("\t", " ")).split("#", 1)[0].split()
    number = words.pop(0) if words and words[0].isascii() and words[0].isdigit() else ""
    if not words:
        # a lone number: GTP knows no command without a name, but the sender waits for an answer with this id
        return Request(number, "", Arguments([])) if number else None
    return Request(number, words[0], Arguments(words[1:]))


Stream = Iterator[str]
"""The lines of an answer that goes on until the next line of input or its own end."""

Command = Callable[[Arguments], "str | Stream"]
"""What stands behind a command's name."""


def with_administration(
    commands: Mapping[str, Command], unlisted: Collection[str] = (), unknown: Collection[str] = ()
) -> dict[str, Command]:
    """The commands and those that speak of commands: ``known_command``, ``list_commands``, ``quit``.

    ``unlisted``: those that ``list_commands`` does not name; ``unknown``: those that ``known_command`` denies.
    """

    def known_command(arguments: Arguments) -> str:
        known = arguments and arguments[0] in everything and arguments[0] not in unknown
        return "true" if known else "false"

    def list_commands(_arguments: Arguments) -> str:
        return "\n".join(sorted(name for name in everything if name not in unlisted))

    def leave(_arguments: Arguments) -> str:
        return ""

    everything: dict[str, Command] = {
        **commands,
        "known_command": known_command,
        "list_commands": list_commands,
        "protocol_version": lambda _arguments: "2",
        "quit": leave,
    }
    return everything


Failures = tuple[type[Exception], ...]


def serve(
    commands: Mapping[str, Command],
    lines: Iterable[str],
    write: Callable[[str], None],
    failures: Failures = (GtpError,),
) -> None:
    """Answer every command until ``quit`` or the end of the input.

    ``write`` gets whole pieces of output and is to flush each. ``failures`` are what the controller is told when a
    command ends in one of them; other errors are for the caller.
    """
    for line in lines:
        request = parse(line)
        if request is None:
            continue
        _answer(commands, request, write, failures)
        if request.name == "quit":
            return


def _answer(
    commands: Mapping[str, Command], request: Request, write: Callable[[str], None], failures: Failures
) -> None:
    try:
        if request.name not in commands:
            raise GtpError("unknown command")
        answer = commands[request.name](request.arguments)
    except failures as error:
        write(framed("?", request.id, str(error)))
        return
    if isinstance(answer, str):
        write(framed("=", request.id, answer))
        return
    write(f"={request.id}\n")
    try:
        for line in answer:
            write(line + "\n")
    except failures as error:
        # the answer has begun, so GTP has no place for what failed in the midst of it
        warn(str(error))
    write("\n")


def warn(text: str) -> None:
    """Write a warning to stderr, since GTP has no place for it."""
    print(f"zhugo: {text}", file=sys.stderr, flush=True)


def framed(sign: str, number: str, text: str) -> str:
    """A whole answer. Empty lines are left out of its text, since the first would end it.

    Text that begins with a new line, as a board does, begins on a line of its own.
    """
    body = "\n".join(line for line in text.splitlines() if line.strip())
    between = "" if not body else "\n" if text.startswith("\n") else " "
    return f"{sign}{number}{between}{body}\n\n"
