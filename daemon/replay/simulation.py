"""A whole daemon in one thread, from a seed: master, searchers, clients, a slow network, and accidents.

Messages are delayed, overtake each other, arrive twice; searchers are killed, fall silent past their lease and come
back, hang while they give signs of life, and answer late or never; everybody is stopped for a while; clients search,
stop, play, undo and leave at any moment. After every event every invariant is checked. At the end the accidents stop,
and every search must come to its end. A seed that fails fails again. A run can be traced like a daemon's; the clock of
the trace is the simulated one.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from daemon.core.answers import Answers
from daemon.core.config import Config
from daemon.core.errands import Errand, Fetch, Forget, Keep
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import GAME, HashedGame, HashedReferee, optimism_of, records_of
from daemon.replay.simulated_club import NAMES, SimulatedClub
from daemon.replay.step import failed_event, raise_first
from daemon.replay.versions import versions
from protocol import messages as m
from protocol.codec import encode
from protocol.errors import TraceError
from protocol.principals import sender_of
from protocol.trace import FORMAT, Header, TraceWriter

LEASE = 1.0
GRANT = 0.3
CONFIG = Config(LEASE, client_lease=1e6, grant=GRANT)
STEPS = 150
RULES = ("capped", "capped", "capped", "uncapped", "blocking", "second-best", "virtual-loss", "wu-uct")


class SimulationError(AssertionError):
    """A simulated run went wrong; the text says at which seed and event, and how."""


@dataclass
class Outcome:
    """What happened in one run, for those who want to know that something did.

    ``steps``: of the world; ``events``: those of them that the core was told, as they stand in a trace.
    """

    steps: int = 0
    events: int = 0
    refused: int = 0
    kills: int = 0
    pauses: int = 0
    revoked: int = 0
    late: int = 0
    searches: int = 0
    visits: int = 0
    collisions: int = 0
    speculative_used: int = 0
    evicted: int = 0
    forbidden: int = 0
    over_quota: int = 0
    joined: int = 0
    put_out: set[str] = field(default_factory=set)
    compared: int = 0
    stored: int = 0
    fetched: int = 0
    queued: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def simulate(
    seed: int, steps: int = STEPS, trace: Path | None = None, config: Config = CONFIG, club: bool = False
) -> Outcome:
    """Run one simulation; ``steps`` with accidents. Raises ``SimulationError`` with the seed in its text.

    ``club``: clients are of several principals with quotas, who come and go, invite each other, and are curious. The
    trace of a run that fails ends with the event that failed. Raises ``TraceError`` when it cannot be written.
    """
    world = _World(seed, config, club)
    with nullcontext() if trace is None else TraceWriter(trace, _header(world, seed, steps)) as world.trace:
        try:
            world.run(steps)
        except TraceError:
            raise
        except Exception as error:
            raise SimulationError(f"seed {seed}, event {world.outcome.events}: {error}") from error
    return world.outcome


def _header(world: _World, seed: int, steps: int) -> Header:
    options = {"game": GAME, "seed": seed, "steps": steps}
    return Header(FORMAT, m.PROTOCOL_VERSION, versions(), options, asdict(world.master.config), started=0.0)


MACHINES = ("", "lying", "slanted", "honest")
"""Where the searchers of a run with rechecks are, in turn: the daemon's own, one elsewhere whose values are made up,
one whose values are a little others, and one that says the same.
"""


def said_at(machine: str, arrays: dict[str, Any]) -> dict[str, Any]:
    """An evaluation as a searcher of this machine tells it."""
    if machine == "slanted":
        return arrays | {"value": np.clip(arrays["value"] + np.float32(0.01), -1, 1)}
    if machine == "lying":
        return arrays | {"value": np.where(arrays["value"] > 0, np.float32(-0.9), np.float32(0.9))}
    return arrays


class _World:
    """The network, the clock, and who is there."""

    def __init__(self, seed: int, config: Config = CONFIG, club: bool = False) -> None:
        self.random = random.Random(seed)
        self.now = 0.0
        self.queue: list[tuple[float, int, Callable[[], None]]] = []
        self.sequence = 0
        self.outcome = Outcome()
        self.accidents = True
        self.trace: TraceWriter | None = None
        self.accepts_faults = False
        self.store: dict[str, bytes] = {}
        """Whether the core may fail at something, so long as it contains it."""
        self.master = Scheduler(HashedReferee(), config)
        self.actors: dict[bytes, _Searcher | _Client] = {}
        self.club = SimulatedClub(self.random) if club else None
        for _ in range(self.random.randint(1, 3)):
            self.add_searcher()
        for name in self.names_of_clients():
            self.actors[name] = _Client(self, name)

    def names_of_clients(self) -> list[bytes]:
        """Local ones, or those of a club."""
        if self.club is None:
            return [f"client{i}".encode() for i in range(self.random.randint(1, 2))]
        return [sender_of(f"client{i}".encode(), self.random.choice(NAMES)) for i in range(self.random.randint(2, 4))]

    def run(self, steps: int) -> None:
        """Some steps with accidents; then whatever it takes to come to rest."""
        if self.club is not None:
            self.deliver(b"", self.club.all())
        while self.outcome.steps < steps and self.step():
            pass
        self.accidents = False
        if self.club is not None:
            self.deliver(b"", self.club.all())
        if all(actor.hangs for actor in self.actors.values() if isinstance(actor, _Searcher)):
            self.add_searcher()
        for actor in self.actors.values():
            if isinstance(actor, _Client):
                actor.wind_up()
        while not self.at_rest():
            if self.outcome.steps > 100 * steps or not self.step():
                raise AssertionError("it does not come to rest")
        if self.trace is not None:
            self.trace.end(self.master.digests())
        counters = self.master.counters
        self.outcome.visits, self.outcome.collisions = counters.visits, counters.collisions
        self.outcome.speculative_used = counters.speculative_used
        books = self.master.tickets.rechecks.books
        self.outcome.put_out = {identity for identity, book in books.items() if book.put_out}
        self.outcome.compared = sum(book.compared for book in books.values())
        self.outcome.revoked, self.outcome.late = counters.revoked, counters.late

    def at_rest(self) -> bool:
        """Every search has ended, and nothing is in flight."""
        idle = not self.master.tickets.live and not self.master.sessions.searches.running
        return idle and all(not a.open_searches for a in self.actors.values() if isinstance(a, _Client))

    def step(self) -> bool:
        """One step: the next of the queue, or the master's own deadline. False when nothing is left."""
        if self.accidents and self.random.random() < 0.01:
            self.pause(5.0 * LEASE * self.random.random())
        if self.club is not None and self.accidents and self.random.random() < 0.02:
            self.deliver(b"", self.club.some() if self.random.random() < 0.3 else self.club.all())
        deadline = self.master.next_deadline()
        if deadline is not None and (not self.queue or deadline <= self.queue[0][0]):
            self.now = max(self.now + 0.001, deadline)  # even the master's own work takes time
            self.deliver(b"", m.Tick())
        elif self.queue:
            due, _, action = heapq.heappop(self.queue)
            self.now = max(self.now, due)  # after a pause much is late
            action()
        else:
            return False
        self.outcome.steps += 1
        self.master.check_invariants()
        return True

    def pause(self, seconds: float) -> None:
        """Nothing runs for so long, and nothing arrives; then the master is the first to look at its clock."""
        left = {who: peer.deadline - self.now for who, peer in self.master.peers.items()}
        self.now += seconds
        self.outcome.pauses += 1
        self.deliver(b"", m.Paused(seconds))
        for who, peer in self.master.peers.items():
            if peer.deadline - self.now < left[who] - 1e-6:
                raise AssertionError(f"the lease of {who!r} went on in a pause")

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Do something after ``delay``."""
        self.sequence += 1
        heapq.heappush(self.queue, (self.now + delay, self.sequence, action))

    def send(self, sender: bytes, message: m.AnyMessage) -> None:
        """From an actor to the master, over a network that delays and now and then repeats."""
        copies = 2 if self.accidents and self.random.random() < 0.05 else 1
        for _ in range(copies):
            self.later(self.random.expovariate(50.0), lambda: self.deliver(sender, message))

    def deliver(self, sender: bytes, message: m.AnyMessage) -> None:
        """The master takes a message; its answers set out."""
        self.outcome.events += 1
        answers: Answers = []
        members = set() if self.club is None else self.club.members(self.master)
        try:
            answers = self.master.handle(sender, message, self.now)
            if self.master.faults and not self.accepts_faults:
                answers = []
                raise_first(self.master.faults)
        finally:  # what the core failed at must be in the trace
            if self.trace is not None:
                encoded = [(receiver, encode(answer)) for receiver, answer in answers]
                failed = failed_event(self.master.faults) if self.accepts_faults else None
                self.trace.event(self.now, sender, encode(message), encoded, failed)
        if self.club is not None:
            self.club.check(self.master, answers, members)
        for errand in self.master.take_errands():
            self.later(self.random.expovariate(50.0), self.errand_done(errand))
        for receiver, answer in answers:
            self.outcome.refused += isinstance(answer, m.Refused)
            self.outcome.forbidden += isinstance(answer, m.Refused) and answer.kind == "forbidden"
            self.outcome.over_quota += isinstance(answer, m.Refused) and answer.kind == "quota"
            self.outcome.queued += isinstance(answer, m.Queued)
            self.outcome.joined += isinstance(answer, m.Opened) and "/" in answer.session
            if receiver in self.actors:
                self.later(self.random.expovariate(50.0), self._arrival(receiver, answer))

    def errand_done(self, errand: Errand) -> Callable[[], None]:
        """What the shell does for the storeroom; now and then the disk is full, or loses something."""

        def do() -> None:
            fails = self.accidents and self.random.random() < 0.05
            match errand:
                case Keep() if fails:
                    self.deliver(b"", m.StoreLost(errand.serial, "the disk is full"))
                case Keep():
                    self.store[errand.digest] = errand.data
                    self.outcome.stored += 1
                case Fetch():
                    data = None if fails else self.store.get(errand.digest)
                    self.outcome.fetched += data is not None
                    self.deliver(
                        b"",
                        m.StoreLost(errand.serial, "it is not there")
                        if data is None
                        else m.Restored(errand.serial, np.frombuffer(data, np.uint8)),
                    )
                case Forget():
                    self.store.pop(errand.digest, None)

        return do

    def _arrival(self, receiver: bytes, answer: m.Outbound) -> Callable[[], None]:
        def arrive() -> None:
            if receiver in self.actors:
                self.actors[receiver].hear(answer)

        return arrive

    def add_searcher(self, is_own: bool = False) -> None:
        """A new searcher with a name of its own. ``is_own``: the daemon's, which is never put out."""
        self.sequence += 1
        machine = MACHINES[len(self.actors) % len(MACHINES)] if self.master.config.recheck and not is_own else ""
        searcher = _Searcher(self, f"searcher{self.sequence}".encode(), machine)
        self.actors[searcher.name] = searcher


class _Searcher:
    """Evaluates grants with the hashed game, at its own pace."""

    def __init__(self, world: _World, name: bytes, machine: str = "") -> None:
        self.world, self.name, self.machine = world, name, machine
        leaves, boldness = world.random.choice([1, 2, 4, 8]), world.random.random()
        per_tree = world.random.choice([None, 1, 3])
        self.batch_request = m.BatchRequest(
            leaves,
            boldness < 0.5,
            shallow=boldness < 0.25,
            per_tree=per_tree,
            optimistic=boldness % 0.1 < 0.05,
            ahead=int(100 * boldness) % 5,
        )
        self.revoked = 0
        self.hangs = False
        self.greet()
        self.life_sign()

    def send(self, message: m.AnyMessage) -> None:
        if self.name in self.world.actors or isinstance(message, m.Hello):
            self.world.send(self.name, message)

    def greet(self) -> None:
        self.send(m.Hello(m.PROTOCOL_VERSION, "searcher", self.name.decode(), 1, machine=self.machine))

    def life_sign(self) -> None:
        self.send(m.Heartbeat())
        self.world.later(LEASE / 3, self.live_on)

    def live_on(self) -> None:
        """Go on, unless an accident happens."""
        if self.name not in self.world.actors:
            return
        accident = self.world.random.random() if self.world.accidents else 1.0
        if accident < 0.05:
            self.world.outcome.kills += 1
            del self.world.actors[self.name]
            self.world.later(self.world.random.random(), self.world.add_searcher)
        elif accident < 0.08:
            self.world.later(2 * LEASE, self.life_sign)
        else:
            self.life_sign()

    def hear(self, answer: m.Outbound) -> None:
        match answer:
            case m.Welcome():
                self.send(m.Select(self.batch_request))
            case m.Grant():
                began = self.world.now
                accident = self.world.random.random() if self.world.accidents else 1.0
                slow = self.world.random.uniform(GRANT, 20 * GRANT) if accident < 0.04 else 0.0
                self.hangs = accident < 0.01
                if not self.hangs:
                    self.world.later(self.world.random.expovariate(10.0) + slow, lambda: self.finish(answer, began))
            case m.Revoked():
                self.revoked = answer.grant
            case m.NotGreeted():
                self.greet()
            case m.Refused(kind="forbidden"):
                del self.world.actors[self.name]
                if not any(isinstance(actor, _Searcher) for actor in self.world.actors.values()):
                    self.world.add_searcher(is_own=True)
            case m.Refused(reason=reason) if "waiting" not in reason and "update grant" not in reason:
                self.send(m.Select(self.batch_request))
            case _:
                pass

    def finish(self, grant: m.Grant, began: float) -> None:
        if self.revoked == grant.grant and self.world.random.random() < 0.5:
            self.send(m.Failed(grant.grant, "it took too long", self.batch_request))
            return
        if self.world.accidents and self.world.random.random() < 0.02:
            self.send(m.Failed(grant.grant, "the device fell over", self.batch_request))
            return
        game = HashedGame.from_spec(grant.parts[0].spec)
        phases = m.Phases(began, began, began, began, self.world.now, self.world.now)
        arrays = said_at(self.machine, game.evaluate(records_of(grant), optimism_of(grant)))
        self.send(m.Update(grant.grant, phases, **arrays, batch_request=self.batch_request))


class _Client:
    """Asks for anything at any time, and counts that each search ends exactly once."""

    def __init__(self, world: _World, name: bytes) -> None:
        self.world, self.name = world, name
        self.requests = 0
        self.open_searches: set[int] = set()
        self.more: list[str] = []
        """Sessions beside the usual ones that it asked for."""
        self.last: list[m.AnyMessage] = []
        """What it asks for at the end, until it has it."""
        self.ended: set[int] = set()
        self.num_moves, seed = world.random.randint(2, 8), world.random.randrange(100)
        self.spec = {"num_moves": self.num_moves, "size": 1, "seed": seed, "leadless_share": 0.2 * (seed % 2)}
        self.spec["transposes"] = seed % 3 == 0
        self.greet()
        world.later(0.2, self.act)

    def greet(self) -> None:
        self.say(m.Hello(m.PROTOCOL_VERSION, "client", self.name.decode(), 1))
        for session in ("one", "two"):
            self.say(m.Open(self.number(), session, GAME, self.spec, [], self.settings(), share=True))

    def say(self, message: m.AnyMessage) -> None:
        self.world.send(self.name, message)

    def number(self) -> int:
        self.requests += 1
        return self.requests

    def settings(self) -> m.SearchSettings:
        choose = self.world.random.choice
        options: dict[str, Any] = {
            "collisions": choose(RULES),
            "cap": choose([0.0, 0.1, 0.2, 1.0]),
            "choice": choose(["visits", "lcb", "pruned"]),
            "noise_weight": choose([0.0, 0.0, 0.25]),
            "forced_playouts": choose([0.0, 0.0, 2.0]),
            "root_selection": choose(["puct", "puct", "gumbel"]),
            "gumbel_moves": choose([1, 2, 4, 16]),
            "temperature": choose([0.0, 1.0]),
            "seed": self.world.random.randrange(1000),
            "max_bytes": choose([2_000, 20_000, 1 << 30]),
        }
        return m.SearchSettings(**options)

    def act(self) -> None:
        """One random request, and the next one later."""
        if not self.world.accidents:
            return
        session = self.world.random.choice(["one", "two"])
        request = self.number()
        moves = [self.world.random.randrange(self.num_moves + 1) for _ in range(self.world.random.randint(0, 3))]
        restriction = m.Restriction(self.world.random.choice([1, -1]), moves, self.world.random.randint(1, 3))
        requests: list[m.AnyMessage] = [
            m.Search(request, session, self.limits()),
            m.Search(request, session, self.limits(), report_every=0.1, restrictions=[restriction]),
            m.Search(request, session, self.limits()),
            m.Play(request, session, moves[0] if moves else 0),
            m.Undo(request, session),
            m.Goto(request, session, moves),
            m.Stop(request, session),
            m.Configure(request, session, self.settings()),
            m.Query(request, session),
            m.Watch(request, session, 0.3),
            m.AskStatus(request),
            m.Reset(request, session, GAME, self.spec),
            m.Close(request, session),
            m.Open(request, session, GAME, self.spec, moves, self.settings(), share=True),
        ]
        if self.world.club is not None:
            requests += self.world.club.requests(request, session)
        chosen = self.world.random.choice(requests)
        if isinstance(chosen, m.Open) and chosen.session not in ("one", "two"):
            self.more.append(chosen.session)
        self.say(chosen)
        self.world.later(self.world.random.expovariate(5.0), self.act)

    def limits(self) -> m.Limits:
        kind = self.world.random.randrange(4)
        if kind == 0:
            return m.Limits(seconds=self.world.random.random())
        if kind == 1:
            return m.Limits(new_visits=self.world.random.randint(1, 60))
        return m.Limits(visits=self.world.random.randint(1, 100))

    def wind_up(self) -> None:
        """The last search must run to its end; what else there is makes room for it."""
        closes = [m.Close(self.number(), session) for session in ("one", "two", *self.more)]
        for close in closes:
            self.say(close)
        last = m.Open(self.number(), "last", GAME, self.spec, [], m.SearchSettings(), share=True)
        request = self.number()
        self.open_searches.add(request)
        search = m.Search(request, "last", m.Limits(new_visits=50))
        self.last = [*closes, last, search]
        if self.world.club is None:
            self.say(last)
        else:  # who was given up may not have heard of it yet
            self.world.later(1.0, lambda: self.say(m.Hello(m.PROTOCOL_VERSION, "client", self.name.decode(), 1)))
            self.world.later(2.0, lambda: self.say(last))
        # A reordering network may bring the search before the session.
        self.world.later(1.0 if self.world.club is None else 3.0, lambda: self.say(search))

    def hear(self, answer: m.Outbound) -> None:
        self.world.outcome.evicted += isinstance(answer, m.Closed)
        if isinstance(answer, m.Refused) and answer.request in self.open_searches:
            for message in self.last:  # what it asked before may have come behind them
                self.world.later(1.0, partial(self.say, message))
        if isinstance(answer, m.NotGreeted) and self.world.club is not None and self.world.accidents:
            self.greet()
        if not isinstance(answer, m.Report) or not answer.final:
            return
        self.world.outcome.searches += 1
        self.world.outcome.reasons[answer.reason] += 1
        self.open_searches.discard(answer.request)
        if answer.reason == "visits" and answer.new_visits < 0:
            raise AssertionError(f"a search lost visits: {answer}")
