"""A trace that goes on in further files: each stands alone, all are one, and a death at any byte costs nothing."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict
from pathlib import Path

import msgspec
import pytest

from daemon.core.checkpoint import load, save
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import HashedReferee
from daemon.replay.replay import replay, restore
from daemon.replay.simulation import CONFIG, _World
from protocol import messages as m
from protocol.codec import encode
from protocol.errors import TraceError
from protocol.next_part import NextPart
from protocol.trace import (
    FORMAT,
    OLDEST_FORMAT,
    End,
    Event,
    Header,
    TraceReader,
    TraceWriter,
    parts,
    read_parts,
    write_beginning,
)

PART = 5_000
HEADER = Header(FORMAT, m.PROTOCOL_VERSION, {}, {}, asdict(CONFIG), 1.0)


def record(path: Path, keep: int | None = None, seed: int = 5, steps: int = 600, end: bool = True) -> Scheduler:
    """Write the trace of a simulated run in small parts."""
    world = _World(seed)
    with TraceWriter(path, HEADER, PART, keep) as writer:
        world.trace = writer
        for _ in range(steps):
            if not world.step():
                break
            if writer.is_full:
                writer.go_on(save(world.master), world.master.digests())
        if end:
            writer.end(world.master.digests())
    return world.master


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scheduler]:
    path = tmp_path_factory.mktemp("parts") / "trace"
    return path, record(path)


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def test_a_full_part_is_followed_by_the_next(recorded: tuple[Path, Scheduler]) -> None:
    path, core = recorded
    files = parts(path)
    assert len(files) >= 4
    assert [file.name for file in files] == ["trace", *(f"trace.{number}" for number in range(2, len(files) + 1))]
    assert [TraceReader(file).header.part for file in files] == list(range(1, len(files) + 1))
    assert all(isinstance(next(iter(TraceReader(file)))[1], End) for file in files[1:])
    verdict = replay(path, HashedReferee())
    assert verdict.same, verdict.difference
    assert (verdict.ends, verdict.digests) == (len(files), core.digests())


def test_each_part_replays_by_itself_to_the_same_end(recorded: tuple[Path, Scheduler], tmp_path: Path) -> None:
    path, core = recorded
    for file in parts(path):
        alone = tmp_path / "alone"
        shutil.copy(file, alone)
        verdict = replay(alone, HashedReferee())
        assert verdict.same, verdict.difference
    assert verdict.digests == core.digests()
    assert restore(path, HashedReferee()).core.digests() == core.digests()


@pytest.mark.parametrize("keep", [1, 2])
def test_only_the_newest_parts_are_kept(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "trace"
    core = record(path, keep)
    assert len(names(path)) == keep
    assert replay(path, HashedReferee()).digests == core.digests()


def test_a_part_holds_no_less_of_events_than_of_state(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    with TraceWriter(path, HEADER, 1_000) as writer:
        writer.event(1.0, b"c", [bytes(range(250)) * 8], [])
        writer.go_on([b"head", bytes(i * i % 251 for i in range(9_000))], {})
        state = (tmp_path / "trace.2").stat().st_size
        while not writer.is_full:
            writer.event(1.0, b"c", [b"x"], [])
        assert (tmp_path / "trace.2").stat().st_size >= 2 * state


def test_a_death_at_any_byte_between_two_parts_loses_nothing(recorded: tuple[Path, Scheduler], tmp_path: Path) -> None:
    """Between the last event of a part and the first of the next: the state is being written, or just was."""
    files = parts(recorded[0])
    for file in files[:2]:
        shutil.copy(file, tmp_path)
    reader = TraceReader(files[1])
    first = next(iter(reader))[0]
    whole, before = files[1].read_bytes(), replay(tmp_path / "trace", HashedReferee())
    (tmp_path / "trace.2").unlink()
    expected = restore(tmp_path / "trace", HashedReferee()).core.digests()
    for size in range(0, first, 97):
        (tmp_path / "trace.2.unfinished").write_bytes(whole[:size])
        assert restore(tmp_path / "trace", HashedReferee()).core.digests() == expected
    (tmp_path / "trace.2").write_bytes(whole[:first])
    assert restore(tmp_path / "trace", HashedReferee()).core.digests() == expected
    assert before.same


def branched(path: Path, steps: int = 400, after: int = 150, late: int = 50) -> tuple[Scheduler, NextPart]:
    """A run whose second part branches off ``after`` events, is written as it was then, and is done ``late`` ones
    later."""
    world = _World(5)
    with TraceWriter(path, HEADER) as writer:
        world.trace = writer
        for step in range(steps):
            assert world.step()
            if step == after:
                part, core = writer.branch(), Scheduler(HashedReferee(), world.master.config)
                load(core, [bytes(frame) for frame in save(world.master)])
            if step == after + late // 2:
                written = write_beginning(part, save(core), core.digests())
            if step == after + late:
                writer.go_on_in(part, written)
        writer.end(world.master.digests())
    return world.master, part


def test_events_go_on_while_the_next_part_is_written(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    core, _ = branched(path)
    first, second = parts(path)
    verdict = replay(path, HashedReferee())
    assert verdict.same, verdict.difference
    assert (verdict.ends, verdict.torn, verdict.digests) == (2, None, core.digests())
    alone = tmp_path / "alone"
    for file in (first, second):
        shutil.copy(file, alone)
        assert replay(alone, HashedReferee()).same
    after = TraceReader(second).header.after
    assert after is not None
    both = {byte for byte, _ in TraceReader(first) if byte >= after}
    assert len(both) > 20, "what came meanwhile stands in both"
    assert [byte for byte, _ in read_parts(path)[0]] == [byte for byte, _ in TraceReader(first) if byte not in both]


def test_a_death_while_the_next_part_is_written_loses_nothing(tmp_path: Path) -> None:
    """At any moment: the state half written, some of what came since copied, all of it, the name not given."""
    path, dead = tmp_path / "trace", tmp_path / "dead" / "trace"
    branched(path)
    first, second = (file.read_bytes() for file in parts(path))
    after = TraceReader(tmp_path / "trace.2").header.after
    assert after is not None
    own = next(byte for byte, record in TraceReader(tmp_path / "trace.2") if isinstance(record, Event))
    dead.parent.mkdir()
    for size in (0, own // 2, own, own + (len(first) - after) // 2, own + len(first) - after):
        dead.write_bytes(first)
        dead.with_name("trace.2.unfinished").write_bytes(second[:size])
        expected = replay(dead, HashedReferee())
        assert expected.same
        restored = restore(dead, HashedReferee())
        assert restored.core.digests() == expected.digests
        with TraceWriter.resume(dead, restored.end, PART) as writer:
            assert names(dead) == ["trace"], "what is left of it is removed"
            writer.go_on(save(restored.core), restored.core.digests())
        assert replay(dead, HashedReferee()).digests == expected.digests
        for file in parts(dead):
            file.unlink()


def test_a_part_that_cannot_be_written_leaves_the_trace_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    with TraceWriter(path, HEADER, 1_000) as writer:
        writer.event(1.0, b"c", [bytes(range(250)) * 8], [])
        part = writer.branch()
        written = write_beginning(part, [b"state"], {})
        part.discard()
        with pytest.raises(TraceError, match="No such file"):
            writer.go_on_in(part, written)
        writer.put_off()
        assert not writer.is_full
        writer.event(2.0, b"c", [b"x"], [])
    assert names(path) == ["trace"]
    assert [record.time for _, record in TraceReader(path) if isinstance(record, Event)] == [1.0, 2.0]


def test_an_older_trace_is_read(tmp_path: Path) -> None:
    """Its parts end where the next ones begin."""
    path = tmp_path / "trace"
    with TraceWriter(path, msgspec.structs.replace(HEADER, format=OLDEST_FORMAT)) as writer:
        writer.event(1.0, b"c", [b"x"], [])
    assert len(list(TraceReader(path))) == 1
    assert read_parts(path)[0].header.after is None


def test_a_resumed_trace_goes_on_in_its_last_part(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    record(path, steps=150, end=False)
    count = len(parts(path))
    restored = restore(path, HashedReferee())
    with TraceWriter.resume(path, restored.end, PART) as writer:
        hello = m.Hello(m.PROTOCOL_VERSION, "client", "late", 1)
        answers = restored.core.handle(b"late", hello, restored.time)
        writer.event(restored.time, b"late", encode(hello), [(who, encode(answer)) for who, answer in answers])
        writer.go_on(save(restored.core), restored.core.digests())
    assert len(parts(path)) == count + 1
    verdict = replay(path, HashedReferee())
    assert verdict.same, verdict.difference
    assert restore(path, HashedReferee()).time == restored.time


def test_a_part_that_is_resumed_again_and_again_is_full_in_the_end(tmp_path: Path) -> None:
    """A daemon that was killed every five minutes replayed all that had ever happened, a minute long."""
    path = tmp_path / "trace"
    with TraceWriter(path, HEADER, PART):
        pass
    for life in range(40):
        with TraceWriter.resume(path, path.stat().st_size, PART) as writer:
            assert writer.is_full == (path.stat().st_size >= PART)
            writer.event(float(life), b"a", [os.urandom(PART // 20)], [])
    assert path.stat().st_size > PART


def test_a_new_trace_takes_the_place_of_all_parts_of_an_old_one_and_of_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    record(path)
    for name in ("trace.bak", "trace.777", "trace.2.sgf"):
        (tmp_path / name).write_text("mine")
    TraceWriter(path, HEADER).close()
    assert names(path) == ["trace", "trace.2.sgf", "trace.777", "trace.bak"]
    assert parts(path) == [path]


def test_parts_behind_a_gap_are_the_trace(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    core = record(path)
    files = parts(path)
    files[1].unlink()
    assert parts(path) == files[2:]
    path.unlink()
    assert replay(path, HashedReferee()).digests == core.digests()


def test_parts_of_another_trace_are_not_mixed_in(tmp_path: Path) -> None:
    for name, started in (("a", 1.0), ("b", 2.0)):
        (tmp_path / name).mkdir()
        with TraceWriter(tmp_path / name / "trace", msgspec.structs.replace(HEADER, started=started)) as writer:
            writer.go_on([b"state"], {})
    shutil.copy(tmp_path / "a" / "trace.2", tmp_path / "b" / "trace.2")
    assert parts(tmp_path / "b" / "trace") == [tmp_path / "b" / "trace"]


def test_a_part_whose_state_was_cut_says_so(recorded: tuple[Path, Scheduler], tmp_path: Path) -> None:
    file = parts(recorded[0])[1]
    cut = tmp_path / "cut"
    cut.write_bytes(file.read_bytes()[: next(iter(TraceReader(file)))[0] - 10])
    with pytest.raises(TraceError, match="cut does not begin with a whole state"):
        replay(cut, HashedReferee())
