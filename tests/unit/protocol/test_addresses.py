"""Addresses: whose they are, and what is left of them."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.addresses import private_directory, takes_connections
from protocol.codec import decode, encode
from protocol.errors import AddressError, ConnectionLost
from protocol.messages import Done, Heartbeat
from protocol.server import Server
from protocol.sockets import Dealer
from protocol.zmtp import Frame
from tests.daemons import PATIENCE, eventually


@pytest.fixture
def directory() -> Iterator[Path]:
    path = private_directory()
    yield path
    shutil.rmtree(path)


def received(server: Server) -> tuple[bytes, list[Frame]]:
    found: list[tuple[bytes, list[Frame]]] = []
    eventually(lambda: bool(found.extend(filter(None, [server.receive()])) or found), "a message")
    return found[0]


def test_a_private_directory_is_private(directory: Path) -> None:
    assert directory.stat().st_mode & 0o777 == 0o700
    assert directory.parent == Path(tempfile.gettempdir())


def test_messages_go_to_and_fro_over_every_address(directory: Path) -> None:
    server = Server([f"ipc://{directory / 's'}", "tcp://127.0.0.1:*", "tcp://*:*"])
    assert not any(address.endswith("*") for address in server.addresses)
    for address in server.addresses:
        dealer = Dealer(address)
        dealer.send(Heartbeat())
        sender, frames = received(server)
        assert decode(frames) == Heartbeat()
        server.send(sender, encode(Done(1)))
        assert dealer.receive(PATIENCE) == Done(1)
        assert dealer.receive(0.0) is None
        dealer.close()
    server.close()
    assert list(directory.iterdir()) == []


def test_it_is_seen_from_outside_whether_somebody_listens(directory: Path) -> None:
    server = Server([f"ipc://{directory / 's'}", "tcp://127.0.0.1:*"])
    assert all(takes_connections(address) for address in server.addresses)
    server.close()
    nowhere = ["ipc:///no/such/place", "tcp://nowhere"]
    assert not any(takes_connections(address) for address in [*server.addresses, *nowhere])


def test_an_address_has_one_owner(directory: Path) -> None:
    server = Server([f"ipc://{directory / 's'}", "tcp://127.0.0.1:*"])
    for address in server.addresses:
        with pytest.raises(AddressError, match=f"address in use: {address}"):
            Server([address])
    server.close()


def test_one_bad_address_leaves_nothing_of_the_others(directory: Path) -> None:
    with pytest.raises(AddressError):
        Server([f"ipc://{directory / 's'}", "ipc:///missing/s"])
    assert list(directory.iterdir()) == []


def test_what_a_killed_daemon_left_is_replaced(directory: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(directory / "s"))
    Server([f"ipc://{directory / 's'}"]).close()


def test_a_file_that_is_no_socket_is_left_alone(directory: Path) -> None:
    precious = directory / "thesis"
    precious.write_text("42")
    with pytest.raises(AddressError, match="is no socket"):
        Server([f"ipc://{precious}"])
    assert precious.read_text() == "42"


NO_ADDRESSES = ["", "here", "ipc://", "udp://127.0.0.1:5", "inproc://x", "ipc://" + "x" * 120, "tcp://127.0.0.1:x"]


@pytest.mark.parametrize("address", [*NO_ADDRESSES, "tcp://127.0.0.1", "tcp://:5", "tcp://127.0.0.1:70000"])
def test_nobody_listens_at_an_address_that_makes_no_sense(address: str) -> None:
    with pytest.raises(AddressError) as caught:
        Server([address])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_nobody_connects_to_an_address_that_makes_no_sense(address: str) -> None:
    with pytest.raises(AddressError) as caught:
        Dealer(address)
    assert "\n" not in str(caught.value)


def test_the_loss_of_the_master_is_seen(directory: Path) -> None:
    server = Server([f"ipc://{directory / 's'}"])
    dealer = Dealer(server.addresses[0])
    dealer.send(Heartbeat())
    received(server)
    server.close()
    with pytest.raises(ConnectionLost, match="is gone"):
        dealer.receive(60.0)
    dealer.close()


def test_only_its_user_may_open_a_socket_in_the_file_system_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        server = Server([f"ipc://{tmp_path / 's'}"])
    finally:
        os.umask(before)
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600
    server.close()
