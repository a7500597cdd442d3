"""A trace that cannot be resumed whole, for another version wrote it say, can be gone on with from its last state."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from daemon.core.checkpoint import CheckpointError, load, save
from daemon.core.checkpoint_upgrade import SCHEMA
from daemon.core.scheduler import Scheduler
from daemon.core.search_tree import NODE_FIELDS, NODES, ROWS
from daemon.replay.hashed_game import HashedReferee
from daemon.replay.replay import from_checkpoint, replay, restore, what_else
from daemon.replay.simulation import _World, simulate
from protocol import messages as m
from protocol.codec import encode
from protocol.errors import TraceError
from protocol.trace import Header, TraceReader, TraceWriter, parts
from protocol.trace_lock import TraceLock
from tests.other_versions import of_another_protocol


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A trace of two parts."""
    path = tmp_path / "trace"
    simulate(3, trace=path)
    restored = restore(path, HashedReferee())
    with TraceWriter.resume(path, restored.end, 1) as writer:
        writer.go_on([bytes(frame) for frame in save(restored.core)], restored.core.digests())
        writer.event(restored.time + 5.0, b"late", encode(m.Heartbeat()), [])
    return path


def test_what_another_version_wrote_is_gone_on_with_from_its_last_state(trace: Path) -> None:
    last = parts(trace)[-1]
    of_another_protocol(last)
    with pytest.raises(TraceError, match="this program speaks"):
        restore(trace, HashedReferee())
    offer = r"--resume-from checkpoint goes on from the beginning of trace\.2, without the \d+ s since"
    assert re.fullmatch(offer, what_else(trace))
    restored = from_checkpoint(trace, HashedReferee())
    restored.core.check_invariants()
    header = msgspec.structs.replace(TraceReader(last).header, protocol=m.PROTOCOL_VERSION)
    with TraceWriter.begin_again(trace, header, save(restored.core), TraceLock(trace)) as writer:
        message = m.Hello(m.PROTOCOL_VERSION, "client", "new", 1)
        answers = restored.core.handle(b"new", message, restored.time)
        writer.event(
            restored.time, b"new", encode(message), [(receiver, encode(answer)) for receiver, answer in answers]
        )
    # the new part stands for itself: what it goes on from is in it
    assert [part.name for part in parts(trace)] == ["trace.4"]
    verdict = replay(trace, HashedReferee())
    assert verdict.same, verdict.difference
    assert verdict.digests == restored.core.digests()
    assert restore(trace, HashedReferee()).core.digests() == restored.core.digests()


def test_a_trace_of_one_part_has_no_state_to_go_on_from(tmp_path: Path) -> None:
    simulate(3, trace=tmp_path / "trace")
    assert "no checkpoint" in what_else(tmp_path / "trace")
    with pytest.raises(TraceError, match=r"there is no checkpoint in .*trace to go on from: it has one part"):
        from_checkpoint(tmp_path / "trace", HashedReferee())


def test_old_parts_are_removed_also_before_a_gap(trace: Path) -> None:
    restored = from_checkpoint(trace, HashedReferee())
    header: Header = TraceReader(parts(trace)[-1]).header
    with TraceWriter.begin_again(trace, header, save(restored.core), TraceLock(trace), 1, keep=2) as writer:
        for _ in range(2):
            writer.go_on(save(restored.core), restored.core.digests())
    assert sorted(path.name for path in trace.parent.iterdir()) == ["trace.5", "trace.6"]


# States as earlier programs wrote them, made by hand.


def state_of(seed: int, in_flight: bool) -> tuple[list[bytes], Scheduler]:
    """The state of a core in the middle of a simulation, and the core."""
    world = _World(seed)
    for _ in range(120):
        world.step()
    while bool(world.master.tickets.live) != in_flight:
        world.step()
    return [bytes(frame) for frame in save(world.master)], world.master


MEANS = [name for name in NODE_FIELDS if name.startswith(("mean_", "weight", "bias_", "own_", "score"))]
MEANS += ["children_weight", "lead_weight", "pattern"]


def of_schema_5(frames: list[bytes]) -> list[bytes]:
    """The same state, as it was written when an entry of the biases was of no one pattern."""
    state: dict[str, Any] = msgspec.msgpack.decode(frames[0])
    state["schema"] = 5
    for session in state["sessions"]:
        del session["patterns"]
    return [msgspec.msgpack.encode(state), *frames[1:]]


def of_schema_2(frames: list[bytes]) -> list[bytes]:
    """The same evaluations, as they were written when sums stood where weighted means are now."""
    state: dict[str, Any] = msgspec.msgpack.decode(frames[0])
    state["schema"] = 2
    for session in state["sessions"]:
        for name in ("center", "center_of", "biases", "patterns"):
            del session[name]
        for name in MEANS:
            del session["tree"][name]
    return [msgspec.msgpack.encode(state), *frames[1:]]


def of_schema_1(frames: list[bytes]) -> list[bytes]:
    """The same state, as it was written when some things had other names."""
    frames = of_schema_2(frames)
    state: dict[str, Any] = msgspec.msgpack.decode(frames[0])
    state["schema"] = 1
    for session in state["sessions"]:
        session["trunk"] = session.pop("cursor_path")
    for peer in state["peers"].values():
        peer["wish"] = peer.pop("batch_size")
    for held in state["waiting"].values():
        wish = held.pop("batch_request")
        held |= {"wish": wish | {"near": wish.pop("shallow")}, "met": held.pop("blocking")}
    return [msgspec.msgpack.encode(state), *frames[1:]]


def of_schema_0(frames: list[bytes]) -> list[bytes]:
    """The same state, as it was written when nothing said its schema."""
    frames = of_schema_1(frames)
    state: dict[str, Any] = msgspec.msgpack.decode(frames[0])
    arrays: list[bytes] = list(frames)

    def read(described: list[Any]) -> Any:
        return np.frombuffer(arrays[described[2]], described[0]).reshape(described[1])

    def change(described: list[Any], dtype: str, length: int | None = None) -> list[Any]:
        array = read(described)[:length].astype(dtype)
        arrays.append(array.tobytes())
        return [array.dtype.str, array.shape, len(arrays) - 1]

    for name in ("schema", "standings", "grants_due", "untidy"):
        del state[name]
    state["live"] = {sender: [grant["grant"]] for sender, grant in state["live"].items()}
    for peer in state["peers"].values():
        del peer["handled"], peer["last_request"]
    for session in state["sessions"]:
        del session["ended"]
        tree = session["tree"]
        leads = read(tree["lead"]).astype(np.float64)
        arrays.append(leads.tobytes())
        tree["lead_sum"] = ["<f8", leads.shape, len(arrays) - 1]
        for name in ("edge_pseudo", "owner"):
            del tree[name]
        tree["used"] = change(tree["used"], "<i8", 3)
        for name in ("visits", "edge_visits", "pseudo", "caused"):
            tree[name] = change(tree[name], "<i4")
    return [msgspec.msgpack.encode(state), *arrays[1:]]


@pytest.mark.parametrize("in_flight", [False, True], ids=["at rest", "with leaves in flight"])
@pytest.mark.parametrize("seed", range(5))
def test_a_state_of_the_oldest_schema_is_understood(seed: int, in_flight: bool) -> None:
    frames, before = state_of(seed, in_flight)
    core = Scheduler(HashedReferee())
    load(core, of_schema_0(frames))
    core.check_invariants()
    assert not core.tickets.live
    assert list(core.peers) == list(before.peers)
    for name, session in before.sessions.by_name.items():
        loaded = core.sessions.by_name[name]
        assert (loaded.record, loaded.visits) == (session.record, session.visits)
        assert loaded.tree.used[[NODES, ROWS]].tolist() == session.tree.used[[NODES, ROWS]].tolist()


def test_a_state_with_other_names_is_the_same_state() -> None:
    frames, _ = state_of(3, True)
    core, same = Scheduler(HashedReferee()), Scheduler(HashedReferee())
    load(core, of_schema_1(frames))
    load(same, of_schema_2(frames))
    assert [bytes(frame) for frame in save(core)] == [bytes(frame) for frame in save(same)]


@pytest.mark.parametrize("seed", range(5))
def test_biases_that_patterns_shared_are_summed_up_anew(seed: int) -> None:
    frames, before = state_of(seed, False)
    core = Scheduler(HashedReferee())
    load(core, of_schema_5(frames))
    core.check_invariants()
    for name, session in before.sessions.by_name.items():
        found, expected = core.sessions.by_name[name].backup_parameters, session.backup_parameters
        assert found.biases.sum(axis=0) == pytest.approx(expected.biases.sum(axis=0), abs=1e-6)
        assert found.center == expected.center


@pytest.mark.parametrize("seed", range(5))
def test_means_are_made_anew_of_the_evaluations_of_an_earlier_program(seed: int) -> None:
    frames, before = state_of(seed, True)
    core = Scheduler(HashedReferee())
    load(core, of_schema_2(frames))
    core.check_invariants()
    for name, session in before.sessions.by_name.items():
        found, expected, used = core.sessions.by_name[name].tree, session.tree, int(session.tree.used[NODES])
        assert (found.visits[:used] == expected.visits[:used]).all()
        assert (found.value[:used] == expected.value[:used]).all()
        # without the net's errors and the corrections of before they are only near
        assert np.abs(found.mean_value[:used] - expected.mean_value[:used]).mean() < 0.2


def test_a_state_of_a_newer_schema_is_refused_plainly() -> None:
    frames, _ = state_of(1, False)
    state = msgspec.msgpack.decode(frames[0]) | {"schema": SCHEMA + 1}
    with pytest.raises(CheckpointError, match=f"a newer program wrote it: schema {SCHEMA + 1}"):
        load(Scheduler(HashedReferee()), [msgspec.msgpack.encode(state), *frames[1:]])
