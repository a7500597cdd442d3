"""What the master's process says, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from daemon.process.log import announce, configure, log


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    configure()


def test_people_get_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    log("fault", "failed at Play: no memory", session="a")
    log("compiling", "compiling the Go kernels …", bare=True)
    assert capsys.readouterr().err == "zhugo-searchd: failed at Play: no memory\ncompiling the Go kernels …\n"


def test_without_a_sentence_they_get_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log("refused", principal="ann", reason="two\nlines")
    assert capsys.readouterr().err == "zhugo-searchd: refused principal='ann' reason='two\\nlines'\n"


def test_a_sentence_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log("fault", "first\nsecond")
    assert capsys.readouterr().err == "zhugo-searchd: first second\n"


def test_programs_get_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    log("refused", principal="ann", peer=b"\x00", level="warning")
    log("searcher_says", "hello", bare=True, searcher="searcher 0")
    one, two = map(json.loads, capsys.readouterr().err.splitlines())
    assert list(one) == ["time", "level", "event", "principal", "peer"]
    assert one.pop("time").endswith("Z")
    assert one == {"level": "warning", "event": "refused", "principal": "ann", "peer": "b'\\x00'"}
    assert (two["event"], two["text"], two["searcher"]) == ("searcher_says", "hello", "searcher 0")


def test_what_is_less_important_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure("text", "warning")
    log("reloaded")
    log("trace_lost", "WARNING: the disk is full", level="warning")
    assert capsys.readouterr().err == "zhugo-searchd: WARNING: the disk is full\n"


def test_where_it_listens_stands_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    announce("listening at ipc:///x", "listening", address="ipc:///x")
    assert capsys.readouterr() == ("listening at ipc:///x\n", "")
    configure("json")
    announce("listening at ipc:///x", "listening", address="ipc:///x")
    said = capsys.readouterr()
    assert said.out == "listening at ipc:///x\n"
    assert json.loads(said.err)["address"] == "ipc:///x"


def test_nobody_need_be_there_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", open("/dev/full", "w"))  # noqa: PTH123, SIM115
    log("fault", "nobody hears this")
