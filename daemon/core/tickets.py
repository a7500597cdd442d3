"""Tickets: which searcher holds which leaves, and who waits for some.

A *grant* is one batch of tickets of one searcher, of one game and board size. A searcher has at most one, and may
request the next only when it holds none. So a parked searcher has no unsent result, the owner of every leaf can
finish, and no wait cycle can form.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from msgspec import UNSET, UnsetType
from msgspec.structs import replace as replace_fields

from daemon.core.answers import AnswerList
from daemon.core.batch import Batch, grant_part
from daemon.core.containment import Refusal
from daemon.core.counters import Counters
from daemon.core.gatherer import Gatherer, fail
from daemon.core.grants import LiveGrant, Waiting
from daemon.core.many_trees import UpdateOfMany
from daemon.core.rechecks import Picked, Rechecks, claim_of
from daemon.core.searcher_history import Standing, seconds_for
from daemon.core.sessions import Sessions
from daemon.core.tree_events import Reporter, What
from protocol import messages as m

LEAST = 5.0
"""``Tickets.least``, unless it is set."""

MOST_POINTS = 1024
"""Points of an ownership, where a game has fewer moves."""


class Tickets:
    """Live grants and held batch requests, by searcher.

    ``standings``: of all searchers that are there. ``least``: seconds that any grant may take. ``due``: when ``expire``
    may have something to do.

    The other methods only note what has changed; ``serve``, at the end of an event, hands out leaves.
    """

    def __init__(
        self, sessions: Sessions, counters: Counters, answers: AnswerList, reporter: Reporter | None = None
    ) -> None:
        self.sessions = sessions
        self.counters = counters
        self.answers = answers
        self.reporter = reporter
        self.live: dict[bytes, LiveGrant] = {}
        self.waiting: dict[bytes, Waiting] = {}  # first come first served
        self.last_grant = 0
        self.standings: dict[bytes, Standing] = {}
        self.least = LEAST
        self.due = np.inf
        self.rechecks = Rechecks()
        self._new: set[bytes] = set()  # searchers whose batch requests nobody has looked at
        self._freed: set[tuple[int, int]] = set()  # (session serial, leaf)
        self._look_again = False
        self._gatherer = Gatherer(sessions, counters, reporter is not None)

    def join(self, searcher: bytes, known: Standing | None = None, identity: str = "") -> None:
        """A searcher is there. ``known``: what was known of it before. ``identity``: see ``rechecks``."""
        self.standings[searcher] = known or Standing()
        self.standings[searcher].identity = identity

    def request(self, searcher: bytes, batch_request: m.BatchRequest, now: float) -> None:
        """Take a batch request. Raises ``Refusal`` if the searcher waits already or holds a grant."""
        if searcher in self.waiting:
            raise Refusal("a batch request is waiting already")
        if searcher in self.live:
            raise Refusal(f"update grant {self.live[searcher].grant} first")
        self.waiting[searcher] = Waiting(batch_request, now)
        self._new.add(searcher)

    def update(self, searcher: bytes, update: m.Update, now: float) -> LiveGrant:
        """Finish a grant. Raises ``Refusal``, having changed nothing, if it is not live or the arrays do not fit."""
        grant = self._live(searcher, update.grant)
        self._works_for(searcher)
        if update.priors.shape != (grant.leaves, grant.num_moves):
            raise Refusal(f"priors of shape {update.priors.shape} where {(grant.leaves, grant.num_moves)} belong")
        sessions = [session for part in grant.parts if (session := self.sessions.by_serial.get(part.serial))]
        sizes = {len(seen.total) for session in sessions for seen in session.ownership.values()}
        if len(update.ownership) and sizes - {update.ownership.shape[1]}:
            raise Refusal(f"ownership of {update.ownership.shape[1]} points where {sizes} belong")
        del self.live[searcher]
        self.standings[searcher].finished(grant.kind, now - grant.began)
        self._update_trees(grant, update)
        self._released(grant, now)
        self._check_results(searcher, grant, update)
        return grant

    def _update_trees(self, grant: LiveGrant, update: m.Update) -> None:
        """Have all trees of a grant know what was found, many with one call where that can be done."""
        containment, at, many = self.sessions.containment, 0, None
        sessions = [self.sessions.by_serial.get(part.serial) for part in grant.parts]
        if len(sessions) > 1 and self.reporter is None:
            many = UpdateOfMany(sessions, [part.leaves for part in grant.parts], update)
        while at < len(sessions):
            if many is not None and containment.is_quiet:
                visits, reached, error = many.go_on(at)
                self.counters.visits += visits
                containment.count(reached - at)
                at = reached
                if error is not None:
                    containment.attempt(grant.parts[at].serial, partial(fail, error), None)
                    at += 1
                if at == len(sessions):
                    return
            session, part = sessions[at], grant.parts[at]
            if session is not None:
                rows = slice(part.first, part.first + len(part.leaves))
                work = partial(session.update, part.leaves, rows, update)
                self.counters.visits += containment.attempt(part.serial, work, 0)
            at += 1

    def _check_results(self, searcher: bytes, grant: LiveGrant, update: m.Update) -> None:
        identity = self.standings[searcher].identity
        for picked in grant.picked:
            claim = claim_of(identity, searcher, update, picked.row)
            self.rechecks.begin(grant.kind, grant.optimistic, picked, claim)
        for row, number in enumerate(grant.checks, grant.leaves - len(grant.checks)):
            self.rechecks.answer(number, claim_of(identity, searcher, update, row))

    def require_fit(self, searcher: bytes, message: m.PackedUpdate) -> None:
        """Raise ``Refusal`` unless what is packed can be the result of the grant that this searcher holds."""
        grant = self._live(searcher, message.grant)
        sides, wanted = (message.leaves, message.num_moves), (grant.leaves, grant.num_moves)
        if sides != wanted or message.points > max(MOST_POINTS, grant.num_moves):
            raise Refusal(f"priors of shape {sides} and {message.points} points where {wanted} belong")

    def fail(self, searcher: bytes, message: m.Failed, now: float) -> None:
        """Cancel a grant that cannot be evaluated, and end its searches. Raises ``Refusal`` if it is not live."""
        grant = self._live(searcher, message.grant)
        for part in grant.parts:
            session = self.sessions.by_serial.get(part.serial)
            if session is not None:
                self.sessions.searches.finish(session, "failed", now, message.reason)
        self._cancel(searcher, now)

    def leave(self, searcher: bytes, now: float) -> bool:
        """A searcher is gone: cancel what it held. Whether it held live tickets."""
        held = self.waiting.pop(searcher, None)
        self._new.discard(searcher)
        if held is not None and held.blocking:
            self.counters.parked_seconds += now - held.since
        known = self.standings.pop(searcher, None)
        held_tickets = searcher in self.live and self._cancel(searcher, now)
        if known is not None:
            self._look_again = True  # a searcher that was held back may be the only one now
        return held_tickets

    def expire(self, now: float) -> None:
        """Take back the leaves of grants that took too long, and tell their searchers."""
        for searcher, held in self.waiting.items():
            held.held_back = held.held_back and self._is_held_back(searcher, now)
        for searcher, grant in list(self.live.items()):
            if now >= grant.deadline(self._is_wanted(searcher)):
                standing = self.standings[searcher]
                standing.missed(now, self.least)
                standing.revoked = grant.grant, grant.kind, grant.began
                self.counters.revoked += 1
                self.answers.add(searcher, m.Revoked(grant.grant))
                self._cancel(searcher, now)
        self._set_due()

    def take_late(self, searcher: bytes, message: m.Update | m.PackedUpdate | m.Failed, now: float) -> bool:
        """Whether this is the late result of a revoked grant. Only its batch request counts."""
        standing = self.standings[searcher]
        if standing.revoked is None or standing.revoked[0] != message.grant:
            return False
        _, kind, began = standing.revoked
        standing.revoked = None
        standing.took(kind, now - began)
        self.counters.late += 1
        self.answers.add(searcher, m.Revoked(message.grant))
        if message.batch_request is not None and searcher not in self.live and searcher not in self.waiting:
            self.request(searcher, message.batch_request, now)
        return True

    def paused(self, seconds: float, now: float) -> None:
        """Nobody worked in these seconds."""
        for searcher, grant in self.live.items():
            self.live[searcher] = replace(grant, began=min(now, grant.began + seconds))

    def look_again(self) -> None:
        """Time has passed: idle searchers may be served now, and unfinished selections go on."""
        self._look_again = True

    def serve(self, now: float) -> None:
        """Hand out leaves to the waiting searchers that a change since the last call may concern.

        First come, first served; searchers that let grants run out come last.
        """
        new, freed, changed = self._new, self._freed, self.sessions.changed
        idle = self._look_again or bool(freed or changed)
        if not (new or idle):
            return
        self._new, self._freed, self.sessions.changed, self._look_again = set(), set(), set(), False

        def may_be_served(who: bytes, held: Waiting) -> bool:
            if who in new or held.unfinished or not held.blocking:
                return who in new or idle
            return not held.blocking.isdisjoint(freed) or any(serial in changed for serial, _ in held.blocking)

        who_wait = [who for who, held in self.waiting.items() if may_be_served(who, held)]
        self._serve(sorted(who_wait, key=lambda who: self.standings[who].misses), now)
        if self.waiting:
            self._set_due()  # what they wait for may have taken too long already

    def unfinished(self) -> bool:
        """Whether somebody is to be served again at once."""
        return any(held.unfinished for held in self.waiting.values())

    def _is_held_back(self, searcher: bytes, now: float) -> bool:
        """Whether it gets nothing for now. Somebody always gets something."""
        if now >= self.standings[searcher].free_at:
            return False
        return any(now >= other.free_at for other in self.standings.values())

    def _is_wanted(self, searcher: bytes) -> bool:
        """Whether somebody else waits for work who might do that of this one."""
        return any(who != searcher and not held.held_back for who, held in self.waiting.items())

    def _set_due(self) -> None:
        ends = [grant.deadline(self._is_wanted(searcher)) for searcher, grant in self.live.items()]
        freed = [self.standings[who].free_at for who, held in self.waiting.items() if held.held_back]
        self.due = min([*ends, *freed], default=np.inf)

    def _live(self, searcher: bytes, number: int) -> LiveGrant:
        grant = self.live.get(searcher)
        if grant is None or grant.grant != number:
            raise Refusal(f"grant {number} is not live: it was updated, or its lease is over")
        return grant

    def _cancel(self, searcher: bytes, now: float) -> bool:
        grant = self.live.pop(searcher)
        self.rechecks.give_back(grant.checks)
        self._works_for(searcher)
        for part in grant.parts:
            session = self.sessions.by_serial.get(part.serial)
            if session is not None:
                self.sessions.containment.attempt(part.serial, partial(session.release, part.leaves), None)
        self._released(grant, now)
        return True

    def _released(self, grant: LiveGrant, now: float) -> None:
        """The leaves of this grant are free or known: end what is over."""
        there = [part for part in grant.parts if part.serial in self.sessions.by_serial]
        self.sessions.end_those_of([self.sessions.by_serial[part.serial] for part in there], now)
        if self.waiting:
            self._freed.update((part.serial, leaf) for part in there for leaf in part.leaves.tolist())

    def _serve(self, woken: list[bytes], now: float) -> None:
        for who in woken:
            held = self.waiting[who]
            self._works_for(who)
            self._report_blocking("woken", held)
            if held.blocking:
                self.counters.parked_seconds += now - held.since
            held.since, held.blocking, held.unfinished = now, set(), False
            held.held_back = self._is_held_back(who, now)
            if held.held_back:
                self.due = min(self.due, self.standings[who].free_at)
                continue
            batch = self._gathered(who, held, now)
            if batch.leaves:
                del self.waiting[who]
                self.answers.add(who, self._grant(who, batch, now))
            else:
                self._report_blocking("parked", held)

    def _works_for(self, searcher: bytes) -> None:
        """What happens to trees from now on is of this searcher's request or result."""
        if self.reporter is not None:
            self.reporter.searcher = searcher

    def _report_blocking(self, what: What, held: Waiting) -> None:
        if self.reporter is None:
            return
        for serial, leaf in sorted(held.blocking):
            if (session := self.sessions.by_serial.get(serial)) is not None:
                self.reporter.report(session, what, leaf, leaf)

    def _gathered(self, who: bytes, held: Waiting, now: float) -> Batch:
        """Leaves for this batch request; ``held`` learns what blocks it."""
        standing = self.standings[who]
        most = standing.leaves(held.batch_request.leaves)
        extra = min(most - 1, self.rechecks.wanted(standing.identity, held.batch_request.optimistic))
        batch = Batch(held.batch_request, most - extra, extra)
        self._gatherer.gather(batch, held, now)
        return batch

    def _grant(self, searcher: bytes, batch: Batch, now: float) -> m.Grant:
        """Tickets for this batch, and for what its searcher is to check, whose rows come last."""
        self.last_grant += 1
        standing, session = self.standings[searcher], batch.parts[0][0]
        kind, parts = repr(session.shape), batch.grant_parts()
        offsets, moves = batch.paths()
        picks = self.rechecks.picks(standing.identity, self.last_grant, batch.leaves)
        checks = self.rechecks.hand_out(standing.identity, batch.optimistic, kind, batch.extra)
        given = LiveGrant(
            self.last_grant,
            session.num_moves,
            batch.leaves + len(checks),
            batch.tickets(),
            kind,
            now,
            seconds_for(kind, standing, list(self.standings.values()), self.least),
            [Picked(row, _part_of(parts, row), moves[offsets[row] : offsets[row + 1]].copy()) for row in picks],
            checks,
            batch.optimistic,
        )
        self.live[searcher] = given
        self.due = min(self.due, given.deadline(True))
        paths = [moves]
        for row, check in enumerate((self.rechecks.out[number] for number in checks), batch.leaves):
            parts.append(replace_fields(check.part, first=row))
            paths.append(check.moves)
            offsets = np.append(offsets, offsets[-1] + np.int32(len(check.moves)))
        return m.Grant(
            grant=self.last_grant,
            game=session.game,
            num_moves=session.num_moves,
            parts=parts,
            offsets=offsets,
            moves=np.concatenate(paths) if checks else moves,
            ahead=self._ahead(batch),
        )

    def _ahead(self, batch: Batch) -> m.Forecast | UnsetType:
        """What the sessions of this batch are likely to want next, each as much as the others."""
        if not batch.ahead:
            return UNSET
        sessions = list(dict.fromkeys(session for session, _ in batch.parts))
        parts, offsets, moves = [], [np.zeros(1, np.int32)], []
        first = 0
        for session, share in zip(sessions, shares_of(batch.ahead, len(sessions)), strict=True):
            paths = self.sessions.containment.attempt(session.serial, partial(session.forecast, share), None)
            if paths is not None:
                parts.append(grant_part(session, first, batch.optimistic))
                offsets.append(paths[0][1:] + offsets[-1][-1])
                moves.append(paths[1])
                first += len(paths[0]) - 1
        return m.Forecast(parts, np.concatenate(offsets), np.concatenate(moves)) if parts else UNSET


def shares_of(leaves: int, sessions: int) -> list[int]:
    """So many leaves for each of the sessions, the first ones getting what is left over."""
    return [(leaves + sessions - 1 - place) // sessions for place in range(sessions)]


def _part_of(parts: list[m.GrantPart], row: int) -> m.GrantPart:
    """The part of a grant that this row belongs to."""
    return next(part for part in reversed(parts) if part.first <= row)
