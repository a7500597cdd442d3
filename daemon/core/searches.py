"""The searches and watches that run, what they report, and how they end.

Knows sessions, not who opens or closes them, nor what memory they have: ``sessions`` does. Methods that obey a client's
message raise ``Refusal`` before they change anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import msgspec
import numpy as np

from daemon.core.admission_queue import AdmissionQueue, Askers
from daemon.core.answers import AnswerList
from daemon.core.bounds import Bounds, require_within
from daemon.core.containment import Containment, OverQuota, Refusal
from daemon.core.search_report import Asked, make_report, report_of_failed
from daemon.core.session import ActiveSearch, EndedSearch, Session
from daemon.core.shares import Shares
from protocol import messages as m


@dataclass
class Watcher:
    """A client that sees a session's searches."""

    client: bytes
    request: int
    every: float
    next_report: float


class Searches:
    """``running``: the sessions that search, the next to be served first. ``watchers``: by the session's name.

    ``holds``: none that waits begins any more, for the daemon ends; the next one begins them.
    """

    def __init__(self, answers: AnswerList, containment: Containment, bounds: Bounds, shares: Shares) -> None:
        self.answers = answers
        self.containment = containment
        self.bounds = bounds
        self.shares = shares
        self.running: list[Session] = []
        self.queue = AdmissionQueue[Session](answers, shares, _askers, lambda: self.running)
        self.watchers: dict[str, list[Watcher]] = {}
        self.holds = False

    # Requests.

    def begin(self, session: Session, client: bytes, message: m.Search, now: float) -> None:
        """Begin a search in place of the one that runs."""
        if session.search is None:
            theirs = sum(each.search is not None and each.search.client == client for each in self._all())
            require_within(theirs < self.bounds.searches, f"{theirs:,} searches of one client at a time are the most")
            self._require_quota(session.owner)
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
            priority=message.priority,
            began=now,
            visits_before=session.visits,
            next_report=now + message.report_every if message.report_every is not None else np.inf,
        )
        self.queue.enter(session)
        self.admit(now)
        session.search.waits = session in self.queue.waiting
        for watcher in self.watchers.get(session.name, []):
            watcher.next_report = now + watcher.every

    def admit(self, now: float) -> None:
        """Let those begin that wait, as far as may search at a time."""
        most = self.bounds.running_searches or len(self.running) + len(self.queue.waiting)
        while self.queue.waiting and len(self.running) < most and not self.holds:
            session = self.queue.next()
            search = session.search
            assert search is not None
            if search.waits:
                search.waits, search.began, search.visits_before = False, now, session.visits
                search.next_report = np.inf if search.report_every is None else now + search.report_every
            self.running.append(session)
        self.queue.tell(now)

    def _all(self) -> list[Session]:
        """The sessions that search, or wait to."""
        return [*self.running, *self.queue.waiting]

    def _require_quota(self, owner: str) -> None:
        """Raise ``OverQuota`` unless one more session of this owner may search."""
        most = self.shares.quota(owner).searches
        if most is not None and sum(each.owner == owner for each in self._all()) >= most:
            raise OverQuota(f"{most:,} searches at a time are the most that {owner!r} may have")

    def begin_again(self, session: Session, client: bytes, message: m.Search, now: float) -> None:
        """Answer a ``Search`` once more: with how it ended. One that still runs has its reports.

        The tree may have grown since. Where the cursor has moved since, too, the report is of where it is, and says so.
        """
        asked = (client, message.request)
        if session.search is not None and (session.search.client, session.search.request) == asked:
            self.queue.tell_again(session, *asked)
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

    def watch(self, session: Session, client: bytes, message: m.Watch, now: float) -> None:
        """Report to one more client."""
        theirs = sum(watcher.client == client for watchers in self.watchers.values() for watcher in watchers)
        require_within(theirs < self.bounds.watches, f"{theirs:,} watches of one client are the most")
        every = message.report_every
        self.watchers.setdefault(session.name, []).append(Watcher(client, message.request, every, now + every))

    def watch_again(self, session: Session, client: bytes, message: m.Watch) -> None:
        """Answer a ``Watch`` once more: it goes on. Raises ``Refusal`` when its session was closed."""
        if not any((w.client, w.request) == (client, message.request) for w in self.watchers.get(session.name, [])):
            raise Refusal(f"session {session.name!r} was closed")

    def query(self, session: Session, client: bytes, message: m.Query, now: float) -> None:
        """Report once."""
        self.answers.add(client, self.containment.demand(partial(make_report, session, message, now), session.serial))

    def replace(self, old: Session, new: Session) -> None:
        """What is searched in one session, or waits for its turn, is searched in another from now on."""
        if old in self.queue.waiting:
            self.queue.replace(old, new)
        elif old in self.running:
            self.running[self.running.index(old)] = new

    def hand_over(self, session: Session, old: bytes, new: bytes) -> None:
        """A client has another connection: what was the old one's is the new one's."""
        ended = None if session.ended is None else session.ended.search
        for search in (session.search, ended):
            if search is not None and search.client == old:
                search.client = new
        for watcher in self.watchers.get(session.name, []):
            if watcher.client == old:
                watcher.client = new

    # Ends.

    def finish(
        self, session: Session, reason: m.Ending, now: float, failure: str = "", to_watchers: m.Ending | None = None
    ) -> None:
        """End the session's search, if it has one, with its final report.

        ``failure``: what to say of a ``failed`` one. ``to_watchers``: the reason that watchers are told, if another.
        """
        search = session.search
        if search is None:
            return
        report = self._report(session, search, now, reason, failure)
        if report is None:
            failure, to_watchers = self.containment.why(session.serial), "failed"
            report = report_of_failed(session.name, search.request, "failed", failure)
        self._end(session, report, to_watchers or reason)

    def abandon(self, session: Session, failure: str) -> None:
        """End all searches and watches of a session that failed, without asking anything of it any more."""
        if session.search is not None:
            self._end(session, report_of_failed(session.name, session.search.request, "failed", failure), "failed")
        for watcher in self.watchers.pop(session.name, []):
            self.answers.add(watcher.client, report_of_failed(session.name, watcher.request, "closed", failure))

    def leave(self, session: Session, client: bytes, now: float) -> None:
        """A client leaves a session: its search and its watches there end, and only those."""
        watchers = self.watchers.pop(session.name, [])
        self._dismiss(session, [watcher for watcher in watchers if watcher.client == client], now)
        if session.clients:
            self.watchers[session.name] = [watcher for watcher in watchers if watcher.client != client]
        if session.search is not None and session.search.client == client:
            self.finish(session, "closed", now, to_watchers="left")

    def close(self, session: Session, now: float) -> None:
        """The session is about to be closed: its search and all watches end."""
        watchers = self.watchers.pop(session.name, [])
        self.finish(session, "closed", now)
        self._dismiss(session, watchers, now)

    def _dismiss(self, session: Session, watchers: list[Watcher], now: float) -> None:
        """Tell these watchers that the session is gone, for them at least."""
        for watcher in watchers:
            asked = m.Query(watcher.request, session.name)
            report = self._report(session, asked, now) or report_of_failed(session.name, watcher.request, "closed")
            self.answers.add(watcher.client, msgspec.structs.replace(report, final=True, reason="closed"))

    def _end(self, session: Session, report: m.Report, to_watchers: m.Ending) -> None:
        """The search has ended; ``report`` is its last. Watchers get the same with the reason ``to_watchers``."""
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
        if session in self.queue.waiting:
            self.queue.leave(session)
        else:
            self.running.remove(session)
            self.queue.changed()

    def _report(
        self, session: Session, asked: Asked, now: float, reason: m.Ending | Literal[""] = "", failure: str = ""
    ) -> m.Report | None:
        """As ``make_report``; None if the session fails at it."""
        return self.containment.attempt(
            session.serial, partial(make_report, session, asked, now, reason, failure), None
        )

    # Live reports.

    def send_live_reports(self, now: float) -> None:
        """Send those whose time has come."""
        streams = Counter(self._reported_to())
        for session in self.running:
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

    def deadlines(self) -> Iterator[float]:
        """When the next reports are due, and when the time of searches is over."""
        for session in self.running:
            search = session.search
            if search is not None and (search.limits.seconds is not None or search.next_report < np.inf):
                yield search.due
            for watcher in self.watchers.get(session.name, []):
                yield watcher.next_report

    def _reported_to(self) -> Iterator[bytes]:
        """The client of each stream of live reports that flows."""
        for session in self.running:
            if session.search is not None and session.search.report_every is not None:
                yield session.search.client
            for watcher in self.watchers.get(session.name, []):
                yield watcher.client

    def _interval(self, every: float, streams: int) -> float:
        """Seconds to the next report of one of so many streams of a client that wants one every so many seconds."""
        return max(every, streams / self.bounds.reports)


def _askers(session: Session) -> Askers:
    """Who waits for this session's search."""
    search = session.search
    assert search is not None
    return Askers([(search.client, search.request)], search.priority)
