"""Room for those who need it, at the cost of sessions that nobody uses; the rules are those of ``bounds``."""

from __future__ import annotations

from typing import Protocol

from daemon.core.bounds import Bounds, TreeBudget
from daemon.core.compaction_queue import CompactionQueue
from daemon.core.session import Session


class Sessions(Protocol):
    """``sessions.Sessions``, as far as room is made there."""

    bounds: Bounds
    memory: TreeBudget
    by_serial: dict[int, Session]
    compactions: CompactionQueue

    def evict(self, session: Session, why: str, now: float) -> None:
        """Close a session that nobody uses."""


def make_room(sessions: Sessions, needed: int, now: float) -> bool:
    """Whether so many bytes are free, or will be when what is under way is done."""
    memory = sessions.memory
    if memory.free >= needed or sessions.compactions.frees:
        return True
    idle = _idle(sessions, now)
    for session in idle:
        if sessions.compactions.begin(session) and (memory.free >= needed or sessions.compactions.frees):
            return True
    for session in idle:
        sessions.evict(session, f"the {memory.most >> 20:,} MiB for all trees are full", now)
        if memory.free >= needed:
            return True
    return False


def make_place(sessions: Sessions, now: float) -> bool:
    """Whether there may be one more session."""
    while len(sessions.by_serial) >= sessions.bounds.sessions:
        idle = _idle(sessions, now)
        if not idle:
            return False
        sessions.evict(idle[0], f"all {sessions.bounds.sessions:,} sessions are taken", now)
    return True


def _idle(sessions: Sessions, now: float) -> list[Session]:
    """The idle sessions, the longest unused first, of equals the oldest."""
    found = [session for session in sessions.by_serial.values() if _is_idle(session, now - sessions.bounds.keep)]
    return sorted(found, key=lambda session: (session.used_at, session.serial))


def _is_idle(session: Session, since: float) -> bool:
    rests = session.search is None and session.in_flight == 0 and not session.compacting
    return rests and session.used_at <= since
