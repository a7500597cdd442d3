"""The columns of master, searchers and device in the terminal, a row for everything that one of them did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table

from zhugo.debugger.explaining.timeline import Timeline

MASTER, DEVICE = b"master", b"device"

AT_WORK = "│"


@dataclass(frozen=True)
class Happening:
    """Something that a process did, or began, ``until`` which it is at it."""

    time: float
    column: bytes
    text: str
    until: float


def happenings(found: Timeline) -> list[Happening]:
    """All of them, in order of time."""
    return sorted(_happenings(found), key=lambda one: (one.time, one.column != MASTER))


def _happenings(found: Timeline) -> Iterator[Happening]:
    for batch in found.batches:
        letter = found.people[batch.searcher].removeprefix("searcher ")
        name = f"{letter}{batch.grant}"
        yield Happening(batch.granted, MASTER, f"select {name}: {batch.leaves} of {batch.requested}", batch.granted)
        if batch.fate == "updated":
            yield Happening(batch.encode, batch.searcher, f"encode {name}", batch.submit)
            yield Happening(batch.submit, batch.searcher, f"submit {name}", batch.device_end)
            if batch.used_device:
                yield Happening(batch.device, DEVICE, f"{name} ▼", batch.device_end)
                yield Happening(batch.device_end, DEVICE, f"{name} ▲", batch.device_end)
            yield Happening(batch.update, batch.searcher, f"update {name}", batch.over)
            yield Happening(batch.over, MASTER, f"update {name}", batch.over)
        elif batch.fate != "unfinished":
            yield Happening(batch.over, MASTER, f"{name} {batch.fate}", batch.over)
    for wait in found.waits:
        if wait.kind == "parked" and wait.end > wait.begin:
            yield Happening(wait.begin, wait.searcher, "fail: parked", wait.end)
            yield Happening(wait.end, wait.searcher, "retry", wait.end)


def timeline_table(found: Timeline, since: float, until: float) -> Table:
    """The happenings from ``since`` to ``until``, seconds since the first event."""
    every = happenings(found)
    table = Table(box=SIMPLE_HEAD)
    table.add_column("ms", justify="right")
    columns = [MASTER, *found.people.searchers, DEVICE]
    for column in columns:
        table.add_column(found.people[column] if column in found.people.searchers else column.decode(), no_wrap=True)
    busy_until = dict.fromkeys(columns, 0.0)
    for one in every:
        if one.time > until:
            break
        if one.time >= since:
            cells = [one.text if column == one.column else _idle(busy_until[column], one.time) for column in columns]
            table.add_row(f"{one.time * 1000:.2f}", *cells)
        busy_until[one.column] = max(busy_until[one.column], one.until)
    return table


def _idle(busy_until: float, now: float) -> str:
    return AT_WORK if busy_until > now else ""
