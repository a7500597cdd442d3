"""Whatever valid messages say, and in whatever order: the core answers, and everything that always holds still does.

The messages are made of their types (``message_strategies``), so that a new field takes part from its first day. They
are aimed at what is there: names that are open, grants that are live, arrays of their sizes.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args

import msgspec
import psutil
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from daemon.core import tree_memory
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.process.referee import GamesReferee
from daemon.replay.hashed_game import GAME, HashedGame, HashedReferee
from daemon.replay.step import SHELL, raise_first, understand
from protocol import messages as m
from protocol.codec import decode, encode
from protocol.packing import packed
from tests import message_samples as samples
from tests import message_strategies as valid

CLIENTS, SEARCHERS = [b"client 1", b"client 2"], [b"searcher 1", b"searcher 2"]
SENDERS = [*CLIENTS, *SEARCHERS, b"stranger"]
SPEC = {"num_moves": 5, "size": 1, "leadless_share": 0.2}
GAME_OF_S = HashedGame.from_spec(SPEC)
RECORDS = [[], *([move] for move in GAME_OF_S.legal([])), [GAME_OF_S.legal([])[0], GAME_OF_S.num_moves]]
LENGTH = 25
"""Messages of one run."""

GIGABYTES = 3 << 30
MEGABYTES = 64 << 20

KINDS: tuple[Any, ...] = get_args(m.Inbound)
SHELLS = m.OF_THE_SHELL
WORK = (m.Select, m.Update, m.PackedUpdate, m.Failed, m.DeviceChanged)
LIFE = (*(kind for kind in KINDS if kind not in WORK and "request" not in kind.__struct_fields__), m.MalformedInput)
ASKED = tuple(kind for kind in KINDS if kind not in WORK and kind not in LIFE)


class AllGames:
    """Judges the games that there are, and the hashed one."""

    def __init__(self) -> None:
        self._games, self._hashed = GamesReferee(), HashedReferee()

    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        """See ``daemon.core.sessions.Referee``."""
        return (self._hashed if game == GAME else self._games).judge(game, spec, record)


REFEREE = AllGames()


@contextmanager
def bounded_memory() -> Iterator[None]:
    """What takes more than some gigabytes more of addresses gets ``MemoryError``. Trees reserve next to none."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    now = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (now + GIGABYTES, before[1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree_memory, "LEAST_RESERVED", MEGABYTES)
        patch.setattr(tree_memory, "MOST_RESERVED", MEGABYTES)
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
    kinds = draw(st.sampled_from([ASKED] * 4 + [WORK] * 5 + [LIFE]))
    kind, sender = draw(st.sampled_from(kinds)), draw(st.sampled_from(SENDERS))
    if draw(_MOSTLY):
        fit = SEARCHERS if kind in WORK else [SHELL] if kind in SHELLS else CLIENTS
        sender = draw(st.sampled_from(fit))
        if kind in WORK and sender in world.core.tickets.live:
            kind = draw(st.sampled_from([m.Update] * 3 + [m.PackedUpdate, m.Failed]))
        elif kind in WORK:
            kind = m.Select
    if kind in (m.Update, m.PackedUpdate):
        number, leaves, num_moves = world.live(sender)
        update = draw(valid.updates(leaves, num_moves, number, draw(st.sampled_from([0, 0, 4]))))
        return sender, update if kind is m.Update else packed(update)
    message = draw(valid.messages((kind,)))
    return sender, msgspec.structs.replace(message, **draw(aimed(world, sender, message))) if draw(_MOSTLY) else message


_MOSTLY = st.sampled_from([True] * 7 + [False])


@st.composite
def aimed(draw: st.DrawFn, world: World, sender: bytes, message: Any) -> dict[str, Any]:
    """Other values for some fields, with which this message is about something that is there."""
    name = draw(st.sampled_from(["s", "s", "s", "go"]))
    found: dict[str, Any] = {"session": name} if hasattr(message, "session") else {}
    match message:
        case m.Failed():
            found["grant"] = world.live(sender)[0]
        case m.Hello():
            found["protocol"] = m.PROTOCOL_VERSION
            found["role"] = "searcher" if sender in SEARCHERS else "client"
        case m.Select():
            found["batch_request"] = msgspec.structs.replace(message.batch_request, leaves=draw(st.integers(1, 9)))
        case m.Play() if (open_now := world.core.sessions.by_name.get(name)) is not None and name == "s":
            found["move"] = draw(st.sampled_from(GAME_OF_S.legal(open_now.record) or [0]))
        case m.Goto():
            found["record"] = draw(st.sampled_from(RECORDS))
        case m.Undo():
            found["count"] = 1
        case m.Open():
            found |= {"share": True, "record": [], "game": GAME, "spec": SPEC}
        case m.Reset():
            found |= draw(st.sampled_from([{"game": GAME, "spec": SPEC, "record": draw(st.sampled_from(RECORDS))}, {}]))
    return found


def live_through(examples: int, draws: int = 0) -> Counter[str]:
    """Send so many runs of messages to cores: how many messages that were, how many refused, and what came of them.

    draws: the seed of what is drawn.
    """
    found: Counter[str] = Counter()

    @seed(draws)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def run(data: st.DataObject) -> None:
        world = World()
        before = world.handled
        for _ in range(LENGTH):
            world.say(*data.draw(said(world)))
        counters = world.core.counters
        found.update(handled=world.handled - before, refused=counters.refused, batches=counters.batches)

    with bounded_memory():
        run()
    return found


def test_valid_messages_are_obeyed_or_refused() -> None:
    found = live_through(examples=100)
    assert found["handled"] >= 2000
    assert found["refused"] < 0.6 * found["handled"]
    assert found["batches"] > found["handled"] / 30, "a few in a hundred are whole batches, whatever is drawn"


@pytest.mark.long
@pytest.mark.timeout(14_400)
def test_a_hundred_thousand_valid_messages_are_obeyed_or_refused() -> None:
    # A hundred at a time, for hypothesis keeps all that it draws: 4,200 runs would fill the memory of the core.
    assert sum(live_through(examples=100, draws=number)["handled"] for number in range(42)) >= 100_000


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
