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


def make_room(sessions: Sessions, budget: TreeBudget, needed: int, now: float, searching: bool = False) -> bool:
    """Whether so many bytes are free in this budget, or will be when what is under way is done.

    ``searching``: for a search, which leaves a reserve. Where it is the budget of one owner that is full, only that
    owner's sessions make room, and none is closed for it.
    """
    memory = sessions.memory

    def fits() -> bool:
        return (budget.free_to_search if searching else budget.free) >= needed

    if fits() or sessions.compactions.frees:
        return True
    is_owners = budget is not memory and budget.lacks(needed, searching)
    idle = [session for session in _idle(sessions, now) if not is_owners or session.shared is budget]
    for session in idle:
        if sessions.compactions.begin(session) and (fits() or sessions.compactions.frees):
            return True
    if is_owners:
        return False
    for session in idle:
        sessions.evict(session, f"the {memory.most >> 20:,} MiB for all trees are full", now)
        if fits():
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
