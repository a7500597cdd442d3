"""A recording as Chrome trace events, which Perfetto opens.

A process each for the master, every searcher and the device, where each searcher's batches have a track of their own,
for a CPU works on several at a time. An arrow follows every batch from select through encode, submit and device to
update.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import msgspec

from zhugo.debugger.explaining.timeline import Batch, Timeline
from zhugo.debugger.reading.labels import message
from zhugo.debugger.reading.recording import Recording

MASTER = 1
FIRST_SEARCHER = 2

MASTER_WORKS = 20_000
"""Nanoseconds that an event of the master is drawn long at most; a trace does not tell how long it took."""

Json = dict[str, Any]


def chrome_trace(recording: Recording, found: Timeline) -> bytes:
    """The JSON text."""
    return msgspec.json.encode({"displayTimeUnit": "ms", "traceEvents": list(_events(recording, found))})


def _events(recording: Recording, found: Timeline) -> Iterator[Json]:
    processes = {who: number for number, who in enumerate(found.people.searchers, FIRST_SEARCHER)}
    device = FIRST_SEARCHER + len(processes)
    yield from _track(MASTER, MASTER, "master", "events")
    for who, number in processes.items():
        yield from _track(number, number, found.people[who], "batches")
        yield from _track(device, device + number, "device", found.people[who])
    yield from _master(recording, found)
    for number, batch in enumerate(found.batches, 1):
        if batch.fate == "updated":
            yield from _batch(number, batch, processes[batch.searcher], device)
    for wait in found.waits:
        yield from _slice(processes[wait.searcher], processes[wait.searcher], wait.kind, wait.begin, wait.end)
    yield from _counters(found, device)


def _track(process: int, thread: int, process_name: str, thread_name: str) -> Iterator[Json]:
    yield {"ph": "M", "name": "process_name", "pid": process, "tid": thread, "args": {"name": process_name}}
    yield {"ph": "M", "name": "thread_name", "pid": process, "tid": thread, "args": {"name": thread_name}}


def _master(recording: Recording, found: Timeline) -> Iterator[Json]:
    times = [_nanoseconds(recording.seconds(entry)) for entry in recording.entries]
    for entry, begin, following in zip_longest(recording.entries, times, times[1:]):
        if entry.inbound is not None:
            args = {"event": entry.number, "from": found.people[entry.sender], "message": message(entry.inbound)}
            name = type(entry.inbound).__name__
            length = MASTER_WORKS if following is None else max(0, min(MASTER_WORKS, following - begin))
            yield _slice_of(MASTER, MASTER, name, begin, length, args)


def _batch(number: int, batch: Batch, process: int, device: int) -> Iterator[Json]:
    args = {"grant": batch.grant, "leaves": batch.leaves, "requested": batch.requested, "remembered": batch.cached}
    yield from _slice(process, process, "encode", batch.encode, batch.submit, args)
    yield from _slice(process, process, "submit", batch.submit, batch.device_end, args)
    yield from _slice(process, process, "update", batch.device_end, batch.update, args)
    stops = [(MASTER, MASTER, batch.granted), (process, process, batch.encode), (process, process, batch.submit)]
    if batch.used_device:
        yield from _slice(device, device + process, f"batch of {batch.leaves}", batch.device, batch.device_end, args)
        stops.append((device, device + process, batch.device))
    stops.append((MASTER, MASTER, batch.over))
    for place, (stop, thread, time) in enumerate(stops):
        phase = "s" if place == 0 else "f" if place == len(stops) - 1 else "t"
        bound = {"bp": "e"} if phase == "f" else {}
        where = {"pid": stop, "tid": thread, "ts": _micro(time)}
        yield {"ph": phase, "id": number, "cat": "batch", "name": "batch", **where, **bound}


def _counters(found: Timeline, device: int) -> Iterator[Json]:
    for sample in found.samples:
        share = 100.0 * sample.pseudo / sample.visits if sample.visits else 0.0
        for name, value in (
            ("tickets", sample.tickets),
            ("parked searchers", sample.parked),
            ("pseudo-visit share %", share),
        ):
            yield _counter(MASTER, name, sample.time, value)
    changes = [(batch.submit, 1) for batch in found.batches if batch.used_device]
    changes += [(batch.device_end, -1) for batch in found.batches if batch.used_device]
    depth = 0
    for time, change in sorted(changes):
        depth += change
        yield _counter(device, "queue depth", time, depth)


def _counter(process: int, name: str, time: float, value: float) -> Json:
    return {"ph": "C", "name": name, "pid": process, "ts": _micro(time), "args": {"value": value}}


def _slice(process: int, thread: int, name: str, begin: float, end: float, args: Json | None = None) -> Iterator[Json]:
    start = _nanoseconds(begin)
    if (length := _nanoseconds(end) - start) >= 0:
        yield _slice_of(process, thread, name, start, length, args or {})


def _slice_of(process: int, thread: int, name: str, begin: int, length: int, args: Json) -> Json:
    where = {"pid": process, "tid": thread, "ts": begin / 1000, "dur": length / 1000}
    return {"ph": "X", "name": name, "cat": "zhugo", **where, "args": args}


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


def _micro(seconds: float) -> float:
    return _nanoseconds(seconds) / 1000
