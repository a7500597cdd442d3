"""The trace of a daemon as its master keeps it: every event, the parts that it goes on in, and its end.

Where the disk does not take it, the daemon goes on without one and says so, unless one is required.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from msgspec.structs import replace

from daemon.core.answers import Answers
from daemon.process.journaled_core import Encoded
from daemon.process.log import log
from daemon.process.syncing import Fsync, Syncing
from daemon.replay.step import Frames
from protocol.codec import encode
from protocol.errors import TraceError
from protocol.messages import Outbound, Status
from protocol.trace import Failed, TraceWriter

if TYPE_CHECKING:
    from daemon.core.scheduler import Scheduler
    from daemon.process.forked_part import ForkedPart
    from daemon.process.replay_meter import ReplayMeter


class Journal:
    """See the module. ``is_kept``: events are written into it."""

    def __init__(self, required: bool, fsync: Fsync = "never", meter: ReplayMeter | None = None) -> None:
        """``required``: raise ``TraceError`` rather than go on without it. ``meter``: bounds what a restart replays."""
        self._required = required
        self._fsync = fsync
        self._meter = meter
        self._syncing: Syncing | None = None
        self._is_synced = True
        self._trace: TraceWriter | None = None
        self._failure = ""
        self._forgotten: Callable[[], None] = lambda: None
        self._fork: type[ForkedPart] | None = None
        self._part: ForkedPart | None = None
        self._mending: Iterator[object] | None = None

    def keep(self, trace: TraceWriter | None, forgotten: Callable[[], None], behind: float = 0.0) -> None:
        """Write into this trace from now on. ``forgotten`` is called when that ends before the daemon does.

        ``behind``: seconds that it took to replay what the newest part has already.
        """
        from daemon.process.forked_part import ForkedPart  # numba and the core come while the searchers start

        self._trace, self._forgotten, self._fork = trace, forgotten, ForkedPart
        self._begin_part_anew(behind)
        if trace is None or self._fsync == "never":
            return
        with self._tracing():
            trace.be_durable()
            if self._fsync == "interval":
                self._syncing = Syncing(trace.sync)

    @property
    def is_kept(self) -> bool:
        """See the class."""
        return self._trace is not None

    @property
    def descriptor(self) -> int | None:
        """Becomes readable when the part that is being written has something to say."""
        return None if self._part is None else self._part.descriptor

    @property
    def is_mending(self) -> bool:
        """Whether ``make_ready`` has more to do, now."""
        return self._mending is not None

    @property
    def failure(self) -> str:
        """Why nothing is written any more, though it was asked for; or ""."""
        return self._failure

    @property
    def size(self) -> int:
        """Bytes of the trace's newest file, 0 without one."""
        return 0 if self._trace is None else self._trace.size

    @property
    def must_sync(self) -> bool:
        """Whether what clients are told now must be on the disk first: ``sync`` does that."""
        return self._fsync == "always" and self._trace is not None

    def sync(self) -> None:
        """Have every event on the disk. Raises ``TraceError`` if nothing is to be done without a trace."""
        if self._trace is not None and not self._is_synced:
            with self._tracing():
                self._trace.sync()
            self._is_synced = True

    def write(self, now: float, sender: bytes, inbound: Frames, answers: Answers, failed: Failed | None) -> Encoded:
        """The answers as frames, and the event in the trace. Raises ``TraceError`` if nothing is to be done without."""
        if self._failure:  # of which the core knows nothing
            answers = [(receiver, self._with_failure(answer)) for receiver, answer in answers]
        encoded: Encoded = [(receiver, encode(answer)) for receiver, answer in answers]
        if self._trace is not None:
            self._is_synced = False
            with self._tracing():
                if self._syncing is not None:
                    self._syncing.check()
                self._trace.event(now, sender, inbound, encoded, failed)
        return encoded

    def make_ready(self, core: Scheduler) -> None:
        """Where the part is full, or long to replay: a step towards a quick fork, and the fork behind the last one."""
        if self._trace is None or self._part is not None or not self._is_full(self._trace):
            self._mending = None
            return
        if self._mending is None:
            self._mending = core.mend_pages()
        if next(self._mending, self) is self:
            self._mending = None
            self.begin_part(core)

    def begin_part(self, core: Scheduler) -> None:
        """Let a child write the core's state as it is now into the trace's next part."""
        assert self._trace is not None
        assert self._fork is not None
        try:
            self._part = self._fork(self._trace.branch(), core)
        except TraceError as error:
            self._put_off(self._trace, error)

    def finish_part(self) -> None:
        """Go on in the next part, or in this one if that could not be written; not before it is over."""
        if self._part is None or self._trace is None or not self._part.is_over():
            return
        forked, self._part = self._part, None
        try:
            old = self._trace.go_on_in(forked.part, forked.result())
        except TraceError as error:
            self._put_off(self._trace, error)
        else:
            self._begin_part_anew()
            Thread(target=_remove, args=(old,), daemon=True).start()

    def end(self, digests: Callable[[], dict[str, str]]) -> None:
        """The daemon ends in order."""
        self._drop_part()
        if self._trace is not None:
            with self._tracing():
                self._trace.end(digests())
                if self._fsync != "never":
                    self._trace.sync()

    def close(self) -> None:
        """Let go of the file."""
        self._drop_part()
        self._stop_syncing()
        if self._trace is not None:
            self._trace.close()

    def go_on_without(self, error: TraceError) -> None:
        """Say it, here and in every status. Raises ``error`` if nothing is to be done without a trace."""
        if self._required:
            raise error
        self._drop_part()
        self._stop_syncing()
        trace, self._trace = self._trace, None
        if trace is not None:
            self._forgotten()
        self._failure = str(error)
        told = "going on without a trace; what happens from now on cannot be resumed"
        log("trace_lost", f"WARNING: {error}; {told}", level="warning", reason=str(error))
        if trace is not None:
            trace.close()

    def _with_failure(self, answer: Outbound) -> Outbound:
        return replace(answer, trace=self._failure[:4000]) if isinstance(answer, Status) else answer

    def _is_full(self, trace: TraceWriter) -> bool:
        return trace.is_full or (self._meter is not None and trace.has_enough and self._meter.is_long)

    def _begin_part_anew(self, behind: float = 0.0) -> None:
        if self._meter is not None:
            self._meter.begin(behind)

    def _put_off(self, trace: TraceWriter, error: TraceError) -> None:
        trace.put_off()
        self._begin_part_anew()
        log("trace_part_put_off", str(error), level="warning")

    def _stop_syncing(self) -> None:
        if self._syncing is not None:
            self._syncing.end()
            self._syncing = None

    def _drop_part(self) -> None:
        if self._part is not None:
            self._part.end()
            self._part = None

    @contextmanager
    def _tracing(self) -> Iterator[None]:
        """Within the block the trace is written to; where it cannot be, it is written no more, or the daemon ends."""
        try:
            yield
        except TraceError as error:
            self.go_on_without(error)


def _remove(files: list[Path]) -> None:
    """Remove what need not be kept; what cannot be removed is tried again with the next part."""
    for file in files:
        with suppress(OSError):
            file.unlink()
