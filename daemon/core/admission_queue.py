"""Who waits for its turn, and whose turn is next: searches beyond those that may go on at a time, and sessions beyond
those that there is room for.

**Order.** Live before review; while both wait, one review goes for ``LIVE_FOR_A_REVIEW`` live ones. Of one kind the
next is of the owner who has the fewest already, for its weight; of one owner, and of equals, the first that came.
Whoever waits is told its place at once, and when it changes, once in ``EVERY`` seconds at most.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from daemon.core.answers import AnswerList
from daemon.core.shares import Shares
from protocol import messages as m

EVERY = 1.0
LIVE_FOR_A_REVIEW = 16


class Waits(Protocol):
    """Something that can wait: its number, and whose it is."""

    @property
    def serial(self) -> int:
        """No other in the same queue has it."""

    @property
    def owner(self) -> str:
        """The principal that it counts for."""


One = TypeVar("One", bound=Waits)


@dataclass
class Told:
    """The place that somebody was told, and when."""

    position: int = 0
    at: float = -np.inf


@dataclass(frozen=True)
class Askers:
    """What waits, as its clients asked for it: who, and in which requests."""

    by: Iterable[tuple[bytes, int]]
    priority: m.Priority


class AdmissionQueue(Generic[One]):
    """``waiting``: first come first. ``due``: when somebody is told its place. ``owed``: turns of live ones since a
    review had one.
    """

    def __init__(
        self,
        answers: AnswerList,
        shares: Shares,
        asked: Callable[[One], Askers],
        held: Callable[[], Iterable[Waits]],
    ) -> None:
        """``held``: those that wait no more, and are there."""
        self._answers, self._shares, self._asked, self._held = answers, shares, asked, held
        self.waiting: list[One] = []
        self.told: dict[int, Told] = {}
        self.due = np.inf
        self.owed = 0
        self._may_have_changed = False

    def load(self, waiting: list[One], told: dict[int, Told], owed: int) -> None:
        """Begin with these, who know these places."""
        self.waiting, self.told, self.owed = waiting, told, owed
        places = [(position, told[one.serial]) for position, one in enumerate(self._order(), 1)]
        self.due = min((known.at + EVERY for position, known in places if known.position != position), default=np.inf)

    def enter(self, one: One) -> None:
        """It waits, until it is the next."""
        self.waiting.append(one)
        self.changed()

    def leave(self, one: One) -> None:
        """It does not wait any more."""
        self.waiting.remove(one)
        self.told.pop(one.serial, None)
        self.changed()
        if not self.waiting:
            self.due = np.inf

    def replace(self, old: One, new: One) -> None:
        """Another has its place."""
        self.waiting[self.waiting.index(old)] = new
        if (told := self.told.pop(old.serial, None)) is not None:
            self.told[new.serial] = told

    def changed(self) -> None:
        """Others are there than were, or other clients ask: places are to be looked at."""
        self._may_have_changed = bool(self.waiting)

    def first(self) -> One:
        """Whose turn is next."""
        return next(self._order())

    def next(self) -> One:
        """Take that one out."""
        one = self.first()
        kinds = {self._asked(each).priority for each in self.waiting}
        _, self.owed = _turn(kinds, self.owed)
        self.leave(one)
        return one

    def tell(self, now: float) -> None:
        """Tell those who wait their places, where they do not know them."""
        if not self._may_have_changed and now < self.due:
            return
        self._may_have_changed, self.due = False, np.inf
        for position, one in enumerate(self._order(), 1):
            told = self.told.setdefault(one.serial, Told())
            if told.position == position:
                continue
            if now < told.at + EVERY:
                self.due = min(self.due, told.at + EVERY)
                continue
            told.position, told.at = position, now
            for client, request in self._asked(one).by:
                self._answers.add(client, m.Queued(request, position))

    def tell_again(self, one: One, client: bytes, request: int) -> None:
        """Somebody asks, perhaps once more, for what may wait."""
        if (told := self.told.get(one.serial)) is not None and told.position:
            self._answers.add(client, m.Queued(request, told.position))

    def faults(self) -> Iterator[str]:
        """What does not hold of it."""
        serials = [one.serial for one in self.waiting]
        if len(set(serials)) < len(serials) or not self.told.keys() <= set(serials):
            yield f"{serials} wait, and {list(self.told)} were told their places"
        if not 0 <= self.owed <= LIVE_FOR_A_REVIEW:
            yield f"{self.owed} live ones had their turns before a review"

    def _order(self) -> Iterator[One]:
        """Those who wait, in the order of their turns, if nobody else comes."""
        lines: dict[m.Priority, dict[str, deque[tuple[int, One]]]] = {"live": {}, "review": {}}
        for number, one in enumerate(self.waiting):
            lines[self._asked(one).priority].setdefault(one.owner, deque()).append((number, one))
        counts, owed = Counter(each.owner for each in self._held()), self.owed

        def rank(kind: m.Priority, owner: str) -> tuple[float, int, str]:
            return counts[owner] / self._shares.quota(owner).weight, lines[kind][owner][0][0], owner

        heaps = {kind: [rank(kind, owner) for owner in owners] for kind, owners in lines.items()}
        for heap in heaps.values():
            heapq.heapify(heap)
        while kinds := {kind for kind, heap in heaps.items() if heap}:
            kind, owed = _turn(kinds, owed)
            heap = heaps[kind]
            while heap[0] != (rank_now := rank(kind, heap[0][2])):  # one of the other kind had its turn meanwhile
                heapq.heapreplace(heap, rank_now)
            owner = heap[0][2]
            _, one = lines[kind][owner].popleft()
            counts[owner] += 1
            if lines[kind][owner]:
                heapq.heapreplace(heap, rank(kind, owner))
            else:
                heapq.heappop(heap)
            yield one


def _turn(kinds: set[m.Priority], owed: int) -> tuple[m.Priority, int]:
    """Of which of these kinds the next is, and what is owed to reviews behind it."""
    if len(kinds) == 1:
        return next(iter(kinds)), 0
    return ("review", 0) if owed >= LIVE_FOR_A_REVIEW else ("live", owed + 1)
