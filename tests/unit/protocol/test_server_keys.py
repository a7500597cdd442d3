"""A server that demands keys, and libzmq's own client: who gets in, what others are told, and what they cost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import zmq
from msgspec import structs

from protocol.addresses import is_local
from protocol.codec import decode, encode
from protocol.errors import NotAdmitted
from protocol.keys import Credentials, KeyFolder, read_credentials
from protocol.messages import Done, Heartbeat
from protocol.principals import Quota, principal_name
from protocol.server import Capacity, Server
from protocol.sockets import Dealer
from protocol.zmtp import Frame
from tests.curve_client import CURVE_HELLO, RawCurve
from tests.daemons import PATIENCE, eventually
from tests.raw_peer import RawPeer


class Keyed:
    """A server with keys in a thread, which answers every message with ``Done``; and one without."""

    def __init__(self, path: Path) -> None:
        self.folder = KeyFolder(path / "keys", make=True)
        self.held = {}
        for name in ("ann", "bob", "eve"):
            self.folder.create(name, "client", Quota(), path / f"{name}.key")
            self.held[name] = read_credentials(path / f"{name}.key")
        self.folder.revoke("eve")
        capacity = Capacity(connections=64, unfinished=1 << 20)
        self.server = Server([f"ipc://{path / 's'}", "tcp://127.0.0.1:*"], capacity, keys=self.folder.keyring())
        self.open = Server(["tcp://127.0.0.1:*"])
        self.address = self.server.addresses[1]
        self.heard: list[tuple[bytes, list[Frame]]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self.server.close()
        self.open.close()

    def refusals(self) -> list[str]:
        return [why for _where, why in self.server.refused()[0]]

    def _serve(self) -> None:
        while not self._over.is_set():
            for server in (self.server, self.open):
                while (received := server.receive()) is not None:
                    self.heard.append(received)
                    server.send(received[0], encode(Done(len(self.heard))))
            time.sleep(0.002)


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[Keyed]:
    made = Keyed(tmp_path)
    yield made
    made.close()


def ask(address: str, credentials: Credentials | None) -> object:
    dealer = Dealer(address, credentials=credentials)
    try:
        dealer.send(Heartbeat())
        return dealer.receive(PATIENCE)
    finally:
        dealer.close()


def test_a_known_key_gets_in_and_its_principal_is_named(keyed: Keyed) -> None:
    assert ask(keyed.address, keyed.held["ann"]) == Done(1)
    assert ask(keyed.address, keyed.held["bob"]) == Done(2)
    assert [principal_name(sender) for sender, _ in keyed.heard] == ["ann", "bob"]
    assert keyed.refusals() == []


def test_the_socket_in_the_file_system_needs_no_key_and_names_nobody(keyed: Keyed) -> None:
    for credentials in (None, keyed.held["ann"]):
        assert isinstance(ask(keyed.server.addresses[0], credentials), Done)
    assert {principal_name(sender) for sender, _ in keyed.heard} == {""}


def test_large_messages_go_both_ways(keyed: Keyed) -> None:
    dealer = Dealer(keyed.address, credentials=keyed.held["ann"])
    dealer.send(Heartbeat())
    assert dealer.receive(PATIENCE) is not None
    frames = [bytes([n]) * 200_000 for n in range(4)]
    keyed.server.allow(keyed.heard[0][0], 1 << 20)
    dealer._socket.send_multipart(frames)
    eventually(lambda: len(keyed.heard) == 2, "it arrives")
    assert [bytes(each) for each in keyed.heard[1][1]] == frames
    keyed.server.send(keyed.heard[0][0], frames)
    assert dealer.receive(PATIENCE) == Done(2)
    assert dealer._socket.poll(PATIENCE * 1000)
    assert dealer._socket.recv_multipart() == frames
    dealer.close()


def test_what_is_too_large_is_answered_and_the_connection_goes_on(keyed: Keyed) -> None:
    dealer = Dealer(keyed.address, credentials=keyed.held["ann"])
    dealer._socket.send_multipart([b"x" * 300_000, b"y", b"z" * 300_000])
    assert "oversized" in str(dealer.receive(PATIENCE))
    dealer.send(Heartbeat())
    assert dealer.receive(PATIENCE) == Done(1)
    dealer.close()


WRONG = [
    ("a revoked key", "eve", None, "does not know this key"),
    ("no key", None, None, "wants a key: name its file with --key"),
    ("another server's key", "ann", "bob", "has another key"),
]


@pytest.mark.parametrize(("who", "server", "told"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_who_does_not_get_in_is_told_why(keyed: Keyed, who: str | None, server: str | None, told: str) -> None:
    credentials = None if who is None else keyed.held[who]
    if credentials is not None and server is not None:
        credentials = structs.replace(credentials, server_key=keyed.held[server].public_key)
    with pytest.raises(NotAdmitted, match=told):
        ask(keyed.address, credentials)
    assert keyed.heard == []
    assert all("key" in why for why in keyed.refusals())


def test_a_key_where_none_is_taken(keyed: Keyed) -> None:
    with pytest.raises(NotAdmitted, match="takes no key"):
        ask(keyed.open.addresses[0], keyed.held["ann"])


def test_pings_of_libzmq_are_answered(keyed: Keyed) -> None:
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger = 0
        held = keyed.held["ann"]
        dealer.curve_publickey, dealer.curve_secretkey, dealer.curve_serverkey = (
            bytes.fromhex(each) for each in (held.public_key, held.secret_key, held.server_key)
        )
        dealer.setsockopt(zmq.HEARTBEAT_IVL, 20)
        dealer.setsockopt(zmq.HEARTBEAT_TIMEOUT, 20_000)
        monitor = dealer.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        dealer.connect(keyed.address)
        for number in range(1, 20):
            dealer.send_multipart([bytes(each) for each in encode(Heartbeat())])
            assert dealer.poll(PATIENCE * 1000)
            assert decode(dealer.recv_multipart()) == Done(number)
            time.sleep(0.01)
        assert not monitor.poll(0)
        dealer.disable_monitor()
        monitor.close(linger=0)


def test_a_key_that_goes_takes_its_connections_with_it_and_leaves_the_others(keyed: Keyed) -> None:
    ann, bob = (Dealer(keyed.address, credentials=keyed.held[name]) for name in ("ann", "bob"))
    for dealer in (ann, bob):
        dealer.send(Heartbeat())
        assert dealer.receive(PATIENCE) is not None
    (sender_of_ann,) = [sender for sender, _ in keyed.heard if principal_name(sender) == "ann"]
    keyed.folder.revoke("ann")
    keyed.server.set_keys(keyed.folder.keyring())
    ((lost, why),) = keyed.server.lost()
    assert lost == sender_of_ann
    assert "not valid any more" in why
    bob.send(Heartbeat())
    assert bob.receive(PATIENCE) is not None
    with suppress(ConnectionError):
        eventually(lambda: keyed.server.connections == 1, "the connection ends")
    with pytest.raises(NotAdmitted, match="does not know"):
        ask(keyed.address, keyed.held["ann"])
    ann.abandon()
    bob.close()


def test_one_key_cannot_have_all_connections(keyed: Keyed) -> None:
    held = keyed.held["ann"]
    many = [RawCurve(keyed.address, held) for _ in range(16)]
    with pytest.raises(NotAdmitted, match="takes no more connections of this key"):
        ask(keyed.address, held)
    assert keyed.refusals() == ["ann has 16 connections, the most of one key"]
    assert isinstance(ask(keyed.address, keyed.held["bob"]), Done)
    many.pop().socket.close()
    eventually(lambda: keyed.server.connections < 16, "it is gone")
    assert isinstance(ask(keyed.address, held), Done)
    for peer in many:
        peer.socket.close()


def test_a_replayed_frame_ends_the_connection_and_is_told(keyed: Keyed) -> None:
    with RawCurve(keyed.address, keyed.held["ann"]) as peer:
        data = peer.curve.frames([bytes(each) for each in encode(Heartbeat())])
        peer.say(data + data)
        assert peer.is_closed()
    assert keyed.refusals() == ["a frame of ann came a second time, or late"]


@pytest.mark.parametrize("upto", [0, 1])
def test_a_handshake_that_stops_half_way_holds_nothing_and_nobody_up(keyed: Keyed, upto: int) -> None:
    half = [RawCurve(keyed.address, keyed.held["ann"], upto) for _ in range(50)]
    assert keyed.server.unfinished == 0
    assert isinstance(ask(keyed.address, keyed.held["ann"]), Done)
    for peer in half:
        peer.socket.close()


def test_handshakes_that_stand_still_end_after_a_while(tmp_path: Path) -> None:
    now = [0.0]
    folder = KeyFolder(tmp_path / "keys", make=True)
    folder.create("ann", "client", Quota(), tmp_path / "ann.key")
    server = Server(["tcp://127.0.0.1:*"], clock=lambda: now[0], keys=folder.keyring())
    peer = RawPeer(server.addresses[0], greet=False)
    peer.say(CURVE_HELLO)
    eventually(lambda: server.receive() is None and server.connections == 1, "it is let in")
    now[0] = 31.0
    eventually(lambda: server.receive() is None and server.connections == 0, "it goes")
    peer.socket.close()
    server.close()


def knock(keyed: Keyed, count: int, stranger: Credentials) -> None:
    """Connect with a wrong key so many times, while somebody with a good one is served."""
    honest = Dealer(keyed.address, credentials=keyed.held["ann"])
    try:
        for number in range(count):
            with RawCurve(keyed.address, stranger, upto=2) as peer:
                if number % 3:  # and some go before they hear that they are refused
                    assert peer.read(2 + 10)[2:] == b"\x05ERROR\x03400"
                    assert peer.is_closed()
            if number % 50 == 0:
                honest.send(Heartbeat())
                assert isinstance(honest.receive(PATIENCE), Done)
                assert keyed.server.connections <= 64
    finally:
        honest.close()


def test_hundreds_of_wrong_keys(keyed: Keyed) -> None:
    knock(keyed, 200, keyed.held["eve"])
    eventually(lambda: keyed.server.connections == 0, "they are gone")
    told, more = keyed.server.refused()
    assert len(told) + more == 200
    assert {why for _, why in told} == {f"nobody here has the key {keyed.held['eve'].public_key}"}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_wrong_keys(keyed: Keyed) -> None:
    knock(keyed, 10_000, keyed.held["eve"])
    eventually(lambda: keyed.server.connections == 0, "they are gone")
    told, more = keyed.server.refused()
    assert len(told) == 1000
    assert len(told) + more == 10_000


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("ipc:///tmp/x", True),
        ("tcp://127.0.0.1:5", True),
        ("tcp://127.9.9.9:5", True),
        ("tcp://localhost:5", True),
        ("tcp://[::1]:5", True),
        ("tcp://0.0.0.0:5", False),
        ("tcp://*:5", False),
        ("tcp://[::]:5", False),
        ("tcp://192.0.2.1:5", False),
        ("tcp://:5", False),
    ],
)
def test_which_addresses_are_of_this_machine_alone(address: str, local: bool) -> None:
    assert is_local(address) == local
