"""What clients may make a daemon keep and do, as its operator says; the core holds to it, so traces replay.

**Over a bound.** What one client may have (sessions, searches, watches, moves of a record) is refused beyond it, with a
line that names the bound. So is a peer more than may be here. Live reports are never refused: a client with so many
streams that they come to more than ``reports`` a second gets each of them less often. A session that asks for more
memory than all trees may have gets that; ``Opened`` says how much a session has.

**Making room.** When the memory of all trees together is full, or all sessions are taken, idle sessions make room. A
session is *idle* when it has no search, none of its leaves is in flight, and no client has asked anything of it for
``keep`` seconds; watching does not count as use. First, idle sessions drop the nodes beside their cursor path, the
longest unused session first, in steps between the other work. If that is not enough they are closed, again the longest
unused first; where there is a store they go there, and come back when somebody asks something of them. Who is in one
that is closed gets ``Closed`` with the reason, watchers a last report. A session that searches, or was used
within ``keep`` seconds, is never closed. If no session is idle, a new session waits (``session_admission``), and a move
is refused. A search that needs more memory drops the nodes beside its own cursor path, and then ends with reason
``memory``.

**A session's own memory** counts nodes, priors, sums of ownership and what leaves in flight will need. Moves of the
cursor count: one that does not fit first drops what hangs beside the line, and is refused if the line alone is too
long.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.core.containment import Refusal

UNBOUNDED_BYTES = 1 << 53


@dataclass(frozen=True)
class Bounds:
    """Each is the most that there may be. ``searches``, ``watches``, ``client_sessions``, ``reports``: of one client.

    ``peers``: clients, and as many searchers. ``tree_bytes``: of all trees together. ``moves``: of a record.
    ``reports``: live ones, a second. ``keep``: seconds after its last use in which a session is not idle.
    ``running_searches``: that go on at a time, of all clients, 0 for any number; others wait. ``store_bytes``: of all
    stored sessions, 0 for no store. ``keep_stored``: seconds for which a session stays stored for a key whose holder
    left it.
    """

    peers: int = 1024
    sessions: int = 8192
    client_sessions: int = 1024
    searches: int = 1024
    watches: int = 1024
    moves: int = 10_000
    reports: float = 500.0
    tree_bytes: int = 8 << 30
    keep: float = 60.0
    store_bytes: int = 0
    running_searches: int = 0
    keep_stored: float = 0.0


def require_within(holds: bool, complaint: str) -> None:
    """Raise ``Refusal`` unless a bound holds. ``complaint``: what is the most, as "3 searches are the most"."""
    if not holds:
        raise Refusal(f"{complaint} that this daemon takes")


class TreeBudget:
    """The memory of some trees together; each session adds what it comes to hold, and takes away what it gives up.

    ``whole``: the budget that this one is a part of.
    """

    def __init__(self, most: int = UNBOUNDED_BYTES, whole: TreeBudget | None = None) -> None:
        self.whole = whole
        self.total = 0
        self.most = most

    @property
    def reserve(self) -> int:
        """Bytes that searches leave, so that sessions can be opened and moves played when they took the rest."""
        return min(self.most // 16, 64 << 20)

    def add(self, more: int) -> None:
        """So much more is held, here and in the whole."""
        self.total += more
        if self.whole is not None:
            self.whole.add(more)

    @property
    def free(self) -> int:
        """Bytes that are left; below 0 when more is held than may be."""
        own = self.most - self.total
        return own if self.whole is None else min(own, self.whole.free)

    @property
    def free_to_search(self) -> int:
        """Bytes that searches may take."""
        own = self.most - self.total - self.reserve
        return own if self.whole is None else min(own, self.whole.free_to_search)

    def lacks(self, needed: int, searching: bool) -> bool:
        """Whether so much does not fit in here, whatever the whole has left. ``searching``: a search needs it."""
        return self.most - self.total - (self.reserve if searching else 0) < needed
