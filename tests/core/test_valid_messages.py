"""Whatever valid messages say, and in whatever order: the core answers, and everything that always holds still does.

The messages are made of their types (``message_strategies``), so that a new field takes part from its first day. They
are aimed at what is there: names that are open, grants that are live, arrays of their sizes.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.hashed_game import GAME, HashedReferee
from daemon.referee import GamesReferee
from daemon.scheduler import Config, Scheduler
from daemon.step import raise_first, understand
from protocol import messages as m
from protocol.codec import decode, encode
from tests import message_samples as samples
from tests import message_strategies as valid

CLIENTS, SEARCHERS = [b"client 1", b"client 2"], [b"searcher 1", b"searcher 2"]
SENDERS = [*CLIENTS, *SEARCHERS, b"stranger"]
SPEC = {"num_moves": 5, "size": 1, "leadless_share": 0.2}
LENGTH = 25
"""Messages of one run."""

GIGABYTES = 3 << 30

ASKED = (
    m.Open, m.Close, m.Reset, m.Play, m.Undo, m.Goto, m.Configure, m.Search, m.Watch, m.Stop, m.Query, m.AskStatus,
    m.AskCheck, m.ClearCache, m.Shutdown,
)  # fmt: skip
WORK = (m.Select, m.Update, m.Failed)
LIFE = (m.Hello, m.Heartbeat, m.Goodbye, m.Tick, m.Broken)


class AllGames:
    """Judges the games that there are, and the hashed one."""

    def __init__(self) -> None:
        self._games, self._hashed = GamesReferee(), HashedReferee()

    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        """See ``daemon.sessions.Referee``."""
        return (self._hashed if game == GAME else self._games).judge(game, spec, record)


REFEREE = AllGames()


@contextmanager
def bounded_memory() -> Iterator[None]:
    """What takes more than some gigabytes more of addresses gets ``MemoryError``."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    now = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (now + GIGABYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


class World:
    """A core with some peers in two sessions, one of which searches."""

    def __init__(self) -> None:
        self.core = Scheduler(REFEREE, Config(searcher_lease=1e9, client_lease=1e9))
        self.now = 0.0
        self.handled = 0
        for name in CLIENTS:
            self.say(name, m.Hello(m.PROTOCOL_VERSION, "client", "c", 1))
            self.say(name, m.Open(1, "s", GAME, SPEC, share=True))
        for name in SEARCHERS:
            self.say(name, m.Hello(m.PROTOCOL_VERSION, "searcher", "s", 1))
        self.say(CLIENTS[0], m.Open(2, "go", "go", {"size": 5}))
        self.say(CLIENTS[0], m.Search(3, "s"))
        self.say(CLIENTS[0], m.Search(4, "go"))

    def say(self, sender: bytes, message: m.Inbound) -> None:
        """One event, as from the wire. Every answer can be understood."""
        self.now += 0.125
        understood = understand(sender, [bytes(frame) for frame in encode(message)])
        answers = self.core.handle(sender, understood, self.now)
        raise_first(self.core.faults)
        self.core.check_invariants()
        for _, answer in answers:
            decode([bytes(frame) for frame in encode(answer)])
        self.handled += 1

    def live(self, sender: bytes) -> tuple[int, int, int]:
        """Number, leaves and moves of the grant that this searcher holds; of some grant where it holds none."""
        grant = self.core.tickets.live.get(sender)
        return (7, 2, 5) if grant is None else (grant.grant, grant.leaves, grant.num_moves)


@st.composite
def said(draw: st.DrawFn, world: World) -> tuple[bytes, m.Inbound]:
    """A message and who sends it; most of them are such as may be obeyed."""
    sender = draw(st.sampled_from(SENDERS))
    kinds = WORK if sender in SEARCHERS else ASKED
    if draw(st.integers(0, 9)) == 9:
        kinds = draw(st.sampled_from([ASKED, WORK, LIFE]))
    kind = draw(st.sampled_from(kinds))
    if kind is m.Update:
        number, leaves, num_moves = world.live(sender)
        points = draw(st.sampled_from([0, 0, 4]))
        return sender, draw(valid.updates(leaves, num_moves, number, points))
    message = draw(valid.of(kind))
    if draw(st.integers(0, 3)) == 0:
        return sender, message
    aimed: dict[str, Any] = {}
    if hasattr(message, "session"):
        aimed["session"] = draw(st.sampled_from(["s", "s", "go"]))
    if isinstance(message, m.Failed):
        aimed["grant"] = world.live(sender)[0]
    if isinstance(message, m.Hello):
        aimed["protocol"] = m.PROTOCOL_VERSION
    if isinstance(message, m.Select):
        aimed["wish"] = msgspec.structs.replace(message.wish, leaves=draw(st.integers(1, 9)))
    if isinstance(message, m.Play | m.Goto | m.Reset | m.Open):
        record = draw(st.lists(st.integers(0, 5), max_size=3))
        aimed |= {"move": record[0] if record else 0} if isinstance(message, m.Play) else {"record": record}
    if isinstance(message, m.Reset | m.Open):
        aimed |= draw(st.sampled_from([{"game": GAME, "spec": SPEC}, {"game": "go", "spec": {"size": 5}}, {}]))
    return sender, msgspec.structs.replace(message, **aimed)


def live_through(examples: int) -> int:
    """Send so many runs of messages to cores; how many messages that were."""
    handled = 0

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        nonlocal handled
        world = World()
        before = world.handled
        for _ in range(LENGTH):
            world.say(*data.draw(said(world)))
        handled += world.handled - before

    with bounded_memory():
        run()
    return handled


def test_valid_messages_are_obeyed_or_refused() -> None:
    assert live_through(examples=100) >= 2000


@pytest.mark.long
@pytest.mark.timeout(14_400)
def test_a_hundred_thousand_valid_messages_are_obeyed_or_refused() -> None:
    assert live_through(examples=4200) >= 100_000


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(valid.messages())
def test_every_valid_message_comes_back_as_it_was(message: m.AnyMessage) -> None:
    assert samples.same(message, decode([bytes(frame) for frame in encode(message)]))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.sampled_from(["go", "openspiel", GAME]).flatmap(lambda game: st.tuples(st.just(game), valid.specs(game))))
def test_every_specification_is_a_game_or_one_clear_line(asked: tuple[str, dict[str, Any]]) -> None:
    complaint = "none"
    try:
        assert 1 <= REFEREE.judge(*asked, []) <= m.MAX_MOVES
    except ValueError as error:
        complaint = str(error)
    assert 0 < len(complaint) < 1000
    assert complaint.isprintable()
