"""One member of the club: opens games, searches, plays, leaves and dies, and holds the daemon to what it said.

What was acknowledged must be there later, whoever was killed meanwhile: the moves of every game, and at least the
visits that a search ended with. And nobody must be able to look at somebody else's game.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from protocol import messages as m
from protocol.client import Client
from protocol.errors import ProtocolError, RefusedError, SessionLost
from protocol.session import Session

SIZE = 9
GAMES = 3
"""Games that a member has open at most."""

MOVES = 40
"""Moves after which a game is over for it."""

VISITS = (8, 64)
"""New visits of a search, at least and at most."""

PATIENCE = 300.0
"""Seconds that an answer may take while the daemon is there."""

SPEC = {"size": SIZE, "komi": 7.0}
ACTIONS = {"open": 2, "search": 6, "play": 6, "check": 2, "undo": 1, "peep": 1, "leave": 1, "die": 1}
"""How often each is chosen beside the others."""


@dataclass
class Ledger:
    """What happened. ``first_reports``: seconds from asking to the first report. ``faults``: broken promises."""

    done: dict[str, int] = field(default_factory=dict)
    first_reports: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def count(self, what: str, times: int = 1) -> None:
        """It happened, so many times."""
        self.done[what] = self.done.get(what, 0) + times


@dataclass
class Game:
    """What a member was promised of one game: its moves, and the least visits at its cursor."""

    session: Session
    record: list[int]
    visits: int = 0
    unsure: list[int] | None = None
    """The moves, if what is on its way is done."""


class Member:
    """One member. ``live`` returns when its time is over."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Client],
        others: list[str],
        seed: int,
        pause: tuple[float, float],
        ended: threading.Event,
    ) -> None:
        """``connect``: a new client with this member's key. ``others``: principals whose games it tries to see.

        ``pause``: seconds between two actions, at least and at most.
        """
        self.ledger = Ledger()
        self._name, self._connect, self._others, self._ended = name, connect, others, ended
        self._random, self._pause = random.Random(seed), pause
        self._games: dict[str, Game] = {}
        self._count = 0
        self._client = connect()

    def live(self) -> None:
        """Act until the end. Whatever is raised is a fault, and this member's end."""
        try:
            while not self._ended.wait(self._random.uniform(*self._pause)):
                self._act()
            for name in list(self._games):
                self._check(name)
        except Exception as error:  # what the bench is for
            self._fault(f"{type(error).__name__}: {error}")
        finally:
            with suppress(ProtocolError):
                self._client.close()

    def _act(self) -> None:
        try:
            self._do_something()
        except SessionLost:  # of a game that was opened again by its key alone, moved while the daemon died
            for name in self._games:
                self._rejoin(name)
            self.ledger.count("rejoin")

    def _do_something(self) -> None:
        action = self._random.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        if not self._games or (action == "open" and len(self._games) < GAMES):
            self._open()
            return
        name = self._random.choice(list(self._games))
        {
            "open": self._check,
            "search": self._search,
            "play": self._play,
            "check": self._check,
            "undo": self._undo,
            "peep": self._peep,
            "leave": self._leave,
            "die": self._die,
        }[action](name)

    def _open(self) -> None:
        self._count += 1
        name = f"game {self._count}"
        self._games[name] = Game(self._client.open(name, "go", SPEC), [])
        self.ledger.count("open")

    def _search(self, name: str) -> None:
        game = self._games[name]
        asked = time.monotonic()
        limits = m.Limits(new_visits=self._random.randint(*VISITS))
        priority: m.Priority = "review" if self._random.random() < 0.5 else "live"
        reports = iter(game.session.search(limits, report_every=0.1, priority=priority))
        final = next(reports)
        self.ledger.first_reports.append(time.monotonic() - asked)
        for report in reports:
            final = report
        if final.reason not in ("visits", "terminal"):
            self._fault(f"{name}: a search ended by {final.reason!r} {final.failure}")
        self._compare(name, final)
        game.visits = max(game.visits, final.visits)
        self.ledger.count("search")
        self.ledger.count("visits", final.new_visits)

    def _play(self, name: str) -> None:
        game = self._games[name]
        report = game.session.query(max_children=20)
        if len(game.record) >= MOVES:
            self._leave(name)
            return
        searched = [child.move for child in report.children if child.visits]
        move = self._random.choice(searched or [self._free_point(game.record)])
        game.unsure = [*game.record, move]
        try:
            game.session.play(move)
        except RefusedError:
            if searched:  # a free point may be suicide or ko
                raise
        else:
            game.record, game.visits = game.unsure, 0
            self.ledger.count("play")
        game.unsure = None

    def _free_point(self, record: list[int]) -> int:
        return self._random.choice([point for point in range(SIZE * SIZE) if point not in record])

    def _undo(self, name: str) -> None:
        game = self._games[name]
        if game.record:
            game.unsure = game.record[:-1]
            game.session.undo()
            game.record, game.visits, game.unsure = game.unsure, 0, None
            self.ledger.count("undo")

    def _check(self, name: str) -> None:
        self._compare(name, self._games[name].session.query(max_children=1))
        self.ledger.count("check")

    def _compare(self, name: str, report: m.Report) -> None:
        game = self._games[name]
        if report.record != game.record:
            self._fault(f"{name}: its moves are {report.record}, not {game.record}")
        if report.visits < game.visits:
            self._fault(f"{name}: {report.visits} visits, where there were {game.visits}")

    def _peep(self, _name: str) -> None:
        """Try to see somebody else's game."""
        owner = self._random.choice(self._others)
        name = f"{owner}/game {self._random.randint(1, 5)}"
        client = self._client
        attempts: list[Callable[[], object]] = [
            lambda: client.request(lambda request: m.Query(request, name), m.Report),
            lambda: client.request(lambda request: m.Play(request, name, 0), m.Done),
            lambda: client.request(lambda request: m.Stop(request, name), m.Done),
            client.check,
        ]
        try:
            self._random.choice(attempts)()
        except RefusedError:
            self.ledger.count("peep")
        else:
            self._fault(f"it got at {name}, which is not its own")
        shown = [status.session for status in client.status().sessions]
        if strange := [name for name in shown if "/" in name]:
            self._fault(f"its status shows {strange[0]}, which is not its own")

    def _leave(self, name: str) -> None:
        self._games.pop(name).session.close()
        self.ledger.count("leave")

    def _die(self, _name: str) -> None:
        """Be gone without a word, and come back as somebody whom the daemon knows by the key alone."""
        self._client.abandon()
        self._client = self._connect()
        for name in self._games:
            self._rejoin(name)
        self.ledger.count("die")

    def _rejoin(self, name: str) -> None:
        """Open a game again that the daemon has; a move that was on its way may have been played or not."""
        game = self._games[name]
        game.session = self._client.open(name, "go", SPEC, share=True)
        report = game.session.query(max_children=1)
        if report.record == game.unsure:
            game.record, game.visits = game.unsure, 0
        game.unsure = None
        self._compare(name, report)

    def _fault(self, text: str) -> None:
        self.ledger.faults.append(f"{self._name}: {text}")
