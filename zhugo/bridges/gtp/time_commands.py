"""Commands about time: GTP 2's, KGS's and KataGo's time systems, and what it has cost."""

from __future__ import annotations

import math
from typing import Protocol

import psutil

from zhugo.bridges.gtp.clock import Clock, TimeSystem
from zhugo.bridges.gtp.protocol import Arguments, Command, GtpError

KGS_KINDS = ("none", "absolute", "byoyomi", "canadian")
KINDS = (*KGS_KINDS, "fischer", "fischer-capped")


class HasClock(Protocol):
    """Whose clock is set."""

    clock: Clock


def commands(engine: HasClock) -> dict[str, Command]:
    """The table."""

    def time_settings(arguments: Arguments) -> str:
        engine.clock.start(_canadian(arguments))
        return ""

    def settings_of(kinds: tuple[str, ...]) -> Command:
        def settings(arguments: Arguments) -> str:
            kind = arguments.word(0, "the time system").lower()
            if kind not in kinds:
                raise GtpError(f"unknown time system {kind[:40]}; known: {' '.join(kinds)}")
            engine.clock.start(_system(kind, Arguments(arguments[1:])))
            return ""

        return settings

    def time_left(arguments: Arguments) -> str:
        count = arguments.integer(2, "the stones") if len(arguments) > 2 else 0
        engine.clock.tell(arguments.color(0), arguments.number(1, "the time"), max(0, count))
        return ""

    def cputime(_arguments: Arguments) -> str:
        process = psutil.Process()
        used = sum(_cpu_seconds(one) for one in (process, *process.children(recursive=True)))
        return f"{used:.2f}"

    return {
        "time_settings": time_settings,
        "kgs-time_settings": settings_of(KGS_KINDS),
        "kata-time_settings": settings_of(KINDS),
        "kata-list_time_settings": lambda _arguments: " ".join(KINDS),
        "time_left": time_left,
        "cputime": cputime,
    }


def _system(kind: str, arguments: Arguments) -> TimeSystem:
    if kind == "none":
        return TimeSystem()
    if kind == "canadian":
        return _canadian(arguments)
    main = _seconds(arguments, 0, "the main time")
    if kind == "absolute":
        return TimeSystem(main)
    if kind == "byoyomi":
        period, periods = _seconds(arguments, 1, "the byo-yomi time"), _count(arguments, "the number of periods")
        return TimeSystem.byoyomi(main, period, periods)
    increment = _seconds(arguments, 1, "the increment")
    if kind == "fischer":
        return TimeSystem(main, increment=increment)
    most, longest = (_cap(arguments, at, what) for at, what in ((2, "the most time"), (3, "the time of a move")))
    if most < main:
        raise GtpError("the most time is less than the main time")
    return TimeSystem(main, increment=increment, most=most, longest=longest)


def _canadian(arguments: Arguments) -> TimeSystem:
    return TimeSystem.canadian(
        _seconds(arguments, 0, "the main time"),
        _seconds(arguments, 1, "the byo-yomi time"),
        _count(arguments, "the number of byo-yomi stones"),
    )


def _seconds(arguments: Arguments, index: int, what: str) -> float:
    seconds = arguments.number(index, what)
    if seconds < 0:
        raise GtpError(f"{what} is negative")
    return seconds


def _cap(arguments: Arguments, index: int, what: str) -> float:
    """Negative numbers mean none."""
    seconds = arguments.number(index, what)
    return math.inf if seconds < 0 else seconds


def _count(arguments: Arguments, what: str) -> int:
    count = arguments.integer(2, what)
    if not 0 <= count < 1 << 31:
        raise GtpError(f"{what} makes no sense: {arguments[2][:40]}")
    return count


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
