"""What a live master does with frames that are no messages: it says so, counts it, and goes on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zmq

from protocol import messages as m
from protocol.codec import decode, encode
from tests import message_samples as samples
from tests.daemons import PATIENCE, RealDaemon

FRAMES = [
    [bytes(frame) for frame in encode(message)] for message in samples.SAMPLES if not isinstance(message, m.Shutdown)
]


@contextmanager
def raw_peer(address: str) -> Iterator[zmq.Socket[bytes]]:
    """A socket that says what it likes."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger = 0
        dealer.connect(address)
        yield dealer


def answer(dealer: zmq.Socket[bytes]) -> m.AnyMessage:
    assert dealer.poll(PATIENCE * 1000)
    return decode(dealer.recv_multipart())


WRONG: list[tuple[list[bytes | memoryview], str]] = [
    ([b"\xc1"], "malformed"),
    ([b""], "truncated"),
    (encode(m.Tick()), "Tick is the shell's"),
    (encode(m.Paused(60.0)), "Paused is the shell's"),
    (encode(m.Principals([])), "Principals is the shell's"),
    (encode(m.Drain("end")), "Drain is the shell's"),
    (encode(m.MalformedInput("so")), "MalformedInput is the shell's"),
    (encode(m.Retire()), "Retire is not for the master"),
    (encode(m.Hello(99, "client", "x", 1)), "protocol 99"),
    ([*encode(m.Heartbeat()), b"more"], "array frames"),
]


def test_it_says_what_is_wrong_with_a_message(directory: Path) -> None:
    with RealDaemon(directory, "--searchers", "1") as daemon:
        for frames, reason in WRONG:
            with raw_peer(daemon.address) as dealer:
                dealer.send_multipart(frames)
                refused = answer(dealer)
                assert isinstance(refused, m.Refused)
                assert reason in refused.reason
        with raw_peer(daemon.address) as dealer:
            dealer.send_multipart(encode(m.AskStatus(7)))
            assert answer(dealer) == m.NotGreeted(7)
        with daemon.client() as client:
            assert client.status().refused == len(WRONG) + 1


def test_messages_out_of_order_are_refused(directory: Path) -> None:
    with RealDaemon(directory, "--searchers", "1") as daemon, raw_peer(daemon.address) as dealer:
        for message, reason in [
            (m.Hello(m.PROTOCOL_VERSION, "searcher", "odd", 1), None),
            (samples.update(2), "grant"),
            (m.Failed(3, "why not"), "grant"),
            (m.AskStatus(1), "not for a searcher"),
        ]:
            dealer.send_multipart(encode(message))
            reply = answer(dealer)
            if reason is None:
                assert isinstance(reply, m.Welcome)
            else:
                assert isinstance(reply, m.Refused)
                assert reason in reply.reason


def _throw(daemon: RealDaemon, seed: int, count: int, hello: m.Hello | None) -> None:
    """Send damaged messages and take what comes back, then see that the master is as it was."""
    with daemon.client() as client, raw_peer(daemon.address) as dealer:
        session = client.open(f"seed {seed}", "go", {"size": 5})
        before = session.search(m.Limits(visits=30)).result(PATIENCE)
        if hello is not None:
            dealer.send_multipart(encode(hello))
        thrown = samples.random_frames(seed, FRAMES, count)
        while some := list(itertools.islice(thrown, 100)):
            for frames in some:
                dealer.send_multipart(frames or [b""])
            # A mark behind them, whose answer shows that all were handled.
            mark = m.AskStatus(2**50)
            dealer.send_multipart(encode(m.Hello(m.PROTOCOL_VERSION, "client", "noise", 1)))
            dealer.send_multipart(encode(mark))
            while not (isinstance(reply := answer(dealer), m.Status) and reply.request == mark.request):
                pass
            if hello is not None:
                dealer.send_multipart(encode(hello))
        client.check()
        assert client.status().refused > count / 2
        assert session.query().children == before.children
        assert session.search(m.Limits(new_visits=20)).result(PATIENCE).visits >= before.visits + 20


PEERS = [None, m.Hello(m.PROTOCOL_VERSION, "client", "c", 1), m.Hello(m.PROTOCOL_VERSION, "searcher", "s", 1)]
PEER_NAMES = ["unknown peer", "client", "searcher"]


@pytest.mark.parametrize("hello", PEERS, ids=PEER_NAMES)
def test_it_survives_damaged_messages(directory: Path, hello: m.Hello | None) -> None:
    with RealDaemon(directory) as daemon:
        _throw(daemon, seed=1, count=3000, hello=hello)


@pytest.mark.long
@pytest.mark.parametrize("hello", PEERS, ids=PEER_NAMES)
@pytest.mark.timeout(1800)
def test_it_survives_a_million_damaged_messages(directory: Path, hello: m.Hello | None) -> None:
    with RealDaemon(directory) as daemon:
        _throw(daemon, seed=2, count=340_000, hello=hello)
