"""The process shell of the master: sockets, clock, trace and signals around the pure core.

It decides nothing about trees. Everything that the core is told is an event, written into the trace before the answers
go out. Holds no net, and never imports torch.
"""

from __future__ import annotations

import math
import os
import resource
import select
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from msgspec.structs import replace

from daemon.core.answers import Answers
from daemon.process.journaled_core import Encoded, JournaledCore, Restored
from daemon.process.message_limits import droppable, message_bytes
from daemon.process.options import OptionError, Options
from daemon.process.pauses import PauseMeter
from daemon.process.searchers import Searchers
from daemon.process.signals import EndingSignals
from daemon.replay.step import SHELL, Frames
from protocol.addresses import private_directory
from protocol.codec import encode
from protocol.errors import TraceError
from protocol.messages import (
    Done,
    Goodbye,
    Hello,
    Inbound,
    Outbound,
    Paused,
    Retire,
    Shutdown,
    Status,
    Tick,
    Welcome,
)
from protocol.server import Capacity, Server
from protocol.trace import Failed, TraceWriter

if TYPE_CHECKING:
    from daemon.core.scheduler import Scheduler
    from daemon.process.forked_part import ForkedPart

ROUND = 256
"""Messages that are handled before the clock is looked at again.

Peers are served in turn, so a round holds something of each of them. After a pause of the master itself, a compilation
say, their heartbeats are read before any peer is declared dead.
"""

END_SECONDS = 1.0
"""Seconds that searchers get to end by themselves."""

IDLE_SECONDS = 1.0

STRANGERS = 64
"""Connections of peers that have not said hello, when all that may be have."""

OTHER_FILES = 256
"""Open files of a daemon beside its connections, at most."""


class Master:
    """One daemon, from its first socket to its last. A context manager: leaving it leaves nothing behind."""

    def __init__(self, options: Options, signals: EndingSignals) -> None:
        """Listens when made. Raises ``AddressError`` and ``OptionError``."""
        self._signals = signals
        self._ending = False
        self._keeper: JournaledCore
        self._trace: TraceWriter | None = None
        self._next_part: ForkedPart | None = None
        self._mending: Iterator[object] | None = None
        self._trace_required = options.trace_required
        self._trace_failure = ""
        self._offset = 0.0
        self._pauses = PauseMeter()
        self._workers: dict[int, bytes] = {}
        """Searchers that said hello: pid -> sender."""
        self._parent = None if options.parent is None else _watch(options.parent)
        self._private = private_directory()
        own = f"ipc://{self._private / 'searchd'}"
        try:
            addresses = [own] if options.address is None else [own, options.address]
            self._server = Server(addresses, _capacity(options))
        except BaseException:
            shutil.rmtree(self._private, ignore_errors=True)
            raise
        self.address = self._server.addresses[-1]
        self._searchers = Searchers(options.searchers, lambda name: options.for_searcher(own, name, str(self._private)))
        self._poller = select.poll()

    def start(self) -> None:
        """Start a first searcher, which gets ready while the core is made."""
        self._searchers.start_one()

    def adopt(self, core: Scheduler, trace: TraceWriter | None, restored: Restored | None) -> None:
        """Work with this fresh core, whose time is the machine's monotonic clock.

        ``restored``: makes the core of the trace again.
        """
        from daemon.process.forked_part import (
            ForkedPart,  # numba and the core come while the searchers start, and not before
        )

        self._keeper = JournaledCore(core, self._written, restored if trace is not None else None)
        self._trace = trace
        self._fork = ForkedPart

    def resume(
        self,
        core: Scheduler,
        trace: TraceWriter | None,
        restored: Restored | None,
        time_then: float,
        seconds: float,
    ) -> None:
        """Work with a core that lived before, until its time was ``time_then``, ``seconds`` ago.

        They have passed for its searches, but no client's lease ran out in them.
        """
        self.adopt(core, trace, restored)
        self._offset = time_then + seconds - time.monotonic()
        self.tell(SHELL, Paused(seconds))

    def tell(self, sender: bytes, message: Inbound) -> None:
        """An event that the shell makes, in the name of a peer that is gone, say."""
        self._handle(sender, encode(message))

    def run(self) -> None:
        """Serve until something ends it. Raises ``SearchersFailed`` or ``TraceError``."""
        self._watch_searchers()
        while not self._ending:
            ready = {source for source, _ in self._sleep()}
            self._serve_messages()
            self._report_lost()
            self._tick()
            self._make_ready_for_part()
            if self._next_part is not None and self._next_part.descriptor in ready and self._next_part.is_over():
                self._finish_part(self._next_part)
            if self._signals.came or self._parent in ready:
                self._ending = True
            if ready.intersection(self._searchers.descriptors()) or self._searchers.is_due():
                self._report_dead(self._watch_searchers())
        self._drop_part()
        if self._trace is not None:
            with self._tracing():
                self._trace.end(self._core.digests())

    def __enter__(self) -> Master:
        return self

    def __exit__(self, *_: object) -> None:
        for sender in self._workers.values():
            self._server.send(sender, encode(Retire()))
        self._searchers.end(END_SECONDS)
        self._server.close()
        self._drop_part()
        if self._trace is not None:
            self._trace.close()
        if self._parent is not None:
            os.close(self._parent)
        shutil.rmtree(self._private, ignore_errors=True)

    @property
    def _core(self) -> Scheduler:
        return self._keeper.core

    def _now(self) -> float:
        return time.monotonic() + self._offset

    def _sleep(self) -> list[tuple[int, int]]:
        """What is ready, as soon as something is ready or due. The core is told of a pause before anything that came in
        it.
        """
        patience = self._patience()
        self._pauses.sleeps(patience / 1000.0)
        ready = self._poller.poll(patience)
        self._pauses.wakes()
        if paused := self._pauses.news():
            self.tell(SHELL, Paused(paused))
        return ready

    def _patience(self) -> int:
        """Milliseconds until something must be done even if nothing happens."""
        if self._server.ready:
            return 0
        if self._mending is not None:
            return 0
        waits = [IDLE_SECONDS]
        if (deadline := self._core.next_deadline()) is not None:
            waits.append(deadline - self._now())
        if (restart := self._searchers.next_restart()) is not None:
            waits.append(restart - time.monotonic())
        return math.ceil(max(0.0, min(waits)) * 1000.0)

    def _serve_messages(self) -> None:
        for _ in range(ROUND):
            if (received := self._server.receive()) is None:
                return
            self._handle(*received)
            self._make_ready_for_part()

    def _handle(self, sender: bytes, frames: Frames) -> None:
        taken = self._keeper.take(sender, frames, self._now())
        for (receiver, answer), (_, answer_frames) in zip(taken.answers, taken.encoded, strict=True):
            if taken.message is not None and (size := message_bytes(taken.message, answer)) is not None:
                self._server.allow(receiver, size)
            key = None if taken.message is None else droppable(taken.message, answer)
            self._server.send(receiver, answer_frames, key)
        if taken.away:
            self.tell(SHELL, Paused(taken.away))
        match taken.message:
            case Hello(role="searcher", pid=pid, net=net) if any(isinstance(one, Welcome) for _, one in taken.answers):
                self._workers[pid] = sender
                self._searchers.greeted(pid, "" if net is None else net.sha256)
            case Shutdown():
                self._ending |= any(isinstance(answer, Done) for _, answer in taken.answers)

    def _written(self, now: float, sender: bytes, inbound: Frames, answers: Answers, failed: Failed | None) -> Encoded:
        """The answers as frames, and the event in the trace. Raises ``TraceError`` if nothing is to be done without."""
        if self._trace_failure:  # of which the core knows nothing
            answers = [(receiver, self._with_failure(answer)) for receiver, answer in answers]
        encoded: Encoded = [(receiver, encode(answer)) for receiver, answer in answers]
        if self._trace is not None:
            with self._tracing():
                self._trace.event(now, sender, inbound, encoded, failed)
        return encoded

    def _with_failure(self, answer: Outbound) -> Outbound:
        return replace(answer, trace=self._trace_failure[:4000]) if isinstance(answer, Status) else answer

    def _make_ready_for_part(self) -> None:
        """Where the trace's part is full: one more step towards a quick fork, and the fork behind the last one."""
        if self._trace is None or self._next_part is not None or not self._trace.is_full:
            self._mending = None
            return
        if self._mending is None:
            self._mending = self._core.mend_pages()
        if next(self._mending, self) is self:
            self._mending = None
            self._begin_part(self._trace)

    def _begin_part(self, trace: TraceWriter) -> None:
        """Let a child write the core's state as it is now into the trace's next part."""
        try:
            self._next_part = self._fork(trace.branch(), self._core)
        except TraceError as error:
            self._put_off(trace, error)
        else:
            self._poller.register(self._next_part.descriptor, select.POLLIN)

    def _finish_part(self, forked: ForkedPart) -> None:
        """Go on in the next part, or in this one if that could not be written."""
        assert self._trace is not None
        self._poller.unregister(forked.descriptor)
        self._next_part = None
        try:
            old = self._trace.go_on_in(forked.part, forked.result())
        except TraceError as error:
            self._put_off(self._trace, error)
        else:
            Thread(target=_remove, args=(old,), daemon=True).start()

    def _put_off(self, trace: TraceWriter, error: TraceError) -> None:
        trace.put_off()
        print(f"zhugo-searchd: {error}", file=sys.stderr, flush=True)  # noqa: T201

    def _drop_part(self) -> None:
        if self._next_part is not None:
            self._next_part.end()
            self._next_part = None

    @contextmanager
    def _tracing(self) -> Iterator[None]:
        """Within the block the trace is written to; where it cannot be, it is written no more, or the daemon ends."""
        try:
            yield
        except TraceError as error:
            self.go_on_without_trace(error)

    def go_on_without_trace(self, error: TraceError) -> None:
        """Say it, here and in every status. Raises ``error`` if nothing is to be done without a trace."""
        if self._trace_required:
            raise error
        if self._next_part is not None:
            self._poller.unregister(self._next_part.descriptor)
            self._drop_part()
        trace, self._trace = self._trace, None
        if trace is not None:
            self._keeper.forget_trace()
        self._trace_failure = str(error)
        told = "going on without a trace; what happens from now on cannot be resumed"
        with suppress(OSError):
            print(f"zhugo-searchd: WARNING: {error}; {told}", file=sys.stderr, flush=True)  # noqa: T201
        if trace is not None:
            trace.close()

    def _tick(self) -> None:
        deadline = self._core.next_deadline()
        if deadline is not None and self._now() >= deadline:
            self.tell(SHELL, Tick())

    def _watch_searchers(self) -> list[int]:
        """See to the searchers, and poll those that are there now. The pids of the dead."""
        dead = self._searchers.watch()
        self._poller = select.poll()
        part = None if self._next_part is None else self._next_part.descriptor
        for source in (self._server, self._signals.descriptor, self._parent, part, *self._searchers.descriptors()):
            if source is not None:
                self._poller.register(source, select.POLLIN)
        return dead

    def _report_dead(self, pids: list[int]) -> None:
        """Say goodbye for searchers that cannot any more, so that their leases need not run out first."""
        for pid in pids:
            if (sender := self._workers.pop(pid, None)) is not None:
                self.tell(sender, Goodbye())

    def _report_lost(self) -> None:
        """Say goodbye for peers that took nothing for so long that their connections were ended."""
        for sender, why in self._server.lost():
            if (peer := self._core.peers.get(sender)) is not None:
                print(f"zhugo-searchd: {peer.hello.role} {peer.hello.name!r} {why}; it is given up", file=sys.stderr)  # noqa: T201
                self.tell(sender, Goodbye())


def _capacity(options: Options) -> Capacity:
    """Connections for all peers that there may be and some strangers, and for so many files if the system lets us."""
    connections = 2 * options.bounds.peers + STRANGERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return Capacity(connections, waiting=options.reader_bytes)


def _remove(files: list[Path]) -> None:
    """Remove what need not be kept; what cannot be removed is tried again with the next part."""
    for file in files:
        with suppress(OSError):
            file.unlink()


def _watch(pid: int) -> int:
    """A file descriptor that becomes readable when the process ends. Raises ``OptionError`` when it is not there."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise OptionError(f"process {pid}, whose life this daemon should share, is not there") from error
