"""Sessions that nobody uses, out of memory: what is known of them here, and what the shell is to do with the rest.

Where a session would be closed to make room, it is stored, if the daemon has a store: its frames go to the shell as an
*errand*, and a record of it stays. Whoever asks something of it has it fetched; what is asked meanwhile waits, in
order, until the shell brings the frames back as an event, or says that they are lost. Errands are no answers and are in
no trace: a replay does not need them, since the frames that come back are in the trace.

A session whose owner has a key and left without closing it is *kept*: stored, with nobody in it, for some time. To open
it with ``share`` finds its tree again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from daemon.core.errands import Errand, Fetch, Forget, Keep
from daemon.core.names import key_of, meant
from daemon.core.search_report import report_of_failed
from daemon.core.search_tree import IN_FLIGHT, NODES, NONE, SPECULATED
from daemon.core.session import Session
from daemon.core.session_state import CheckpointError, SavedSession, decoded, encoded, loaded, packed, saved, unpacked
from protocol import messages as m
from protocol.principals import principal_name

if TYPE_CHECKING:
    from daemon.core.sessions import Sessions

STORABLE = 128 << 20
"""Bytes of a session, at most, that is stored: it comes back as one message."""

WAITING = 256
"""Messages that wait for one session, at most."""

KEPT = 64
"""Sessions that are kept for one owner, at most."""

STORED = 50_000
"""Sessions that are stored, at most."""


@dataclass
class Stored:
    """One stored session. ``expires``: of one that is kept. ``waiting``: senders and what they asked meanwhile.

    ``anew``: its tree forgets what it knows when it is back.
    """

    name: str
    owner: str
    serial: int
    digest: str
    size: int
    status: m.SessionStatus
    clients: set[bytes]
    guests: dict[bytes, str]
    invitations: dict[str, m.GuestRole]
    used_at: float
    expires: float = np.inf
    fetching: bool = False
    waiting: list[tuple[bytes, m.OfSession]] = field(default_factory=list)
    anew: bool = False


class Storeroom:
    """``records``: by the sessions' keys, the longest unused first. ``errands``: those of the last event."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.records: dict[str, Stored] = {}
        self.errands: list[Errand] = []
        self.due = np.inf
        """When the time of one that is kept is over."""

    @property
    def size(self) -> int:
        """What all of them take."""
        return sum(record.size for record in self.records.values())

    def in_use(self, owner: str) -> int:
        """Stored sessions of this owner with clients in them."""
        return sum(record.owner == owner and bool(record.clients) for record in self.records.values())

    # In.

    def takes(self, session: Session) -> bool:
        """Whether this session can be stored."""
        most = min(STORABLE, self._sessions.bounds.store_bytes)
        failed = self._sessions.containment.has_failed(session.serial)
        return session.bytes_held() + (64 << 10) <= most and not session.compacting and not failed

    def put(self, session: Session, now: float, status: m.SessionStatus, expires: float = np.inf) -> Stored:
        """Store this session, in which nothing is searched; its memory is free when it is removed."""
        _release_all(session)
        state = saved(session)
        data = packed(encoded(state))
        digest = hashlib.blake2b(data, digest_size=16).hexdigest()
        record = Stored(
            name=session.name,
            owner=session.owner,
            serial=session.serial,
            digest=digest,
            size=len(data),
            status=status,
            clients=session.clients,
            guests=session.guests,
            invitations=session.invitations,
            used_at=session.used_at,
            expires=expires,
        )
        self.records[session.name] = record
        self.due = min(self.due, expires)
        self.errands.append(Keep(session.serial, digest, data))
        self._make_room(record, now)
        return record

    def _make_room(self, new: Stored, now: float) -> None:
        """End those that have been stored for longest, until all fit, and the owner's kept are not too many."""
        most = self._sessions.bounds.store_bytes
        for record in list(self.records.values()):
            if self.size <= most and len(self.records) <= STORED:
                break
            if record is not new and not record.fetching:
                unused = f"closed: it was not used for {now - record.used_at:.0f} s"
                self.end(record, f"{unused}, and the {most >> 20:,} MiB for stored sessions are full")
        kept = [each for each in self.records.values() if each.owner == new.owner and not each.clients]
        for record in kept[: max(0, len(kept) - KEPT)]:
            self.end(record, "")

    # Out.

    def find(self, sender: bytes, message: m.AnyMessage) -> Stored | None:
        """The stored session that this message is about, if its sender may ask for it."""
        if not self.records:
            return None
        if isinstance(message, m.Join):
            found = (each for each in self.records.values() if message.invitation in each.invitations)
            return next(found, None)
        if not isinstance(message, m.OfSession):
            return None
        own = self.records.get(key_of(principal_name(sender), message.session))
        if own is not None and (isinstance(message, m.Open) or sender in own.clients):
            return own
        other = None if (key := meant(message.session)) is None else self.records.get(key)
        if other is None or not other.clients or self._sessions.find(sender, message.session) is not None:
            return None
        sees = isinstance(message, m.Open) and self._sessions.sees_all(sender)
        return other if sees or sender in other.clients else None

    def fetch(self, record: Stored) -> None:
        """Have the shell bring it back."""
        if not record.fetching:
            record.fetching = True
            self.errands.append(Fetch(record.serial, record.digest))

    def restored(self, message: m.Restored, now: float) -> tuple[str, list[tuple[bytes, m.OfSession]]]:
        """A session is back: its key, and what was asked of it meanwhile, to be handled now."""
        record = self._of(message.serial)
        if record is None:
            return "", []
        record.fetching = False
        if not record.waiting:  # who asked has left
            return "", []
        try:
            state = decoded(unpacked(message.state.data), SavedSession)
            session = loaded(self._sessions.make_session, state)
        except (CheckpointError, KeyError, TypeError) as error:
            self.end(record, f"lost: what was stored of it cannot be read: {error}")
            return "", []
        session.clients, session.guests, session.invitations = record.clients, record.guests, record.invitations
        session.used_at = now
        del self.records[record.name]
        self.errands.append(Forget(record.digest))
        self._sessions.take_back(session)
        if record.anew:
            self._sessions.begin_tree_anew(session)
        return record.name, record.waiting

    def lost(self, message: m.StoreLost) -> None:
        """What was stored of a session is not there, or could not be stored."""
        if (record := self._of(message.serial)) is not None:
            self.end(record, f"lost: {message.reason}")

    def _of(self, serial: int) -> Stored | None:
        return next((record for record in self.records.values() if record.serial == serial), None)

    def load(self, records: list[Stored]) -> None:
        """What a state has of them."""
        self.records = {record.name: record for record in records}
        self.due = min((record.expires for record in records), default=np.inf)

    # What becomes of those that stay.

    def begin_trees_anew(self) -> None:
        """Trees that are stored now forget what they know."""
        for record in self.records.values():
            record.anew = True

    def end(self, record: Stored, why: str) -> None:
        """A stored session is no more; everybody in it hears why, and what waits for it is refused."""
        del self.records[record.name]
        self.errands.append(Forget(record.digest))
        answers = self._sessions.answers
        for watcher in self._sessions.searches.watchers.pop(record.name, []):
            answers.add(watcher.client, report_of_failed(record.name, watcher.request, "closed"))
        for sender, message in record.waiting:
            answers.add(sender, m.Refused(f"the session is gone: {why}"[:4000], message.request))
        self._sessions.admission.ended(record.name, why)
        for client in sorted(record.clients):
            answers.add(client, m.Closed(record.name, why))

    def leave(self, record: Stored, client: bytes, now: float, closes: bool = False) -> None:
        """A client goes; with the owner's last one the session ends, or is kept. ``closes``: it was done with it."""
        record.clients.discard(client)
        record.guests.pop(client, None)
        record.waiting = [each for each in record.waiting if each[0] != client]
        watchers = self._sessions.searches.watchers
        for watcher in [each for each in watchers.get(record.name, []) if each.client == client]:
            self._sessions.answers.add(client, report_of_failed(record.name, watcher.request, "closed"))
        if record.name in watchers:
            watchers[record.name] = [each for each in watchers[record.name] if each.client != client]
        if any(principal_name(each) == record.owner for each in record.clients):
            return
        keep = self._sessions.bounds.keep_stored
        if closes or not record.owner or keep <= 0.0 or record.waiting:
            self.end(record, "its owner has left it")
            return
        for guest in sorted(record.clients):
            self._sessions.answers.add(guest, m.Closed(record.name, "its owner has left it"))
        watchers.pop(record.name, None)
        record.clients, record.guests, record.invitations = set(), {}, {}
        record.expires = now + keep
        self.due = min(self.due, record.expires)

    def peer_left(self, client: bytes, now: float) -> None:
        """A client is gone."""
        for record in list(self.records.values()):
            record.waiting = [each for each in record.waiting if each[0] != client]
            if client in record.clients:
                self.leave(record, client, now)

    def hand_over(self, old: bytes, new: bytes) -> None:
        """A client has another connection."""
        for record in self.records.values():
            record.waiting = [(new if sender == old else sender, message) for sender, message in record.waiting]
            if old in record.clients:
                record.clients.remove(old)
                record.clients.add(new)
            if old in record.guests:
                record.guests[new] = record.guests.pop(old)
            for watcher in self._sessions.searches.watchers.get(record.name, []):
                if watcher.client == old:
                    watcher.client = new

    def expire(self, now: float) -> None:
        """End those whose time is over."""
        for record in [record for record in self.records.values() if now >= record.expires]:
            self.end(record, "")
        self.due = min((record.expires for record in self.records.values()), default=np.inf)

    def principals_changed(self) -> None:
        """What was kept for somebody who is there no more is not needed, and who may not see any more is out."""
        for record in list(self.records.values()):
            if not record.clients and record.owner not in self._sessions.principals:
                self.end(record, "")
                continue
            for client in sorted(record.clients - record.guests.keys()):
                if principal_name(client) != record.owner and not self._sessions.sees_all(client):
                    record.clients.discard(client)
                    why = "its key does not allow to see it any more"
                    self._sessions.answers.add(client, m.Closed(record.name, why))

    def faults(self) -> Iterator[str]:
        """What does not hold of these records."""
        for name, record in self.records.items():
            owns = any(principal_name(client) == record.owner for client in record.clients)
            if name in self._sessions.by_name:
                yield f"session {name!r} is stored and open"
            if record.clients and not owns:
                yield f"session {name!r} is stored, and no client of {record.owner!r} is in it"
            if not record.clients and (not record.owner or record.expires == np.inf):
                yield f"session {name!r} is kept for nobody"
            if not record.guests.keys() <= record.clients:
                yield f"stored session {name!r} has guests who are not in it"
            if record.waiting and not record.fetching:
                yield f"somebody waits for session {name!r}, and nobody fetches it"


def _release_all(session: Session) -> None:
    """Let go of what is in flight; late results find the session under another number."""
    if session.root_policy.asked != NONE:
        session.release(np.array([session.root_policy.asked], np.int32))
    state = session.tree.state[: session.tree.used[NODES]]
    locked = np.flatnonzero((state == IN_FLIGHT) | (state == SPECULATED)).astype(np.int32)
    if len(locked):
        session.release(locked)
