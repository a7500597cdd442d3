"""The leaves of one batch: of which sessions they are, and how they are reached."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from daemon.core.collisions import Selected
from daemon.core.grants import Part
from daemon.core.session import Session
from protocol import messages as m


class Batch:
    """Leaves gathered for one batch request. ``parts``: a session and its leaves, in the order of the batch's rows."""

    def __init__(self, batch_request: m.BatchRequest, leaves: int, extra: int = 0) -> None:
        """``leaves``: how many there may be at most, of those that are requested. ``extra``: and so many rechecks."""
        self.room, self.extra = leaves, extra
        self.kept = 0  # places of these that are for others than those whose turn it is
        self.optimistic = batch_request.optimistic
        self.ahead = batch_request.ahead
        self._per_tree = batch_request.per_tree or batch_request.leaves
        self.parts: list[tuple[Session, NDArray[np.int32]]] = []
        self.touched: list[Session] = []
        self.backed_up: list[Session] = []  # sessions that got visits on the way
        self.starved: list[Session] = []  # sessions without memory for a leaf
        self.filled: set[int] = set()  # serial numbers of sessions that filled their share
        self.leaves = 0
        self._taken: dict[int, int] = {}  # by serial number of the session
        self._shape: tuple[str, int, str] | None = None
        self._offsets: list[NDArray[np.int32]] = []
        self._moves: list[NDArray[np.uint16]] = []

    def fits(self, session: Session) -> bool:
        """Whether this session's positions go into one batch with those that are there."""
        return self._shape is None or self._shape == session.shape

    @property
    def free(self) -> int:
        """Leaves that those may still put in whose turn it is."""
        return self.room - self.kept

    def left_of(self, session: Session) -> int:
        """Leaves of this session that there may still be, as far as there is room."""
        return self._per_tree - self._taken.get(session.serial, 0)

    def add(self, session: Session, wanted: int, selected: Selected, leaves: NDArray[np.int32]) -> None:
        """Take what was selected in a session, of which so many leaves were asked for."""
        self.touched.append(session)
        if selected.backups:
            self.backed_up.append(session)
        if selected.real == wanted:
            self.filled.add(session.serial)
        if len(leaves):
            self._shape = session.shape
            self.parts.append((session, leaves))
            self._taken[session.serial] = self._taken.get(session.serial, 0) + len(leaves)
            self.leaves += len(leaves)
            self.room -= len(leaves)

    def add_paths(self, offsets: NDArray[np.int32], moves: NDArray[np.uint16]) -> None:
        """The paths from their sessions' cursors to the leaves that were added last: to leaf i of them
        ``moves[offsets[i]:offsets[i + 1]]``; the first offset is 0.
        """
        if len(offsets) > 1:
            self._offsets.append(offsets)
            self._moves.append(moves)

    def tickets(self) -> list[Part]:
        """The leaves by session, as a grant keeps them."""
        return [Part(session.serial, first, leaves) for first, session, leaves in self._by_first_row()]

    def grant_parts(self) -> list[m.GrantPart]:
        """What a searcher is told of each session."""
        return [grant_part(session, first, self.optimistic) for first, session, _ in self._by_first_row()]

    def paths(self) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        """Those to all leaves, one behind the other, as ``add_paths`` has them."""
        each = self._offsets
        if len(each) == 1:
            return each[0], self._moves[0]
        joined = np.concatenate([np.zeros(1, np.int32), *(ends[1:] for ends in each)])
        before = np.cumsum([0, *(ends[-1] for ends in each[:-1])], dtype=np.int32)
        joined[1:] += np.repeat(before, [len(ends) - 1 for ends in each])
        return joined, np.concatenate(self._moves)

    def _by_first_row(self) -> Iterator[tuple[int, Session, NDArray[np.int32]]]:
        first = 0
        for session, leaves in self.parts:
            yield first, session, leaves
            first += len(leaves)


def grant_part(session: Session, first: int, optimistic: bool) -> m.GrantPart:
    """What a searcher is told of a session whose leaves begin at row ``first``."""
    how = session.settings
    optimism = (how.root_policy_optimism, how.policy_optimism) if optimistic else (None, None)
    return m.GrantPart(first, session.position, session.spec, session.record, how.ownership, *optimism)
