"""All sessions: who is in them, where their cursors stand, and what memory they have.

``searches`` has what runs in them, ``compaction_queue`` the work that is done in steps. Nothing here knows a searcher
or a ticket. Methods that obey a client's message raise ``Refusal`` before they change anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import msgspec

from daemon.core.answers import AnswerList
from daemon.core.bounds import UNBOUNDED_BYTES, Bounds, TreeBudget, require_within
from daemon.core.compaction_queue import CompactionQueue
from daemon.core.containment import Containment, Failure, Refusal
from daemon.core.early_end import is_decided
from daemon.core.guests import has_owner, require_more_than_seeing
from daemon.core.housekeeping import make_room
from daemon.core.many_trees import surely_go_on
from daemon.core.names import key_of, meant, owner_of
from daemon.core.search_report import session_status
from daemon.core.search_tree import BYTES_PER_NODE, NODES
from daemon.core.searches import Searches
from daemon.core.session import Session
from daemon.core.session_admission import SessionAdmission
from daemon.core.shares import Shares
from daemon.core.storeroom import Storeroom
from daemon.core.tree_memory import FEWEST_NODES
from protocol import messages as m
from protocol.principals import principal_name

LONGEST_NAME = 200
"""Characters of a session's name, without its owner's."""

OVERDRAFT = 64 << 10
"""Bytes that moves may take beyond a session's memory while its leaves are in flight, when nothing can be dropped."""


class Referee(Protocol):
    """What the core must know of games, handed in so that it imports none."""

    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        """``num_moves`` of this game. Raises ``ValueError`` with the reason if game, spec or a move is not possible."""


class Sessions:
    """The sessions by their keys (``names``), and by the serial number that tickets carry.

    ``principals``: who there is; ``budgets``: the memory of the trees of each that has some. What is done in a session
    counts for its owner, whoever asked for it. ``changed``: serial numbers of those in which there may be other leaves
    to select than there were, for clients changed something. ``Tickets.serve`` empties it.
    """

    def __init__(
        self,
        referee: Referee,
        answers: AnswerList,
        containment: Containment,
        bounds: Bounds | None = None,
        make_session: Callable[..., Session] = Session,
        principals: Mapping[str, m.Principal] | None = None,
    ) -> None:
        self.principals = {} if principals is None else principals
        self.shares = Shares(self.principals)
        self.budgets: dict[str, TreeBudget] = {}
        self.bounds = bounds or Bounds()
        self.memory = TreeBudget(self.bounds.tree_bytes)
        self.containment = containment
        self.referee = referee
        self.make_session = make_session
        self.answers = answers
        self.by_name: dict[str, Session] = {}
        self.by_serial: dict[int, Session] = {}
        self.searches = Searches(answers, containment, self.bounds, self.shares)
        self.compactions = CompactionQueue(containment)
        self.storeroom = Storeroom(self)
        self.admission = SessionAdmission(self)
        self.last_serial = 0
        self.last_position = 0
        self.changed: set[int] = set()

    def set_bounds(self, bounds: Bounds) -> None:
        """From now on hold to these; what is over one already stays."""
        self.bounds = self.searches.bounds = bounds
        self.memory.most = bounds.tree_bytes
        self.admission.bounds_changed()

    # Whose they are.

    def find(self, client: bytes, name: str) -> Session | None:
        """The session that this client calls so; None where there is none that it may know of."""
        if (own := self.by_name.get(key_of(principal_name(client), name))) is not None:
            return own
        other = None if (key := meant(name)) is None else self.by_name.get(key)
        return other if other is not None and (client in other.clients or self.sees_all(client)) else None

    def sees_all(self, client: bytes) -> bool:
        """Whether the sessions of others are this client's business: it is local, or an admin's."""
        known = self.principals.get(name := principal_name(client))
        return not name or (known is not None and known.role == "admin")

    def of(self, client: bytes, name: str) -> Session:
        """The session ``name``, which ``client`` must be in."""
        session = self.find(client, name)
        if session is None or client not in session.clients:
            raise Refusal(f"no session {name!r} is open here")
        return session

    def to_change(self, client: bytes, name: str) -> Session:
        """The same, which ``client`` must not only see."""
        session = self.of(client, name)
        require_more_than_seeing(session, client, name)
        return session

    def budget(self, owner: str) -> TreeBudget:
        """What the trees of this owner count in."""
        if not owner:
            return self.memory
        if owner not in self.budgets:
            self.budgets[owner] = TreeBudget(self._bytes_of(owner), self.memory)
        return self.budgets[owner]

    def _bytes_of(self, owner: str) -> int:
        most = self.shares.quota(owner).memory_mb
        return UNBOUNDED_BYTES if most is None else most << 20

    def principals_changed(self, now: float) -> None:
        """Others are there, or may do or have something else."""
        for session in list(self.by_name.values()):
            for client in sorted(session.clients - session.guests.keys()):
                if principal_name(client) != session.owner and not self.sees_all(client):
                    self.put_out(session, client, "its key does not allow to see it any more", now)
        held = {session.owner for session in self.by_name.values()}
        self.budgets = {owner: budget for owner, budget in self.budgets.items() if owner in held}
        for owner, budget in self.budgets.items():
            budget.most = self._bytes_of(owner)
        self.shares.forget_others()
        self.searches.queue.changed()
        self.admission.queue.changed()
        self.storeroom.principals_changed()

    # Opening and closing.

    def touch(self, client: bytes, name: str, now: float) -> None:
        """A client asks something of this session, if it is in it."""
        session = self.find(client, name)
        if session is not None and client in session.clients:
            session.used_at = now

    def open(self, client: bytes, message: m.Open, now: float) -> None:
        """Open or share a session."""
        session = self.find(client, message.session)
        shared = session is not None
        if session is not None and not message.share:
            raise Refusal(f"session {message.session!r} is open already; share it")
        if session is None or client not in session.clients:
            self.require_place_for(client)
        if session is None:
            if len(message.session) > LONGEST_NAME:
                raise Refusal(f"the name of a session has {LONGEST_NAME} characters at most")
            key = key_of(principal_name(client), message.session)
            session = self._new(key, message, message.settings, now)
        self.enter(session, client, message.request, shared, now)

    def require_place_for(self, client: bytes) -> None:
        """Raise ``Refusal`` if this client is in as many sessions as it may be."""
        self.admission.require_place_for(client)

    def enter(self, session: Session, client: bytes, request: int, shared: bool, now: float) -> None:
        """A client is in this session from now on, and hears so."""
        session.clients.add(client)
        session.used_at = now
        self.tell_opened(session, client, request, shared)

    def tell_opened(self, session: Session, client: bytes, request: int, shared: bool) -> None:
        """Tell a client where this session stands."""
        most = session.settings.max_bytes
        opened = m.Opened(request, session.name, session.game, session.spec, session.record, shared, most)
        self.answers.add(client, opened)

    def open_again(self, client: bytes, message: m.Open) -> None:
        """Say once more what ``open`` said."""
        session = self.of(client, message.session)
        self.tell_opened(session, client, message.request, len(session.clients) > 1)

    def hand_over(self, old: bytes, new: bytes) -> None:
        """A client has another connection: what was the old one's is the new one's."""
        for session in self.by_name.values():
            if old in session.clients:
                session.clients.remove(old)
                session.clients.add(new)
            if old in session.guests:
                session.guests[new] = session.guests.pop(old)
            self.searches.hand_over(session, old, new)
        self.storeroom.hand_over(old, new)
        self.admission.hand_over(old, new)

    def _new(
        self,
        name: str,
        message: m.Open | m.Reset,
        settings: m.SearchSettings,
        now: float,
        nodes: int = FEWEST_NODES,
    ) -> Session:
        num_moves = self._judge(message.game, message.spec, message.record)
        owner = owner_of(name)
        settings = self._permitted(settings, owner)
        needed = bytes_to_open(message)
        if needed > settings.max_bytes:
            raise Refusal(_too_long(message.record, needed, settings.max_bytes))
        if is_new := isinstance(message, m.Open):
            self.admission.require_within_quota(owner)
        self.admission.require_room(owner, needed, now, is_new)
        return self._made(name, message, num_moves, settings, nodes)

    def _made(
        self, name: str, game: m.Open | m.Reset, num_moves: int, settings: m.SearchSettings, nodes: int = FEWEST_NODES
    ) -> Session:
        self.last_serial += 1
        position = self._new_position()

        def make() -> Session:
            session = self.make_session(
                name=name,
                serial=self.last_serial,
                position=0,
                game=game.game,
                spec=game.spec,
                num_moves=num_moves,
                settings=settings,
                nodes=nodes,
            )
            session.goto(game.record, position)
            return session

        session = self.by_name[name] = self.containment.demand(make)
        session.join(self.budget(owner_of(name)))
        self.by_serial[session.serial] = session
        self.admission.queue.changed()
        return session

    def _new_position(self) -> int:
        self.last_position += 1
        return self.last_position

    def take_back(self, session: Session) -> None:
        """A session that was stored is there again, under another number."""
        self.last_serial += 1
        session.serial = self.last_serial
        session.join(self.budget(session.owner))
        self.by_name[session.name] = self.by_serial[session.serial] = session
        self.admission.queue.changed()
        self.compactions.note(session)

    def _permitted(self, settings: m.SearchSettings, owner: str) -> m.SearchSettings:
        """These, with no more memory than all trees of this owner may have together."""
        most = min(self.bounds.tree_bytes, self._bytes_of(owner))
        return settings if settings.max_bytes <= most else msgspec.structs.replace(settings, max_bytes=most)

    def _judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        require_within(len(record) <= self.bounds.moves, f"{self.bounds.moves:,} moves of a record are the most")

        def judge() -> int:
            try:
                return self.referee.judge(game, spec, record)
            except ValueError as error:
                raise Refusal(str(error)) from error

        return self.containment.demand(judge)

    def leave(self, session: Session, client: bytes, now: float, closes: bool = False) -> None:
        """A client goes; the last one of its owner ends the session. What it had asked for ends, and only that.

        ``closes``: it is done with the session, which is not kept for it.
        """
        session.clients.discard(client)
        session.guests.pop(client, None)
        self.searches.leave(session, client, now)
        self.changed.add(session.serial)
        if not has_owner(session):
            self.end_or_keep(session, now, closes)

    def end_or_keep(self, session: Session, now: float, closes: bool = False) -> None:
        """Nobody of its owner is in this session any more."""
        keep = self.bounds.keep_stored
        if closes or not session.owner or keep <= 0.0 or session.owner not in self.principals:
            keep = 0.0
        if not keep or not self.storeroom.takes(session):
            self._close(session, "its owner has left it", now)
            return
        self.searches.close(session, now)
        for client in sorted(session.clients):
            self.answers.add(client, m.Closed(session.name, "its owner has left it"))
        session.clients, session.guests, session.invitations = set(), {}, {}
        self._store(session, now, now + keep)

    def _store(self, session: Session, now: float, expires: float = math.inf) -> None:
        """A session goes to the store, in which nothing is searched; where it fails at that, it is closed."""
        put = partial(self.storeroom.put, session, now, session_status(session), expires)
        if self.containment.attempt(session.serial, put, None) is None:
            return
        self.changed.add(session.serial)
        del self.by_name[session.name]
        self._remove(session)

    def put_out(self, session: Session, guest: bytes, why: str, now: float) -> None:
        """A guest goes, and hears why."""
        self.leave(session, guest, now)
        self.answers.add(guest, m.Closed(session.name, why))

    def close_all(self, now: float) -> None:
        """The daemon ends: so does every search and every watch."""
        for session in self.by_name.values():
            self.searches.close(session, now)
        for record in list(self.storeroom.records.values()):
            self.storeroom.end(record, "the daemon ends")

    def abandon(self, serial: int, failure: str) -> None:
        """Close a session that failed, without asking anything of it any more; everybody in it learns why."""
        self.changed.add(serial)
        session = self.by_serial.get(serial)
        if session is None:  # it was left in the same event
            return
        self.searches.abandon(session, failure)
        self._end(session, failure)

    def evict(self, session: Session, why: str, now: float) -> None:
        """Store a session that nobody uses, to make room, or close it; then everybody in it hears why."""
        if self.storeroom.takes(session):
            self._store(session, now)
        else:
            self._close(session, f"closed: it was not used for {now - session.used_at:.0f} s, and {why}", now)

    def _close(self, session: Session, why: str, now: float) -> None:
        self.searches.close(session, now)
        self._end(session, why)

    def _end(self, session: Session, why: str) -> None:
        for client in sorted(session.clients):
            self.answers.add(client, m.Closed(session.name, why))
        del self.by_name[session.name]
        self._remove(session)

    def reset(self, client: bytes, message: m.Reset, now: float) -> None:
        """Another game in an open session."""
        old = self.to_change(client, message.session)
        # the tree will likely become as large as the old one
        new = self._new(old.name, message, old.settings, now, int(old.tree.used[NODES]))
        new.clients, new.used_at = old.clients, now
        new.invitations, new.guests = old.invitations, old.guests
        self.searches.finish(old, "moved", now)
        new.ended = old.ended
        self.changed.add(old.serial)
        self._remove(old)

    def begin_trees_anew(self) -> None:
        """Every tree forgets what it knows, but for the line to its cursor; those of stored sessions when they are
        back. Searches go on, and count from 0.
        """
        for session in list(self.by_name.values()):
            self.begin_tree_anew(session)
        self.storeroom.begin_trees_anew()

    def begin_tree_anew(self, old: Session) -> None:
        """The same for one. Whatever memory there is, it needs less than before."""
        game = m.Reset(0, old.name, old.game, old.spec, old.record)
        try:
            new = self._made(old.name, game, old.num_moves, old.settings)
        except Failure as failure:
            self.abandon(old.serial, str(failure))
            return
        new.clients, new.used_at, new.ended = old.clients, old.used_at, old.ended
        new.invitations, new.guests = old.invitations, old.guests
        new.go_on_for(old)
        self.searches.replace(old, new)
        self.changed.update((old.serial, new.serial))
        self._remove(old)

    def _remove(self, session: Session) -> None:
        del self.by_serial[session.serial]
        self.compactions.remove(session)
        self.admission.queue.changed()

    # The cursor.

    def play(self, client: bytes, message: m.Play, now: float) -> None:
        """One move forward."""
        session = self.to_change(client, message.session)
        if len(session.record) >= m.MAX_RECORD:
            raise Refusal(f"a record has at most {m.MAX_RECORD} moves")
        self._move_cursor(session, [*session.record, message.move], now)

    def undo(self, client: bytes, message: m.Undo, now: float) -> None:
        """Some moves back."""
        session = self.to_change(client, message.session)
        if message.count > len(session.record):
            raise Refusal(f"cannot undo {message.count} of {len(session.record)} moves")
        self._move_cursor(session, session.record[: len(session.record) - message.count], now)

    def goto(self, client: bytes, message: m.Goto, now: float) -> None:
        """Anywhere."""
        self._move_cursor(self.to_change(client, message.session), message.record, now)

    def _move_cursor(self, session: Session, record: list[int], now: float) -> None:
        if record != session.record[: len(record)]:
            self._judge(session.game, session.spec, record)
        self._require_memory(session, record, now)
        self.searches.finish(session, "moved", now)
        position = self._new_position()

        def move() -> None:
            session.goto(record, position)
            if session.compacting:
                session.tidy()  # so that no rush of moves outruns it
            elif session.is_over_full() and session.in_flight == 0:
                session.compact()

        self.containment.demand(move, session.serial)
        self.changed.add(session.serial)
        self.compactions.note(session)
        if session.shared.free < 0:
            self.compact_step(now)

    def _require_memory(self, session: Session, record: list[int], now: float) -> None:
        """Raise ``Refusal`` for a line for which there is no memory, and cannot be."""
        needed, whole = self.containment.demand(partial(session.bytes_for, record), session.serial)
        if needed == 0:
            return
        most = session.settings.max_bytes
        if whole > most:
            raise Refusal(_too_long(record, whole, most))
        if session.in_flight and session.is_over_full(needed - OVERDRAFT):
            raise Refusal(f"the {most:,} bytes of session {session.name!r} are full until its leaves are evaluated")
        if not make_room(self, session.shared, needed, now) and not self.compactions.begin(session):
            raise self.admission.is_full(session.owner, needed)

    # Searches.

    def search(self, client: bytes, message: m.Search, now: float) -> None:
        """Begin a search in place of the one that runs."""
        session = self.to_change(client, message.session)
        self.searches.begin(session, client, message, now)
        self.changed.add(session.serial)
        self.end_if_over(session, now)

    def stop(self, client: bytes, message: m.Stop, now: float) -> None:
        """End the search, if there is one."""
        session = self.to_change(client, message.session)
        self.searches.finish(session, "stopped", now)
        self.changed.add(session.serial)

    def configure(self, client: bytes, message: m.Configure, now: float) -> None:
        """Search otherwise from now on."""
        session = self.to_change(client, message.session)
        permitted = self._permitted(message.settings, session.owner)
        self.containment.demand(partial(session.configure, permitted), session.serial)
        self.changed.add(session.serial)
        self.compactions.note(session)
        self.end_if_over(session, now)

    def end_if_over(self, session: Session, now: float) -> None:
        """End the search when a limit of it is reached, the game is over, no memory is left, or it is decided."""
        if session.search is None:
            return
        budget, needed = session.shared, session.bytes_per_leaf
        is_short = budget.free_to_search < needed
        reason = self.containment.attempt(session.serial, partial(session.ending, now, is_short), None)
        rests = is_short and reason is None and not session.in_flight and not session.compacting
        if rests and not make_room(self, budget, needed, now, searching=True):
            reason = self.containment.attempt(session.serial, partial(session.ending, now), None)
        if reason is None and self.containment.attempt(session.serial, partial(is_decided, session, now), False):
            reason = "decided"
        if reason is not None:
            self.searches.finish(session, reason, now)
        self.compactions.note(session)

    def end_those_of(self, sessions: list[Session], now: float) -> None:
        """``end_if_over`` for each of them; most are not over, which is seen of all at once."""
        sure = [False] * len(sessions)
        if len(sessions) > 1 and self.containment.is_quiet:
            ample = self.memory.free_to_search >= max(session.bytes_per_leaf for session in sessions)
            sure = surely_go_on(sessions) if ample and self.shares.all_are_local else sure
        for session, goes_on in zip(sessions, sure, strict=True):
            if goes_on and session.search is not None and session.search.ends_by_visits and self.containment.is_quiet:
                self.containment.count(2)  # why it ends, and whether it is decided
            else:
                self.end_if_over(session, now)

    def end_those_that_are_over(self, now: float) -> None:
        """End the searches whose time is over."""
        for session in list(self.searches.running):
            self.end_if_over(session, now)

    def compact_step(self, now: float) -> None:
        """Do a step of the compaction queue; where that set memory free, see which searches have room or are over."""
        done = self.compactions.step()
        if done is not None:
            for each in [done, *self.searches.running]:
                self.end_if_over(each, now)


def bytes_to_open(message: m.Open | m.Reset) -> int:
    """What a session holds when it begins so."""
    return (len(message.record) + 1) * BYTES_PER_NODE


def _too_long(record: list[int], needed: int, most: int) -> str:
    return f"a line of {len(record):,} moves takes {needed:,} bytes, and the session has {most:,}"
