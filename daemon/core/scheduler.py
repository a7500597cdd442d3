"""The pure core: one function from messages to messages.

``Scheduler.handle(sender, message, now)`` is the only way to change anything. It opens no socket, reads no clock, draws
no random number but from the seeds of the sessions, and logs nothing; so a run is a function of its inbound messages,
and replaying them is the same run. Here: peers, their leases, and who may say what. ``sessions`` knows the trees and
their searches, ``tickets`` the leaves that are being evaluated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from dataclasses import replace as replace_fields
from functools import partial
from typing import Any

import numpy as np
from msgspec.structs import asdict, replace
from numpy.typing import NDArray

from daemon.core import guests
from daemon.core.answers import AnswerList, Answers
from daemon.core.bounds import Bounds
from daemon.core.containment import Containment, Fault, Forbidden, Refusal
from daemon.core.counters import Counters, DeviceMeters
from daemon.core.daemon_status import Books, status_of
from daemon.core.errands import Errand, Fetch, Forget
from daemon.core.invariants import InvariantError, check, check_books
from daemon.core.names import shown
from daemon.core.peers import Peer
from daemon.core.rechecks import Rechecks, identity_of
from daemon.core.reporting_session import ReportingSession
from daemon.core.roles import allowed
from daemon.core.search_tree import TICKETS, Tree
from daemon.core.session import Session
from daemon.core.sessions import Referee, Sessions
from daemon.core.storeroom import WAITING
from daemon.core.tickets import LEAST, Tickets
from daemon.core.tree_events import Listener, Reporter
from daemon.core.tree_memory import lengths_in_use
from protocol import messages as m
from protocol.packing import PackingError, unpacked
from protocol.principals import principal_name


class NotGreeted(Refusal):
    """The sender has not said hello."""


@dataclass(frozen=True)
class Config:
    """``searcher_lease``, ``client_lease``: seconds of silence after which a peer is given up. ``grant``: seconds that
    every batch of a searcher may take, see ``searcher_history``. ``recheck``: the share of results from elsewhere that
    is checked, see ``rechecks``; ``recheck_seed``: of which. ``bounds``: what clients may make it keep and do.

    The shell sees at once when a process of its own dies. The lease is for peers that hang, and long enough for busy
    machines on which a living peer may be silent for a while.
    """

    searcher_lease: float = 30.0
    client_lease: float = 60.0
    grant: float = LEAST
    version: str = ""
    recheck: float = 0.0
    recheck_seed: int = 0
    bounds: Bounds = field(default_factory=Bounds)

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Config:
        """As a trace's header has it. Raises ``TypeError`` for what this program does not know."""
        return cls(**kept | {"bounds": Bounds(**kept.get("bounds", {}))})

    @classmethod
    def of_another_version(cls, kept: dict[str, Any]) -> Config:
        """As a trace's header has it, what this program does not know left out."""
        bounds = _known(Bounds, kept.get("bounds", {}))
        return cls.of(_known(cls, kept) | {"bounds": bounds})


def _known(kind: type[Config | Bounds], values: dict[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


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
        self._handlers: dict[type, Callable[[bytes, Any, float], None]] = {
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
            m.Restored: self._restored,
            m.StoreLost: self._store_lost,
            m.MalformedInput: self._malformed,
            m.Open: self._open,
            m.Invite: self._invite,
            m.Uninvite: self._uninvite,
            m.Join: self._join,
            m.Close: self._close,
            m.Reset: self._reset,
            m.Play: self._play,
            m.Undo: self._undo,
            m.Goto: self._goto,
            m.Configure: self._configure,
            m.Search: self._search,
            m.Watch: self._watch,
            m.Stop: self._stop,
            m.Query: self._query,
            m.AskStatus: self._status,
            m.AskCheck: self._check,
            m.ClearCache: self._clear_cache,
            m.Shutdown: self._shutdown,
            m.Select: self._select,
            m.Update: self._update,
            m.PackedUpdate: self._packed_update,
            m.Failed: self._failed,
            m.DeviceChanged: self._device_changed,
        }

    def _empty(self) -> None:
        """Nobody is here, and nothing is known but the principals."""
        self.answers = AnswerList()
        self.peers: dict[bytes, Peer] = {}
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
            if not self._waits(sender, message, now):
                self._obey(sender, message, now)
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
        """Hand out leaves; where a search ended, another may begin that waits."""
        self._admit_searches(now)
        self.tickets.serve(now)
        while self._admit_searches(now):
            self.tickets.serve(now)

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
        self.due = min([self.due, *searches.deadlines()])
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

    def _obey(self, sender: bytes, message: Any, now: float) -> None:
        if isinstance(message, m.ONCE):
            self._obey_once(sender, message, now)
        else:
            self._handlers[type(message)](sender, message, now)

    def _waits(self, sender: bytes, message: m.AnyMessage, now: float) -> bool:
        """Whether this is about a stored session, and waits until that is back. Raises ``Refusal``."""
        room = self.sessions.storeroom
        record = room.find(sender, message)
        if record is None or (isinstance(message, m.Close) and not record.waiting):
            return False
        if isinstance(message, m.Open) and not message.share:
            if record.clients:
                raise Refusal(f"session {message.session!r} is open already; share it")
            room.end(record, "")
            return False
        if len(record.waiting) >= WAITING:
            raise Refusal(f"{WAITING} requests wait for this session already, the most that may")
        if not record.fetching:
            self.sessions.require_room_for(record, now)
            room.fetch(record)
        record.waiting.append((sender, message))  # type: ignore[arg-type]
        return True

    def _restored(self, _sender: bytes, message: m.Restored, now: float) -> None:
        name, waiting = self.sessions.storeroom.restored(message, now)
        for asker, asked in waiting:
            try:
                self._obey(asker, asked, now)
            except Refusal as refusal:
                self._refuse(asker, refusal, asked.request)
        if (session := self.sessions.by_name.get(name)) is not None and not guests.has_owner(session):
            self.sessions.end_or_keep(session, now)

    def _store_lost(self, _sender: bytes, message: m.StoreLost, _now: float) -> None:
        self.sessions.storeroom.lost(message)

    def _obey_once(self, sender: bytes, message: Any, now: float) -> None:
        """Do what a client asks for, unless it was done: then answer as before."""
        peer = self.peers.get(sender)
        if peer is None or not peer.hello.token:
            self._handlers[type(message)](sender, message, now)
        elif message.request in peer.handled:
            self._answer_again(sender, message, peer.refusal(message.request), now)
        else:
            try:
                self._handlers[type(message)](sender, message, now)
            except Refusal as refusal:
                peer.remember(message.request, refusal)
                raise
            peer.remember(message.request, None)

    def _answer_again(self, sender: bytes, message: Any, refused: Refusal | None, now: float) -> None:
        """Answer a request that was handled, for its answer may have been lost on the way."""
        if refused is not None:
            raise refused
        sessions = self.sessions
        match message:
            case m.Open():
                sessions.open_again(sender, message)
            case m.Join():
                guests.join_again(sessions, sender, message)
            case m.Search():
                sessions.searches.begin_again(sessions.of(sender, message.session), sender, message, now)
            case m.Watch():
                sessions.searches.watch_again(sessions.of(sender, message.session), sender, message)
            case _:
                self.answers.add(sender, m.Done(message.request))

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
        due = min(self.due, self.tickets.due, sessions.shares.due, sessions.storeroom.due, sessions.searches.queue.due)
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
        if message.protocol != m.PROTOCOL_VERSION:
            raise Refusal(f"protocol {message.protocol} is spoken there, {m.PROTOCOL_VERSION} here")
        identity = identity_of(principal_name(sender), message.machine)
        if message.role == "searcher" and (why := self.tickets.rechecks.why_out(identity)):
            raise Forbidden(why)
        lease = self.config.searcher_lease if message.role == "searcher" else self.config.client_lease
        before = self._known_by(sender, message)
        if before is None and sender not in self.peers:
            self._require_place(message.role)
        known = self.tickets.standings.get(before or sender)  # greeting again does not clear its history
        if before != sender:
            self._leave(sender, now)
        came_back = before is not None and message.role == "client"
        peer = self.peers[before] if before is not None and came_back else Peer(message, now, lease)
        if before is not None:
            self._give_place(before, sender, came_back, now)
        peer.hello, peer.heard = message, now
        self.peers[sender] = peer
        if peer.is_searcher:
            self.tickets.join(sender, known, identity)
        self.due = min(self.due, now + lease)
        last_request = peer.last_request if came_back else None
        self.answers.add(sender, m.Welcome(m.PROTOCOL_VERSION, self.config.version, lease / 4, last_request))

    def _require_place(self, role: str) -> None:
        there = sum(peer.hello.role == role for peer in self.peers.values())
        if there >= self.config.bounds.peers:
            raise Refusal(f"{there:,} {role}s are here, the most that this daemon takes")

    def _give_place(self, before: bytes, sender: bytes, came_back: bool, now: float) -> None:
        """``before`` is no peer any more; what it had is the sender's if that is the client itself, who came back."""
        if came_back:
            del self.peers[before]
            self.sessions.hand_over(before, sender)
            if self.swap is not None and self.swap[0] == before:
                self.swap = (sender, self.swap[1])
        else:
            self._leave(before, now)

    def _known_by(self, sender: bytes, hello: m.Hello) -> bytes | None:
        """Who was here with this role and token, of the same principal: another's token is worth nothing."""
        if not hello.token:
            return None
        known = hello.role, hello.token, principal_name(sender)
        for who, peer in self.peers.items():
            if (peer.hello.role, peer.hello.token, principal_name(who)) == known:
                return who
        return None

    def _heartbeat(self, _sender: bytes, _message: m.Heartbeat, _now: float) -> None:
        """``_admit`` has heard it."""

    def _goodbye(self, sender: bytes, _message: m.Goodbye, now: float) -> None:
        self._leave(sender, now)

    def _principals_changed(self, _sender: bytes, message: m.Principals, now: float) -> None:
        self.principals.clear()
        self.principals.update({each.name: each for each in message.principals})
        self.sessions.principals_changed(now)
        self.tickets.look_again()
        self.tickets.rechecks.let_in_again()
        for sender, peer in list(self.peers.items()):
            if not self._is_welcome(sender, peer):
                self._leave(sender, now)
                self.answers.add(sender, m.NotGreeted())

    def _is_welcome(self, sender: bytes, peer: Peer) -> bool:
        """Whether it might still greet as it did."""
        name = principal_name(sender)
        return not name or (name in self.principals and allowed(self.principals[name], peer.hello))

    def _swap_net(self, sender: bytes, message: m.SwapNet, _now: float) -> None:
        if self.swap is not None:
            raise Refusal(f"the net is being changed to {self.swap[1].net} already")
        self.swap = (sender, message)
        self.tickets.rechecks.pause(True)

    def _net_swapped(self, _sender: bytes, message: m.NetSwapped, now: float) -> None:
        if self.swap is None:
            return
        (client, asked), self.swap = self.swap, None
        self.tickets.rechecks.pause(False)
        if message.refused:
            self.answers.add(client, m.Refused(message.refused, asked.request))
            return
        if asked.anew:
            self.sessions.begin_trees_anew(now)
        self.answers.add(client, m.Done(asked.request))

    def _set_bounds(self, _sender: bytes, message: m.SetBounds, _now: float) -> None:
        bounds = Bounds(**asdict(message))
        self.config = replace_fields(self.config, bounds=bounds)
        self.sessions.set_bounds(bounds)

    def _drain(self, _sender: bytes, message: m.Drain, now: float) -> None:
        self.draining = message.step != "over"
        if message.step == "end":
            searches = self.sessions.searches
            for session in [*searches.queue.waiting, *searches.running]:
                searches.finish(session, "stopped", now)

    def _malformed(self, _sender: bytes, message: m.MalformedInput, _now: float) -> None:
        raise Refusal(message.reason)

    def _leave(self, sender: bytes, now: float) -> None:
        """Forget a peer: its tickets are released, its sessions left. It is told nothing of that."""
        if (gone := self.peers.pop(sender, None)) is None:
            return
        self._forget_device(gone.device_key)
        before = len(self.answers)
        self.counters.searcher_deaths += self.tickets.leave(sender, now)
        for session in [session for session in self.sessions.by_name.values() if sender in session.clients]:
            self.sessions.leave(session, sender, now)
        self.sessions.storeroom.peer_left(sender, now)
        self.answers.withdraw(sender, before)

    def _forget_device(self, key: int | str | None) -> None:
        """Unless another searcher has it too."""
        if key not in (peer.device_key for peer in self.peers.values()):
            self.devices.forget(key)

    # What clients ask.

    def _open(self, sender: bytes, message: m.Open, now: float) -> None:
        self.sessions.open(sender, message, now)

    def _invite(self, sender: bytes, message: m.Invite, _now: float) -> None:
        guests.invite(self.sessions, sender, message)
        self.answers.add(sender, m.Done(message.request))

    def _uninvite(self, sender: bytes, message: m.Uninvite, now: float) -> None:
        guests.uninvite(self.sessions, sender, message, now)
        self.answers.add(sender, m.Done(message.request))

    def _join(self, sender: bytes, message: m.Join, now: float) -> None:
        guests.join(self.sessions, sender, message, now)

    def _close(self, sender: bytes, message: m.Close, now: float) -> None:
        if (record := self.sessions.storeroom.find(sender, message)) is not None:
            self.sessions.storeroom.leave(record, sender, now, closes=True)
        else:
            self.sessions.leave(self.sessions.of(sender, message.session), sender, now, closes=True)
        self.answers.add(sender, m.Done(message.request))

    def _reset(self, sender: bytes, message: m.Reset, now: float) -> None:
        self.sessions.reset(sender, message, now)
        self.answers.add(sender, m.Done(message.request))

    def _play(self, sender: bytes, message: m.Play, now: float) -> None:
        self.sessions.play(sender, message, now)
        self.answers.add(sender, m.Done(message.request))

    def _undo(self, sender: bytes, message: m.Undo, now: float) -> None:
        self.sessions.undo(sender, message, now)
        self.answers.add(sender, m.Done(message.request))

    def _goto(self, sender: bytes, message: m.Goto, now: float) -> None:
        self.sessions.goto(sender, message, now)
        self.answers.add(sender, m.Done(message.request))

    def _configure(self, sender: bytes, message: m.Configure, now: float) -> None:
        self.sessions.configure(sender, message, now)
        self.answers.add(sender, m.Done(message.request))

    def _search(self, sender: bytes, message: m.Search, now: float) -> None:
        if self.draining:
            raise Refusal("this daemon ends and begins no search any more; connect again for the next one")
        self.sessions.search(sender, message, now)
        self.due = min([self.due, *self.sessions.searches.deadlines()])

    def _query(self, sender: bytes, message: m.Query, now: float) -> None:
        session = self.sessions.of(sender, message.session)
        self.sessions.searches.query(session, sender, message, now)

    def _watch(self, sender: bytes, message: m.Watch, now: float) -> None:
        session = self.sessions.of(sender, message.session)
        self.sessions.searches.watch(session, sender, message, now)
        self.due = min([self.due, *self.sessions.searches.deadlines()])

    def _stop(self, sender: bytes, message: m.Stop, now: float) -> None:
        self.sessions.stop(sender, message, now)
        self.answers.add(sender, m.Done(message.request))

    # What searchers bring.

    def _select(self, sender: bytes, message: m.Select, now: float) -> None:
        self.peers[sender].batch_size = message.batch_request.leaves
        self.tickets.request(sender, message.batch_request, now)

    def _update(self, sender: bytes, message: m.Update, now: float) -> None:
        if self.tickets.take_late(sender, message, now):
            return
        grant = self.tickets.update(sender, message, now)
        peer = self.peers[sender]
        peer.phases.add(message.phases, grant.leaves)
        self.devices.add(peer.device_key, message.phases.device, message.phases.device_end)
        self.counters.batches += 1
        self.counters.cached += message.cached
        self._put_out_bad_searchers(now)
        if message.batch_request is not None and sender in self.peers:
            self.tickets.request(sender, message.batch_request, now)

    def _put_out_bad_searchers(self, now: float) -> None:
        """Those whose results are wrong too often hear it, and are searchers here no more."""
        for identity in self.tickets.rechecks.bad():
            theirs = [who for who, known in self.tickets.standings.items() if known.identity == identity]
            names = sorted({self.peers[who].hello.name for who in theirs})
            why = self.tickets.rechecks.put_out(identity, f"{', '.join(names)} ({identity})"[:500])
            for who in theirs:
                self._leave(who, now)
                self.answers.add(who, m.Refused(why, None, "forbidden"))

    def _packed_update(self, sender: bytes, message: m.PackedUpdate, now: float) -> None:
        if self.tickets.take_late(sender, message, now):
            return
        self.tickets.require_fit(sender, message)
        try:
            update = unpacked(message)
        except PackingError as error:
            raise Refusal(str(error)) from None
        self._update(sender, update, now)

    def _failed(self, sender: bytes, message: m.Failed, now: float) -> None:
        if self.tickets.take_late(sender, message, now):
            return
        self.tickets.fail(sender, message, now)
        if message.batch_request is not None:
            self.tickets.request(sender, message.batch_request, now)

    def _device_changed(self, sender: bytes, message: m.DeviceChanged, _now: float) -> None:
        peer = self.peers[sender]
        key = peer.device_key
        peer.hello = replace(peer.hello, net=message.net)
        self._forget_device(key)

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
        for sender, peer in list(self.peers.items()):
            if now >= peer.deadline:
                self._leave(sender, now)
                self.answers.add(sender, m.NotGreeted())
        self.sessions.end_those_that_are_over(now)
        self.sessions.searches.send_live_reports(now)
        leases = [peer.deadline for peer in self.peers.values()]
        self.due = min([*leases, *self.sessions.searches.deadlines()], default=np.inf)

    def _paused(self, _sender: bytes, message: m.Paused, now: float) -> None:
        """Leases do not count the time of a pause; all other deadlines do."""
        for peer in self.peers.values():
            peer.heard = min(now, peer.heard + message.seconds)
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
            self._tell_searchers(m.Retire())

    def _clear_cache(self, sender: bytes, message: m.ClearCache, _now: float) -> None:
        self._tell_searchers(m.ClearEvaluations())
        self.answers.add(sender, m.Done(message.request))

    def _tell_searchers(self, message: m.Outbound) -> None:
        for who, peer in self.peers.items():
            if peer.is_searcher:
                self.answers.add(who, message)

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
