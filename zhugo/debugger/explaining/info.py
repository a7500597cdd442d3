"""What made a trace: versions, configuration, options, seeds and nets; and how much of it there is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from protocol import messages as m
from protocol.messages import PROTOCOL_VERSION
from protocol.trace import End, Event
from zhugo.debugger.reading.labels import People
from zhugo.debugger.reading.recording import Recording


def info(recording: Recording) -> dict[str, Any]:
    """Facts by name, for tables and for JSON. Of a trace of another protocol what its messages say is left out."""
    header, files = recording.header, recording.files
    ends = sum(isinstance(entry.record, End) for entry in recording.entries)
    facts = {
        "format": f"{header.format}.{header.minor}",
        "protocol": files[0].written,
        "started": datetime.fromtimestamp(header.started, UTC).isoformat(timespec="seconds"),
        "parts": ", ".join(file.path.name for file in files),
        "bytes": sum(file.path.stat().st_size for file in files),
        "events": len(recording.entries) - ends,
        "orderly_ends": ends,
        "seconds": recording.times[-1] - recording.times[0] if recording.times else 0.0,
        "versions": header.versions,
        "configuration": header.config,
        "options": header.options,
    }
    if header.protocol != PROTOCOL_VERSION:
        return facts
    return facts | {
        "searchers": _searchers(recording),
        "sessions": _sessions(recording),
        "failed_events": _failed(recording),
    }


def _searchers(recording: Recording) -> list[dict[str, str]]:
    """Each with the net that it evaluated with, and on what."""
    people = People(recording)

    def devices(sender: bytes, first: str) -> str:
        return ", then ".join(dict.fromkeys([first, *(net.device for who, net in recording.changes if who == sender)]))

    return [
        {
            "searcher": people[sender],
            "net": hello.net.name if hello.net else "",
            "sha256": hello.net.sha256 if hello.net else "",
            "features": hello.net.features if hello.net else "",
            "device": devices(sender, hello.net.device) if hello.net else "",
        }
        for sender, hello in recording.hellos
        if hello.role == "searcher"
    ]


def _failed(recording: Recording) -> list[dict[str, Any]]:
    """The events at which the core failed, each with what went wrong and what it cost."""
    found = []
    for entry in recording.entries:
        if isinstance(entry.record, Event) and (failed := entry.record.failed) is not None:
            steps = [("its session", why) for _, why in failed.steps]
            cost = "the event" if failed.anew is None else "every session"
            for costs, why in [*steps, *([(cost, failed.dropped)] if failed.dropped else [])]:
                found.append({"event": entry.number, "cost": costs, "why": why})
    return found


def _sessions(recording: Recording) -> list[dict[str, Any]]:
    """What was opened, reset or configured in this recording, in order, and the settings that were not the usual."""
    found = []
    usual = msgspec.structs.asdict(m.SearchSettings())
    for entry in recording.entries:
        if isinstance(told := entry.inbound, m.Open | m.Reset | m.Configure):
            settings = msgspec.structs.asdict(told.settings) if isinstance(told, m.Open | m.Configure) else {}
            found.append(
                {
                    "event": entry.number,
                    "session": told.session,
                    "message": type(told).__name__,
                    "game": "" if isinstance(told, m.Configure) else f"{told.game} {told.spec}",
                    "seed": settings.get("seed", ""),
                    "settings": {name: value for name, value in settings.items() if value != usual[name]},
                }
            )
    return found
