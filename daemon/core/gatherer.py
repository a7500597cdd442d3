"""Which leaves a batch gets: from whose trees, in what order, how many of each."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from daemon.core.batch import Batch
from daemon.core.collisions import Selected
from daemon.core.counters import Counters
from daemon.core.grants import Waiting
from daemon.core.search_tree import NONE
from daemon.core.session import Session
from daemon.core.sessions import Sessions
from daemon.core.shares import Turn

_Selection = tuple[Selected, NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]
"""What ``Session.select`` gives."""


class Gatherer:
    """Gathers from these sessions, and counts what it did."""

    def __init__(self, sessions: Sessions, counters: Counters) -> None:
        self._sessions = sessions
        self._counters = counters

    def gather(self, batch: Batch, held: Waiting, now: float) -> None:
        """Put in leaves from the searching sessions in turn; ``held`` learns what blocks it.

        The first session that has a leaf decides game and board size. Each gets its share first, see ``shares``. Those
        that have more leaves fill the rest.
        """
        searching = self._sessions.shares.may_search(self._sessions.searches.running, now)
        if len(searching) == 1:
            turns = self._sessions.shares.turns(searching, batch.room)
            self._select(batch, turns, held.batch_request.speculate, held)
        else:
            self._gather_of_many(batch, searching, held)
        for session in (*batch.backed_up, *batch.starved):
            self._sessions.end_if_over(session, now)
        # where room was made at once nothing else wakes who waits here
        held.unfinished |= any(session.search is not None and session.room() > 0 for session in batch.starved)
        served = {session.serial for session in batch.touched}
        self._sessions.searches.running.sort(key=lambda session: session.serial in served)

    def _gather_of_many(self, batch: Batch, searching: list[Session], held: Waiting) -> None:
        shares = self._sessions.shares
        reviews = [each for each in searching if each.search is not None and each.search.priority == "review"]
        live = [each for each in searching if each not in reviews] if reviews else searching
        groups = [group for group in (live, reviews) if group]
        if len(groups) == 2 and shares.is_reviews_turn(batch.room):
            groups.reverse()
        elif len(groups) == 2:
            batch.kept = shares.kept_for_reviews(batch.room)
            groups += [live] if batch.kept else []
        all_turns = []
        for number, group in enumerate(groups):
            turns = shares.turns(group, batch.room - batch.kept)
            all_turns += turns if number < 2 else []
            self._select(batch, turns, False, held)
            self._select(batch, shares.turns_for_more(turns, batch.filled, batch.room), False, held)
            batch.kept = 0
        if held.batch_request.speculate:
            self._select(batch, all_turns, True, held)
        if live and reviews:
            reviewed = sum(len(leaves) for session, leaves, *_ in batch.parts if session in reviews)
            shares.settle(batch.leaves - reviewed, reviewed)

    def _select(self, batch: Batch, turns: list[Turn], speculate: bool, held: Waiting) -> None:
        for turn in turns:
            left = turn.leaves
            for session in turn.sessions:
                if batch.room <= batch.kept:
                    return
                if left <= 0:
                    break
                if batch.fits(session):
                    left -= self._select_in(batch, session, min(left, turn.each), speculate, held)

    def _select_in(self, batch: Batch, session: Session, most: int, speculate: bool, held: Waiting) -> int:
        """Put leaves of this session into the batch, so many at most. How many it were."""
        shares, asked = self._sessions.shares, held.batch_request
        most, visits = min(most, batch.room_for(session)), shares.allowance(session.owner)
        work = partial(_selected, session, most, visits, speculate, asked.shallow, asked.optimistic)
        found = self._sessions.containment.attempt(session.serial, work, None)
        if found is None:
            if not self._sessions.containment.has_failed(session.serial) and session.room() == 0:
                batch.starved.append(session)
            return 0
        wanted, (selected, leaves, offsets, moves) = found
        self._counters.selected(selected)
        shares.began(session.owner, selected.real + selected.promoted + selected.backups)
        shares.gave(session, len(leaves))
        held.unfinished |= selected.unfinished
        if selected.blocking != NONE:
            held.blocking.add((session.serial, selected.blocking))
        batch.touched.append(session)
        if selected.backups:
            batch.backed_up.append(session)
        if len(leaves):
            batch.add(session, leaves, offsets, moves)
        if selected.real == wanted:
            batch.filled.add(session.serial)
        return len(leaves)


def _selected(
    session: Session, most: int, visits: int | None, speculate: bool, shallow: bool, optimistic: bool
) -> tuple[int, _Selection] | None:
    """How many leaves were asked for, up to ``most``, and what was selected; None where nothing may be.

    ``visits``: that its owner may begin; None for any.
    """
    budget = session.budget() if visits is None else min(visits, session.budget())
    # memory bounds the leaves, not the visits: to back up a known end takes none
    wanted = min(most, session.room())
    if budget == 0 or wanted == 0:
        return None
    return wanted, session.select(wanted, budget, speculate, shallow, optimistic)
