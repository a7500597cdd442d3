"""The next part of a trace while it is made, beside the one that is written on.

The state of a large core takes seconds to pack, so another process does it. It writes the state as it was at one byte
of the part before, and behind it a copy of the records from that byte on. The writer of the trace then copies the last
few records, gives the file its name, and goes on in it. So the two parts overlap, and the later one's header says
where. The file gets its name only when it is whole: after a death at any moment, the last part with a name is complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from protocol.errors import TraceError
from protocol.records import RecordWriter, sync_names

UNFINISHED = ".unfinished"
"""Ends the name of a part that is not whole."""

_COPIED_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Written:
    """How far a part is: bytes of its own beginning, and bytes behind them that are copies."""

    own: int
    copied: int


@dataclass(frozen=True)
class NextPart:
    """A part that will stand at ``place``: ``before``'s records from byte ``begin`` on follow its beginning.

    ``durable``: it is on the disk before it gets its name, and the name behind it.
    """

    before: Path
    begin: int
    place: Path
    header: bytes
    durable: bool = False

    @property
    def unfinished(self) -> Path:
        """Where it stands until it is whole."""
        return self.place.with_name(self.place.name + UNFINISHED)

    def write(self, beginning: Callable[[RecordWriter], None]) -> Written:
        """Write the beginning, and copy what has come behind ``begin`` up to now. Raises ``TraceError``."""
        self.discard()  # an orphaned process that still writes there keeps a file without a name
        records = RecordWriter(self.unfinished, self.header)
        try:
            beginning(records)
            if self.durable:
                records.sync()
        finally:
            records.close()
        return self.copy(Written(records.size, 0))

    def copy(self, written: Written) -> Written:
        """Copy what has come since so much was written; how much is written then. Raises ``TraceError``."""
        copied = written.copied
        try:
            with self.before.open("rb") as source, self.unfinished.open("r+b") as target:
                if target.seek(0, os.SEEK_END) != written.own + copied:
                    raise TraceError(f"{self.unfinished} is not as it was left")
                source.seek(self.begin + copied)
                while data := source.read(_COPIED_AT_ONCE):
                    target.write(data)
                    copied += len(data)
        except OSError as error:
            raise TraceError(f"cannot write the trace {self.unfinished}: {error.strerror}") from error
        return Written(written.own, copied)

    def finish(self) -> None:
        """Give it its name. Raises ``TraceError``."""
        try:
            if self.durable:
                with self.unfinished.open("rb") as file:
                    os.fsync(file.fileno())
            self.unfinished.replace(self.place)
        except OSError as error:
            raise TraceError(f"cannot write the trace {self.place}: {error.strerror}") from error
        if self.durable:
            sync_names(self.place.parent)

    def discard(self) -> None:
        """Remove what there is of it."""
        with suppress(OSError):
            self.unfinished.unlink(missing_ok=True)
