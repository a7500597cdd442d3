"""What a daemon makes of its options."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon import options as o
from daemon.options import OptionError, Options, SearcherOptions, Work


@pytest.fixture(autouse=True)
def _four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(o, "cores", lambda: 4)


@pytest.mark.parametrize(
    ("options", "work"),
    [
        (Options(), Work("torch", o.TORCH_CPU_BATCH, False, 2)),
        (Options(searchers=1), Work("torch", o.TORCH_CPU_BATCH, False, 4)),
        (Options(searchers=9), Work("torch", o.TORCH_CPU_BATCH, False, 1)),
        (Options(device="torch", batch=3, threads=7, speculate="on"), Work("torch", 3, True, 7)),
        (Options(device="emulated"), Work("emulated", 16, False, 2)),
        (Options(device="emulated", speculate="on"), Work("emulated", 16, True, 2)),
        (Options(device="emulated", speculate="off", batch=64), Work("emulated", 64, False, 2)),
    ],
)
def test_what_is_left_open_is_chosen(options: Options, work: Work) -> None:
    assert options.work() == work


def test_a_searcher_is_told_what_concerns_it() -> None:
    told = SearcherOptions.of(Options(net=Path("n.bin.gz"), latency=0.5), "ipc://x", "searcher 3", "/p")
    assert (told.address, told.name, told.private) == ("ipc://x", "searcher 3", "/p")
    assert (told.device, told.net, told.batch, told.threads) == ("torch", "n.bin.gz", o.TORCH_CPU_BATCH, 2)
    assert told.latency == 0.5


def test_sound_options_pass(tmp_path: Path) -> None:
    net = tmp_path / "net"
    net.write_bytes(b"x")
    Options().check()
    Options(net=net, trace=tmp_path / "trace").check()
    Options(resume=net).check()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (Options(trace=Path("a"), resume=Path("b")), "leave --trace out"),
        (Options(net=Path("missing")), "net missing: No such file"),
        (Options(net=Path("/")), "net /: Is a directory"),
        (Options(net=Path("/dev/null")), "net /dev/null: the file is empty"),
        (Options(net=Path("/dev/null"), device="emulated"), "no use"),
        (Options(resume=Path("missing")), "trace missing: No such file"),
    ],
)
def test_others_are_refused_in_one_line(options: Options, complaint: str) -> None:
    with pytest.raises(OptionError, match=complaint):
        options.check()
