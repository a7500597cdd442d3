"""Sessions that there may be, and requests that wait for one more: those that open one, and those that have one fetched
out of the store.

A quota of the owner is refused at once, for to wait would not help. Where the daemon itself holds as much as it may,
the request waits in a queue. All that is asked of one session waits together, and is obeyed in order when it is that
session's turn: when one was closed or stored, when memory was given back, or when one has been idle for long enough to
make room (``housekeeping``). Nobody who comes later goes before those who wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from daemon.core.admission_queue import AdmissionQueue, Askers
from daemon.core.bounds import require_within
from daemon.core.containment import NoRoom, OverQuota, Refusal
from daemon.core.housekeeping import make_place, make_room
from protocol import messages as m

if TYPE_CHECKING:
    from daemon.core.sessions import Sessions

WAITING = 1024
"""Requests that wait for a session, of all clients, at most."""

LOOKS = 1.0
"""Seconds between two looks, at least, for a session that has become idle."""


@dataclass
class Opening:
    """What waits for one session. ``key``: of the session. ``needed``: bytes that it will take at first.

    ``asked``: who asked what of it, in order.
    """

    serial: int
    key: str
    owner: str
    needed: int
    asked: list[tuple[bytes, m.OfSession]]


@dataclass
class Outlook:
    """When to look whether there is room: at ``due``, or as soon as there is a place and ``needed`` bytes are free.

    ``last``: the number of the last one that came.
    """

    due: float = -np.inf
    needed: int = 0
    last: int = 0


class SessionAdmission:
    """See the module. ``admitting``: those who waited are served now."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.queue = AdmissionQueue[Opening](
            sessions.answers, sessions.shares, _askers, lambda: sessions.by_serial.values()
        )
        self.outlook = Outlook()
        self.admitting = False

    @property
    def due(self) -> float:
        """When something is to be done even if nothing happens."""
        return min(self.outlook.due, self.queue.due) if self.queue.waiting else np.inf

    @property
    def requests(self) -> int:
        """How many wait."""
        return sum(len(opening.asked) for opening in self.queue.waiting)

    # May there be one more.

    def require_place_for(self, client: bytes) -> None:
        """Raise ``Refusal`` if this client is in, or waits for, as many sessions as it may be."""
        sessions = self._sessions
        theirs = sum(client in each.clients for each in sessions.by_name.values())
        theirs += sum(client in each.clients for each in sessions.storeroom.records.values())
        theirs += sum(client == sender for opening in self.queue.waiting for sender, _ in opening.asked)
        require_within(theirs < sessions.bounds.client_sessions, f"{theirs:,} sessions of one client are the most")

    def require_within_quota(self, owner: str) -> None:
        """Raise ``OverQuota`` unless there may be one more session of this owner."""
        most = self._sessions.shares.quota(owner).sessions
        if most is not None and self._held(owner) >= most:
            raise OverQuota(f"{most:,} sessions are the most that {owner!r} may have")

    def _held(self, owner: str) -> int:
        """Sessions that this owner has or waits for; a stored one that is waited for counts once."""
        sessions, room = self._sessions, self._sessions.storeroom
        in_use = {name for name, record in room.records.items() if record.clients}
        here = sum(each.owner == owner for each in sessions.by_name.values()) + room.in_use(owner)
        return here + sum(each.owner == owner and each.key not in in_use for each in self.queue.waiting)

    def require_room(self, owner: str, needed: int, now: float, is_new: bool = True) -> None:
        """Raise ``NoRoom`` unless there may be one more session, of so many bytes; ``OverQuota`` if it is the owner's
        memory that is full.

        ``is_new``: False for a game in place of another, which needs memory alone.
        """
        sessions = self._sessions
        if is_new and ((self.queue.waiting and not self.admitting) or not make_place(sessions, now)):
            raise NoRoom(f"all {sessions.bounds.sessions:,} sessions that this daemon takes are in use")
        if not make_room(sessions, sessions.budget(owner), needed, now):
            raise self.is_full(owner, needed)

    def is_full(self, owner: str, needed: int) -> Refusal:
        """Why there is no memory for this owner."""
        budget, memory = self._sessions.budget(owner), self._sessions.memory
        if budget is not memory and budget.lacks(needed, searching=False):
            return OverQuota(f"the {budget.most >> 20:,} MiB for all trees of {owner!r} are full")
        return NoRoom(f"the {memory.most >> 20:,} MiB for all trees of this daemon are full")

    # Those who wait.

    def of(self, key: str) -> Opening | None:
        """What waits for this session."""
        return next((each for each in self.queue.waiting if each.key == key), None)

    def asked_already(self, opening: Opening, client: bytes, request: int) -> bool:
        """Whether this request waits there; then its client hears of its place again."""
        found = any((client, request) == (sender, message.request) for sender, message in opening.asked)
        if found:
            self.queue.tell_again(opening, client, request)
        return found

    def enter(self, key: str, owner: str, needed: int, client: bytes, message: m.OfSession) -> None:
        """This waits for this session. Raises ``Refusal``."""
        if self.requests >= WAITING:
            raise Refusal(f"{WAITING:,} requests wait for a session already, the most that may")
        if (opening := self.of(key)) is not None:
            opening.asked.append((client, message))
            self.queue.tell_again(opening, client, message.request)
            return
        self.outlook.last += 1
        self.queue.enter(Opening(self.outlook.last, key, owner, needed, [(client, message)]))
        self.outlook.needed = 0

    def next(self, now: float) -> Opening | None:
        """Take out what is to be obeyed now; None, and all know their places, where there is no room for the next."""
        queue, outlook = self.queue, self.outlook
        if not queue.waiting:
            return None
        if now >= outlook.due or self._fits(outlook.needed):
            first = queue.first()
            if make_place(self._sessions, now) and make_room(self._sessions, self._sessions.memory, first.needed, now):
                self.outlook = Outlook(last=outlook.last)
                return queue.next()
            outlook.due, outlook.needed = self._next_idle(now), first.needed
        queue.tell(now)
        return None

    def _fits(self, needed: int) -> bool:
        sessions = self._sessions
        return len(sessions.by_serial) < sessions.bounds.sessions and sessions.memory.free >= needed

    def _next_idle(self, now: float) -> float:
        """When a session may have become idle, unless its client uses it."""
        keep = self._sessions.bounds.keep
        rest = [each.used_at + keep for each in self._sessions.by_serial.values() if each.search is None]
        return max(now + LOOKS, min(rest, default=now + keep))

    def bounds_changed(self) -> None:
        """There may be room where there was none."""
        self.outlook.due = -np.inf

    # Those who do not want to any more.

    def cancel(self, client: bytes, key: str) -> bool:
        """A client closes this session: nothing that it asked of it waits any more. Whether something did."""
        opening = self.of(key)
        asked = [] if opening is None else [each for each in opening.asked if each[0] == client]
        if opening is not None:
            self._drop(opening, asked, "the session was closed meanwhile")
        return bool(asked)

    def peer_left(self, client: bytes) -> None:
        """A client is gone."""
        for opening in list(self.queue.waiting):
            self._drop(opening, [each for each in opening.asked if each[0] == client])

    def ended(self, key: str, why: str) -> None:
        """This session is stored no more: what was asked of it is refused, but to open it, for it may be another."""
        if (opening := self.of(key)) is not None:
            asked = [each for each in opening.asked if not isinstance(each[1], m.Open)]
            self._drop(opening, asked, f"the session is gone: {why}"[:4000])

    def hand_over(self, old: bytes, new: bytes) -> None:
        """A client has another connection."""
        for opening in self.queue.waiting:
            opening.asked = [(new if sender == old else sender, message) for sender, message in opening.asked]

    def _drop(self, opening: Opening, asked: list[tuple[bytes, m.OfSession]], why: str = "") -> None:
        for sender, message in asked:
            opening.asked.remove((sender, message))
            if why:
                self._sessions.answers.add(sender, m.Refused(why, message.request))
        if not opening.asked:
            self.queue.leave(opening)
            self.outlook.needed = 0

    def faults(self) -> Iterator[str]:
        """What does not hold of it."""
        yield from self.queue.faults()
        waiting, sessions = self.queue.waiting, self._sessions
        if len({each.key for each in waiting}) < len(waiting):
            yield "two wait for the same session"
        if waiting and self._fits(self.queue.first().needed):
            yield f"{len(waiting)} wait for a session, though there is room"
        for opening in waiting:
            if not opening.asked:
                yield f"nobody asks for session {opening.key!r}, and it waits"
            if opening.key in sessions.by_name:
                yield f"session {opening.key!r} is open, and is waited for"
            record = sessions.storeroom.records.get(opening.key)
            if record is not None and record.waiting:
                yield f"session {opening.key!r} is fetched, and waits to be"


def _askers(opening: Opening) -> Askers:
    first = opening.asked[0][1]
    priority = first.priority if isinstance(first, m.Open) else "live"
    return Askers(((sender, message.request) for sender, message in opening.asked), priority)
