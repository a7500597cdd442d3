"""All sessions: who is in them, what is searched, what is reported, and when a search is over.

Knows clients and sessions, no searcher and no ticket. Methods that obey a client's message raise ``Refusal`` before
they change anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol

import msgspec
import numpy as np

from daemon.core.answers import AnswerList
from daemon.core.bounds import Bounds, TreeBudget
from daemon.core.containment import Containment, Refusal
from daemon.core.housekeeping import make_place, make_room
from daemon.core.search_report import Asked, make_report, report_of_failed
from daemon.core.search_tree import BYTES_PER_NODE, bytes_occupied
from daemon.core.session import GIVEN_BACK, ActiveSearch, EndedSearch, Session
from daemon.core.tree_memory import TreeMemory
from protocol import messages as m

OVERDRAFT = 64 << 10
"""Bytes that moves may take beyond a session's memory while its leaves are in flight, when nothing can be dropped."""


class Referee(Protocol):
    """What the core must know of games, handed in so that it imports none."""

    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        """``num_moves`` of this game. Raises ``ValueError`` with the reason if game, spec or a move is not possible."""


@dataclass
class Watcher:
    """A client that sees a session's searches."""

    client: bytes
    request: int
    every: float
    next_report: float


class Sessions:
    """The sessions by name, and by the serial number that tickets carry.

    ``changed``: serial numbers of those in which there may be other leaves to select than there were, for clients
    changed something. ``Tickets.serve`` empties it.
    """

    def __init__(
        self,
        referee: Referee,
        answers: AnswerList,
        containment: Containment,
        bounds: Bounds | None = None,
        make_session: Callable[..., Session] = Session,
    ) -> None:
        self.bounds = bounds or Bounds()
        self.memory = TreeBudget(self.bounds.tree_bytes)
        self.containment = containment
        self.referee = referee
        self.make_session = make_session
        self.answers = answers
        self.by_name: dict[str, Session] = {}
        self.by_serial: dict[int, Session] = {}
        self.searching: list[Session] = []  # the next to be served first
        self.untidy: list[Session] = []  # those that drop nodes, or have memory to give back
        self.closed: list[TreeMemory] = []  # of large trees that nobody wants any more
        self.watchers: dict[str, list[Watcher]] = {}
        self.last_serial = 0
        self.last_position = 0
        self.changed: set[int] = set()

    # Coming and going.

    def of(self, client: bytes, name: str) -> Session:
        """The session ``name``, which ``client`` must be in."""
        session = self.by_name.get(name)
        if session is None or client not in session.clients:
            raise Refusal(f"no session {name!r} is open here")
        return session

    def touch(self, client: bytes, name: str, now: float) -> None:
        """A client asks something of this session, if it is in it."""
        session = self.by_name.get(name)
        if session is not None and client in session.clients:
            session.used_at = now

    def open(self, client: bytes, message: m.Open, now: float) -> None:
        """Open or share a session."""
        session = self.by_name.get(message.session)
        shared = session is not None
        if session is not None and not message.share:
            raise Refusal(f"session {message.session!r} is open already; share it")
        if session is None or client not in session.clients:
            theirs = sum(client in each.clients for each in self.by_name.values())
            self._require(theirs < self.bounds.client_sessions, f"{theirs:,} sessions of one client are the most")
        if session is None:
            session = self._new(message.session, message, message.settings, now)
        session.clients.add(client)
        session.used_at = now
        self.answers.add(client, self._opened(message, session, shared))

    def _opened(self, message: m.Open, session: Session, shared: bool) -> m.Opened:
        most = session.settings.max_bytes
        return m.Opened(message.request, session.name, session.game, session.spec, session.record, shared, most)

    @staticmethod
    def _require(holds: bool, complaint: str) -> None:
        if not holds:
            raise Refusal(f"{complaint} that this daemon takes")

    def open_again(self, client: bytes, message: m.Open) -> None:
        """Say once more what ``open`` said."""
        session = self.of(client, message.session)
        shared = len(session.clients) > 1
        self.answers.add(client, self._opened(message, session, shared))

    def hand_over(self, old: bytes, new: bytes) -> None:
        """A client has another connection: what was the old one's is the new one's."""
        for session in self.by_name.values():
            if old in session.clients:
                session.clients.remove(old)
                session.clients.add(new)
            ended = None if session.ended is None else session.ended.search
            for search in (session.search, ended):
                if search is not None and search.client == old:
                    search.client = new
        for watcher in (watcher for watchers in self.watchers.values() for watcher in watchers):
            if watcher.client == old:
                watcher.client = new

    def _new(self, name: str, message: m.Open | m.Reset, settings: m.SearchSettings, now: float) -> Session:
        num_moves = self._judge(message.game, message.spec, message.record)
        settings = self._permitted(settings)
        needed = (len(message.record) + 1) * BYTES_PER_NODE
        if needed > settings.max_bytes:
            raise Refusal(_too_long(message.record, needed, settings.max_bytes))
        if isinstance(message, m.Open) and not make_place(self, now):
            raise Refusal(f"all {self.bounds.sessions:,} sessions that this daemon takes are in use")
        if not make_room(self, needed, now):
            raise Refusal(self._is_full())
        self.last_serial += 1
        position = self._new_position()

        def make() -> Session:
            session = self.make_session(
                name=name,
                serial=self.last_serial,
                position=0,
                game=message.game,
                spec=message.spec,
                num_moves=num_moves,
                settings=settings,
            )
            session.goto(message.record, position)
            return session

        session = self.by_name[name] = self.containment.demand(make)
        session.join(self.memory)
        self.by_serial[session.serial] = session
        return session

    def _new_position(self) -> int:
        self.last_position += 1
        return self.last_position

    def _permitted(self, settings: m.SearchSettings) -> m.SearchSettings:
        """These, with no more memory than all trees may have together."""
        if settings.max_bytes <= self.bounds.tree_bytes:
            return settings
        return msgspec.structs.replace(settings, max_bytes=self.bounds.tree_bytes)

    def _is_full(self) -> str:
        return f"the {self.bounds.tree_bytes >> 20:,} MiB for all trees of this daemon are full"

    def _judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        self._require(len(record) <= self.bounds.moves, f"{self.bounds.moves:,} moves of a record are the most")

        def judge() -> int:
            try:
                return self.referee.judge(game, spec, record)
            except ValueError as error:
                raise Refusal(str(error)) from error

        return self.containment.demand(judge)

    def leave(self, session: Session, client: bytes, now: float) -> None:
        """A client goes; the last one ends the session. What it had asked for ends, and only that."""
        session.clients.discard(client)
        watchers = self.watchers.pop(session.name, [])
        self._dismiss(session, [watcher for watcher in watchers if watcher.client == client], now)
        if session.clients:
            self.watchers[session.name] = [watcher for watcher in watchers if watcher.client != client]
        if session.search is not None and session.search.client == client:
            self.finish(session, "closed", now, to_watchers="left")
        self.changed.add(session.serial)
        if not session.clients:
            del self.by_name[session.name]
            self._remove(session)

    def close_all(self, now: float) -> None:
        """The daemon ends: so does every search and every watch."""
        for session in self.by_name.values():
            watchers = self.watchers.pop(session.name, [])
            self.finish(session, "closed", now)
            self._dismiss(session, watchers, now)

    def _dismiss(self, session: Session, watchers: list[Watcher], now: float) -> None:
        """Tell these watchers that the session is gone, for them at least."""
        for watcher in watchers:
            asked = m.Query(watcher.request, session.name)
            report = self._report(session, asked, now) or report_of_failed(session, watcher.request, "closed")
            self.answers.add(watcher.client, msgspec.structs.replace(report, final=True, reason="closed"))

    def abandon(self, serial: int, failure: str) -> None:
        """Close a session that failed, without asking anything of it any more; everybody in it learns why."""
        self.changed.add(serial)
        session = self.by_serial.get(serial)
        if session is None:  # it was left in the same event
            return
        if session.search is not None:
            self._end_search(session, report_of_failed(session, session.search.request, "failed", failure), "failed")
        for watcher in self.watchers.pop(session.name, []):
            self.answers.add(watcher.client, report_of_failed(session, watcher.request, "closed", failure))
        for client in sorted(session.clients):
            self.answers.add(client, m.Closed(session.name, failure))
        del self.by_name[session.name]
        self._remove(session)

    def evict(self, session: Session, why: str, now: float) -> None:
        """Close a session that nobody uses, to make room; everybody in it hears why."""
        unused = f"closed, for nobody had used it for {now - session.used_at:.0f} s, and {why}"
        self._dismiss(session, self.watchers.pop(session.name, []), now)
        for client in sorted(session.clients):
            self.answers.add(client, m.Closed(session.name, unused))
        del self.by_name[session.name]
        self._remove(session)

    def reset(self, client: bytes, message: m.Reset, now: float) -> None:
        """Another game in an open session."""
        old = self.of(client, message.session)
        new = self._new(old.name, message, old.settings, now)
        new.clients, new.used_at = old.clients, now
        self.finish(old, "moved", now)
        new.ended = old.ended
        self.changed.add(old.serial)
        self._remove(old)

    def _remove(self, session: Session) -> None:
        del self.by_serial[session.serial]
        if session in self.untidy:
            self.untidy.remove(session)
        if not self.containment.has_failed(session.serial) and bytes_occupied(session.tree) > GIVEN_BACK:
            self.closed.append(session.close())
        else:
            session.leave()

    # The cursor.

    def play(self, client: bytes, message: m.Play, now: float) -> None:
        """One move forward."""
        session = self.of(client, message.session)
        if len(session.record) >= m.MAX_RECORD:
            raise Refusal(f"a record has at most {m.MAX_RECORD} moves")
        self._move_cursor(session, [*session.record, message.move], now)

    def undo(self, client: bytes, message: m.Undo, now: float) -> None:
        """Some moves back."""
        session = self.of(client, message.session)
        if message.count > len(session.record):
            raise Refusal(f"cannot undo {message.count} of {len(session.record)} moves")
        self._move_cursor(session, session.record[: len(session.record) - message.count], now)

    def goto(self, client: bytes, message: m.Goto, now: float) -> None:
        """Anywhere."""
        self._move_cursor(self.of(client, message.session), message.record, now)

    def _move_cursor(self, session: Session, record: list[int], now: float) -> None:
        if record != session.record[: len(record)]:
            self._judge(session.game, session.spec, record)
        self._require_memory(session, record, now)
        self.finish(session, "moved", now)
        position = self._new_position()

        def move() -> None:
            session.goto(record, position)
            if session.compacting:
                session.tidy()  # so that no rush of moves outruns it
            elif session.is_over_full() and session.in_flight == 0:
                session.compact()

        self.containment.demand(move, session.serial)
        self.changed.add(session.serial)
        self._note_untidy(session)
        if self.memory.free < 0:
            self.tidy(now)

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
        if not make_room(self, needed, now) and not self.compact(session):
            raise Refusal(self._is_full())

    # Searches and reports.

    def search(self, client: bytes, message: m.Search, now: float) -> None:
        """Begin a search in place of the one that runs."""
        session = self.of(client, message.session)
        if session.search is None:
            theirs = sum(each.search is not None and each.search.client == client for each in self.searching)
            self._require(theirs < self.bounds.searches, f"{theirs:,} searches of one client at a time are the most")
        self.finish(session, "replaced", now)
        self.containment.demand(partial(session.restrict, message.restrictions), session.serial)
        session.search = ActiveSearch(
            client=client,
            request=message.request,
            limits=message.limits,
            report_every=message.report_every,
            max_children=message.max_children,
            pv_length=message.pv_length,
            moves_ownership=message.moves_ownership,
            began=now,
            visits_before=session.visits,
            next_report=now + message.report_every if message.report_every is not None else np.inf,
        )
        self.searching.append(session)
        for watcher in self.watchers.get(session.name, []):
            watcher.next_report = now + watcher.every
        self.changed.add(session.serial)
        self.end_if_over(session, now)

    def stop(self, client: bytes, message: m.Stop, now: float) -> None:
        """End the search, if there is one."""
        session = self.of(client, message.session)
        self.finish(session, "stopped", now)
        self.changed.add(session.serial)

    def search_again(self, client: bytes, message: m.Search, now: float) -> None:
        """Say once more how a search ended; of one that runs its reports will.

        The tree may have grown since. Where the cursor has moved since, too, the report is of where it is, and says so.
        """
        session = self.of(client, message.session)
        asked = (client, message.request)
        if session.search is not None and (session.search.client, session.search.request) == asked:
            return
        reason: m.Ending = "replaced"
        failure, new_visits, elapsed = "", 0, 0.0
        if (ended := session.ended) is not None and (ended.search.client, ended.search.request) == asked:
            new_visits = max(0, session.visits - ended.search.visits_before)
            reason = ended.reason if ended.position == session.position else "moved"
            failure, elapsed = ended.failure, ended.at - ended.search.began
        make = partial(make_report, session, message, now, reason, failure)
        report = self.containment.demand(make, session.serial)
        self.answers.add(client, msgspec.structs.replace(report, new_visits=new_visits, elapsed=elapsed))

    def watch_again(self, client: bytes, message: m.Watch) -> None:
        """See to it that a watch goes on. Raises ``Refusal`` when its session is closed."""
        session = self.of(client, message.session)
        if not any((w.client, w.request) == (client, message.request) for w in self.watchers.get(session.name, [])):
            raise Refusal(f"session {session.name!r} was closed")

    def watch(self, client: bytes, message: m.Watch, now: float) -> None:
        """Report to one more client."""
        session = self.of(client, message.session)
        theirs = sum(watcher.client == client for watchers in self.watchers.values() for watcher in watchers)
        self._require(theirs < self.bounds.watches, f"{theirs:,} watches of one client are the most")
        every = message.report_every
        self.watchers.setdefault(session.name, []).append(Watcher(client, message.request, every, now + every))

    def query(self, client: bytes, message: m.Query, now: float) -> None:
        """Report once."""
        session = self.of(client, message.session)
        self.answers.add(client, self.containment.demand(partial(make_report, session, message, now), session.serial))

    def configure(self, client: bytes, message: m.Configure, now: float) -> None:
        """Search otherwise from now on."""
        session = self.of(client, message.session)
        self.containment.demand(partial(session.configure, self._permitted(message.settings)), session.serial)
        self.changed.add(session.serial)
        self.end_if_over(session, now)

    def finish(
        self, session: Session, reason: m.Ending, now: float, failure: str = "", to_watchers: m.Ending | None = None
    ) -> None:
        """End the session's search, if it has one, with its final report.

        ``failure``: what to say of a ``failed`` one. ``to_watchers``: the reason that these hear, if it is another.
        """
        search = session.search
        if search is None:
            return
        report = self._report(session, search, now, reason, failure)
        if report is None:
            failure, to_watchers = self.containment.why(session.serial), "failed"
            report = report_of_failed(session, search.request, "failed", failure)
        self._end_search(session, report, to_watchers or reason)

    def _end_search(self, session: Session, report: m.Report, to_watchers: m.Ending) -> None:
        """No search any more; ``report`` is the last, and watchers hear the same but another reason."""
        search = session.search
        assert search is not None
        self.answers.add(search.client, report)
        for watcher in self.watchers.get(session.name, []):
            self.answers.add(
                watcher.client, msgspec.structs.replace(report, request=watcher.request, reason=to_watchers)
            )
        at = search.began + report.elapsed
        ended = EndedSearch(search, report.reason or "failed", at, session.position, report.failure)
        session.search, session.ended, session.used_at = None, ended, at
        self.searching.remove(session)

    def _report(
        self, session: Session, asked: Asked, now: float, reason: m.Ending | Literal[""] = "", failure: str = ""
    ) -> m.Report | None:
        """As ``make_report``; None if the session fails at it."""
        return self.containment.attempt(
            session.serial, partial(make_report, session, asked, now, reason, failure), None
        )

    def end_if_over(self, session: Session, now: float) -> None:
        """End the search when its visits are there, its time is over, the game is, or no memory is left."""
        if session.search is None:
            return
        needed = session.bytes_per_leaf + self.memory.reserve
        is_short = self.memory.free < needed
        reason = self.containment.attempt(session.serial, partial(session.ending, now, is_short), None)
        rests = is_short and reason is None and not session.in_flight and not session.compacting
        if rests and not make_room(self, needed, now):
            reason = self.containment.attempt(session.serial, partial(session.ending, now), None)
        if reason is not None:
            self.finish(session, reason, now)
        self._note_untidy(session)

    @property
    def frees(self) -> bool:
        """Whether memory is on its way back."""
        return bool(self.untidy)

    def compact(self, session: Session) -> bool:
        """Drop what hangs beside the line that is played, unless leaves are in flight. Whether there is something."""
        begun = session.in_flight == 0 and not session.compacting
        begun = begun and self.containment.attempt(session.serial, session.compact, False)
        self._note_untidy(session)
        return begun

    def _note_untidy(self, session: Session) -> None:
        if session.untidy and session not in self.untidy:
            self.untidy.append(session)

    def unfinished(self) -> bool:
        """Whether ``tidy`` is to be called again at once."""
        return bool(self.untidy or self.closed)

    def tidy(self, now: float) -> None:
        """A step of what would hold everybody up in one piece."""
        if self.closed:
            memory = self.closed.pop()
            with suppress(Exception):  # then all at once, for nobody speaks of it any more
                memory.give_back(GIVEN_BACK)
                if bytes_occupied(memory.tree) > 0:
                    self.closed.append(memory)
        if not self.untidy:
            return
        session = self.untidy.pop(0)
        was_compacting = session.compacting
        self.containment.attempt(session.serial, session.tidy, None)
        if self.containment.has_failed(session.serial):
            return
        if session.untidy:
            self.untidy.append(session)
        if session.compacting or (not was_compacting and self.untidy):
            return
        for each in [session, *self.searching]:
            self.end_if_over(each, now)

    def do_what_is_due(self, now: float) -> None:
        """End what has no time left; send the live reports whose time has come."""
        for session in list(self.searching):
            self.end_if_over(session, now)
        streams = Counter(self._reported_to())
        for session in self.searching:
            search = session.search
            if search is None:
                continue
            if search.report_every is not None and now >= search.next_report:
                search.next_report = now + self._interval(search.report_every, streams[search.client])
                if (report := self._report(session, search, now)) is not None:
                    self.answers.add(search.client, report)
            for watcher in self.watchers.get(session.name, []):
                if now >= watcher.next_report:
                    watcher.next_report = now + self._interval(watcher.every, streams[watcher.client])
                    if (report := self._report(session, search, now)) is not None:
                        self.answers.add(watcher.client, msgspec.structs.replace(report, request=watcher.request))

    def _reported_to(self) -> Iterator[bytes]:
        """The client of each stream of live reports that flows."""
        for session in self.searching:
            if session.search is not None and session.search.report_every is not None:
                yield session.search.client
            for watcher in self.watchers.get(session.name, []):
                yield watcher.client

    def _interval(self, every: float, streams: int) -> float:
        """Seconds to the next report of one of so many streams of a client that wants one every so many seconds."""
        return max(every, streams / self.bounds.reports)

    def deadlines(self) -> Iterator[float]:
        """When ``do_what_is_due`` will next have something to do, among them."""
        for session in self.searching:
            if session.search is not None:
                yield session.search.due
            for watcher in self.watchers.get(session.name, []):
                yield watcher.next_report


def _too_long(record: list[int], needed: int, most: int) -> str:
    return f"a line of {len(record):,} moves takes {needed:,} bytes, and the session has {most:,}"
