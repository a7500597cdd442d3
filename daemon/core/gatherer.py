"""Which leaves a batch gets: from whose trees, in what order, how many of each."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from daemon.core.batch import Batch
from daemon.core.collisions import Selected
from daemon.core.counters import Counters
from daemon.core.grants import Waiting
from daemon.core.many_trees import TurnOfMany
from daemon.core.search_tree import NONE
from daemon.core.session import Session
from daemon.core.sessions import Sessions
from daemon.core.shares import Turn

_Selection = tuple[Selected, NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]
"""What ``Session.select`` gives."""


class Gatherer:
    """Gathers from these sessions, and counts what it did."""

    def __init__(self, sessions: Sessions, counters: Counters, one_by_one: bool = False) -> None:
        """``one_by_one``: never select in many trees with one call, for somebody listens to what happens in each."""
        self._sessions = sessions
        self._counters = counters
        self._one_by_one = one_by_one

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
        self._sessions.end_those_of([*batch.backed_up, *batch.starved], now)
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
            reviewed = sum(len(leaves) for session, leaves in batch.parts if session in reviews)
            shares.settle(batch.leaves - reviewed, reviewed)

    def _select(self, batch: Batch, turns: list[Turn], speculate: bool, held: Waiting) -> None:
        for turn in turns:
            at, left, many = 0, turn.leaves, self._many(batch, turn, speculate, held)
            while at < len(turn.sessions) and left > 0 and batch.free > 0:
                if many is not None and self._sessions.containment.is_quiet:
                    at, left = self._select_in_many(batch, turn, many, at, left, held)
                    if at == len(turn.sessions) or left <= 0 or batch.free <= 0:
                        break
                session = turn.sessions[at]
                if batch.fits(session):
                    left -= self._select_in(batch, session, min(left, turn.each), speculate, held)
                at += 1

    def _many(self, batch: Batch, turn: Turn, speculate: bool, held: Waiting) -> TurnOfMany | None:
        """The same turn for one call, where all its sessions can be in one, and none can take memory from another."""
        shares, asked = self._sessions.shares, held.batch_request
        if len(turn.sessions) < 2 or self._one_by_one or not shares.all_are_local or batch.free <= 0:
            return None
        first = turn.sessions[0]
        if self._sessions.memory.free_to_search < 2 * batch.free * first.bytes_per_leaf:
            return None
        if not batch.fits(first) or any(session.shape != first.shape for session in turn.sessions):
            return None
        most = [batch.left_of(session) for session in turn.sessions]
        return TurnOfMany(turn.sessions, most, batch.free, asked.optimistic, speculate, asked.shallow)

    def _select_in_many(
        self, batch: Batch, turn: Turn, many: TurnOfMany, at: int, left: int, held: Waiting
    ) -> tuple[int, int]:
        """Select from session ``at`` of the turn on: the next one, and leaves that are left of the turn then."""
        found = many.go_on(at, turn.each, left, batch.free)
        self._sessions.containment.count(found.reached - at)
        begin = 0
        for session, each in zip(turn.sessions[at:], found.selected, strict=False):
            if each is not None:
                end = begin + each[1].real + each[1].speculative
                self._take(batch, session, *each, found.leaves[begin:end], held)
                begin = end
        batch.add_paths(found.offsets, found.moves)
        if found.error is None:
            return found.reached, found.left
        self._sessions.containment.attempt(turn.sessions[found.reached].serial, partial(fail, found.error), None)
        return found.reached + 1, found.left

    def _select_in(self, batch: Batch, session: Session, most: int, speculate: bool, held: Waiting) -> int:
        """Put leaves of this session into the batch, so many at most. How many it were."""
        shares, asked = self._sessions.shares, held.batch_request
        most, visits = min(most, batch.free, batch.left_of(session)), shares.allowance(session.owner)
        work = partial(_selected, session, most, visits, speculate, asked.shallow, asked.optimistic)
        found = self._sessions.containment.attempt(session.serial, work, None)
        if found is None:
            if not self._sessions.containment.has_failed(session.serial) and session.room() == 0:
                batch.starved.append(session)
            return 0
        wanted, (selected, leaves, offsets, moves) = found
        self._take(batch, session, wanted, selected, leaves, held)
        batch.add_paths(offsets, moves)
        return len(leaves)

    def _take(
        self, batch: Batch, session: Session, wanted: int, selected: Selected, leaves: NDArray[np.int32], held: Waiting
    ) -> None:
        self._counters.selected(selected)
        self._sessions.shares.began(session.owner, selected.real + selected.promoted + selected.backups)
        self._sessions.shares.gave(session, len(leaves))
        held.unfinished |= selected.unfinished
        if selected.blocking != NONE:
            held.blocking.add((session.serial, selected.blocking))
        batch.add(session, wanted, selected, leaves)


def fail(error: Exception) -> None:
    """As a step of a session: what a kernel raised at its tree."""
    raise error


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
