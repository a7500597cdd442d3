"""A core that was written down and made again goes on as if nothing had been."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pytest

from daemon.core import session_state
from daemon.core.backup_parameters import BackupParameters
from daemon.core.checkpoint import CheckpointError, Frames, load, peers, save
from daemon.core.client_requests import ClientRequests
from daemon.core.containment import Containment
from daemon.core.many_trees import TreeRow
from daemon.core.peer_registry import PeerRegistry
from daemon.core.scheduler import Scheduler
from daemon.core.search_tree import NODES, Tree
from daemon.core.searcher_work import SearcherWork
from daemon.core.tree_events import TreeEvent
from daemon.core.tree_memory import TreeMemory, lengths_in_use
from daemon.replay.hashed_game import HashedReferee
from daemon.replay.simulation import _World
from protocol import messages as m

SEEDS = range(12)
STEPS = 150


def again(core: Scheduler) -> Scheduler:
    """Another core, made of what this one says of itself."""
    frames = [bytes(frame) for frame in save(core)]
    made = Scheduler(core.sessions.referee, core.config)
    load(made, frames)
    return made


def lived(seed: int, every: int | None) -> tuple[list[Any], dict[str, str]]:
    """All answers of a simulated run, and the digests at its end; ``every`` so many events its core is replaced."""
    world, answers = _World(seed), []
    deliver = world.deliver

    def listen(sender: bytes, message: m.AnyMessage) -> None:
        handle = world.master.handle

        def heard(*told: Any) -> list[tuple[bytes, m.Outbound]]:
            answer = handle(*told)
            answers.append(repr(answer))
            return answer

        world.master.handle = heard  # type: ignore[method-assign]
        deliver(sender, message)
        del world.master.handle
        if every is not None and len(answers) % every == 0:
            world.master = again(world.master)

    world.deliver = listen  # type: ignore[method-assign]
    world.run(STEPS)
    return answers, world.master.digests()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_core_that_is_replaced_on_its_way_says_and_ends_the_same(seed: int) -> None:
    assert lived(seed, every=7) == lived(seed, every=None)


def state(of: Any) -> Any:
    """Everything that an object holds, as plain values; of trees what is in use, of functions nothing."""
    match of:
        case Containment():
            return None  # it is about one event
        case Tree():
            return {name: getattr(of, name)[:length].tobytes() for name, length in lengths_in_use(of).items()}
        case BackupParameters():
            return state(
                [of.center, of.center_of, of.patterns, of.biases, of.utility]
            )  # the rest follows from the settings
        case TreeMemory() | TreeRow():
            return None  # where the arrays lie, that is
        case ClientRequests() | SearcherWork():
            return None  # they hold what others do
        case PeerRegistry():
            return state(of.peers)
        case np.ndarray():
            return of.dtype.str, of.tolist()
        case np.random.Generator():
            return of.bit_generator.state
        case dict():
            return [(key, state(value)) for key, value in of.items()]
        case deque():
            return of.maxlen, [state(value) for value in of]
        case list() | tuple():
            return [state(value) for value in of]
        case _ if callable(of) or isinstance(of, HashedReferee):
            return None
        case _ if type(of).__module__.startswith("daemon.") and hasattr(of, "__dict__"):
            others = {"answers", "_sessions"}  # which are of the core and not of this part of it
            return {name: state(value) for name, value in vars(of).items() if name not in others}
    return of


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_a_core_holds_is_forgotten(seed: int) -> None:
    world = _World(seed)
    for step in range(STEPS):
        if not world.step():
            break
        if step % 10 == 0:
            made = again(world.master)
            assert state(made) == state(world.master)
            made.check_invariants()
            assert made.tickets.counters is made.counters


def frames_of(seed: int) -> list[bytes]:
    world = _World(seed)
    while not world.master.tickets.live:
        world.step()
    return [bytes(frame) for frame in save(world.master)]


def test_a_core_that_tells_what_happens_can_take_over() -> None:
    tree_events: list[TreeEvent] = []
    core = Scheduler(HashedReferee(), Scheduler(HashedReferee()).config, tree_events.append)
    load(core, frames_of(1))
    searcher, grant = next(iter(core.tickets.live.items()))
    core.handle(searcher, m.Failed(grant.grant, "the device fell over"), 1e3)
    assert [tree_event.what for tree_event in tree_events].count("released") == grant.leaves


def test_who_had_said_hello_can_be_read_without_the_trees() -> None:
    frames = frames_of(1)
    made = Scheduler(HashedReferee())
    load(made, frames)
    assert list(peers(frames[:1])) == list(made.peers) != []


@pytest.mark.parametrize(
    "frames",
    [[], [b""], [b"\x93"], frames_of(1)[:2], [frames_of(1)[0], *[b"\0"] * 99]],
    ids=["none", "empty", "cut", "arrays missing", "other arrays"],
)
def test_what_is_no_state_is_refused(frames: Frames) -> None:
    with pytest.raises(CheckpointError):
        load(Scheduler(HashedReferee()), frames)


@pytest.mark.parametrize("change", ["an array less", "another type", "shorter", "no nodes"])
def test_a_tree_of_another_program_is_refused(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(1)
    while not world.master.tickets.live:
        world.step()

    def changed(tree: Tree) -> dict[str, int]:
        lengths = lengths_in_use(tree)
        match change:
            case "an array less":
                del lengths["owner"]
            case "shorter":
                lengths["visits"] -= 1
        return lengths

    for session in world.master.sessions.by_name.values():
        if change == "another type":
            session.tree = session.tree._replace(visits=session.tree.visits.astype(np.int32))
        if change == "no nodes":
            session.tree.used[NODES] = 0
    monkeypatch.setattr(session_state, "lengths_in_use", changed)
    frames = [bytes(frame) for frame in save(world.master)]
    with pytest.raises(CheckpointError, match="tree"):
        load(Scheduler(HashedReferee()), frames)
