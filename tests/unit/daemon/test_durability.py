"""What a power cut leaves of a trace, and what a daemon does with that."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.process.journal import Journal
from daemon.process.master import Master
from daemon.process.options import Options
from daemon.process.referee import GamesReferee
from daemon.process.syncing import Syncing
from daemon.replay.hashed_game import HashedReferee
from daemon.replay.replay import restore
from daemon.replay.verify import verify
from protocol import records
from protocol.client import Client
from protocol.errors import TraceError
from protocol.trace import TraceReader, TraceWriter, parts
from tests.daemons import PATIENCE, eventually
from tests.unit.daemon.test_trace_parts import HEADER, record

SECTOR = 512


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last part of a trace whose daemon had no time to end."""
    path = tmp_path_factory.mktemp("cut") / "trace"
    record(path, steps=400, end=False)
    return path


def _whole(path: Path) -> list[int]:
    """Bytes behind which a record ends."""
    reader = TraceReader(path)
    ends = []
    for _ in reader:
        ends.append(reader.end)
    return ends


def _last_second(path: Path) -> int:
    """The byte where its last second begins."""
    found = [(byte, record.time) for byte, record in TraceReader(path) if hasattr(record, "time")]
    return next(byte for byte, time in found if time > found[-1][1] - 1.0)


def _tails(data: bytes, cut: int) -> dict[str, bytes]:
    """What may stand behind byte ``cut`` if up to there all was on the disk."""
    rng = random.Random(cut)
    sector = (cut // SECTOR + 1) * SECTOR
    hole = data[:cut] + bytes(min(sector, len(data)) - cut)
    return {
        "nothing": data[:cut],
        "zeros": data[:cut] + bytes(len(data) - cut),
        "garbage": data[:cut] + rng.randbytes(len(data) - cut),
        "a hole": hole + bytes(max(0, min(SECTOR, len(data) - len(hole)))) + data[len(hole) + SECTOR :],
    }


def test_a_cut_at_every_byte_of_the_last_second_leaves_all_before_it(trace: Path, tmp_path: Path) -> None:
    last = parts(trace)[-1]
    data, ends = last.read_bytes(), _whole(last)
    assert ends[-1] == len(data)
    begin, left = max(_last_second(last), len(data) - 2 * SECTOR), tmp_path / "left"
    for cut in range(begin, len(data)):
        kept = max(end for end in ends if end <= cut)
        for kind, file in _tails(data, cut).items():
            left.write_bytes(file)
            reader = TraceReader(left, forgiving=True)
            for _ in reader:
                pass
            assert reader.end in (kept, len(data) if file == data else kept), (cut, kind)
            assert (reader.torn is None) == (reader.end == len(file)), (cut, kind)


@pytest.mark.parametrize("stride", [97, pytest.param(1, marks=pytest.mark.long)])
def test_a_daemon_goes_on_from_any_cut(trace: Path, tmp_path: Path, stride: int) -> None:
    last = parts(trace)[-1]
    data, ends = last.read_bytes(), _whole(last)
    for cut in range(_last_second(last), len(data), stride):
        for file in _tails(data, cut).values():
            left = tmp_path / "left"
            left.write_bytes(file)
            restored = restore(left, HashedReferee())
            assert restored.end == max(end for end in ends if end <= cut)
            with TraceWriter.resume(left, restored.end) as writer:
                writer.end(restored.core.digests())
            found = verify(left, lambda _: HashedReferee())
            assert found.is_good, found.problem


def test_a_bit_that_turned_in_the_middle_is_no_end(trace: Path, tmp_path: Path) -> None:
    last = parts(trace)[-1]
    data, ends = bytearray(last.read_bytes()), _whole(last)
    left = tmp_path / "left"
    data[ends[len(ends) // 2] + 20] ^= 1
    left.write_bytes(data)
    with pytest.raises(TraceError, match=f"is damaged at byte {ends[len(ends) // 2]}"):
        restore(left, HashedReferee())


def test_verify_says_how_far_a_trace_is_good(trace: Path, tmp_path: Path) -> None:
    found = verify(trace, lambda _: HashedReferee())
    assert found.is_good
    assert [part.good for part in found.parts] == [part.bytes for part in found.parts] or len(found.parts) > 1
    assert found.digests == len(found.parts) - 1
    last = parts(trace)[-1]
    data, ends = last.read_bytes(), _whole(last)
    left = tmp_path / "left"
    left.write_bytes(data[: ends[-1] - 3])
    found = verify(left, lambda _: HashedReferee())
    assert found.is_good
    assert (found.parts[0].good, found.parts[0].torn) == (ends[-2], ends[-1] - 3 - ends[-2])
    left.write_bytes(data[: ends[-2]] + bytes(700))
    found = verify(left, lambda _: HashedReferee())
    assert found.parts[0].good == ends[-2]
    assert found.problem.endswith("a power cut leaves such an end, and --resume goes on before it")


def test_verify_tells_answers_that_do_not_come_out_again(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with TraceWriter(path, HEADER) as writer:
        writer.event(1.0, b"x", [b"\xc1"], [(b"x", [b"\xc0"])])
        good = path.stat().st_size
    found = verify(path, lambda _: HashedReferee())
    assert not found.is_good
    assert "does not replay from byte" in found.problem
    assert found.parts[0].good < good


class _Signals:
    """None ever comes, until the test ends the daemon."""

    def __init__(self) -> None:
        self.times = 0
        self._in, self._out = socket.socketpair()

    descriptor = property(lambda self: self._out.fileno())
    came = property(lambda self: self.times > 0)

    def take_reload(self) -> bool:
        return False

    def drain(self) -> None:
        """Nothing comes."""

    def end(self) -> None:
        self.times = 1
        self._in.send(b"x")

    def close(self) -> None:
        self._in.close()
        self._out.close()


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How large files were when they were on the disk."""
    sizes: list[int] = []
    fdatasync = os.fdatasync

    def note(fd: int) -> None:
        size = os.fstat(fd).st_size
        fdatasync(fd)
        sizes.append(size)

    monkeypatch.setattr(records.os, "fdatasync", note)
    return sizes


@pytest.fixture
def client(tmp_path: Path, synced: list[int]) -> Iterator[Client]:  # noqa: ARG001 - before the first sync
    """Of a master without searchers, in a thread of this process, that syncs always."""
    signals = _Signals()
    options = Options((f"ipc://{tmp_path / 'd'}",), 0, trace=tmp_path / "t", fsync="always")
    with Master(options, signals) as master:  # type: ignore[arg-type]
        core = Scheduler(GamesReferee(), Config.of(HEADER.config))
        master.adopt(core, TraceWriter(tmp_path / "t", HEADER), None)
        thread = threading.Thread(target=master.run)
        thread.start()
        with Client.connect(options.addresses[0], timeout=PATIENCE) as connected:
            yield connected
        signals.end()
        thread.join()
    signals.close()


def test_what_a_client_was_told_was_on_the_disk_before(client: Client, synced: list[int], tmp_path: Path) -> None:
    session = client.open("game", "go", {"size": 9})
    on_disk = []
    for move in range(20):
        session.play(move)
        on_disk.append(synced[-1])
    data = (tmp_path / "t").read_bytes()
    for played, size in enumerate(on_disk, 1):
        for cut in (size, min(size + 5, len(data))):
            for file in _tails(data, cut).values():
                (tmp_path / "left").write_bytes(file)
                core = restore(tmp_path / "left", GamesReferee()).core
                assert len(core.sessions.by_name["game"].record) >= played


def test_every_second_a_thread_syncs_and_tells_of_a_disk_that_fails() -> None:
    def fail() -> None:
        calls.append(1)
        if len(calls) > 2:
            raise TraceError("cannot write the trace t: Input/output error")

    calls: list[int] = []
    syncing = Syncing(fail, 0.001)
    eventually(lambda: len(calls) > 2, "it syncs")
    eventually(lambda: _is_told(syncing), "it is told")
    syncing.end()
    assert len(calls) == 3


def _is_told(syncing: Syncing) -> bool:
    try:
        syncing.check()
    except TraceError:
        return True
    return False


def test_parts_and_their_names_are_on_the_disk_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real = {name: getattr(os, name) for name in ("fsync", "fdatasync")}

    def note(name: str) -> None:
        def call(fd: int) -> None:
            done.append(Path(f"/proc/self/fd/{fd}").readlink().name)
            real[name](fd)

        monkeypatch.setattr(os, name, call)

    note("fsync")
    note("fdatasync")
    with TraceWriter(tmp_path / "t", HEADER) as writer:
        writer.be_durable()
        assert done == ["t", tmp_path.name]
        writer.event(1.0, b"x", [b"y"], [])
        writer.go_on([b"state"], {})
    assert done[2:] == ["t.2.unfinished", "t.2.unfinished", tmp_path.name]


def test_a_journal_ends_on_the_disk(tmp_path: Path, synced: list[int]) -> None:
    journal = Journal(True, "interval")
    journal.keep(TraceWriter(tmp_path / "t", HEADER), lambda: None)
    journal.write(1.0, b"x", [b"y"], [], None)
    journal.end(dict)
    journal.close()
    assert synced[-1] == (tmp_path / "t").stat().st_size
