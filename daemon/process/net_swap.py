"""Another net for a daemon that works: its searchers are replaced one by one, so that it never stands still.

A searcher with the new net starts beside the old one of its place. When it has greeted, the old one retires, and the
next place follows. If one does not start, those that have come retire again, the old places are filled as before, and
nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from daemon.evaluation.searcher_options import SearcherOptions
from daemon.process.net_file import DaemonNet
from daemon.process.searchers import Searchers, SearchersFailed


class NetSwap:
    """One such change. ``path``: of the net that is to be; ``anew``: trees forget what the old one said."""

    def __init__(
        self,
        path: Path,
        anew: bool,
        net: DaemonNet,
        old: Searchers,
        count: int,
        options: Callable[[str], SearcherOptions],
    ) -> None:
        """``net``: that of the path. ``old``: the searchers that are there, ``count`` of them; ``options``: what to
        tell a new one of this name.
        """
        self.path, self.anew, self.net = path, anew, net
        self.new = Searchers(count, options, one_by_one=True)
        self._old = old
        self._count = count
        self._retired = 0
        self.failure = ""
        """Why a new searcher did not start; then it is time to ``roll_back``."""
        self.new.start_one()

    @property
    def is_done(self) -> bool:
        """Every place has its new searcher, and no old one is left."""
        return self._retired == self._count and not self._old.is_any_there

    def step(self) -> Iterator[int]:
        """Pids of old searchers that are to retire now, for a new one has come in their place."""
        while self._retired < self.new.count_greeted():
            if (pid := self._old.give_up(self._retired)) is not None:
                yield pid
            self._retired += 1
        self.new.allow(self._retired + 1)

    def watch(self) -> list[int]:
        """As ``Searchers.watch`` for the new ones, but that ``failure`` says when one does not start."""
        try:
            dead = self.new.watch()
        except SearchersFailed as error:
            self.failure = str(error)
            return []
        self.failure = self.new.failed_to_start() or ""
        return dead

    def roll_back(self) -> list[int]:
        """Fill the old places again. Pids of new searchers that are to retire."""
        self._old.take_back()
        return self.new.give_up_all()
