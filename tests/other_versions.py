"""Traces as other versions of this program write them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from protocol.messages import PROTOCOL_VERSION
from protocol.records import RecordReader, RecordWriter
from protocol.trace import TraceReader


def of_another_protocol(part: Path) -> None:
    """Make this part one that another version wrote."""
    reader = RecordReader(part)
    header = msgspec.structs.replace(TraceReader(part).header, protocol=PROTOCOL_VERSION + 1)
    body = part.read_bytes()[reader.end :]
    RecordWriter(part, msgspec.msgpack.encode(header)).close()
    part.write_bytes(part.read_bytes() + body)
