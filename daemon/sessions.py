"""All sessions: who is in them, what is searched, what is reported, and when a search is over.

Knows clients and sessions, no searcher and no ticket. Methods that obey a client's message raise ``Refusal`` before
they change anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol

import msgspec
import numpy as np

from daemon.containment import Containment, Refusal
from daemon.report import Asked, make_report, report_of_failed
from daemon.search_tree import bytes_occupied
from daemon.session import GIVEN_BACK, ActiveSearch, EndedSearch, Session
from daemon.tree_memory import TreeMemory
from protocol import messages as m

Send = Callable[[bytes, m.Outbound], None]


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
    """The sessions by name, and by the serial number that tickets carry."""

    def __init__(
        self,
        referee: Referee,
        send: Send,
        containment: Containment,
        make_session: Callable[..., Session] = Session,
    ) -> None:
        self.containment = containment
        self.referee = referee
        self.make_session = make_session
        self.send = send
        self.by_name: dict[str, Session] = {}
        self.by_serial: dict[int, Session] = {}
        self.searching: list[Session] = []  # the next to be served first
        self.untidy: list[Session] = []  # those that drop nodes, or have memory to give back
        self.closed: list[TreeMemory] = []  # of large trees that nobody wants any more
        self.watchers: dict[str, list[Watcher]] = {}
        self.last_serial = 0
        self.last_position = 0

    # Coming and going.

    def of(self, client: bytes, name: str) -> Session:
        """The session ``name``, which ``client`` must be in."""
        session = self.by_name.get(name)
        if session is None or client not in session.clients:
            raise Refusal(f"no session {name!r} is open here")
        return session

    def open(self, client: bytes, message: m.Open) -> None:
        """Open or share a session."""
        session = self.by_name.get(message.session)
        shared = session is not None
        if session is None:
            session = self._new(message.session, message, message.settings)
        elif not message.share:
            raise Refusal(f"session {message.session!r} is open already; share it")
        session.clients.add(client)
        self.send(client, m.Opened(message.request, session.name, session.game, session.spec, session.record, shared))

    def open_again(self, client: bytes, message: m.Open) -> None:
        """Say once more what ``open`` said."""
        session = self.of(client, message.session)
        shared = len(session.clients) > 1
        self.send(client, m.Opened(message.request, session.name, session.game, session.spec, session.record, shared))

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

    def _new(self, name: str, message: m.Open | m.Reset, settings: m.SearchSettings) -> Session:
        num_moves = self._judge(message.game, message.spec, message.record)
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
        self.by_serial[session.serial] = session
        return session

    def _new_position(self) -> int:
        self.last_position += 1
        return self.last_position

    def _judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
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
        if not session.clients:
            del self.by_name[session.name]
            self._forget(session)

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
            self.send(watcher.client, msgspec.structs.replace(report, final=True, reason="closed"))

    def abandon(self, serial: int, failure: str) -> None:
        """Close a session that failed, without asking anything of it any more; everybody in it learns why."""
        session = self.by_serial.get(serial)
        if session is None:  # it was left in the same event
            return
        if session.search is not None:
            self._end_search(session, report_of_failed(session, session.search.request, "failed", failure), "failed")
        for watcher in self.watchers.pop(session.name, []):
            self.send(watcher.client, report_of_failed(session, watcher.request, "closed", failure))
        for client in sorted(session.clients):
            self.send(client, m.Closed(session.name, failure))
        del self.by_name[session.name]
        self._forget(session)

    def reset(self, client: bytes, message: m.Reset, now: float) -> None:
        """Another game in an open session."""
        old = self.of(client, message.session)
        new = self._new(old.name, message, old.settings)
        new.clients = old.clients
        self.finish(old, "moved", now)
        new.ended = old.ended
        self._forget(old)

    def _forget(self, session: Session) -> None:
        del self.by_serial[session.serial]
        if session in self.untidy:
            self.untidy.remove(session)
        if not self.containment.has_failed(session.serial) and bytes_occupied(session.tree) > GIVEN_BACK:
            self.closed.append(session.close())

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
        self.finish(session, "moved", now)
        position = self._new_position()

        def move() -> None:
            session.goto(record, position)
            if session.compacting:
                session.tidy()  # so that no rush of moves outruns it

        self.containment.demand(move, session.serial)

    # Searches and reports.

    def search(self, client: bytes, message: m.Search, now: float) -> None:
        """Begin a search in place of the one that runs."""
        session = self.of(client, message.session)
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
        self.end_if_over(session, now)

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
        self.send(client, msgspec.structs.replace(report, new_visits=new_visits, elapsed=elapsed))

    def watch_again(self, client: bytes, message: m.Watch) -> None:
        """See to it that a watch goes on. Raises ``Refusal`` when its session is closed."""
        session = self.of(client, message.session)
        if not any((w.client, w.request) == (client, message.request) for w in self.watchers.get(session.name, [])):
            raise Refusal(f"session {session.name!r} was closed")

    def watch(self, client: bytes, message: m.Watch, now: float) -> None:
        """Report to one more client."""
        session = self.of(client, message.session)
        every = message.report_every
        self.watchers.setdefault(session.name, []).append(Watcher(client, message.request, every, now + every))

    def query(self, client: bytes, message: m.Query, now: float) -> None:
        """Report once."""
        session = self.of(client, message.session)
        self.send(client, self.containment.demand(partial(make_report, session, message, now), session.serial))

    def configure(self, session: Session, settings: m.SearchSettings, now: float) -> None:
        """Search otherwise from now on."""
        self.containment.demand(partial(session.configure, settings), session.serial)
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
        self.send(search.client, report)
        for watcher in self.watchers.get(session.name, []):
            self.send(watcher.client, msgspec.structs.replace(report, request=watcher.request, reason=to_watchers))
        at = search.began + report.elapsed
        ended = EndedSearch(search, report.reason or "failed", at, session.position, report.failure)
        session.search, session.ended = None, ended
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
        reason = self.containment.attempt(session.serial, partial(session.ending, now), None)
        if reason is not None:
            self.finish(session, reason, now)
        self._note_untidy(session)

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

    def tidy(self, now: float) -> bool:
        """A step of what would hold everybody up in one piece. Whether a session can be searched again."""
        if self.closed:
            memory = self.closed.pop()
            with suppress(Exception):  # then all at once, for nobody speaks of it any more
                memory.give_back(GIVEN_BACK)
                if bytes_occupied(memory.tree) > 0:
                    self.closed.append(memory)
        if not self.untidy:
            return False
        session = self.untidy.pop(0)
        was_compacting = session.compacting
        self.containment.attempt(session.serial, session.tidy, None)
        if self.containment.has_failed(session.serial):
            return False
        if session.untidy:
            self.untidy.append(session)
        if session.compacting or not was_compacting:
            return False
        self.end_if_over(session, now)
        return True

    def do_what_is_due(self, now: float) -> None:
        """End what has no time left; send the live reports whose time has come."""
        for session in list(self.searching):
            self.end_if_over(session, now)
        for session in self.searching:
            search = session.search
            if search is not None and search.report_every is not None and now >= search.next_report:
                search.next_report = now + search.report_every
                if (report := self._report(session, search, now)) is not None:
                    self.send(search.client, report)
        for name, watchers in self.watchers.items():
            session = self.by_name[name]
            for watcher in watchers:
                if now >= watcher.next_report:
                    watcher.next_report = now + watcher.every
                    if (
                        session.search is not None
                        and (report := self._report(session, session.search, now)) is not None
                    ):
                        self.send(watcher.client, msgspec.structs.replace(report, request=watcher.request))

    def deadlines(self) -> Iterator[float]:
        """When ``do_what_is_due`` will next have something to do, among them."""
        for session in self.searching:
            if session.search is not None:
                yield session.search.due
        for watchers in self.watchers.values():
            for watcher in watchers:
                yield watcher.next_report
