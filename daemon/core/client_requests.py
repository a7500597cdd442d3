"""What clients ask about sessions: each request is obeyed once, and kept until a stored session is back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from daemon.core import guests
from daemon.core.answers import AnswerList
from daemon.core.containment import Refusal
from daemon.core.peers import Peer
from daemon.core.sessions import Sessions
from daemon.core.storeroom import WAITING
from protocol import messages as m


class ClientRequests:
    """See the module."""

    def __init__(
        self,
        sessions: Sessions,
        peers: dict[bytes, Peer],
        answers: AnswerList,
        refuse: Callable[[bytes, Refusal, int | None], None],
        note_deadlines: Callable[[], None],
        is_draining: Callable[[], bool],
    ) -> None:
        """``refuse``: answers a request that waited. ``note_deadlines``: called when a search or a watch begins."""
        self._sessions, self._peers, self._answers = sessions, peers, answers
        self._refuse, self._note_deadlines, self._is_draining = refuse, note_deadlines, is_draining
        self._handlers: dict[type, Callable[[bytes, Any, float], None]] = {
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
        }

    def obey(self, sender: bytes, message: m.OfSession, now: float) -> None:
        """Do what a client asks for, unless it was done: then answer as before. Raises ``Refusal``."""
        peer = self._peers.get(sender)
        if peer is None or not peer.hello.token or not isinstance(message, m.ONCE):
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
        sessions = self._sessions
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
                self._answers.add(sender, m.Done(message.request))

    def waits(self, sender: bytes, message: m.AnyMessage, now: float) -> bool:
        """Whether this is about a stored session, and waits until that is back. Raises ``Refusal``."""
        room = self._sessions.storeroom
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
            self._sessions.require_room_for(record, now)
            room.fetch(record)
        record.waiting.append((sender, message))  # type: ignore[arg-type]
        return True

    def restored(self, _sender: bytes, message: m.Restored, now: float) -> None:
        name, waiting = self._sessions.storeroom.restored(message, now)
        for asker, asked in waiting:
            try:
                self.obey(asker, asked, now)
            except Refusal as refusal:
                self._refuse(asker, refusal, asked.request)
        if (session := self._sessions.by_name.get(name)) is not None and not guests.has_owner(session):
            self._sessions.end_or_keep(session, now)

    def store_lost(self, _sender: bytes, message: m.StoreLost, _now: float) -> None:
        self._sessions.storeroom.lost(message)

    def _open(self, sender: bytes, message: m.Open, now: float) -> None:
        self._sessions.open(sender, message, now)

    def _invite(self, sender: bytes, message: m.Invite, _now: float) -> None:
        guests.invite(self._sessions, sender, message)
        self._answers.add(sender, m.Done(message.request))

    def _uninvite(self, sender: bytes, message: m.Uninvite, now: float) -> None:
        guests.uninvite(self._sessions, sender, message, now)
        self._answers.add(sender, m.Done(message.request))

    def _join(self, sender: bytes, message: m.Join, now: float) -> None:
        guests.join(self._sessions, sender, message, now)

    def _close(self, sender: bytes, message: m.Close, now: float) -> None:
        if (record := self._sessions.storeroom.find(sender, message)) is not None:
            self._sessions.storeroom.leave(record, sender, now, closes=True)
        else:
            self._sessions.leave(self._sessions.of(sender, message.session), sender, now, closes=True)
        self._answers.add(sender, m.Done(message.request))

    def _reset(self, sender: bytes, message: m.Reset, now: float) -> None:
        self._sessions.reset(sender, message, now)
        self._answers.add(sender, m.Done(message.request))

    def _play(self, sender: bytes, message: m.Play, now: float) -> None:
        self._sessions.play(sender, message, now)
        self._answers.add(sender, m.Done(message.request))

    def _undo(self, sender: bytes, message: m.Undo, now: float) -> None:
        self._sessions.undo(sender, message, now)
        self._answers.add(sender, m.Done(message.request))

    def _goto(self, sender: bytes, message: m.Goto, now: float) -> None:
        self._sessions.goto(sender, message, now)
        self._answers.add(sender, m.Done(message.request))

    def _configure(self, sender: bytes, message: m.Configure, now: float) -> None:
        self._sessions.configure(sender, message, now)
        self._answers.add(sender, m.Done(message.request))

    def _search(self, sender: bytes, message: m.Search, now: float) -> None:
        if self._is_draining():
            raise Refusal("this daemon ends and begins no search any more; connect again for the next one")
        self._sessions.search(sender, message, now)
        self._note_deadlines()

    def _query(self, sender: bytes, message: m.Query, now: float) -> None:
        session = self._sessions.of(sender, message.session)
        self._sessions.searches.query(session, sender, message, now)

    def _watch(self, sender: bytes, message: m.Watch, now: float) -> None:
        session = self._sessions.of(sender, message.session)
        self._sessions.searches.watch(session, sender, message, now)
        self._note_deadlines()

    def _stop(self, sender: bytes, message: m.Stop, now: float) -> None:
        self._sessions.stop(sender, message, now)
        self._answers.add(sender, m.Done(message.request))
