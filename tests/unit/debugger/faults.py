"""Three faults that a core may have, to be planted by a test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from daemon.core.grants import LiveGrant
from daemon.core.pseudo_visits import add_pseudo
from daemon.core.session import Session
from daemon.core.tickets import Tickets
from protocol import messages as m


def forget_a_pseudo_visit(patch: pytest.MonkeyPatch) -> None:
    """An update leaves the pseudo-visits that its leaf caused where they are."""
    update = Session.update

    def faulty(self: Session, leaves: NDArray[np.int32], rows: slice, message: m.Update) -> int:
        tree = self.tree
        caused = [(int(leaf), int(tree.origin[leaf]), int(tree.caused[leaf])) for leaf in leaves if tree.caused[leaf]]
        visits = update(self, leaves, rows, message)
        for leaf, origin, amount in caused:
            add_pseudo.py_func(self.tree, leaf, origin, amount)
            self.tree.caused[leaf] = 0
        return visits

    patch.setattr(Session, "update", faulty)


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
