"""Seeded runs of clients that lose their connections and daemons all the time: the client's own memory against a core.

Messages are in order on each connection, as zmq has them; a connection that breaks loses what is on its way, in both
directions. The daemon is killed and resumed as it was, from an older state, or begun anew. Whatever happens, each
client's own session stands where its moves led, and every search ends once, with the visits that were asked for.
"""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import pytest

from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import GAME, HashedGame, HashedReferee, records_of
from protocol import messages as m
from protocol.client_state import ClientState
from protocol.errors import ProtocolError
from tests.core.local import PHASES

SPEC = {"num_moves": 6, "size": 1}
SEARCHER = b"searcher"
STEPS = 250


class World:
    """A core, a searcher that never fails, and clients."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = 0.0
        self.lives = 0
        self.older: list[bytes] | None = None
        self.core = self.fresh()
        self.clients = [Returning(self, number) for number in range(2)]
        self.grant: m.Grant | None = None
        self.greet()

    def fresh(self) -> Scheduler:
        return Scheduler(HashedReferee(), Config(client_lease=1e6, searcher_lease=1e6))

    def tell(self, sender: bytes, message: m.Inbound) -> None:
        self.now += 0.01
        for receiver, answer in self.core.handle(sender, message, self.now):
            for client in self.clients:
                if receiver == client.sender:
                    client.inbox.append(answer)
            if receiver == SEARCHER and isinstance(answer, m.Grant):
                self.grant = answer
        self.core.check_invariants()

    def greet(self) -> None:
        self.grant = None
        self.tell(SEARCHER, m.Hello(m.PROTOCOL_VERSION, "searcher", "s", 1))
        self.tell(SEARCHER, m.Select(m.BatchRequest(3)))

    def work(self) -> None:
        """One step of the searcher, or of the core by itself."""
        if self.grant is not None:
            grant, self.grant = self.grant, None
            arrays = HashedGame.from_spec(SPEC).evaluate(records_of(grant))
            self.tell(SEARCHER, m.Update(grant.grant, PHASES, **arrays, batch_request=m.BatchRequest(3)))
        elif (due := self.core.next_deadline()) is not None and due < self.now + 1.0:
            self.now = max(self.now, due)
            self.tell(b"", m.Tick())

    def accident(self) -> None:
        match self.random.choice(["cut", "cut", "resumed", "anew", "older", "given up", "keep"]):
            case "keep":
                self.older = [bytes(frame) for frame in save(self.core)]
            case "resumed":
                self.restart([bytes(frame) for frame in save(self.core)])
            case "older":
                self.restart(self.older)
            case "anew":
                self.restart(None)
            case "given up":
                self.tell(self.random.choice(self.clients).sender, m.Goodbye())
            case _:
                self.random.choice(self.clients).connect()

    def restart(self, frames: list[bytes] | None) -> None:
        self.core = self.fresh()
        if frames is not None:
            load(self.core, frames)
        else:
            self.older = None
        for client in self.clients:
            client.connect()
        self.greet()

    def run(self) -> None:
        for _ in range(STEPS):
            if self.random.random() < 0.06:
                self.accident()
            self.step(asking=True)
        for _ in range(4000):
            if not any(client.busy for client in self.clients):
                return
            self.step(asking=False)
        raise AssertionError("it does not come to rest")

    def step(self, asking: bool) -> None:
        kind = self.random.randrange(4)
        client = self.random.choice(self.clients)
        if kind == 0:
            self.work()
        elif kind == 1 and client.outbox:
            self.tell(client.sender, client.outbox.popleft())
        elif kind == 2 and client.inbox:
            client.hear(client.inbox.popleft())
        elif kind == 3 and asking:
            client.act()
        elif kind == 3 and client.busy and not client.outbox:
            client.outbox.append(m.Heartbeat())


class Returning:
    """Moves and searches in a session of its own, one move at a time, and counts the ends of its searches."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.state = ClientState(m.Hello(m.PROTOCOL_VERSION, "client", f"c{number}", 1, token=f"token {number}"))
        self.record: list[int] = []
        self.moving = False
        self.searches: dict[int, list[m.Report]] = {}
        self.connect(first=True)
        self.moving = True
        self.ask(lambda n: m.Open(n, self.name, GAME, SPEC), self.moved(None))

    @property
    def name(self) -> str:
        return f"own {self.number}"

    @property
    def busy(self) -> bool:
        unended = any(not reports or not reports[-1].final for reports in self.searches.values())
        forgotten = self.name not in self.world.core.sessions.by_name
        return self.moving or unended or bool(self.inbox or self.outbox) or not self.state.greeted or forgotten

    def connect(self, first: bool = False) -> None:
        """Lose the connection, and what is on it; begin another."""
        if not first:
            self.state.lose(self.world.now)
        self.world.lives += 1
        self.sender = f"connection {self.world.lives}".encode()
        self.inbox: deque[m.Outbound] = deque()
        self.outbox: deque[m.Inbound] = deque([self.state.greet()])

    def ask(self, make: Any, take: Any) -> None:
        _, messages = self.state.ask(make, take, self.world.now)
        self.outbox += messages

    def hear(self, message: m.Outbound) -> None:
        match message:
            case m.Welcome():
                self.outbox += self.state.welcome(message, self.world.now)
            case m.NotGreeted():
                self.outbox += self.state.not_greeted(self.world.now)
            case _:
                self.outbox += self.state.hear(message, self.world.now)

    def moved(self, change: Any) -> Any:
        def take(answer: Any) -> None:
            assert self.moving
            self.moving = False
            if isinstance(answer, ProtocolError):
                assert "illegal" in str(answer) or "cannot undo" in str(answer) or "over" in str(answer), answer
            elif change is not None:
                change(self.record)

        return take

    def act(self) -> None:
        draw = self.world.random
        if self.moving:
            return
        kind = draw.randrange(5)
        if kind == 0:
            move = draw.randrange(6)
            self.moving = True
            self.ask(lambda n: m.Play(n, self.name, move), self.moved(lambda record: record.append(move)))
        elif kind == 1:
            self.moving = True
            self.ask(lambda n: m.Undo(n, self.name), self.moved(lambda record: record.pop()))
        elif kind == 2:
            self.ask(lambda n: m.Stop(n, self.name), lambda _answer: None)
        elif all(reports and reports[-1].final for reports in self.searches.values()):
            visits, number = draw.randint(1, 20), len(self.searches)
            self.searches[number] = []
            self.ask(lambda n: m.Search(n, self.name, m.Limits(visits=visits), 0.05), self.searched(number, visits))

    def searched(self, number: int, visits: int) -> Any:
        def take(answer: Any) -> None:
            assert isinstance(answer, m.Report), answer
            reports = self.searches[number]
            assert not reports or not reports[-1].final, "a search ended twice"
            reports.append(answer)
            if answer.final and answer.reason == "visits":
                assert answer.visits >= visits

        return take


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_nothing_is_lost_or_done_twice(first: int) -> None:
    ended = 0
    for seed in range(first, first + 50):
        world = World(seed)
        try:
            world.run()
            for client in world.clients:
                session = world.core.sessions.by_name[client.name]
                assert session.record == client.record == client.state.sessions[client.name].record
                ended += len(client.searches)
        except (AssertionError, ProtocolError) as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    assert ended > 100
