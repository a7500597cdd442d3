"""A master in this process, driven by hand: no sockets, no threads, a clock that the test turns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from daemon.core import sessions, tickets
from daemon.core.config import Config
from daemon.core.gatherer import Gatherer
from daemon.core.scheduler import Scheduler
from daemon.core.session import Session
from daemon.replay.hashed_game import HashedGame, HashedReferee, optimism_of, records_of
from daemon.replay.step import raise_first
from protocol import messages as m

PHASES = m.Phases(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
CLIENT = b"client"


class Local:
    """A core with one client in one session, and the searchers that a test greets. Each step checks all invariants."""

    def __init__(
        self,
        spec: dict[str, Any] | None = None,
        settings: m.SearchSettings | None = None,
        config: Config | None = None,
    ) -> None:
        self.spec = spec or {"num_moves": 5, "size": 1}
        self.game = HashedGame.from_spec(self.spec)
        self.core = Scheduler(HashedReferee(), config or Config(searcher_lease=10.0, client_lease=1e6))
        self.now = 0.0
        self.accepts_faults = False
        self.requests = 0
        self.heard: dict[bytes, list[m.Outbound]] = {}
        self.say(CLIENT, m.Hello(m.PROTOCOL_VERSION, "client", "client", 1))
        self.ask(m.Open, "s", "hashed", self.spec, settings=settings or m.SearchSettings())

    def say(self, sender: bytes, message: m.AnyMessage) -> list[m.Outbound]:
        """Send one message; what the sender hears at once."""
        answers = self.core.handle(sender, message, self.now)
        if not self.accepts_faults:
            raise_first(self.core.faults)
        self.core.check_invariants()
        for receiver, answer in answers:
            self.heard.setdefault(receiver, []).append(answer)
        return [answer for receiver, answer in answers if receiver == sender]

    def ask(self, kind: type[Any], *fields: Any, **named: Any) -> list[m.Outbound]:
        """A request of the client."""
        self.requests += 1
        return self.say(CLIENT, kind(self.requests, *fields, **named))

    def greet(self, searcher: bytes) -> None:
        """A searcher comes."""
        self.say(searcher, m.Hello(m.PROTOCOL_VERSION, "searcher", searcher.decode(), 1))

    def select(
        self,
        searcher: bytes,
        leaves: int = 1,
        speculate: bool = False,
        shallow: bool = False,
        optimistic: bool = False,
    ) -> m.Grant | None:
        """A batch request; the grant, or None if the searcher is left waiting."""
        wanted = m.BatchRequest(leaves, speculate, shallow, optimistic=optimistic)
        return self._grant(searcher, self.say(searcher, m.Select(wanted)))

    def update(self, searcher: bytes, grant: m.Grant, batch_request: m.BatchRequest | None = None) -> m.Grant | None:
        """The evaluation of a grant."""
        arrays = self.game.evaluate(records_of(grant), optimism_of(grant))
        return self._grant(
            searcher, self.say(searcher, m.Update(grant.grant, PHASES, **arrays, batch_request=batch_request))
        )

    def _grant(self, searcher: bytes, answers: list[m.Outbound]) -> m.Grant | None:
        assert not any(isinstance(answer, m.Refused) for answer in answers), answers
        while self.core.next_deadline() == 0.0:
            self.heard[searcher] = []
            self.say(b"", m.Tick())
            answers = self.heard[searcher]
        return next((answer for answer in answers if isinstance(answer, m.Grant)), None)

    def take_grant(self, searcher: bytes) -> m.Grant | None:
        """The newest grant that this searcher has heard of, and forget what it heard."""
        heard = self.heard.pop(searcher, [])
        return next((answer for answer in reversed(heard) if isinstance(answer, m.Grant)), None)

    def search_alone(self, visits: int) -> None:
        """Search with one searcher and one leaf at a time."""
        self.greet(b"alone")
        self.ask(m.Search, "s", m.Limits(visits=visits))
        grant = self.select(b"alone")
        while grant is not None:
            grant = self.update(b"alone", grant, m.BatchRequest(1))
        self.say(b"alone", m.Goodbye())

    @property
    def session(self) -> Session:
        """The client's session."""
        return self.core.sessions.by_name["s"]

    def reports(self) -> list[m.Report]:
        """The final reports that the client heard."""
        return [answer for answer in self.heard.get(CLIENT, []) if isinstance(answer, m.Report) and answer.final]


def one_by_one(patch: pytest.MonkeyPatch) -> None:
    """Have what is done in many trees with one call of a kernel done by the methods of each session."""
    patch.setattr(Gatherer, "_many", lambda *_: None)
    patch.setattr(tickets, "UpdateOfMany", lambda *_: None)
    patch.setattr(sessions, "surely_go_on", lambda them: [False] * len(them))


def root_visits(local: Local) -> dict[int, int]:
    """Visits by move at the cursor."""
    tree = local.session.tree
    children = np.flatnonzero(tree.parent[: tree.used[0]] == local.session.cursor)
    return {int(tree.move[child]): int(tree.edge_visits[child]) for child in children if tree.edge_visits[child]}


def likeliest_move(local: Local) -> int:
    """The move that the search went to most."""
    return max(root_visits(local).items(), key=lambda item: item[1])[0]
