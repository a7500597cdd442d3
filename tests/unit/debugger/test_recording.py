"""A recording is read when it is wanted, little of it is held, and its parts are one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from daemon.core.checkpoint import save
from daemon.replay.hashed_game import HashedReferee
from protocol import records
from protocol.trace import End, TraceReader, TraceWriter, parts
from tests.unit.debugger.recorded import CLIENT, Daemon, record
from zhugo.debugger.reading import entries
from zhugo.debugger.reading import seekable_core as seekable
from zhugo.debugger.reading.labels import People
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.seekable_core import SeekableCore


@pytest.fixture
def of_many_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(records, "STREAM_BYTES", 1_000)
    path = tmp_path / "streams"
    record(path)
    return path


@pytest.fixture
def of_three_parts(tmp_path: Path) -> Path:
    """A search whose trace went on in other files on its way."""
    path = tmp_path / "parts"
    daemon = Daemon(path)
    say, said = daemon.say, 0

    def say_and_go_on(*message: object) -> list[tuple[bytes, object]]:
        nonlocal said
        heard = say(*message)  # type: ignore[arg-type]
        said += 1
        if said in (12, 24):
            daemon.writer.go_on(save(daemon.core), daemon.core.digests())
        return heard  # type: ignore[return-value]

    daemon.say = say_and_go_on  # type: ignore[assignment,method-assign]
    daemon.search(60)
    daemon.end()
    assert len(parts(path)) == 3
    return path


def test_any_entry_can_be_had_in_any_order(of_many_streams: Path) -> None:
    recording = Recording.load(of_many_streams)
    found = list(recording.entries)
    assert [(entry.byte, entry.record) for entry in found] == list(TraceReader(of_many_streams))
    assert [entry.number for entry in found] == list(range(1, len(recording.entries) + 1))
    places = list(range(-len(found), len(found)))
    random.Random(1).shuffle(places)
    assert all(recording.entries[place] == found[place] for place in places)
    assert recording.entries[3:9:2] == found[3:9:2]
    with pytest.raises(IndexError):
        recording.entries[len(found)]


def test_only_the_streams_that_were_wanted_last_are_held(of_many_streams: Path) -> None:
    recording = Recording.load(of_many_streams)
    held = recording.entries._held  # type: ignore[attr-defined]
    assert len(recording.entries._streams) > 2 * entries.KEPT  # type: ignore[attr-defined]
    for _ in recording.entries:
        assert len(held) <= entries.KEPT


def test_parts_are_one_recording(of_three_parts: Path, trace: Path) -> None:
    """The same search in one file and in three: the same events but for the ends of the parts."""
    whole, chain = Recording.load(trace), Recording.load(of_three_parts)
    events = [entry.record for entry in chain.entries if not isinstance(entry.record, End)]
    assert events == [entry.record for entry in whole.entries if not isinstance(entry.record, End)]
    assert [entry.file for entry in chain.entries if isinstance(entry.record, End)] == ["parts.2", "parts.3", "parts.3"]
    seekable = SeekableCore(chain, HashedReferee())
    for _ in seekable.run():
        assert seekable.difference is None
    assert [chain.seconds(entry) for entry in chain.entries][-1] == pytest.approx(whole.times[-1] - whole.times[0])


@pytest.mark.parametrize("number", [2, 3])
def test_a_later_part_stands_alone_and_knows_who_came_before(of_three_parts: Path, number: int) -> None:
    chain = Recording.load(of_three_parts)
    alone = Recording.load(of_three_parts.with_name(f"parts.{number}"))
    whole, part = SeekableCore(chain, HashedReferee()), SeekableCore(alone, HashedReferee(), goes_back=True)
    part.go_to(len(alone.entries))
    whole.go_to(next(entry.number for entry in chain.entries if entry.record == alone.entries[-1].record))
    assert part.difference is None
    assert part.core.digests() == whole.core.digests()
    assert People(alone).searchers == People(chain).searchers != []
    assert People(alone)[CLIENT] == "a client"
    part.go_to(1)
    assert part.core.digests() != whole.core.digests()


def test_damage_in_one_part_ends_the_recording_there(of_three_parts: Path) -> None:
    second = of_three_parts.with_name("parts.2")
    byte = list(TraceReader(second))[4][0]
    second.write_bytes(second.read_bytes()[: byte + 7])
    recording = Recording.load(of_three_parts)
    assert recording.torn is None
    assert f"{second} is damaged at byte {byte}" in str(recording.damage)
    assert recording.entries[-1].file == "parts.2"


@pytest.mark.parametrize("most", [1 << 28, 20_000])
def test_who_hurries_or_keeps_few_copies_comes_to_the_same_moments(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    slow = SeekableCore(recording, HashedReferee())
    digests, tree_events = [slow.core.digests()], [0]
    for _ in slow.run():
        digests.append(slow.core.digests())
        tree_events.append(len(slow.tree_events))
    monkeypatch.setattr(seekable, "LONG_SKIP", 2)
    monkeypatch.setattr(seekable, "SNAPSHOT_BYTES", most)
    quick = SeekableCore(recording, HashedReferee(), goes_back=True)
    for number in (15, 3, 30, 29, 11, len(recording.entries), 1, 20):
        quick.go_to(number)
        assert (quick.at, quick.core.digests(), len(quick.tree_events)) == (
            number,
            digests[number],
            tree_events[number],
        )
        assert quick.difference is None


def test_without_telling_it_is_the_same_core(recording: Recording) -> None:
    listening, silent = (
        SeekableCore(recording, HashedReferee()),
        SeekableCore(recording, HashedReferee(), listens=False),
    )
    for _ in zip(listening.run(), silent.run(), strict=True):
        assert listening.core.digests() == silent.core.digests()
        assert silent.tree_events == []
    assert silent.difference is None


def test_an_empty_trace_is_an_empty_recording(trace: Path) -> None:
    TraceWriter(trace, TraceReader(trace).header).close()
    recording = Recording.load(trace)
    assert (len(recording.entries), list(recording.entries), list(recording.times)) == (0, [], [])
