"""What a client knows: the sessions that it is in, and what it asked for and has no last answer to.

Pure, as the daemon's core is: no socket, thread or clock. Methods return what to send to the daemon now, in order.

A client whose connection or lease is lost greets again, and the ``Welcome`` says what the daemon knows of it:

- all that was ever answered: open requests are sent again under the same numbers, and the daemon obeys nothing twice.
  Sessions, trees and searches are as they were.
- less, or nothing: the daemon was restarted without its journal or from an old state, or the lease was over. Then the
  sessions are opened by name, those that are not there any more anew, and brought to where they stood; what is open is
  asked again under new numbers, a search with what is left of its limits. Invitations are given again, and sessions
  of others joined again, which are lost if their owners are not back yet.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from msgspec import structs

from protocol import messages as m
from protocol.errors import ProtocolError, RefusedError, SessionLost

Answer = m.Outbound | ProtocolError
Take = Callable[[Answer], None]
"""Gets every answer to a request, the last one included."""

RELATIVE = (m.Play, m.Undo)
"""Messages that move a cursor from where it stands. They must not be repeated when it is unknown whether they were
obeyed.
"""


@dataclass
class OpenSession:
    """A session as the daemon last confirmed it. ``moved``: nobody but this client is known to have moved it since.

    ``lost``: why it is none any more. ``invitation``: by which this client came into another's. ``invitations``: that
    it gave to its own, and as what.
    """

    name: str
    game: str
    spec: dict[str, Any]
    record: list[int]
    settings: m.SearchSettings
    share: bool
    moved: bool = False
    lost: SessionLost | None = None
    invitation: str = ""
    invitations: dict[str, m.GuestRole] = field(default_factory=dict)


@dataclass
class _Asked:
    """A request without its last answer. ``sent``: when it last went out, None while it waits to.

    Of a search: ``ran`` seconds before ``sent``; ``new_visits`` that were reported. ``ran_elsewhere`` and
    ``made_elsewhere`` of these are not in what the daemon reports now, for it began the search anew.
    """

    message: Any
    take: Take
    sent: float | None = None
    ran: float = 0.0
    new_visits: int = 0
    ran_elsewhere: float = 0.0
    made_elsewhere: int = 0
    limits: m.Limits = field(default_factory=m.Limits)


class ClientState:
    """See the module. ``greeted``: the daemon knows us, and our sessions are there."""

    def __init__(self, hello: m.Hello) -> None:
        self.greeted = False
        self.sessions: dict[str, OpenSession] = {}
        self._hello = hello
        self._greeting = False
        """A greeting is on its way."""
        self._bringing_back = False
        """What the sessions should be is on its way, and not confirmed yet."""
        self._numbers = itertools.count(1)
        self._asked: dict[int, _Asked] = {}
        self._reopening: dict[int, OpenSession] = {}
        self._restoring: dict[int, OpenSession] = {}
        self._last_answered = 0
        """The largest number of a request that changed something and was answered."""

    def greet(self) -> m.Hello:
        """What to say first, on every connection."""
        self._greeting = True
        return self._hello

    def not_greeted(self, now: float) -> list[m.Inbound]:
        """The daemon does not know us any more; its answers to what we sent before our greeting do not count."""
        if self._greeting:
            return []
        self.lose(now)
        return [self.greet()]

    def ask(self, make: Callable[[int], m.Inbound], take: Take, now: float) -> tuple[int, list[m.Inbound]]:
        """Ask for what ``make`` makes of a number. Returns the number, and what to send.

        Raises ``SessionLost`` when it is about a session that could not be restored.
        """
        number = next(self._numbers)
        message = make(number)
        session = self._session_of(message)
        if session is not None and session.lost is not None:
            raise session.lost
        asked = self._asked[number] = _Asked(message, take)
        if isinstance(message, m.Search):
            asked.limits = message.limits
        return number, [self._send(asked, now)] if self.greeted else []

    def forget(self, number: int) -> None:
        """Nobody waits for this any more."""
        self._asked.pop(number, None)

    def hear(self, answer: Any, now: float) -> list[m.Inbound]:
        """Take an answer that names its request."""
        if answer.request in self._reopening or answer.request in self._restoring:
            return [] if isinstance(answer, m.Queued) else self._heard_back(answer, now)
        asked = self._asked.get(answer.request)
        if asked is None:
            return []
        if is_last(asked.message, answer):
            del self._asked[answer.request]
        if isinstance(asked.message, m.ONCE) and not isinstance(answer, m.Queued):
            self._last_answered = max(self._last_answered, answer.request)
        self._note(asked.message, answer)
        if isinstance(answer, m.Report) and isinstance(asked.message, m.Search):
            answer = _counted(asked, answer)
        asked.take(RefusedError(answer.reason) if isinstance(answer, m.Refused) else answer)
        return []

    def close(self, closed: m.Closed) -> None:
        """A session failed in the daemon: all that waits for it ends, and so does what is asked of it from now on."""
        if (session := self.sessions.get(closed.session)) is not None:
            self._end_session(session, SessionLost(f"session {session.name!r} is gone: {closed.reason}"))

    def fail_all(self, error: ProtocolError) -> None:
        """All that waits ends with this."""
        failed, self._asked = self._asked, {}
        for asked in failed.values():
            asked.take(error)

    # Losing the daemon, and finding it again.

    def lose(self, now: float) -> None:
        """The connection is gone, or the daemon does not know us any more."""
        self.greeted = False
        self._reopening.clear()
        self._restoring.clear()
        for asked in self._asked.values():
            if asked.sent is not None:
                asked.ran += now - asked.sent
                asked.sent = None

    def welcome(self, welcome: m.Welcome, now: float) -> list[m.Inbound]:
        """The daemon knows us, more or less."""
        self._greeting = False
        known = welcome.last_request
        if known is not None and known >= self._last_answered and not self._bringing_back:
            return self._go_on(now)
        messages: list[m.Inbound] = []
        self._bringing_back = True
        for session in self.sessions.values():
            if session.lost is None:
                number = next(self._numbers)
                self._reopening[number] = session
                messages.append(_asked_again(session, number, known is not None))
        if messages:
            return messages
        self._bringing_back = False
        return self._go_on(now, anew=True)

    def _go_on(self, now: float, anew: bool = False) -> list[m.Inbound]:
        """Ask for all that is open; ``anew``: under new numbers."""
        if anew:
            waiting, self._asked = list(self._asked.values()), {}
            for asked in waiting:
                number = next(self._numbers)
                asked.message = structs.replace(asked.message, request=number)
                self._asked[number] = asked
        self.greeted = True
        return [self._send(asked, now) for asked in self._asked.values()]

    def _heard_back(self, answer: Any, now: float) -> list[m.Inbound]:
        """An answer to what brings sessions back."""
        self._last_answered = max(self._last_answered, answer.request)
        messages: list[m.Inbound] = []
        if (session := self._restoring.pop(answer.request, None)) is None:
            messages = self._reopened(self._reopening.pop(answer.request), answer, now)
        elif isinstance(answer, m.Refused):
            self._lose_session(session, answer.reason)
            messages = [m.Close(next(self._numbers), session.name)]
        self._bringing_back = bool(self._reopening or self._restoring)
        return messages

    def _reopened(self, session: OpenSession, answer: Any, now: float) -> list[m.Inbound]:
        """The daemon's answer to the ``Open`` of a session that was open before."""
        messages: list[m.Inbound] = []
        if isinstance(answer, m.Opened):
            messages = self._bring_back(session, answer)
            messages += [m.Invite(next(self._numbers), session.name, *given) for given in session.invitations.items()]
            self._adapt(session, answer)
        else:
            reason = answer.reason if isinstance(answer, m.Refused) else f"the daemon answers {type(answer).__name__}"
            self._lose_session(session, reason)
        return messages if self._reopening else [*messages, *self._go_on(now, anew=True)]

    def _bring_back(self, session: OpenSession, found: m.Opened) -> list[m.Inbound]:
        """Have the session as it was; one that others moved stays where they left it, unless we search there."""
        if not found.shared:
            return []
        same_game = (found.game, found.spec) == (session.game, session.spec)
        if session.share and not session.moved and not self._searches(session):
            session.game, session.spec, session.record = found.game, found.spec, list(found.record)
            return []
        messages: list[m.Inbound] = []
        if not same_game:
            messages.append(m.Reset(next(self._numbers), session.name, session.game, session.spec, session.record))
        elif not session.share or found.record != session.record:
            # also where it stands already: a search that ended meanwhile may be running again
            messages.append(m.Goto(next(self._numbers), session.name, session.record))
        if not session.share:
            messages.append(m.Configure(next(self._numbers), session.name, session.settings))
        self._restoring.update({message.request: session for message in messages})  # type: ignore[union-attr, misc]
        return messages

    def _adapt(self, session: OpenSession, found: m.Opened) -> None:
        """Change what is open in this session to what makes sense now."""
        for number, asked in list(self._of(session)):
            if isinstance(asked.message, RELATIVE) and session.share and found.shared:
                del self._asked[number]
                asked.take(SessionLost(f"the daemon went away, and nobody knows whether {session.name!r} was moved"))
            elif isinstance(asked.message, m.Search):
                _reduce(asked, kept=found.shared)

    def _lose_session(self, session: OpenSession, reason: str) -> None:
        self._end_session(session, SessionLost(f"session {session.name!r} could not be restored: {reason}"))

    def _end_session(self, session: OpenSession, lost: SessionLost) -> None:
        session.lost = lost
        for number, asked in list(self._of(session)):
            if not isinstance(asked.message, m.Open):
                del self._asked[number]
                asked.take(session.lost)

    # Bookkeeping.

    def _send(self, asked: _Asked, now: float) -> m.Inbound:
        asked.sent = now
        message: m.Inbound = asked.message
        return message

    def _session_of(self, message: m.Inbound) -> OpenSession | None:
        """The session that a request is about, unless it opens it."""
        if isinstance(message, m.Open):
            return None
        return self.sessions.get(getattr(message, "session", ""))

    def _of(self, session: OpenSession) -> Iterator[tuple[int, _Asked]]:
        for number, asked in self._asked.items():
            if getattr(asked.message, "session", None) == session.name:
                yield number, asked

    def _searches(self, session: OpenSession) -> bool:
        return any(isinstance(asked.message, m.Search) for _, asked in self._of(session))

    def _note(self, asked: Any, answer: Any) -> None:
        """What the answer means for the session."""
        session = self._session_of(asked)
        match asked, answer:
            case m.Open(), m.Opened():
                self.sessions[answer.session] = OpenSession(
                    answer.session, answer.game, answer.spec, list(answer.record), asked.settings, asked.share
                )
            case m.Join(), m.Opened():
                self.sessions[answer.session] = OpenSession(
                    answer.session,
                    answer.game,
                    answer.spec,
                    list(answer.record),
                    m.SearchSettings(),
                    share=True,
                    invitation=asked.invitation,
                )
            case m.Close(), m.Done() | m.Refused():
                self.sessions.pop(asked.session, None)
            case _, m.Done() if session is not None:
                _change(session, asked)
            case _, m.Report() if session is not None and session.share and answer.record != session.record:
                session.moved = False


def _asked_again(session: OpenSession, number: int, was_known: bool) -> m.Inbound:
    """What brings a session back, the way it was opened. ``was_known``: the daemon may have it still."""
    if session.invitation:
        return m.Join(number, session.invitation)
    share = session.share or was_known
    return m.Open(number, session.name, session.game, session.spec, session.record, session.settings, share)


def is_last(asked: m.Inbound, answer: Answer) -> bool:
    """Whether nothing follows this answer: to a search its final report, to a watch the one of a closed session. A
    place in a queue is never the last.
    """
    if isinstance(answer, m.Queued):
        return False
    if not isinstance(answer, m.Report):
        return True
    match asked:
        case m.Search():
            return answer.final
        case m.Watch():
            return answer.final and answer.reason == "closed"
    return True


def _change(session: OpenSession, done: Any) -> None:
    """The daemon has done this."""
    match done:
        case m.Play():
            session.record.append(done.move)
        case m.Undo():
            del session.record[-done.count :]
        case m.Goto():
            session.record = list(done.record)
        case m.Reset():
            session.game, session.spec, session.record = done.game, done.spec, list(done.record)
        case m.Configure():
            session.settings = done.settings
        case m.Invite():
            session.invitations[done.invitation] = done.role
        case m.Uninvite():
            session.invitations.pop(done.invitation, None)
    session.moved |= isinstance(done, m.Play | m.Undo | m.Goto | m.Reset)


def _counted(asked: _Asked, report: m.Report) -> m.Report:
    """The report as of the whole search, in however many daemons' lives it was made."""
    asked.new_visits = report.new_visits + asked.made_elsewhere
    if not asked.ran_elsewhere:
        return report
    elapsed = report.elapsed + asked.ran_elsewhere
    return structs.replace(report, new_visits=asked.new_visits, elapsed=elapsed)


def _reduce(asked: _Asked, kept: bool) -> None:
    """Leave of a search's limits what is still to be done. ``kept``: the visits that were made are in the tree."""
    if not kept:
        asked.new_visits = 0
    asked.made_elsewhere, asked.ran_elsewhere = asked.new_visits, asked.ran
    limits = asked.limits
    if limits.new_visits is not None:
        limits = structs.replace(limits, new_visits=max(1, limits.new_visits - asked.new_visits))
    if limits.seconds is not None:
        limits = structs.replace(limits, seconds=max(0.0, limits.seconds - asked.ran))
    asked.message = structs.replace(asked.message, limits=limits)
