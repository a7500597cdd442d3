"""A core that tells what happens inside an event: every walk, ticket, pseudo-visit, backup, park and wake-up.

The loop of a selection is compiled whole, so nothing can watch it. Here the core's very own source runs as plain Python
instead, with those of the kernels that it calls replaced by ones that tell. So the telling cannot drift from the core;
and what it does is held against the trace like any other replay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from daemon.core import collisions
from daemon.core import search_tree as st
from daemon.core.answers import AnswerList
from daemon.core.metrics import Counters
from daemon.core.scheduler import Config, Scheduler
from daemon.core.search_tree import Puct, Tree
from daemon.core.session import Session
from daemon.core.sessions import Referee, Sessions
from daemon.core.tickets import Batch, LiveGrant, Tickets, Waiting
from daemon.core.tree_memory import TreeMemory
from protocol import messages as m

What = Literal[
    "walked", "collided", "ticket", "promoted", "speculative", "given", "taken", "backed up", "updated", "kept",
    "no ticket", "released", "parked", "woken",
]  # fmt: skip
"""A walk ended here; on a leaf in flight. A ticket was handed out; became a real one; a speculative one. Pseudo-visits
were given, taken. A visit was counted without the device; by an update; a speculative result was kept; an update for a
leaf without a ticket was taken. A ticket was cancelled. A searcher was parked on this leaf; looks again."""


@dataclass(frozen=True)
class Note:
    """One thing that happened. It concerns the nodes from ``leaf`` up to ``origin``, the cursor of that time.

    ``searcher``: whose request or result it was. ``amount``: pseudo-visits, or the value that was counted.
    """

    what: What
    searcher: bytes
    session: Session
    leaf: int
    origin: int
    amount: float = 0.0


Hear = Callable[[Note], None]


def observed_core(referee: Referee, config: Config, hear: Hear) -> Scheduler:
    """A core that calls ``hear`` at everything that happens, with its trees as they are just then."""
    teller = _Teller(hear)
    return Scheduler(
        referee,
        config,
        partial(_ObservedSession, teller),
        partial(_ObservedTickets, teller),
    )


def _with_names(function: Any, **names: Any) -> Any:
    """The same source, as plain Python, in which these names mean something else."""
    plain = getattr(function, "py_func", function)
    return FunctionType(plain.__code__, {**plain.__globals__, **names}, plain.__name__, plain.__defaults__)


class _Teller:
    """Who is being served, in which session; and the source of a selection, telling."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self.searcher = b""
        self.session: Session
        select = _with_names(
            collisions._select,
            walk=self._walk,
            lock=self._lock,
            add_pseudo=self._add_pseudo,
            backup=self._backup,
            _speculate=self._speculate,
        )
        paths = _with_names(collisions._select_paths, _select=select)
        leaves = _with_names(collisions.select_leaves, _select_paths=paths)
        self.select = _with_names(Session.select, select_leaves=leaves)

    def tell(self, what: What, leaf: int, origin: int, amount: float = 0.0) -> None:
        self._hear(Note(what, self.searcher, self.session, int(leaf), int(origin), amount))

    def _walk(
        self, t: Tree, cursor: int, p: Puct, root_priors: NDArray[np.float32], avoid: NDArray[np.int32], through: bool
    ) -> int:
        leaf = int(st.walk(t, cursor, p, root_priors, avoid, through))
        if leaf != st.NONE:
            self.tell("collided" if t.state[leaf] == st.IN_FLIGHT else "walked", leaf, cursor)
        return leaf

    def _lock(self, t: Tree, leaf: int, origin: int) -> None:
        what: What = "ticket" if t.state[leaf] == st.FRESH else "promoted"
        st.lock.py_func(t, leaf, origin)
        self.tell(what, leaf, origin)

    def _add_pseudo(self, t: Tree, leaf: int, origin: int, amount: int) -> None:
        st.add_pseudo.py_func(t, leaf, origin, amount)
        self.tell("given", leaf, origin, amount)

    def _backup(self, t: Tree, leaf: int, origin: int, value: float, lead: float) -> None:
        # To numba float() of a single is a single, so a kernel squares it as one; so must we, to be equal to the bit.
        st.backup.py_func(t, leaf, origin, np.float32(value), np.float32(lead))
        self.tell("backed up", leaf, origin, value)

    def _speculate(self, t: Tree, cursor: int, *rest: Any) -> int:
        found = int(collisions._speculate(t, cursor, *rest))
        leaves: NDArray[np.int32] = rest[4]
        for leaf in leaves[:found]:
            self.tell("speculative", leaf, cursor)
        return found


class _ObservedSession(Session):
    def __init__(self, teller: _Teller, **fields: Any) -> None:
        self._teller = teller
        super().__init__(**fields)

    def select(
        self, wanted: int, budget: int, speculate: bool, shallow: bool = False
    ) -> tuple[collisions.Selected, NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]:
        self._teller.session = self
        selected: tuple[collisions.Selected, NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]
        selected = self._teller.select(self, wanted, budget, speculate, shallow)
        return selected

    def update(self, leaves: NDArray[np.int32], rows: slice, update: m.Update) -> int:
        before = self._under_tickets(leaves)
        visits = super().update(leaves, rows, update)
        for (leaf, state, origin, caused), value in zip(before, update.value[rows].tolist(), strict=True):
            if state == st.IN_FLIGHT:
                self._teller.tell("updated", leaf, origin, value)
                self._tell_taken(leaf, origin, caused)
            else:
                self._teller.tell("kept" if state == st.SPECULATED else "no ticket", leaf, leaf, value)
        return visits

    def release(self, leaves: NDArray[np.int32]) -> None:
        before = self._under_tickets(leaves)
        super().release(leaves)
        for leaf, state, origin, caused in before:
            self._teller.tell("released", leaf, origin)
            if state == st.IN_FLIGHT:
                self._tell_taken(leaf, origin, caused)

    def tidy(self) -> None:
        if self.compacting:  # whoever looked at the tree may look at it again
            self.memory = self.memory.copy()
            self.tree = self.memory.tree
        super().tidy()

    def close(self) -> TreeMemory:
        self.memory = self.memory.copy()
        return super().close()

    def _under_tickets(self, leaves: NDArray[np.int32]) -> list[tuple[int, int, int, int]]:
        """(leaf, state, origin or, where there is none, the leaf, pseudo-visits that it caused) of each."""
        self._teller.session = self
        t = self.tree
        return [
            (leaf, int(t.state[leaf]), leaf if t.origin[leaf] == st.NONE else int(t.origin[leaf]), int(t.caused[leaf]))
            for leaf in leaves.tolist()
        ]

    def _tell_taken(self, leaf: int, origin: int, caused: int) -> None:
        if caused:
            self._teller.tell("taken", leaf, origin, caused)


class _ObservedTickets(Tickets):
    def __init__(self, teller: _Teller, sessions: Sessions, counters: Counters, answers: AnswerList) -> None:
        self._teller = teller
        super().__init__(sessions, counters, answers)

    def update(self, searcher: bytes, update: m.Update, now: float) -> LiveGrant:
        self._teller.searcher = searcher
        return super().update(searcher, update, now)

    def _cancel(self, searcher: bytes, now: float) -> bool:
        self._teller.searcher = searcher
        return super()._cancel(searcher, now)

    def _serve(self, woken: list[bytes], now: float) -> None:
        for who in woken:
            self._tell_waiting("woken", who)
            super()._serve([who], now)
            self._tell_waiting("parked", who)

    def _gather(self, who: bytes, held: Waiting, now: float) -> Batch:
        self._teller.searcher = who
        return super()._gather(who, held, now)

    def _tell_waiting(self, what: What, who: bytes) -> None:
        held = self.waiting.get(who)
        self._teller.searcher = who
        for serial, leaf in sorted(held.blocking) if held else ():
            if (session := self.sessions.by_serial.get(serial)) is not None:
                self._teller.session = session
                self._teller.tell(what, leaf, leaf)
