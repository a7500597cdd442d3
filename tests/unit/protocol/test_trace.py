"""The trace: what was written can be read, up to the last whole record, and damage is named by its byte."""

from __future__ import annotations

import os
import random
import struct
import zlib
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import TraceError
from protocol.records import LARGEST_UNPACKED, RecordWriter
from protocol.trace import FORMAT, MINOR, End, Event, Header, TraceReader, TraceWriter

HEADER = Header(FORMAT, 1, {"zhugo": "0.1.0"}, {"searchers": 2}, {"searcher_lease": 10.0}, 1e9)
RECORDS: list[Event | End] = [
    Event(1.0, b"c", [b"hello"], [(b"c", [b"welcome"])]),
    Event(1.5, b"", [b"tick"], []),
    Event(2.0, b"s\0\xff", [b"update", b"", b"\0" * 100], [(b"s", [b"grant", b"12"]), (b"c", [b"report"])]),
    End({"game 1": "abc"}),
    Event(9.0, b"c", [b"behind the end"], []),
]


def write(path: Path, records: list[Event | End]) -> None:
    with TraceWriter(path, HEADER) as writer:
        for record in records:
            if isinstance(record, End):
                writer.end(record.digests)
            else:
                writer.event(record.time, record.sender, record.inbound, record.outbound)


def read(path: Path) -> tuple[list[Event | End], TraceReader]:
    reader = TraceReader(path)
    return [record for _, record in reader], reader


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace"
    write(path, RECORDS)
    return path


def test_everything_comes_back(trace: Path) -> None:
    records, reader = read(trace)
    assert records == RECORDS
    assert reader.header == HEADER
    assert reader.torn is None
    assert reader.end == trace.stat().st_size


@settings(max_examples=50)
@given(
    st.lists(
        st.builds(
            Event,
            st.floats(0, 1e9),
            st.binary(max_size=5),
            st.lists(st.binary(max_size=50), max_size=4),
            st.lists(st.tuples(st.binary(max_size=5), st.lists(st.binary(max_size=50), max_size=3)), max_size=3),
        ),
        max_size=8,
    )
)
def test_any_events_come_back(tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> None:
    path = tmp_path_factory.mktemp("trace") / "trace"
    write(path, list(events))
    assert read(path)[0] == events


def test_a_trace_cut_at_any_byte_gives_its_whole_records(trace: Path) -> None:
    data = trace.read_bytes()
    ends = [*[offset for offset, _ in TraceReader(trace)][1:], len(data)]
    first = TraceReader(trace).end
    for size in range(len(data)):
        trace.write_bytes(data[:size])
        if size < first:
            with pytest.raises(TraceError, match=r"byte \d+"):
                TraceReader(trace)
            continue
        records, reader = read(trace)
        whole = sum(end <= size for end in ends)
        assert records == RECORDS[:whole]
        assert reader.end == max([first, *(end for end in ends if end <= size)])
        assert reader.torn == (None if size == reader.end else reader.end)


def test_a_flipped_bit_is_found_and_its_place_named(trace: Path) -> None:
    data = trace.read_bytes()
    for byte in range(len(data)):
        damaged = bytearray(data)
        damaged[byte] ^= 1 << byte % 8
        trace.write_bytes(damaged)
        with pytest.raises(TraceError) as caught:
            read(trace)
        named = int(str(caught.value).split("byte ")[1].split(":")[0].rstrip(")"))
        assert named <= byte < named + 400


def test_a_resumed_trace_goes_on_behind_the_last_whole_record(trace: Path) -> None:
    whole = TraceReader(trace)
    *_, (last, _) = whole
    os.truncate(trace, whole.end - 1)
    with TraceWriter.resume(trace, last) as writer:
        writer.event(10.0, b"n", [b"new"], [])
    records, reader = read(trace)
    assert records == [*RECORDS[:-1], Event(10.0, b"n", [b"new"], [])]
    assert reader.torn is None


def test_every_event_is_in_the_file_before_the_next(tmp_path: Path) -> None:
    with TraceWriter(tmp_path / "trace", HEADER) as writer:
        for count in range(1, 4):
            writer.event(float(count), b"c", [b"x"], [])
            assert len(read(tmp_path / "trace")[0]) == count


def test_only_its_user_may_read_a_trace(trace: Path) -> None:
    assert trace.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"zhugo", b"(;GM[1])", b"\0" * 100])
def test_another_file_is_no_trace(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "game.sgf"
    path.write_bytes(content)
    with pytest.raises(TraceError, match=r"game\.sgf is no trace"):
        TraceReader(path)


def test_a_trace_of_another_format_says_so(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    TraceWriter(path, Header(FORMAT + 1, 1, {}, {}, {}, 0.0)).close()
    with pytest.raises(TraceError, match=f"format {FORMAT + 1}"):
        TraceReader(path)


def test_a_trace_of_a_newer_minor_format_is_read_without_what_is_not_known_here(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    fields = list(msgspec.structs.astuple(HEADER))
    fields[Header.__struct_fields__.index("minor")] = MINOR + 1
    header = msgspec.msgpack.encode(["header", *fields, "more of a header"])
    writer = RecordWriter(path, header)
    for record in (
        ["event", 1.0, b"c", [b"hello"], [], None, "more of an event"],
        ["weather", "rain"],
        ["end", {"game": "abc"}],
    ):
        writer.append(msgspec.msgpack.encode(record))
    writer.close()
    records, reader = read(path)
    assert records == [Event(1.0, b"c", [b"hello"], []), End({"game": "abc"})]
    assert reader.header.minor == MINOR + 1


def test_a_record_that_nobody_knows_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    writer = RecordWriter(path, msgspec.msgpack.encode(HEADER))
    end = writer.size
    writer.append(msgspec.msgpack.encode(["weather", "rain"]))
    writer.close()
    with pytest.raises(TraceError, match=f"unknown record at byte {end}"):
        read(path)


def test_a_long_trace_is_packed_in_streams_that_can_be_read_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("protocol.records.STREAM_BYTES", 300)
    path = tmp_path / "trace"
    events = [Event(float(number), b"c", [bytes([number]) * 50], []) for number in range(40)]
    write(path, list(events))
    reader = TraceReader(path)
    found = [(byte, reader.stream, record) for byte, record in reader]
    streams = sorted({stream for _, stream, _ in found})
    assert len(streams) > 5
    for stream in reversed(streams):
        byte, record = next(reader.since(stream))
        assert (byte, stream, record) in found
        assert byte == stream


def test_alike_records_are_packed_well(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    data = random.Random(1).randbytes(300)
    write(path, [Event(float(number), b"c", [data], [(b"c", [data])]) for number in range(100)])
    assert path.stat().st_size < 100 * 80


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="No such file"):
        TraceReader(tmp_path / "missing")
    with pytest.raises(TraceError, match="Is a directory"):
        TraceReader(tmp_path)
    with pytest.raises(TraceError, match="No such file"):
        TraceWriter(tmp_path / "missing" / "trace", HEADER)
    with pytest.raises(TraceError, match="No space left"), TraceWriter(Path("/dev/full"), HEADER):
        pass


def raw_record(payload: bytes) -> bytes:
    """A record as it stands in a file, its checksums right whatever it holds."""
    length = struct.pack("<I", len(payload))
    return length + struct.pack("<II", zlib.crc32(length), zlib.crc32(payload)) + payload


def bomb(size: int) -> bytes:
    """An event whose one frame has so many bytes, all alike, packed to next to nothing."""
    packer = zstandard.ZstdCompressor(1).compressobj()
    head = msgspec.msgpack.encode(("event", 1.0, b"c", [], []))
    assert head.endswith(b"\x90\x90")
    parts = [packer.compress(head[:-2] + b"\x91\xc6" + struct.pack(">I", size))]
    for begin in range(0, size, 1 << 20):
        parts.append(packer.compress(bytes(min(1 << 20, size - begin))))
    return b"\x01" + b"".join(parts) + packer.compress(b"\x90") + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


BOMBS = {
    "one record": [bomb(LARGEST_UNPACKED + (1 << 20))],
    "many records": [bomb(16 << 20)] * (LARGEST_UNPACKED // (16 << 20) + 1),
}


@pytest.mark.parametrize("records", BOMBS.values(), ids=BOMBS.keys())
def test_a_small_file_that_unpacks_without_end_is_damaged(trace: Path, records: list[bytes]) -> None:
    """One of 132 kB gave ``zhugo trace info`` nothing to say in 25 s."""
    with trace.open("ab") as file:
        file.write(b"".join(map(raw_record, records)))
    assert trace.stat().st_size < 500_000
    with pytest.raises(TraceError, match=r"is damaged at byte \d+: it unpacks to more than a record holds"):
        for _ in TraceReader(trace):
            pass


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x04" + zstandard.ZstdCompressor(1).compress(bytes(1 << 28))],
        [b"\x03" + zstandard.ZstdCompressor(1).compress(bytes(8 << 20))] * 40,
    ],
    ids=["a piece", "pieces"],
)
def test_a_state_that_unpacks_without_end_is_damaged(trace: Path, payloads: list[bytes]) -> None:
    writer = RecordWriter(trace, msgspec.msgpack.encode(HEADER))
    writer.close()
    with trace.open("ab") as file:
        file.write(b"".join(map(raw_record, payloads)))
    with pytest.raises(TraceError, match=r"is damaged at byte \d+: it unpacks to more than a"):
        TraceReader(trace).state()


def test_records_that_are_all_alike_are_no_damage(tmp_path: Path) -> None:
    record = Event(1.0, b"c", [b"x" * 50_000], [(b"c", [bytes(50_000)])] * 10)
    write(tmp_path / "trace", [record] * 200)
    assert read(tmp_path / "trace")[0] == [record] * 200


def test_a_header_that_is_nested_without_end_is_none(tmp_path: Path) -> None:
    RecordWriter(tmp_path / "trace", b"\x91" * 100_000).close()
    with pytest.raises(TraceError, match="has no header"):
        TraceReader(tmp_path / "trace")
