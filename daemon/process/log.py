"""What the master's process says to its operator, on stderr: lines for people, or an object of JSON a line.

Of one thing there is one event, a word that programs look for, and a sentence for people. A line of JSON has the keys
``time``, ``level``, ``event``, ``text`` where there is a sentence, and the event's own fields.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal, get_args

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

PROGRAM = "zhugo-searchd"

LEVELS: tuple[LogLevel, ...] = get_args(LogLevel)
"""From the least important to the most."""


class _Log:
    """How this process logs. structlog is loaded at the first line, for most daemons never have anything to say."""

    format: LogFormat = "text"
    level: LogLevel = "info"
    logger: Any = None


def configure(kind: LogFormat = "text", level: LogLevel = "info") -> None:
    """From now on log in this format, and nothing that is less important than this level."""
    _Log.format, _Log.level, _Log.logger = kind, level, None
    if kind == "json":
        _Log.logger = _structured()


def log(event: str, text: str = "", *, level: LogLevel = "info", bare: bool = False, **fields: Any) -> None:
    """Say that this happened. Never raises: nobody need be there to read.

    ``text``: the sentence for people; without it they get the event and its fields. ``bare``: the line does not begin
    with the program's name, for it is somebody else's, or stands between such.
    """
    if LEVELS.index(level) < LEVELS.index(_Log.level):
        return
    with suppress(OSError, ValueError):
        if _Log.logger is None:
            try:
                _Log.logger = _structured()
            except OSError:  # with no file descriptor left there is still this
                _print(_line(event, text, bare, fields))
                return
        getattr(_Log.logger, level)(event, text_=text, bare_=bare, **fields)


def announce(line: str, event: str, **fields: Any) -> None:
    """A line on stdout, for who started the daemon; it is an event of the log for programs, too."""
    with suppress(OSError):
        print(line, flush=True)  # noqa: T201
    if _Log.format == "json":
        log(event, line, **fields)


def _structured() -> Any:
    import logging

    import structlog

    return structlog.wrap_logger(
        _Stderr(),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _in_order,
            _for_people if _Log.format == "text" else structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, _Log.level.upper())),
        cache_logger_on_first_use=True,
    )


class _Stderr:
    """Where lines go."""

    def info(self, line: str) -> None:
        """Write one."""
        _print(line)

    debug = warning = error = info


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _in_order(_logger: object, _method: str, event: Any) -> dict[str, Any]:
    """What every line has stands in front."""
    rest: dict[str, Any] = dict(event)
    first = {name: rest.pop(name) for name in ("time", "level", "event")}
    text, bare = rest.pop("text_"), rest.pop("bare_")
    if _Log.format == "text":
        return first | {"text": text, "bare": bare, "fields": rest}
    return first | ({"text": text} if text else {}) | rest


def _for_people(_logger: object, _method: str, event: Any) -> str:
    return _line(event["event"], event["text"], event["bare"], event["fields"])


def _line(event: str, text: str, bare: bool, fields: Mapping[str, Any]) -> str:
    words = text or " ".join([event, *(f"{name}={value!r}" for name, value in fields.items())])
    words = words.replace("\n", " ")
    return words if bare else f"{PROGRAM}: {words}"
