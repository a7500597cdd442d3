"""The master's connections: what a peer can make it keep is bounded, and the others do not notice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.addresses import private_directory
from protocol.codec import decode, encode
from protocol.messages import Done, Heartbeat, Refused
from protocol.server import STRANGER_BYTES, Capacity, Server
from protocol.zmtp import Frame
from tests.daemons import eventually
from tests.raw_peer import MORE, RawPeer, frame

SMALL = Capacity(connections=4, unfinished=1 << 20, waiting=1 << 20, waiting_in_all=2 << 20)


@pytest.fixture
def server() -> Iterator[Server]:
    directory = private_directory()
    made = Server([f"ipc://{directory / 's'}", "tcp://127.0.0.1:*"], SMALL)
    yield made
    made.close()
    directory.rmdir()


def take(server: Server, found: list[tuple[bytes, list[Frame]]]) -> int:
    while (received := server.receive()) is not None:
        found.append(received)
    return len(found)


def messages(server: Server, count: int) -> list[tuple[bytes, list[Frame]]]:
    found: list[tuple[bytes, list[Frame]]] = []
    eventually(lambda: take(server, found) >= count, f"{count} messages")
    return found


def say(server: Server, peer: RawPeer, data: bytes) -> None:
    """Say it in pieces that the system takes, while the server reads."""
    for at in range(0, len(data), 50_000):
        peer.say(data[at : at + 50_000])
        take(server, [])


def peer_of(server: Server, raw: RawPeer) -> bytes:
    raw.send(Heartbeat())
    return messages(server, 1)[0][0]


def test_a_stranger_that_sends_frames_without_end_takes_no_memory_and_stops_nobody(server: Server) -> None:
    """As of 250 MB each, which grew the master by all of them when zmq's ROUTER received them."""
    with RawPeer(server.addresses[1]) as stranger, RawPeer(server.addresses[0]) as other:
        stranger.socket.settimeout(0.2)
        for _ in range(300):
            try:
                stranger.say(frame(b"x" * 100_000, MORE))
            except TimeoutError:
                break  # it was half sent, which ends what this peer can say
            server.receive()
            assert server.unfinished <= STRANGER_BYTES + (1 << 20)
        other.send(Heartbeat())
        assert decode(messages(server, 1)[0][1]) == Heartbeat()


def test_who_sends_too_much_is_told_and_may_go_on(server: Server) -> None:
    with RawPeer(server.addresses[0]) as peer:
        say(server, peer, frame(b"x" * (STRANGER_BYTES + 1)))
        sender = peer_of(server, peer)
        refused = peer.answer()
        assert isinstance(refused, Refused)
        assert refused.reason == f"an oversized message: more than {STRANGER_BYTES} bytes are not for you to send"
        server.allow(sender, 2 * STRANGER_BYTES)
        peer.say(frame(b"x" * (STRANGER_BYTES + 1)))
        assert len(messages(server, 1)[0][1][0]) == STRANGER_BYTES + 1


def test_unfinished_messages_together_are_bounded(server: Server) -> None:
    peers = [RawPeer(server.addresses[0]) for _ in range(3)]
    for peer, size in zip(peers, (400_000, 500_000, 300_000), strict=True):
        server.allow(peer_of(server, peer), 1 << 20)
        say(server, peer, frame(b"x" * size, MORE))
    eventually(lambda: bool(server.receive()) or server.connections == 2, "the largest goes")
    assert server.unfinished <= SMALL.unfinished
    assert peers[1].is_closed()
    for peer in peers:
        peer.socket.close()


def test_messages_that_nobody_takes_wait_with_their_sender(server: Server) -> None:
    with RawPeer(server.addresses[0]) as peer:
        peer_of(server, peer)
        peer.socket.settimeout(0.2)
        endless = frame(b"x" * 10_000) * 10_000
        with pytest.raises(TimeoutError):
            peer.say(endless)


@pytest.mark.parametrize("address", [0, 1], ids=["ipc", "tcp"])
def test_what_a_peer_said_before_it_went_is_taken_though_it_was_being_written_to(server: Server, address: int) -> None:
    """An engine that was ended in its analysis said goodbye, and one time of two nobody heard it."""
    with RawPeer(server.addresses[address]) as peer:
        sender = peer_of(server, peer)
        for number in range(300):
            peer.send(Done(number))
        server.send(sender, [b"report"])
    for _ in range(3):
        server.send(sender, [b"report"])
    said = messages(server, 300)
    assert [decode(frames) for _, frames in said] == [Done(number) for number in range(300)]
    eventually(lambda: server.receive() is None and server.connections == 0, "it is gone")
    assert (server.waiting, server.unfinished) == (0, 0)


def test_one_peer_that_sends_much_does_not_keep_another_waiting(server: Server) -> None:
    with RawPeer(server.addresses[0]) as loud, RawPeer(server.addresses[0]) as quiet:
        one = peer_of(server, loud)
        loud.say(frame(b"") * 10_000)
        quiet.send(Heartbeat())
        received = [server.receive() for _ in range(200)]
        assert any(each is not None and each[0] != one for each in received)


def test_a_slow_reader_loses_reports_first_and_then_its_connection(server: Server) -> None:
    with RawPeer(server.addresses[0]) as slow:
        peer = peer_of(server, slow)
        for number in range(400):
            server.send(peer, [b"report" * 5000], key=number)
            server.send(peer, encode(Done(number)))
            assert server.waiting <= SMALL.waiting + 100_000
        assert server.lost() == []
        done = []
        while len(done) < 400:
            frames = slow.frames()
            server.receive()
            if not bytes(frames[0]).startswith(b"report"):
                done.append(decode(frames))
        assert done == [Done(number) for number in range(400)], "what has no key all arrives, in order"
        for _ in range(100):
            server.send(peer, [b"final" * 10_000])
        ((lost, why),) = server.lost()
        assert lost == peer
        assert "takes nothing" in why
        assert server.waiting == 0
        assert slow.is_closed()


def test_what_waits_for_all_together_is_bounded(server: Server) -> None:
    peers = [RawPeer(server.addresses[0]) for _ in range(4)]
    names = [peer_of(server, peer) for peer in peers]
    for _ in range(18):
        for name in names:
            server.send(name, [b"x" * 50_000])
            assert server.waiting <= SMALL.waiting_in_all
    assert 1 <= len(server.lost()) < 4
    for peer in peers:
        peer.socket.close()


def test_a_stranger_makes_way_when_all_connections_are_taken(server: Server) -> None:
    known = [RawPeer(server.addresses[0]) for _ in range(3)]
    for peer in known:
        server.allow(peer_of(server, peer), 1000)
    first = RawPeer(server.addresses[1])
    eventually(lambda: bool(server.receive()) or server.connections == 4, "it is let in")
    with RawPeer(server.addresses[1]) as second:
        take(server, [])
        assert first.is_closed()
        assert peer_of(server, second)
        assert server.connections == 4
        server.allow(peer_of(server, second), 1000)
        with RawPeer(server.addresses[0], greet=False) as third:
            take(server, [])
            assert third.is_closed(), "nobody makes way who is known and not silent"
    first.socket.close()
    for peer in known:
        peer.socket.close()


def test_many_come_at_once(tmp_path: Path) -> None:
    server = Server([f"ipc://{tmp_path / 's'}"])
    peers = [RawPeer(server.addresses[0]) for _ in range(200)]
    for peer in peers:
        peer.send(Heartbeat())
    assert len({sender for sender, _ in messages(server, 200)}) == 200
    for peer in peers:
        peer.socket.close()
    eventually(lambda: bool(server.receive()) or not server.connections, "they are gone")
    server.close()


def test_pings_are_answered_though_nobody_takes_the_messages(server: Server) -> None:
    """As while the master compiles: zmq takes one for dead that does not answer."""
    ping = b"\x04PING" + b"\x00\x00" + b"here"
    with RawPeer(server.addresses[0]) as peer:
        peer.send(Heartbeat())
        for _ in range(2):
            peer.say(bytes((4, len(ping))) + ping)
            got = b""
            while b"\x04PONGhere" not in got:
                got += peer.socket.recv(1 << 16)
        assert messages(server, 1)


@pytest.mark.parametrize("address", [0, 1])
def test_another_protocol_is_hung_up_on(server: Server, address: int) -> None:
    with RawPeer(server.addresses[address], greet=False) as peer:
        peer.say(b"GET / HTTP/1.1\r\n\r\n")
        assert peer.is_closed()
