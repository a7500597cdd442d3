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
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import TYPE_CHECKING

from daemon.process.drain import DrainClock
from daemon.process.figures import Figures
from daemon.process.gate import Gate
from daemon.process.journal import Journal
from daemon.process.journaled_core import JournaledCore, Restored
from daemon.process.log import log
from daemon.process.message_limits import droppable, message_bytes
from daemon.process.net_file import DaemonNet
from daemon.process.operation import Operation
from daemon.process.options import OptionError, Options
from daemon.process.pauses import PauseMeter
from daemon.process.replay_meter import ReplayMeter
from daemon.process.searcher_pool import SearcherPool
from daemon.process.searchers import AnySearchers
from daemon.process.session_store import SessionStore
from daemon.process.signals import EndingSignals
from daemon.replay.step import SHELL, Frames
from daemon.replay.versions import versions
from protocol.addresses import private_directory
from protocol.codec import encode
from protocol.errors import TraceError
from protocol.messages import (
    Done,
    Drain,
    Goodbye,
    Hello,
    Inbound,
    NetSwapped,
    Paused,
    Refused,
    Shutdown,
    SwapNet,
    Tick,
    Welcome,
)
from protocol.server import Capacity, Server
from protocol.trace import TraceWriter

if TYPE_CHECKING:
    from daemon.core.errands import Errand
    from daemon.core.scheduler import Scheduler
    from daemon.process.spans import Spans

ROUND = 256
"""Messages that are handled before the clock is looked at again.

Peers are served in turn, so a round holds something of each of them. After a pause of the master itself, a compilation
say, their heartbeats are read before any peer is declared dead.
"""

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
        self._operation = Operation(options.searchers, options.http)
        self._operation.on_reload(self._reload_keys)
        self._spans = None if options.otlp is None else _spans(options.otlp)
        self._drain = DrainClock(options.drain)
        self._ending = False
        self._keeper: JournaledCore
        meter = None if options.restart_seconds is None else ReplayMeter(options.restart_seconds)
        self._journal = Journal(options.trace_required, options.fsync, meter)
        self._held: list[tuple[bytes, Frames, Hashable | None]] = []
        """What clients are told when the trace is on the disk."""
        self._offset = 0.0
        self._pauses = PauseMeter()
        self._parent = None if options.parent is None else _watch(options.parent)
        net = DaemonNet.of(options)
        self._store = SessionStore(options.store)
        self._private = private_directory()
        own = f"ipc://{self._private / 'searchd'}"
        try:
            self._gate = Gate(options.keys)
            self._server = Server([own, *options.addresses], _capacity(options), keys=self._gate.keyring)
        except BaseException:
            self._operation.close()
            shutil.rmtree(self._private, ignore_errors=True)
            raise
        self.addresses = self._server.addresses[1:] or self._server.addresses
        self._pool = SearcherPool(options, net, own, self._private, self._server, self.tell, lambda: self._core.peers)
        self._poller = select.poll()
        self._polled_part: int | None = None

    @property
    def core(self) -> Scheduler:
        """What counts now; to be looked at only."""
        return self._keeper.core

    def employ(self, searchers: AnySearchers) -> None:
        """Have these beside the processes of this machine; before ``start``."""
        self._pool.employ(searchers)

    def start(self) -> None:
        """Start a first searcher, which gets ready while the core is made."""
        self._pool.start()

    def show_figures(self) -> None:
        """Serve metrics, if they were asked for; there are none before ``run``."""
        self._operation.show_figures()

    def adopt(self, core: Scheduler, trace: TraceWriter | None, restored: Restored | None) -> None:
        """Work with this fresh core, whose time is the machine's monotonic clock.

        ``restored``: makes the core of the trace again.
        """
        self._adopt(core, trace, restored)
        self._store.keep_only(())
        self._tell_principals()

    def go_on_without_trace(self, error: TraceError) -> None:
        """Say it, here and in every status. Raises ``error`` if nothing is to be done without a trace."""
        self._journal.go_on_without(error)

    def resume(
        self,
        core: Scheduler,
        trace: TraceWriter | None,
        restored: Restored | None,
        time_then: float,
        seconds: float,
        replayed: float,
    ) -> None:
        """Work with a core that lived before, until its time was ``time_then``, ``seconds`` ago.

        They have passed for its searches, but no client's lease ran out in them. ``replayed``: seconds of the processor
        that it took to have the core again.
        """
        self._adopt(core, trace, restored, replayed)
        self._offset = time_then + seconds - time.monotonic()
        unfinished = core.unfinished_errands()
        self._store.keep_only(record.digest for record in core.sessions.storeroom.records.values())
        self.tell(SHELL, Paused(seconds))
        self._tell_principals()
        self._run_errands(unfinished)
        if core.draining:
            self.tell(SHELL, Drain("over"))
        if core.swap is not None:
            self.tell(SHELL, NetSwapped("the daemon began again before its net was changed"))

    def _reload_keys(self) -> None:
        self._gate.reload(self._server)
        self._report_lost()
        self._tell_principals()

    def tell(self, sender: bytes, message: Inbound) -> None:
        """An event that the shell makes, in the name of a peer that is gone, say."""
        self._handle(sender, encode(message))

    def on_reload(self, part: Callable[[], None]) -> None:
        """Call this at every SIGHUP. What it raises as ``ConfigurationError`` is told, and nothing else."""
        self._operation.on_reload(part)

    def run(self) -> None:
        """Serve until something ends it. Raises ``SearchersFailed`` or ``TraceError``."""
        self._watch_searchers()
        while not self._ending:
            ready = {source for source, _ in self._sleep()}
            self._serve_messages()
            self._report_lost()
            self._gate.turn(self._server)
            self._tick()
            self._make_ready_for_part()
            if self._journal.descriptor in ready:
                self._finish_part()
            if self._signals.descriptor in ready:
                self._signals.drain()
            if self._parent in ready:
                self._ending = True
            self._drain_if_asked()
            if self._signals.take_reload():
                self._operation.reload()
            self._send_held()
            self._operation.turn(self._figures)
            if ready.intersection(self._pool.descriptors()) or self._pool.is_due():
                self._watch_searchers()
        self._send_held()
        self._journal.end(lambda: self._core.digests())

    def __enter__(self) -> Master:
        return self

    def __exit__(self, *_: object) -> None:
        self._operation.close()
        if self._spans is not None:
            self._spans.close()
        self._pool.end()
        self._server.close()
        self._store.close()
        self._journal.close()
        if self._parent is not None:
            os.close(self._parent)
        shutil.rmtree(self._private, ignore_errors=True)

    @property
    def _core(self) -> Scheduler:
        return self._keeper.core

    def _adopt(
        self, core: Scheduler, trace: TraceWriter | None, restored: Restored | None, replayed: float = 0.0
    ) -> None:
        self._keeper = JournaledCore(core, self._journal.write, restored if trace is not None else None)
        self._journal.keep(trace, self._keeper.forget_trace, replayed)

    def _tell_principals(self) -> None:
        """Have the core know who there is, if it does not."""
        if self._gate.differs(self._core.principals):
            self.tell(SHELL, self._gate.event())

    def _now(self) -> float:
        return time.monotonic() + self._offset

    def _sleep(self) -> list[tuple[int, int]]:
        """What is ready, as soon as something is ready or due. The core is told of a pause before anything that came in
        it.
        """
        self._poll_part()
        patience = self._patience()
        self._pauses.sleeps(patience / 1000.0)
        ready = self._poller.poll(patience)
        self._pauses.wakes()
        self._tell_pause()
        return ready

    def _tell_pause(self) -> None:
        if paused := self._pauses.news():
            self.tell(SHELL, Paused(paused))

    def _patience(self) -> int:
        """Milliseconds until something must be done even if nothing happens."""
        if self._server.ready:
            return 0
        if self._journal.is_mending:
            return 0
        waits = [IDLE_SECONDS]
        if (deadline := self._core.next_deadline()) is not None:
            waits.append(deadline - self._now())
        others = (self._pool.next_restart(), self._operation.due, self._drain.deadline)
        waits += [due - time.monotonic() for due in others if due is not None]
        return math.ceil(max(0.0, min(waits)) * 1000.0)

    def _serve_messages(self) -> None:
        for _ in range(ROUND):
            if (received := self._server.receive()) is None:
                return
            if (answer := self._pool.answer(*received, self._core.principals)) is not None:
                self._server.send(received[0], encode(answer))
            else:
                self._handle(*received)
            self._make_ready_for_part()

    def _handle(self, sender: bytes, frames: Frames) -> None:
        if self._spans is None:
            taken = self._keeper.take(sender, frames, self._now())
        else:
            began = time.perf_counter()
            taken = self._keeper.take(sender, frames, self._now())
            self._spans.took(sender, taken, time.perf_counter() - began, self._core.peers)
        for (receiver, answer), (_, answer_frames) in zip(taken.answers, taken.encoded, strict=True):
            if taken.message is not None and (size := message_bytes(taken.message, answer)) is not None:
                self._server.allow(receiver, size)
            key = None if taken.message is None else droppable(taken.message, answer)
            if self._journal.must_sync and not self._is_searcher(receiver):
                self._held.append((receiver, answer_frames, key))
            else:
                self._server.send(receiver, answer_frames, key)
        self._gate.audit(sender, taken, self._server)
        for receiver, answer in taken.answers:
            if isinstance(answer, Refused) and receiver != sender:
                log("put_out", answer.reason, level="warning", peer=receiver.hex())
        self._run_errands(self._core.take_errands())
        if taken.away:
            self.tell(SHELL, Paused(taken.away))
        if taken.message is None and sender != SHELL:  # the core may have begun anew
            self._tell_principals()
        match taken.message:
            case Hello(role="searcher") as hello if any(isinstance(one, Welcome) for _, one in taken.answers):
                self._pool.greeted(sender, hello)
                self._operation.greeted()
            case SwapNet() if not any(isinstance(answer, Refused) for _, answer in taken.answers):
                self._pool.begin_swap(taken.message)
            case Shutdown(drain=seconds) if any(isinstance(answer, Done) for _, answer in taken.answers):
                self._drain.begin(seconds)

    def _run_errands(self, errands: list[Errand]) -> None:
        """Do what the storeroom wants done, and tell it what came of it."""
        for errand in errands:
            if (told := self._store.run(errand)) is not None:
                self.tell(SHELL, told)

    def _is_searcher(self, sender: bytes) -> bool:
        peer = self._core.peers.get(sender)
        return peer is not None and peer.is_searcher

    def _send_held(self) -> None:
        """Have the trace on the disk and tell clients what came of it, of a whole round together."""
        if self._held:
            self._journal.sync()
            held, self._held = self._held, []
            for receiver, frames, key in held:
                self._server.send(receiver, frames, key)

    def _make_ready_for_part(self) -> None:
        self._journal.make_ready(self._core)

    def _finish_part(self) -> None:
        self._journal.finish_part()

    def _tick(self) -> None:
        """Where the core's deadline has come. It hears of a pause first, or those who slept in it would be given up."""
        deadline = self._core.next_deadline()
        if deadline is not None and self._now() >= deadline:
            self._pauses.works()
            self._tell_pause()
            self.tell(SHELL, Tick())

    def _watch_searchers(self) -> None:
        """See to the searchers, and poll those that are there now."""
        self._pool.watch()
        self._poller = select.poll()
        for source in self._sources():
            if source is not None:
                self._poller.register(source, select.POLLIN)
        self._polled_part = None

    def _drain_if_asked(self) -> None:
        """A step towards the end, if somebody asked for it; a second signal ends at once."""
        if self._signals.came:
            self._drain.begin()
        match self._drain.step(len(self._core.sessions.searches.running), self._signals.times):
            case "begin":
                self._operation.draining(self._drain.seconds)
                self.tell(SHELL, Drain("begin"))
            case "end":
                self.tell(SHELL, Drain("end"))
                self._ending = True
            case "over":
                self._ending = True

    def _sources(self) -> list[Server | int | None]:
        searchers, operation = self._pool.descriptors(), self._operation.descriptors()
        return [self._server, self._signals.descriptor, self._parent, *searchers, *operation]

    def _figures(self) -> Figures:
        core, server, journal = self._core, self._server, self._journal
        return Figures(
            status=core.status(0, self._now(), with_sessions=False),
            version=core.config.version,
            searches=len(core.sessions.searches.running),
            connections=server.connections,
            waiting=server.waiting,
            unfinished=server.unfinished,
            trace_failure=journal.failure,
            trace_bytes=journal.size,
            draining=core.draining,
        )

    def _poll_part(self) -> None:
        """Have the poller know of the part that is being written now."""
        if self._polled_part == self._journal.descriptor:
            return
        if self._polled_part is not None:
            self._poller.unregister(self._polled_part)
        self._polled_part = self._journal.descriptor
        if self._polled_part is not None:
            self._poller.register(self._polled_part, select.POLLIN)

    def _report_lost(self) -> None:
        """Say goodbye for peers that took nothing for so long that their connections were ended."""
        for sender, why in self._server.lost():
            if (peer := self._core.peers.get(sender)) is not None:
                told = f"{peer.hello.role} {peer.hello.name!r} {why}; it is given up"
                log("peer_lost", told, level="warning", role=peer.hello.role, name=peer.hello.name, why=why)
                self.tell(sender, Goodbye())


def _spans(url: str) -> Spans:
    from daemon.process.spans import Spans

    return Spans.to(url, versions().get("zhugo", ""))


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


def _watch(pid: int) -> int:
    """A file descriptor that becomes readable when the process ends. Raises ``OptionError`` when it is not there."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise OptionError(f"process {pid}, whose life this daemon should share, is not there") from error
