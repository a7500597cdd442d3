"""Who gets leaves next: sessions in turn within a principal, principals by what they were given for their weights.

**Weighted fair queueing.** What a principal was given, in leaves, divided by its weight, is its *virtual time*. A batch
goes first to the principal of the least, in parts by weight; of a principal's part each of its searching sessions gets
an equal share, in turn. What one leaves goes to those that have more. So somebody who searches a hundred games gets no
more than somebody who searches one. Whoever comes late, or could not use its part, is at most ``LAG`` leaves behind the
first. All local clients are one principal of weight 1.

**Live before review.** Sessions whose search is ``live`` come before those whose search is a ``review``, in every
batch. While both search, ``REVIEWED`` of the leaves that live ones get are owed to reviews, and are kept for them; what
reviews get of what is left over counts. Where the two cannot be in one batch, whole batches go to what is owed.

**Visits a second.** Of a principal with such a quota every visit that is begun takes a token. Tokens come as time
passes, up to those of ``BURST`` seconds. Without ``STEP`` seconds' tokens at least, its sessions get no leaves.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from daemon.core.session import Session
from protocol.messages import Principal
from protocol.principals import Quota

LAG = 128.0
"""Leaves, of weight 1, that a principal may be behind the first and still catch up with."""

BURST = 2.0
STEP = 0.1
REVIEWED = 1 / 16
MOST_OWED = 256.0
_HAIR = 1e-6
"""Of a token, which sums of times may lose."""


@dataclass
class Share:
    """What one principal was given. ``virtual``: see the module. ``tokens``: as of ``at``."""

    virtual: float = 0.0
    tokens: float = 0.0
    at: float | None = None


@dataclass(frozen=True)
class Turn:
    """The sessions of one principal, the next to be served first. ``leaves``: its part; ``each``: one session's."""

    owner: str
    sessions: list[Session]
    leaves: int
    each: int


class Shares:
    """``of``: by the principals' names. ``owed``: leaves, to reviews."""

    def __init__(self, principals: Mapping[str, Principal]) -> None:
        self._principals = principals
        self.of: dict[str, Share] = {}
        self.owed = 0.0
        self._empty: set[str] = set()  # principals that search, and have no visits left

    def quota(self, owner: str) -> Quota:
        """What this principal may have."""
        known = self._principals.get(owner)
        return Quota() if known is None else known.quota

    @property
    def all_are_local(self) -> bool:
        """Whether there is but one principal, that of all who have no name, and so nothing to share."""
        return not self._principals

    # Visits a second.

    def may_search(self, sessions: Iterable[Session], now: float) -> list[Session]:
        """Those of these sessions whose principals have visits left."""
        sessions = list(sessions)
        if self.all_are_local:
            return sessions
        for owner in dict.fromkeys(session.owner for session in sessions):
            self._refill(owner, now)
        return [session for session in sessions if session.owner not in self._empty]

    def refill(self, now: float) -> None:
        """Those who had none left may have some again."""
        for owner in list(self._empty):
            self._refill(owner, now)

    def _refill(self, owner: str, now: float) -> None:
        rate = self.quota(owner).visits_per_second
        share = self.of.setdefault(owner, Share())
        if rate is None:
            share.at = None
        elif share.at is None:
            share.tokens, share.at = _most(rate), now
        else:
            share.tokens = min(_most(rate), share.tokens + rate * max(0.0, now - share.at))
            share.at = max(share.at, now)
        if self.allowance(owner) == 0:
            self._empty.add(owner)
        else:
            self._empty.discard(owner)

    def allowance(self, owner: str) -> int | None:
        """Visits that may be begun for this principal, when it was last looked at; None where it has no such quota."""
        if not owner:
            return None
        rate, share = self.quota(owner).visits_per_second, self.of.get(owner)
        if rate is None or share is None or share.at is None:
            return None
        return int(share.tokens + _HAIR) if share.tokens + _HAIR >= _least(rate) else 0

    @property
    def due(self) -> float:
        """When to ``refill``."""
        if not self._empty:
            return np.inf
        times = []
        for owner in self._empty:
            rate, share = self.quota(owner).visits_per_second, self.of[owner]
            if rate is not None and share.at is not None:
                times.append(share.at + (_least(rate) - share.tokens) / rate)
        return min(times, default=np.inf)

    # Whose turn it is.

    def turns(self, sessions: list[Session], room: int) -> list[Turn]:
        """How so many leaves are parted among the principals of these sessions, in whose order it is theirs."""
        if self.all_are_local:
            return [Turn("", sessions, room, -(-room // max(1, len(sessions))))]
        by_owner: dict[str, list[Session]] = {}
        for session in sessions:
            by_owner.setdefault(session.owner, []).append(session)
        for owner in by_owner:
            self.of.setdefault(owner, Share())
        ahead = max((self.of[owner].virtual for owner in by_owner), default=0.0)
        for owner in by_owner:
            self.of[owner].virtual = max(self.of[owner].virtual, ahead - LAG)
        weights = {owner: self.quota(owner).weight for owner in by_owner}
        whole = sum(weights.values())
        turns = []
        for owner in sorted(by_owner, key=lambda owner: self.of[owner].virtual):
            theirs = by_owner[owner]
            leaves = math.ceil(room * (weights[owner] / whole))
            turns.append(Turn(owner, theirs, leaves, -(-leaves // max(1, len(theirs)))))
        return turns

    def turns_for_more(self, turns: list[Turn], serials: Collection[int], room: int) -> list[Turn]:
        """How so many leaves that others left are parted among those of these sessions that have more.

        Of one principal the first takes what it can: after it has been served, its turn comes last.
        """
        found = [[session for session in turn.sessions if session.serial in serials] for turn in turns]
        each = room if len(turns) == 1 else -(-room // max(1, sum(map(len, found))))
        return [Turn(turn.owner, theirs, room, each) for turn, theirs in zip(turns, found, strict=True)]

    def kept_for_reviews(self, room: int) -> int:
        """Places of so many that are owed to reviews."""
        return min(room, int(self.owed))

    def is_reviews_turn(self, room: int) -> bool:
        """Whether as much is owed to reviews as a whole batch."""
        return self.owed >= min(float(room), MOST_OWED)

    def began(self, owner: str, visits: int) -> None:
        """So many visits of this principal were begun."""
        share = self.of.get(owner) if owner else None
        if share is not None and share.at is not None:
            share.tokens = max(0.0, share.tokens - visits)
            if self.allowance(owner) == 0:
                self._empty.add(owner)

    def gave(self, session: Session, leaves: int) -> None:
        """A session was given so many leaves."""
        if self.all_are_local:
            return
        self.of.setdefault(session.owner, Share()).virtual += leaves / self.quota(session.owner).weight

    def settle(self, live: int, reviewed: int) -> None:
        """Of a batch for which both searched, live sessions got so many leaves, and reviews so many."""
        self.owed = max(0.0, min(MOST_OWED, self.owed + REVIEWED * live) - reviewed)

    def forget_others(self) -> None:
        """Forget principals that are known no more."""
        self.of = {owner: share for owner, share in self.of.items() if not owner or owner in self._principals}
        self._empty.intersection_update(self.of)

    def faults(self) -> Iterator[str]:
        """What does not hold of these books."""
        for owner, share in self.of.items():
            rate = self.quota(owner).visits_per_second
            if share.virtual < 0.0 or not math.isfinite(share.virtual):
                yield f"{owner!r} was given {share.virtual} leaves"
            if rate is not None and share.at is not None and share.tokens < 0.0:
                yield f"{owner!r} has {share.tokens} visits left"
        if not 0.0 <= self.owed <= MOST_OWED:
            yield f"{self.owed} leaves are owed to reviews"


def _most(rate: float) -> float:
    return rate * BURST


def _least(rate: float) -> float:
    return max(1.0, rate * STEP)
