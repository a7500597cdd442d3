"""Three faults that a core may have, to be planted by a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from daemon.core import search_tree as st
from daemon.core import session
from daemon.core.pseudo_visits import add_pseudo
from daemon.core.tickets import LiveGrant, Tickets
from protocol import messages as m


def forget_a_pseudo_visit(patch: pytest.MonkeyPatch) -> None:
    """An update leaves the pseudo-visits that its leaf caused where they are."""
    update = session.update_leaves

    def faulty(arrays: Any, backup: Any, utility: Any, leaves: Any, *rest: Any) -> int:
        tree = st.Tree(*arrays)
        caused = [(int(leaf), int(tree.origin[leaf]), int(tree.caused[leaf])) for leaf in leaves if tree.caused[leaf]]
        visits = int(update(arrays, backup, utility, leaves, *rest))
        for leaf, origin, amount in caused:
            add_pseudo.py_func(tree, leaf, origin, amount)
            tree.caused[leaf] = 0
        return visits

    patch.setattr(session, "update_leaves", faulty)


def update_twice(patch: pytest.MonkeyPatch) -> None:
    """A ticket is good for two updates."""
    update = Tickets.update

    def faulty(self: Tickets, searcher: bytes, message: m.Update, now: float) -> LiveGrant:
        grant = update(self, searcher, message, now)
        for part in grant.parts:
            rows = slice(part.first, part.first + len(part.leaves))
            self.sessions.by_serial[part.serial].update(part.leaves, rows, message)
        return grant

    patch.setattr(Tickets, "update", faulty)


def never_wake(patch: pytest.MonkeyPatch) -> None:
    """Who is parked stays parked when the leaf is released."""
    released = Tickets._released

    def faulty(self: Tickets, grant: LiveGrant, now: float) -> None:
        released(self, grant, now)
        self._freed.clear()

    patch.setattr(Tickets, "_released", faulty)


Fault = Callable[[pytest.MonkeyPatch], None]
FAULTS: list[Fault] = [forget_a_pseudo_visit, update_twice, never_wake]
