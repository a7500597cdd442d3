"""What a daemon makes of its options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daemon.evaluation.devices import open_device
from daemon.evaluation.searcher_options import SearcherOptions
from daemon.process import options as o
from daemon.process.options import OptionError, Options
from protocol.choices import DeviceName, Speculate
from protocol.messages import PROTOCOL_VERSION, BatchRequest
from protocol.trace import FORMAT, Header, TraceWriter


@pytest.fixture(autouse=True)
def _four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(o, "cores", lambda: 4)


@pytest.mark.parametrize(("options", "threads"), [
    (Options(), 2), (Options(searchers=1), 4), (Options(searchers=9), 1), (Options(searchers=0), 4),
    (Options(threads=7), 7),
])  # fmt: skip
def test_searchers_share_the_cores(options: Options, threads: int) -> None:
    assert options.threads_each() == threads


def test_a_searcher_is_told_what_concerns_it() -> None:
    told = Options(net=Path("n.bin.gz"), latency=0.5).for_searcher("ipc://x", "searcher 3", "/p")
    assert (told.address, told.name, told.private) == ("ipc://x", "searcher 3", "/p")
    assert (told.device, told.precision, told.net, told.batch, told.threads) == ("auto", "auto", "n.bin.gz", None, 2)
    assert told.latency == 0.5


def test_sound_options_pass(tmp_path: Path) -> None:
    net = tmp_path / "net"
    net.write_bytes(b"x")
    Options().check()
    Options(addresses=("ipc:///tmp/a", "tcp://127.0.0.1:5555", "tcp://[::1]:5555")).check()
    Options(addresses=("tcp://0.0.0.0:5555",), insecure=True).check()
    Options(addresses=("tcp://0.0.0.0:5555",), keys=tmp_path).check()
    Options(net=net, trace=tmp_path / "trace").check()
    TraceWriter(tmp_path / "trace", Header(FORMAT, PROTOCOL_VERSION, {}, {}, {}, 0.0)).close()
    Options(resume=tmp_path / "trace").check()


@pytest.mark.parametrize(("asked", "keep", "seconds"), [
    (Options(), 2, 10.0),
    (Options(trace_keep=5), 5, 10.0),
    (Options(restart_seconds=60.0), 2, 60.0),
    (Options(trace_keep=1, restart_seconds=0.5), 1, 0.5),
])  # fmt: skip
def test_a_journal_keeps_what_a_quick_restart_needs(tmp_path: Path, asked: Options, keep: int, seconds: float) -> None:
    journal = tmp_path / "journal"
    begun = replace(asked, journal=journal).settled()
    assert (begun.trace, begun.resume, begun.journal) == (journal, None, None)
    journal.touch()
    again = replace(asked, journal=journal).settled()
    assert (again.trace, again.resume, again.journal) == (None, journal, None)
    for settled in (begun, again):
        assert (settled.trace_keep, settled.restart_seconds) == (keep, seconds)


def test_a_trace_keeps_everything() -> None:
    settled = Options(trace=Path("trace")).settled()
    assert (settled.trace_keep, settled.restart_seconds) == (None, None)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (Options(trace=Path("a"), resume=Path("b")), "leave --trace out"),
        (Options(trace_keep=2), "--trace-keep has no use without --trace"),
        (Options(restart_seconds=2.0), "--restart-seconds has no use without --trace"),
        (Options(addresses=("ipc:///tmp/a", "tcp://0.0.0.0:5555")), "tcp://0.0.0.0:5555: other machines could do"),
        (Options(addresses=("tcp://*:*",)), "say --insecure"),
        (Options(net=Path("missing")), "net missing: No such file"),
        (Options(net=Path("/")), "net /: Is a directory"),
        (Options(net=Path("/dev/null")), "net /dev/null: the file is empty"),
        (Options(net=Path("/dev/null"), device="emulated"), "no use"),
        (Options(precision="int8", device="emulated"), "no use"),
        (Options(resume=Path("missing")), "trace missing: No such file"),
        (Options(resume=Path("/dev/null")), "/dev/null is no trace"),
    ],
)
def test_others_are_refused_in_one_line(options: Options, complaint: str) -> None:
    with pytest.raises(OptionError, match=complaint):
        options.check()


@pytest.mark.parametrize(
    ("device", "speculate", "batch", "batch_request"),
    [
        ("torch", "auto", None, BatchRequest(8, False)),
        ("openvino", "auto", None, BatchRequest(16, True, shallow=True, per_tree=3)),
        ("openvino", "auto", 6, BatchRequest(6, True, shallow=True)),
        ("cuda", "auto", None, BatchRequest(32, True)),
        ("emulated", "auto", None, BatchRequest(16, False)),
        ("openvino", "off", None, BatchRequest(16, False, per_tree=3)),
        ("torch", "on", 5, BatchRequest(5, True, shallow=True)),
    ],
)
def test_what_a_searcher_asks_for_depends_on_its_device(
    device: DeviceName, speculate: Speculate, batch: int | None, batch_request: BatchRequest
) -> None:
    options = SearcherOptions("", "searcher 0", "", device, "auto", None, batch, speculate, 1)
    assert open_device.batch_request_for(options, device) == batch_request


@pytest.mark.parametrize(("batch", "leaves"), [(None, 16), (6, 6)])
def test_it_may_be_told_how_many_leaves_of_a_tree(batch: int | None, leaves: int) -> None:
    options = Options(batch=batch, per_tree=1).for_searcher("", "searcher 0", "")
    asked = BatchRequest(leaves, True, shallow=True, per_tree=1)
    assert open_device.batch_request_for(options, "openvino") == asked
