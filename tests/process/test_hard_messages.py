"""A live master over tcp: messages after an ordinary hello that once ended it, and a fault of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import zmq

from protocol import messages as m
from protocol.client import Client
from protocol.codec import decode, encode
from tests.daemons import PATIENCE, ROOT

HELLO = m.Hello(m.PROTOCOL_VERSION, "client", "hard", 1)
SEARCHER = m.Hello(m.PROTOCOL_VERSION, "searcher", "odd", 1)
NAN = float("nan")

HARD: list[m.Inbound | dict[str, Any]] = [
    m.Search(10, "s", restrictions=[m.Restriction(1, [0], 2**31)]),
    m.Search(10, "s", restrictions=[m.Restriction(1, [0], 2**53)]),
    m.Search(10, "s", restrictions=[m.Restriction(1, [0], 2**31 - 1)]),
    m.Search(10, "s", m.Limits(seconds=NAN)),
    m.Search(10, "s", m.Limits(visits=2**53)),
    m.Search(10, "s", report_every=NAN),
    m.Query(10, "s", pv_length=10**10),
    m.Query(10, "s", pv_length=m.MAX_PV),
    m.Query(10, "s", max_children=2**53),
    m.Configure(10, "s", m.SearchSettings(temperature=5e-324)),
    m.Query(10, "s"),
    m.Configure(10, "s", m.SearchSettings(noise_weight=1.0, noise_concentration=5e-324)),
    m.Configure(10, "s", m.SearchSettings(noise_weight=1.0, noise_concentration=1e-6, exploration=5e-324)),
    m.Configure(10, "s", m.SearchSettings(virtual_loss=NAN)),
    m.Open(10, "x", "go", {"size": 9, "rules": {"ko": []}}),
    m.Open(10, "x", "go", {"size": 9, "rules": {"ko": {}}}),
    m.Open(10, "x", "go", {"size": [[9]]}),
    m.Open(10, "x", "go", {"size": 9, "komi": NAN}),
    m.Open(10, "x", "go", {"size": 9, "black": [3] * 100_000}),
    m.Open(10, "x", "go", {"size": 9, "x": msgspec.msgpack.Ext(5, b"1")}),
    m.Open(10, "x", "openspiel", {"game": {"a": []}}),
    m.Open(10, "x", "openspiel", {"game": "x" * 5000}),
    m.Reset(10, "s", "go", {"size": 9, "to_play": []}),
    m.Undo(10, "s", 2**62),
    m.Watch(10, "s", NAN),
    {"type": "Play", "request": 10, "session": "s", "move": 2**64 - 1},
    {"type": "Goto", "request": 10, "session": "s", "record": [0] * 20_001},
    {"type": "Query", "request": 10, "session": "s", "pv_length": 10**10},
]


@contextmanager
def daemon(*options: str, code: str = "") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``zhugo-searchd`` at a port of tcp, in which this code ran first: its address."""
    arguments = ["--address", "tcp://127.0.0.1:*", "--device", "emulated", "--latency-ms", "1", *options]
    program = f"import sys; {code or 'pass'}\nfrom daemon.tree_master import main\nsys.argv[1:] = {arguments!r}\nmain()"
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"tcp://\S+", process.stdout.readline())
        assert found is not None
        yield found[0], process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


@contextmanager
def peer(address: str, hello: m.Hello) -> Iterator[zmq.Socket[bytes]]:
    """A peer that was welcomed."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger = 0
        dealer.connect(address)
        dealer.send_multipart(encode(hello))
        assert isinstance(_answer(dealer), m.Welcome)
        yield dealer


def _answer(dealer: zmq.Socket[bytes]) -> m.AnyMessage:
    for _ in range(int(2 * PATIENCE)):
        if dealer.poll(1000):
            return decode(dealer.recv_multipart())
        dealer.send_multipart(encode(m.Heartbeat()))
    raise AssertionError("no answer")


def _frames(message: m.Inbound | dict[str, Any]) -> list[bytes | memoryview]:
    return [msgspec.msgpack.encode(message)] if isinstance(message, dict) else encode(message)


def test_each_is_answered_and_the_master_lives() -> None:
    with daemon() as (address, _), peer(address, HELLO) as dealer, Client.connect(address, timeout=PATIENCE) as client:
        dealer.send_multipart(encode(m.Open(1, "s", "go", {"size": 5})))
        assert isinstance(_answer(dealer), m.Opened)
        dealer.send_multipart(encode(m.Search(2, "s", m.Limits(visits=30))))
        assert isinstance(_answer(dealer), m.Report)
        for message in HARD:
            dealer.send_multipart(_frames(message))
            if isinstance(message, m.Search):
                dealer.send_multipart(encode(m.Stop(11, "s")))
            while getattr(answer := _answer(dealer), "request", None) != 10:
                pass
            assert isinstance(answer, m.Refused | m.Done | m.Report), message
            assert client.status().failures == 0, message
        client.check()
        client.open("t", "go", {"size": 5}).search(m.Limits(visits=20)).result(PATIENCE)


def test_an_end_is_an_end_or_none() -> None:
    """``terminal`` says 0 or 1; the kernel took everything else for an end, and the validator for none."""
    with daemon("--searchers", "1") as (address, _), peer(address, SEARCHER) as dealer:
        update = {
            "type": "Update",
            "grant": 1,
            "phases": dict.fromkeys(m.Phases.__struct_fields__, 0.0),
            "to_play": ["int8", [1], b"\x01"],
            "terminal": ["uint8", [1], b"\x02"],
            "value": ["float32", [1], np.zeros(1, np.float32).tobytes()],
            "lead": ["float32", [1], np.zeros(1, np.float32).tobytes()],
            "priors": ["uint16", [1, 2], np.zeros(2, np.uint16).tobytes()],
            "ownership": ["float32", [0, 0], b""],
        }
        for field, said, complaint in [
            ("terminal", ["uint8", [1], b"\x02"], "terminal is 0 or 1"),
            ("phases", dict.fromkeys(m.Phases.__struct_fields__, float("inf")), "<= "),
        ]:
            sound = update | {"terminal": ["uint8", [1], b"\x00"]} | {field: said}
            dealer.send_multipart([msgspec.msgpack.encode(sound)])
            refused = _answer(dealer)
            assert isinstance(refused, m.Refused)
            assert complaint in refused.reason


FAULTY = """
from daemon.core import many_trees
from daemon.core.session import Session
sound = Session.update
def update(self, *rest):
    if self.name == 'bad':
        raise MemoryError
    return sound(self, *rest)
Session.update = update
seen = many_trees._seen_by_update
def by_itself(session, *rest):
    return (0, 0) if session is not None and session.name == 'bad' else seen(session, *rest)
many_trees._seen_by_update = by_itself
"""
"""One session's updates fail; the kernel that updates many trees leaves that one to its session."""


@pytest.mark.parametrize("traced", [False, True])
def test_a_session_that_fails_is_told_of_and_the_others_go_on(tmp_path: Path, traced: bool) -> None:
    trace = ["--trace", str(tmp_path / "trace")] if traced else []
    with daemon(*trace, code=FAULTY) as (address, process), Client.connect(address, timeout=PATIENCE) as client:
        good = client.open("good", "go", {"size": 5}).search(m.Limits(visits=200))
        bad = client.open("bad", "go", {"size": 5})
        report = bad.search(m.Limits(visits=200)).result(PATIENCE)
        assert report.reason == "failed"
        assert report.failure.startswith("MemoryError (")
        assert good.result(PATIENCE).visits == 200
        assert client.status().failures == 1
        client.check()
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
        assert said.count("failed at Update: MemoryError") == 1
        assert "Traceback" not in said
    if traced:  # by a daemon without the fault
        resumed = daemon("--resume", str(tmp_path / "trace"))
        with resumed as (address, _), Client.connect(address, timeout=PATIENCE) as client:
            assert client.open("bad", "go", {"size": 5}).search(m.Limits(visits=20)).result(PATIENCE).visits == 20
            assert client.status().failures == 1
