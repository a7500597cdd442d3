"""Searches that wait, for as many go on as may at a time, and in which order they begin.

The next is one of the owner of whose searches the fewest go on for its weight; of one owner, and of equals, the first
that came. Whoever waits is told its place at once, and when it changes, once in ``EVERY`` seconds at most.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from daemon.core.answers import AnswerList
from daemon.core.session import Session
from daemon.core.shares import Shares
from protocol import messages as m

EVERY = 1.0


@dataclass
class Told:
    """The place that somebody was told, and when."""

    position: int = 0
    at: float = -np.inf


class Queue:
    """``waiting``: the sessions whose searches wait, first come first. ``due``: when somebody is told its place."""

    def __init__(self, answers: AnswerList, shares: Shares) -> None:
        self._answers, self._shares = answers, shares
        self.waiting: list[Session] = []
        self.told: dict[int, Told] = {}
        self.due = np.inf

    def enter(self, session: Session) -> None:
        """Its search waits, until it is the next."""
        self.waiting.append(session)

    def leave(self, session: Session) -> None:
        """Its search does not wait any more."""
        self.waiting.remove(session)
        self.told.pop(session.serial, None)
        if not self.waiting:
            self.due = np.inf

    def next(self, running: list[Session]) -> Session:
        """Take out the search that is to begin, where these go on."""
        session = self._first(self.waiting, Counter(each.owner for each in running))
        self.leave(session)
        return session

    def tell(self, running: list[Session], now: float) -> None:
        """Tell those who wait their places, where these go on."""
        self.due = np.inf
        left, counts = list(self.waiting), Counter(each.owner for each in running)
        for position in range(1, len(left) + 1):
            session = self._first(left, counts)
            left.remove(session)
            counts[session.owner] += 1
            told = self.told.setdefault(session.serial, Told())
            search = session.search
            assert search is not None
            search.waits = True
            if told.position == position:
                continue
            if now < told.at + EVERY:
                self.due = min(self.due, told.at + EVERY)
            else:
                told.position, told.at = position, now
                self._answers.add(search.client, m.Queued(search.request, position))

    def tell_again(self, session: Session) -> None:
        """Somebody asks once more for a search that may wait."""
        if (told := self.told.get(session.serial)) is not None and session.search is not None:
            self._answers.add(session.search.client, m.Queued(session.search.request, told.position))

    def _first(self, waiting: list[Session], counts: Counter[str]) -> Session:
        return min(waiting, key=lambda session: counts[session.owner] / self._shares.quota(session.owner).weight)
