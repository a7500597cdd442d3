"""What happens to trees inside an event: every walk, ticket, pseudo-visit, backup, park and wake-up.

A core that was given a listener calls it at each of them, with its trees as they are just then. It does the same as one
without, to the bit, but it is slower. It runs the loop of a selection as plain Python. It copies a tree before it drops
nodes of it, so that a listener may keep what it has seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from daemon.core.search_tree import LAST_CROSSING, NONE, Tree

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
    """One thing that happened. It concerns the nodes of ``path``, from ``leaf`` to ``origin``, the cursor of that time.

    Of a transposition on it there are two: the original, and above it the transposition itself. ``searcher``: whose
    request or result it was. ``amount``: pseudo-visits, or the value that was counted.
    """

    what: What
    searcher: bytes
    session: Session
    leaf: int
    origin: int
    amount: float = 0.0
    path: tuple[int, ...] = ()


_OF_A_WALK = ("walked", "collided", "backed up")

Listener = Callable[[TreeEvent], None]

Report = Callable[[What, int, int, float], None]
"""Called by a selection with what happened, leaf, origin and amount, as in ``TreeEvent``."""


@dataclass
class Reporter:
    """Calls the listener of a core. ``searcher``: whose request or result the core works at."""

    listener: Listener
    searcher: bytes = b""

    def report(
        self,
        session: Session,
        what: What,
        leaf: int,
        origin: int,
        amount: float = 0.0,
        path: tuple[int, ...] | None = None,
    ) -> None:
        """This has happened in this session. ``path``: where the tree does not tell it any more."""
        tree, leaf, origin = session.tree, int(leaf), int(origin)
        if path is None:
            crossed = tree.used[LAST_CROSSING] if what in _OF_A_WALK else tree.crossed[leaf]
            path = path_to(tree, leaf, origin, int(crossed))
        self.listener(TreeEvent(what, self.searcher, session, leaf, origin, amount, path))


def path_to(tree: Tree, leaf: int, origin: int, crossed: int) -> tuple[int, ...]:
    """The nodes from a leaf up to ``origin`` on a path with these crossings; see ``TreeEvent``."""
    path = [leaf]
    while path[-1] != origin:
        if crossed != NONE and tree.original[tree.crossing[crossed]] == path[-1]:
            path.append(int(tree.crossing[crossed]))
            crossed = int(tree.next_crossing[crossed])
        path.append(int(tree.parent[path[-1]]))
    return tuple(path)
