"""How far a trace is good: every record of every part, and whether a core says and ends the same again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from daemon.core.checkpoint import CheckpointError, load
from daemon.core.scheduler import Scheduler
from daemon.core.sessions import Referee
from daemon.replay.replay import again, first_core, fresh_core
from protocol.errors import TraceError
from protocol.trace import End, Event, Header, TraceReader, read_parts


class PartReport(Struct, frozen=True):
    """One file. ``good``: bytes up to which every record is whole and replays; ``events``: that begin before it.

    ``time``: of the last of them, on the daemon's clock. ``torn``: bytes behind them, of a record that a death cut
    short.
    """

    file: str
    number: int
    bytes: int
    good: int
    events: int
    time: float
    torn: int = 0


class Verification(Struct, frozen=True):
    """``problem``: one line about the first thing that is wrong, or "". ``first``: the number of the first part that is
    there. ``digests``: how often the trees of all sessions were compared.
    """

    parts: list[PartReport]
    events: int
    digests: int
    problem: str = ""

    @property
    def is_good(self) -> bool:
        """Nothing is wrong. The last record may be torn, as the death of a daemon leaves it."""
        return not self.problem


class _Problem(Exception):
    """What is wrong, in one line."""


def verify(path: Path, make_referee: Callable[[Header], Referee]) -> Verification:
    """Read and replay it all. Raises ``TraceError`` when there is no trace to look at."""
    readers = read_parts(path)
    reports: list[PartReport] = []
    digests = 0
    problem = ""
    try:
        core = first_core(readers[0], make_referee(readers[0].header))
        for reader in readers:
            part = _Part(reader)
            try:
                if reader.header.part > 1:
                    _check_state(reader, make_referee(reader.header))
                digests += part.replay(core)
                part.check_end(is_last=reader is readers[-1])
            finally:
                reports.append(part.report())
    except (TraceError, _Problem) as error:
        problem = str(error)
    return Verification(reports, sum(each.events for each in reports), digests, problem)


def _check_state(reader: TraceReader, referee: Referee) -> None:
    """The state that a later part begins with is whole, and of the digests that stand behind it."""
    core = fresh_core(reader.path, reader.header, referee)
    try:
        load(core, reader.state())
    except CheckpointError as error:
        raise _Problem(f"{reader.path} does not begin with a whole state of its core: {error}") from error
    first = next((record for _, record in reader), None)
    if not isinstance(first, End) or first.digests != core.digests():
        raise _Problem(f"{reader.path} begins with a state whose digests are not those that stand behind it")


class _Part:
    """One part while it is looked at."""

    def __init__(self, reader: TraceReader) -> None:
        self._reader = reader
        self._good = self._events = 0
        self._time = reader.header.time

    def replay(self, core: Scheduler) -> int:
        """Let the core live through the part; how many digests were compared."""
        digests = 0
        for byte, record in self._records():
            if (difference := again(core, record)) is not None:
                raise _Problem(f"{self._reader.path} does not replay from byte {byte} on: {difference.text}")
            self._good = self._reader.end
            if isinstance(record, Event):
                self._events, self._time = self._events + 1, record.time
            else:
                digests += 1
        return digests

    def check_end(self, is_last: bool) -> None:
        """A part that another takes over from has no torn end before that."""
        if self._reader.torn is not None and not is_last:
            raise _Problem(f"{self._reader.path} ends at byte {self._reader.torn}, before the next part takes over")

    def report(self) -> PartReport:
        """How far it is good."""
        reader = self._reader
        torn = 0 if reader.torn is None else reader.size - reader.torn
        return PartReport(str(reader.path), reader.header.part, reader.size, self._good, self._events, self._time, torn)

    def _records(self) -> Iterator[tuple[int, Event | End]]:
        """The part's records; where they are damaged, what --resume would go on from is said, too."""
        self._good = self._reader.end
        try:
            yield from self._reader
        except TraceError as error:
            with suppress(TraceError):
                lenient = TraceReader(self._reader.path, forgiving=True)
                if all(record for _, record in lenient) and lenient.end == self._reader.end:
                    raise _Problem(
                        f"{error}; a power cut leaves such an end, and --resume goes on before it"
                    ) from error
            raise
