"""What clients ask about sessions: each request is obeyed once, and kept until there is room for its session, or until
that is back from the store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from daemon.core import guests
from daemon.core.answers import AnswerList
from daemon.core.containment import NoRoom, Refusal
from daemon.core.names import key_of
from daemon.core.peers import Peer
from daemon.core.session_admission import Opening
from daemon.core.sessions import Sessions, bytes_to_open
from daemon.core.storeroom import WAITING, Stored
from protocol import messages as m
from protocol.principals import principal_name


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
        require_role: Callable[[bytes, m.AnyMessage], None],
    ) -> None:
        """``refuse``: answers a request that waited. ``note_deadlines``: called when a search or a watch begins.
        ``require_role``: raises ``Refusal`` for what its sender may not say.
        """
        self._sessions, self._peers, self._answers = sessions, peers, answers
        self._require_role = require_role
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
        """Do what a client asks for, unless it was done: then answer as before; where there is no room to open a
        session, that waits. Raises ``Refusal``.
        """
        try:
            self._obey(sender, message, now)
        except NoRoom:
            admission = self._sessions.admission
            if not isinstance(message, m.Open) or admission.admitting:
                raise
            owner = principal_name(sender)
            admission.enter(key_of(owner, message.session), owner, bytes_to_open(message), sender, message)

    def _obey(self, sender: bytes, message: m.OfSession, now: float) -> None:
        peer = self._peers.get(sender)
        if peer is None or not peer.hello.token or not isinstance(message, m.ONCE):
            self._handlers[type(message)](sender, message, now)
        elif message.request in peer.handled:
            self._answer_again(sender, message, peer.refusal(message.request), now)
        else:
            try:
                self._handlers[type(message)](sender, message, now)
            except Refusal as refusal:
                if not (isinstance(refusal, NoRoom) and isinstance(message, m.Open)):  # for it may wait
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
        """Whether this is about a session that is stored, or is waited for, and waits, too. Raises ``Refusal``."""
        if not isinstance(message, m.OfSession):
            return False
        room, admission = self._sessions.storeroom, self._sessions.admission
        record = room.find(sender, message)
        if (opening := self._opening(sender, message, record)) is not None:
            return self._waits_too(opening, sender, message, record)
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
            if not record.clients:
                admission.require_within_quota(record.owner)
            try:
                admission.require_room(record.owner, record.size, now)
            except NoRoom:
                admission.enter(record.name, record.owner, record.size, sender, message)
                return True
            room.fetch(record)
        record.waiting.append((sender, message))
        return True

    def _opening(self, sender: bytes, message: m.OfSession, record: Stored | None) -> Opening | None:
        """What waits for the session that this is about."""
        admission = self._sessions.admission
        if not admission.queue.waiting:
            return None
        if record is not None:
            return admission.of(record.name)
        return None if isinstance(message, m.Join) else admission.of(key_of(principal_name(sender), message.session))

    def _waits_too(self, opening: Opening, sender: bytes, message: m.OfSession, record: Stored | None) -> bool:
        """Whether this waits, for its session is waited for: as one more, or already. Raises ``Refusal``."""
        admission = self._sessions.admission
        if admission.asked_already(opening, sender, message.request):
            return True
        if isinstance(message, m.Open) and not message.share:
            raise Refusal(f"session {message.session!r} is being opened already; share it")
        opens = record is None and not isinstance(message, m.Open)
        if isinstance(message, m.Close) or (opens and all(sender != client for client, _ in opening.asked)):
            return False
        admission.enter(opening.key, opening.owner, opening.needed, sender, message)
        return True

    def admit(self, now: float) -> bool:
        """Obey what waited for room, where there is some now. Whether something did."""
        admission, found = self._sessions.admission, False
        while (opening := admission.next(now)) is not None:
            admission.admitting = found = True
            for sender, message in opening.asked:
                try:
                    self._require_role(sender, message)
                    if not self.waits(sender, message, now):
                        self.obey(sender, message, now)
                except Refusal as refusal:
                    self._refuse(sender, refusal, message.request)
            admission.admitting = False
        return found

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
        key = key_of(principal_name(sender), message.session)
        if (record := self._sessions.storeroom.find(sender, message)) is not None:
            self._sessions.admission.cancel(sender, record.name)
            self._sessions.storeroom.leave(record, sender, now, closes=True)
        elif not self._sessions.admission.cancel(sender, key):
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
