"""A session that reports what happens to its tree, for a core with a listener; see ``tree_events``."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.core import search_tree as st
from daemon.core.session import Session
from daemon.core.tree_events import Reporter, path_to
from daemon.core.tree_memory import TreeMemory
from protocol import messages as m


class ReportingSession(Session):
    """Does what ``Session`` does, to the bit."""

    def __init__(self, reporter: Reporter, **fields: Any) -> None:
        super().__init__(**fields)
        self._report = self.report = partial(reporter.report, self)

    def update(self, leaves: NDArray[np.int32], rows: slice, update: m.Update) -> int:
        """See ``Session``."""
        before = self._under_tickets(leaves)
        visits = super().update(leaves, rows, update)
        for (leaf, state, path, caused), value in zip(before, update.value[rows].tolist(), strict=True):
            if state == st.IN_FLIGHT:
                self._report("updated", leaf, path[-1], value, path)
                self._report_taken(leaf, path, caused)
            else:
                self._report("kept" if state == st.SPECULATED else "no ticket", leaf, leaf, value)
        return visits

    def release(self, leaves: NDArray[np.int32]) -> None:
        """See ``Session``."""
        before = self._under_tickets(leaves)
        super().release(leaves)
        for leaf, state, path, caused in before:
            self._report("released", leaf, path[-1], path=path)
            if state == st.IN_FLIGHT:
                self._report_taken(leaf, path, caused)

    def tidy(self) -> None:
        """See ``Session``. A listener may keep the tree that it has seen."""
        if self.compacting:
            self.memory = self.memory.copy()
            self.tree = self.memory.tree
        super().tidy()

    def close(self) -> TreeMemory:
        """See ``Session``. A listener may keep the tree that it has seen."""
        self.memory = self.memory.copy()
        return super().close()

    def _under_tickets(self, leaves: NDArray[np.int32]) -> list[tuple[int, int, tuple[int, ...], int]]:
        """(leaf, state, path up to its origin, or the leaf alone, pseudo-visits that it caused) of each."""
        t = self.tree
        origins = [leaf if t.origin[leaf] == st.NONE else int(t.origin[leaf]) for leaf in leaves.tolist()]
        return [
            (leaf, int(t.state[leaf]), path_to(t, leaf, origin, int(t.crossed[leaf])), int(t.caused[leaf]))
            for leaf, origin in zip(leaves.tolist(), origins, strict=True)
        ]

    def _report_taken(self, leaf: int, path: tuple[int, ...], caused: int) -> None:
        if caused:
            self._report("taken", leaf, path[-1], caused, path)
