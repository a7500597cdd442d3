"""The pure core: one function from messages to messages.

``Scheduler.handle(sender, message, now)`` is the only way to change anything. It opens no socket, reads no clock, draws
no random number but from the seeds of the sessions, and logs nothing; so a run is a function of its inbound messages,
and replaying them is the same run. Here: who may say what, time, and what operators ask. ``peer_registry`` knows who is
here, ``client_requests`` and ``searcher_work`` obey what they say, ``sessions`` knows the trees and their searches,
``tickets`` the leaves that are being evaluated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace as replace_fields
from functools import partial
from typing import Any, get_args

import numpy as np
from msgspec.structs import asdict, replace
from numpy.typing import NDArray

from daemon.core.answers import AnswerList, Answers
from daemon.core.bounds import Bounds
from daemon.core.client_requests import ClientRequests
from daemon.core.config import Config
from daemon.core.containment import Containment, Fault, Forbidden, Refusal
from daemon.core.counters import Counters, DeviceMeters
from daemon.core.daemon_status import Books, status_of
from daemon.core.errands import Errand, Fetch, Forget
from daemon.core.invariants import InvariantError, check, check_books
from daemon.core.names import shown
from daemon.core.peer_registry import PeerRegistry
from daemon.core.peers import Peer
from daemon.core.rechecks import Rechecks
from daemon.core.reporting_session import ReportingSession
from daemon.core.roles import allowed
from daemon.core.search_tree import TICKETS, Tree
from daemon.core.searcher_work import SearcherWork
from daemon.core.session import Session
from daemon.core.sessions import Referee, Sessions
from daemon.core.tickets import Tickets
from daemon.core.tree_events import Listener, Reporter
from daemon.core.tree_memory import lengths_in_use
from protocol import messages as m
from protocol.principals import principal_name


class NotGreeted(Refusal):
    """The sender has not said hello."""


class Scheduler:
    """All state of the daemon but its sockets and processes."""

    def __init__(
        self,
        referee: Referee,
        config: Config | None = None,
        listener: Listener | None = None,
    ) -> None:
        """``listener``: is told what happens to the trees, see ``tree_events``."""
        self.config = config or Config()
        self.began: float | None = None
        self.draining = False
        self._referee = referee
        self.principals: dict[str, m.Principal] = {}
        self._reporter = None if listener is None else Reporter(listener)
        self._empty()

    def _obeyed_by(self) -> dict[type, Callable[[bytes, Any, float], None]]:
        """Who obeys which message."""
        requests, work = self._requests, self._work
        return {
            **dict.fromkeys(get_args(m.OfSession), requests.obey),
            m.Restored: requests.restored,
            m.StoreLost: requests.store_lost,
            m.Select: work.select,
            m.Update: work.update,
            m.PackedUpdate: work.packed_update,
            m.Failed: work.failed,
            m.DeviceChanged: work.device_changed,
            m.Hello: self._hello,
            m.Heartbeat: self._heartbeat,
            m.Goodbye: self._goodbye,
            m.Tick: self._tick,
            m.Paused: self._paused,
            m.Principals: self._principals_changed,
            m.Drain: self._drain,
            m.SetBounds: self._set_bounds,
            m.SwapNet: self._swap_net,
            m.NetSwapped: self._net_swapped,
            m.MalformedInput: self._malformed,
            m.AskStatus: self._status,
            m.AskCheck: self._check,
            m.ClearCache: self._clear_cache,
            m.Shutdown: self._shutdown,
        }

    def _empty(self) -> None:
        """Nobody is here, and nothing is known but the principals."""
        self.answers = AnswerList()
        self.swap: tuple[bytes, m.SwapNet] | None = None
        """The change of the net that goes on, and who waits for its end."""
        self.counters = Counters()
        self.devices = DeviceMeters()
        self.due = np.inf
        self.containment = Containment()
        make_session = Session if self._reporter is None else partial(ReportingSession, self._reporter)
        self.sessions = Sessions(
            self._referee, self.answers, self.containment, self.config.bounds, make_session, self.principals
        )
        self.tickets = Tickets(self.sessions, self.counters, self.answers, self._reporter)
        self.tickets.least = self.config.grant
        self.tickets.rechecks = Rechecks(self.config.recheck, self.config.recheck_seed)
        self.registry = PeerRegistry(
            self.config, self.principals, self.sessions, self.tickets, self.counters, self.devices, self.answers
        )
        self._requests = ClientRequests(
            self.sessions,
            self.peers,
            self.answers,
            self._refuse,
            self._note_deadlines,
            lambda: self.draining,
            self._require_role,
        )
        self._work = SearcherWork(self.registry, self.tickets, self.counters, self.devices, self.answers)
        self._handlers = self._obeyed_by()

    @property
    def peers(self) -> dict[bytes, Peer]:
        """Those who said hello, by sender."""
        return self.registry.peers

    @property
    def faults(self) -> list[Fault]:
        """What failed at the last event, and cost the sessions that it failed in."""
        return self.containment.faults

    def handle(
        self, sender: bytes, message: m.AnyMessage, now: float, failed: Sequence[tuple[int, str]] = ()
    ) -> Answers:
        """Take one message from ``sender`` (b"" is the shell) at time ``now``; returns what to send to whom, in order.

        A message that cannot be obeyed is answered with ``Refused`` and changes nothing but the count of refusals. A
        session whose own work fails is closed, see ``faults``; ``failed``: the faults of an event that is replayed. If
        anything else is raised, only ``begin_anew`` may be called afterwards.
        """
        self.began = now if self.began is None else self.began
        request = getattr(message, "request", None)
        self.containment.begin(failed)
        self.sessions.storeroom.errands = []
        try:
            self._admit(sender, message, now)
            if not self._requests.waits(sender, message, now):
                self._handlers[type(message)](sender, message, now)
        except NotGreeted:
            self.counters.refused += 1
            self.answers.add(sender, m.NotGreeted(request))
        except Refusal as refusal:
            self._refuse(sender, refusal, request)
        self._serve(now)
        if self.faults:
            self._close_failed(now)
        return self.answers.take()

    def _serve(self, now: float) -> None:
        """Hand out leaves; where a search ended, another may begin that waits, and where a session went, another may
        come.
        """
        while True:
            self._admit_searches(now)
            self.tickets.serve(now)
            while self._admit_searches(now):
                self.tickets.serve(now)
            if not self._requests.admit(now):
                return

    def _admit_searches(self, now: float) -> bool:
        """Whether a search began that waited."""
        searches = self.sessions.searches
        if not (waiting := list(searches.queue.waiting)):
            return False
        searches.admit(now)
        begun = [session for session in waiting if session in searches.running]
        for session in begun:
            self.sessions.changed.add(session.serial)
            self.sessions.end_if_over(session, now)
        self._note_deadlines()
        return bool(begun)

    def take_errands(self) -> list[Errand]:
        """What the shell is to do for the storeroom because of the last event; then there is nothing more."""
        errands, self.sessions.storeroom.errands = self.sessions.storeroom.errands, []
        return errands

    def unfinished_errands(self) -> list[Errand]:
        """Those that a shell may not have done which was killed: of the last event, and what is to be fetched."""
        last = [errand for errand in self.take_errands() if not isinstance(errand, Fetch)]
        records = self.sessions.storeroom.records.values()
        return [*last, *(Fetch(record.serial, record.digest) for record in records if record.fetching)]

    def _refuse(self, sender: bytes, refusal: Refusal, request: int | None) -> None:
        self.counters.refused += 1
        self.answers.add(sender, m.Refused(str(refusal)[:4000], request, refusal.kind))

    def _note_deadlines(self) -> None:
        """A search or a watch has begun."""
        self.due = min([self.due, *self.sessions.searches.deadlines()])

    def drop(self, sender: bytes, request: int | None, now: float, why: str) -> Answers:
        """Instead of an event that could not be handled: tell its sender, and go on as before it.

        A searcher that is refused greets anew, which releases what it holds.
        """
        self.began = now if self.began is None else self.began
        self.containment.begin()
        self.sessions.storeroom.errands = []
        self.counters.restarts += 1
        self.answers.add(sender, m.Refused(f"failed: {why}"[:4000], request))
        return self.answers.take()

    @property
    def numbers(self) -> list[int]:
        """Numbers that survive ``begin_anew``: counts of faults, and the last numbers given to peers."""
        counters, sessions = self.counters, self.sessions
        last = [sessions.last_serial, sessions.last_position, self.tickets.last_grant]
        return [counters.failures, counters.restarts, *last]

    def begin_anew(self, now: float, numbers: Sequence[int]) -> Answers:
        """Forget everything but the principals, whatever state it is in, and tell all peers to say hello again.

        ``numbers``: those at the failure, so that nothing from before is taken for something new.
        """
        peers = list(self.peers)
        stored = [record.digest for record in self.sessions.storeroom.records.values()]
        self._empty()
        self.sessions.storeroom.errands = [Forget(digest) for digest in stored]
        self.began = now if self.began is None else self.began
        self.counters.failures, restarts, *last = numbers
        self.counters.restarts = restarts + 1
        self.sessions.last_serial, self.sessions.last_position, self.tickets.last_grant = last
        for peer in peers:
            self.answers.add(peer, m.NotGreeted())
        return self.answers.take()

    def _close_failed(self, now: float) -> None:
        """Close what failed, and let those who were parked there look elsewhere. Raises ``InvariantError``."""
        while (failed := self.containment.next_failed()) is not None:
            serial, why = failed
            self.sessions.abandon(serial, why)
            self._serve(now)
        self.counters.failures += len(self.faults)
        check_books(self.sessions, self.tickets, self._clients())

    def next_deadline(self) -> float | None:
        """When to send a ``Tick``, None for never. It may lie in the past: then at once."""
        if self.tickets.unfinished() or not self.sessions.compactions.is_empty:
            return 0.0
        sessions = self.sessions
        parts = (self.tickets, sessions.shares, sessions.storeroom, sessions.searches.queue, sessions.admission)
        due = min(self.due, *(part.due for part in parts))
        return float(due) if due < np.inf else None

    def check_invariants(self) -> None:
        """Check what always holds, see ARCHITECTURE.md. Raises ``InvariantError`` with the story of what does not."""
        check(self.sessions, self.tickets, self._clients())

    def _clients(self) -> dict[bytes, str]:
        """The clients that are here, with their tokens."""
        return {sender: peer.hello.token for sender, peer in self.peers.items() if not peer.is_searcher}

    def mend_pages(self) -> Iterator[None]:
        """Steps that make forks of this process quick again; they change nothing. See ``TreeMemory.mend_pages``."""
        for session in list(self.sessions.by_name.values()):
            yield from session.memory.mend_pages()

    def digests(self) -> dict[str, str]:
        """A digest of each session's whole tree, by the name that a local client has for it."""
        return {shown(key, ""): _digest(session.tree) for key, session in sorted(self.sessions.by_name.items())}

    # Peers.

    def _admit(self, sender: bytes, message: m.AnyMessage, now: float) -> None:
        """Refuse what this sender may not say."""
        kind = type(message).__name__
        if type(message) not in self._handlers:
            raise Refusal(f"{kind} is not for the master")
        if isinstance(message, m.OF_THE_SHELL) and not isinstance(message, m.MalformedInput) and sender:
            raise Refusal(f"{kind} is the shell's")
        self._require_role(sender, message)
        if isinstance(message, m.Hello | m.MalformedInput) or not sender:
            return
        peer = self.peers.get(sender)
        if peer is None:
            raise NotGreeted
        peer.heard = now
        is_work = isinstance(message, m.Select | m.Update | m.PackedUpdate | m.Failed | m.DeviceChanged)
        if is_work != peer.is_searcher and not isinstance(message, m.Heartbeat | m.Goodbye):
            raise Refusal(f"{kind} is not for a {peer.hello.role} to send")
        if (name := getattr(message, "session", None)) is not None:
            self.sessions.touch(sender, name, now)

    def _require_role(self, sender: bytes, message: m.AnyMessage) -> None:
        """Raise ``Forbidden`` for what the sender's key does not allow."""
        if not (name := principal_name(sender)):
            return
        if (principal := self.principals.get(name)) is None:
            raise Forbidden(f"no principal {name!r} is known here")
        if not allowed(principal, message):
            what = f"a Hello as {message.role}" if isinstance(message, m.Hello) else type(message).__name__
            raise Forbidden(f"{what} is not for {name!r} to send, whose role is {principal.role}")

    def _hello(self, sender: bytes, message: m.Hello, now: float) -> None:
        before = self.registry.hello(sender, message, now)
        self.due = min(self.due, now + self.peers[sender].lease)
        if before is not None and self.swap is not None and self.swap[0] == before:
            self.swap = (sender, self.swap[1])

    def _heartbeat(self, _sender: bytes, _message: m.Heartbeat, _now: float) -> None:
        """``_admit`` has heard it."""

    def _goodbye(self, sender: bytes, _message: m.Goodbye, now: float) -> None:
        self.registry.leave(sender, now)

    def _principals_changed(self, _sender: bytes, message: m.Principals, now: float) -> None:
        self.registry.principals_changed(message, now)

    # What operators ask, and the shell tells.

    def _swap_net(self, sender: bytes, message: m.SwapNet, _now: float) -> None:
        if self.swap is not None:
            raise Refusal(f"the net is being changed to {self.swap[1].net} already")
        self.swap = (sender, message)
        self.tickets.rechecks.pause(True)

    def _net_swapped(self, _sender: bytes, message: m.NetSwapped, _now: float) -> None:
        if self.swap is None:
            return
        (client, asked), self.swap = self.swap, None
        self.tickets.rechecks.pause(False)
        if message.refused:
            self.answers.add(client, m.Refused(message.refused, asked.request))
            return
        if asked.anew:
            self.sessions.begin_trees_anew()
        self.answers.add(client, m.Done(asked.request))

    def _set_bounds(self, _sender: bytes, message: m.SetBounds, _now: float) -> None:
        bounds = Bounds(**asdict(message))
        self.config = replace_fields(self.config, bounds=bounds)
        self.sessions.set_bounds(bounds)

    def _drain(self, _sender: bytes, message: m.Drain, now: float) -> None:
        searches = self.sessions.searches
        self.draining = searches.holds = message.step != "over"
        if message.step == "end":
            for session in list(searches.running):
                searches.finish(session, "stopped", now)

    def _malformed(self, _sender: bytes, message: m.MalformedInput, _now: float) -> None:
        raise Refusal(message.reason)

    # Time.

    def _tick(self, _sender: bytes, _message: m.Tick, now: float) -> None:
        """End leases and searches, send live reports, and set when the next of these is due.

        Leases run out only here: after a pause of its own, the shell first passes on what has come meanwhile.
        """
        self.tickets.look_again()
        self.sessions.shares.refill(now)
        if now >= self.sessions.storeroom.due:
            self.sessions.storeroom.expire(now)
        if now >= self.tickets.due:
            self.tickets.expire(now)
        if not self.sessions.compactions.is_empty:
            self.sessions.compact_step(now)
        if now < self.due:
            return
        self.registry.expire(now)
        self.sessions.end_those_that_are_over(now)
        self.sessions.searches.send_live_reports(now)
        leases = [peer.deadline for peer in self.peers.values()]
        self.due = min([*leases, *self.sessions.searches.deadlines()], default=np.inf)

    def _paused(self, _sender: bytes, message: m.Paused, now: float) -> None:
        """Leases do not count the time of a pause; all other deadlines do."""
        self.registry.paused(message.seconds, now)
        self.tickets.paused(message.seconds, now)

    # Questions about the whole.

    def _check(self, sender: bytes, message: m.AskCheck, _now: float) -> None:
        def look() -> None:
            try:
                self.check_invariants()
            except InvariantError as error:
                raise Refusal(str(error)) from error

        self.containment.demand(look)
        self.answers.add(sender, m.Done(message.request))

    def _shutdown(self, sender: bytes, message: m.Shutdown, now: float) -> None:
        self.answers.add(sender, m.Done(message.request))
        if not message.drain:
            self.sessions.close_all(now)
            self.registry.tell_searchers(m.Retire())

    def _clear_cache(self, sender: bytes, message: m.ClearCache, _now: float) -> None:
        self.registry.tell_searchers(m.ClearEvaluations())
        self.answers.add(sender, m.Done(message.request))

    def _status(self, sender: bytes, message: m.AskStatus, now: float) -> None:
        self.answers.add(sender, self.status(message.request, now, reader=sender))

    def status(self, request: int, now: float, with_sessions: bool = True, reader: bytes = b"") -> m.Status:
        """The daemon at this moment; changes nothing. ``with_sessions``: with the list of them, which may be long.

        ``reader``: who sees only what it may; b"" is the shell, which sees all.
        """
        sessions, tickets, bounds = self.sessions, self.tickets, self.config.bounds
        books = Books(self.peers, sessions, tickets, self.counters, self.devices, bounds, reader)
        status = status_of(books, request, now - (self.began or 0.0), now, with_sessions)
        return status if self.swap is None else replace(status, next_net=self.swap[1].net)


def _digest(tree: Tree) -> str:
    """Of every array's part in use; of what is counted beside them only how many nodes and rows there are."""
    digest = hashlib.blake2b(digest_size=16)
    for name, length in (lengths_in_use(tree) | {"used": TICKETS}).items():
        array: NDArray[Any] = getattr(tree, name)
        digest.update(array[:length].reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
