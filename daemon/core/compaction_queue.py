"""Work on large trees that is done in steps, so that no event takes long: compaction, and giving memory back."""

from __future__ import annotations

from contextlib import suppress

from daemon.core.containment import Containment
from daemon.core.search_tree import bytes_occupied
from daemon.core.session import GIVEN_BACK, Session
from daemon.core.tree_memory import TreeMemory


class CompactionQueue:
    """``sessions``: those that drop nodes, or have memory to give back, the next to be worked on first.

    ``closed``: memory of large trees of sessions that are closed.
    """

    def __init__(self, containment: Containment) -> None:
        self.containment = containment
        self.sessions: list[Session] = []
        self.closed: list[TreeMemory] = []

    @property
    def frees(self) -> bool:
        """Whether memory of open sessions is on its way back."""
        return bool(self.sessions)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.sessions or self.closed)

    def begin(self, session: Session) -> bool:
        """Begin to drop what hangs beside the line that is played. Whether something will be dropped.

        Nothing is, while leaves are in flight or the session is compacting already.
        """
        begun = session.in_flight == 0 and not session.compacting
        begun = begun and self.containment.attempt(session.serial, session.compact, False)
        self.note(session)
        return begun

    def note(self, session: Session) -> None:
        """Take a session in that has such work to do, if it has."""
        if session.untidy and session not in self.sessions:
            self.sessions.append(session)

    def remove(self, session: Session) -> None:
        """A session is closed: give its memory back, in steps where it is much, unless the session failed."""
        if session in self.sessions:
            self.sessions.remove(session)
        if not self.containment.has_failed(session.serial) and bytes_occupied(session.tree) > GIVEN_BACK:
            self.closed.append(session.close())
        else:
            session.leave()

    def step(self) -> Session | None:
        """Do one step. The session whose compaction, or giving back, is done with it; None for none."""
        if self.closed:
            memory = self.closed.pop()
            with suppress(Exception):  # then all of it is given back at once, when nothing refers to it any more
                memory.give_back(GIVEN_BACK)
                if bytes_occupied(memory.tree) > 0:
                    self.closed.append(memory)
        if not self.sessions:
            return None
        session = self.sessions.pop(0)
        was_compacting = session.compacting
        self.containment.attempt(session.serial, session.tidy, None)
        if self.containment.has_failed(session.serial):
            return None
        if session.untidy:
            self.sessions.append(session)
        if session.compacting or (not was_compacting and self.sessions):
            return None
        return session
