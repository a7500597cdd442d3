"""What happens to trees inside an event: every walk, ticket, pseudo-visit, backup, park and wake-up.

A core that was given a listener calls it at each of them, with its trees as they are just then. It does the same as one
without, to the bit, but it is slower. It runs the loop of a selection as plain Python. It copies a tree before it drops
nodes of it, so that a listener may keep what it has seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from daemon.core.session import Session

What = Literal[
    "walked", "collided", "ticket", "promoted", "speculative", "given", "taken", "backed up", "updated", "kept",
    "no ticket", "released", "parked", "woken",
]  # fmt: skip
"""A walk ended here; on a leaf in flight. A ticket was handed out; became a real one; a speculative one. Pseudo-visits
were given, taken. A visit was counted without the device; by an update; a speculative result was kept; an update for a
leaf without a ticket was taken. A ticket was cancelled. A searcher was parked on this leaf; looks again."""


@dataclass(frozen=True)
class TreeEvent:
    """One thing that happened. It concerns the nodes from ``leaf`` up to ``origin``, the cursor of that time.

    ``searcher``: whose request or result it was. ``amount``: pseudo-visits, or the value that was counted.
    """

    what: What
    searcher: bytes
    session: Session
    leaf: int
    origin: int
    amount: float = 0.0


Listener = Callable[[TreeEvent], None]

Report = Callable[[What, int, int, float], None]
"""Called by a selection with what happened, leaf, origin and amount, as in ``TreeEvent``."""


@dataclass
class Reporter:
    """Calls the listener of a core. ``searcher``: whose request or result the core works at."""

    listener: Listener
    searcher: bytes = b""

    def report(self, session: Session, what: What, leaf: int, origin: int, amount: float = 0.0) -> None:
        """This has happened in this session."""
        self.listener(TreeEvent(what, self.searcher, session, int(leaf), int(origin), amount))
