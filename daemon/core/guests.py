"""Clients of other owners in a session: who let them in, and as what."""

from __future__ import annotations

from typing import Protocol

from daemon.core.bounds import require_within
from daemon.core.containment import Forbidden, Refusal
from daemon.core.names import key_of, shown
from daemon.core.session import Session
from protocol import messages as m
from protocol.principals import principal_name

INVITATIONS = 64
"""Invitations of one session, at most."""


class Sessions(Protocol):
    """``sessions.Sessions``, as far as guests come and go there."""

    by_name: dict[str, Session]

    def of(self, client: bytes, name: str) -> Session:
        """The session ``name``, which ``client`` must be in."""

    def require_place_for(self, client: bytes) -> None:
        """Raise ``Refusal`` if this client is in as many sessions as it may be."""

    def enter(self, session: Session, client: bytes, request: int, shared: bool, now: float) -> None:
        """A client is in this session from now on, and hears so."""

    def tell_opened(self, session: Session, client: bytes, request: int, shared: bool) -> None:
        """Tell a client where this session stands."""

    def put_out(self, session: Session, guest: bytes, why: str, now: float) -> None:
        """A guest goes, and hears why."""


def has_owner(session: Session) -> bool:
    """Whether a client of its owner is in it."""
    return any(principal_name(client) == session.owner for client in session.clients)


def require_more_than_seeing(session: Session, client: bytes, name: str) -> None:
    """Raise ``Forbidden`` for a guest who was let in to look. ``name``: what it calls the session."""
    if (by := session.guests.get(client)) is not None and session.invitations[by] == "observer":
        raise Forbidden(f"session {name!r} was shared with you to look at, no more")


def invite(sessions: Sessions, client: bytes, message: m.Invite) -> None:
    """Let in whoever says this secret."""
    session = _own(sessions, client, message.session)
    if _invited(sessions, message.invitation) not in (None, session):
        raise Refusal("this invitation is another session's; draw a new one")
    more = message.invitation not in session.invitations
    require_within(
        len(session.invitations) + more <= INVITATIONS, f"{INVITATIONS} invitations of one session are the most"
    )
    session.invitations[message.invitation] = message.role


def uninvite(sessions: Sessions, client: bytes, message: m.Uninvite, now: float) -> None:
    """Let in nobody by this secret any more, and put out who came by it."""
    session = _own(sessions, client, message.session)
    for guest in sorted(guest for guest, by in session.guests.items() if by == message.invitation):
        sessions.put_out(session, guest, "its owner took the invitation back", now)
    session.invitations.pop(message.invitation, None)


def join(sessions: Sessions, client: bytes, message: m.Join, now: float) -> None:
    """Let this client in."""
    session = _invited(sessions, message.invitation)
    if session is None:
        raise Forbidden("this invitation holds no more, or never did")
    reader = principal_name(client)
    name = shown(session.name, reader)
    if sessions.by_name.get(key_of(reader, name), session) is not session:
        raise Refusal(f"close your own session {name!r} first, which has the same name")
    is_new = client not in session.clients
    if is_new:
        sessions.require_place_for(client)
    if reader != session.owner and (is_new or client in session.guests):
        session.guests[client] = message.invitation
    sessions.enter(session, client, message.request, True, now)


def join_again(sessions: Sessions, client: bytes, message: m.Join) -> None:
    """Say once more what ``join`` said."""
    session = _invited(sessions, message.invitation)
    if session is None or client not in session.clients:
        raise Refusal("the session was closed")
    sessions.tell_opened(session, client, message.request, True)


def _own(sessions: Sessions, client: bytes, name: str) -> Session:
    session = sessions.of(client, name)
    if client in session.guests:
        raise Forbidden(f"session {name!r} is another's, who may invite to it")
    return session


def _invited(sessions: Sessions, invitation: str) -> Session | None:
    return next((each for each in sessions.by_name.values() if invitation in each.invitations), None)
