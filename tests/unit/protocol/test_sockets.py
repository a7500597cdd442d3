"""Addresses: whose they are, and what is left of them."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from protocol.codec import decode, encode
from protocol.errors import AddressError, ConnectionLost
from protocol.messages import Done, Heartbeat
from protocol.sockets import Dealer, listen, private_directory, takes_connections, unlisten


@pytest.fixture
def directory() -> Iterator[Path]:
    path = private_directory()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def context() -> Iterator[zmq.Context[zmq.Socket[bytes]]]:
    with zmq.Context() as made:
        yield made


def test_a_private_directory_is_private(directory: Path) -> None:
    assert directory.stat().st_mode & 0o777 == 0o700
    assert directory.parent == Path(tempfile.gettempdir())


def test_messages_go_to_and_fro_over_every_address(directory: Path, context: zmq.Context[zmq.Socket[bytes]]) -> None:
    router, addresses = listen(context, [f"ipc://{directory / 's'}", "tcp://127.0.0.1:*"])
    assert not addresses[1].endswith("*")
    for address in addresses:
        dealer = Dealer(address)
        dealer.send(Heartbeat())
        sender, *frames = router.recv_multipart()
        assert decode(frames) == Heartbeat()
        router.send_multipart([sender, *encode(Done(1))])
        assert dealer.receive(10.0) == Done(1)
        assert dealer.receive(0.0) is None
        dealer.close()
    unlisten(addresses)
    router.close()
    assert list(directory.iterdir()) == []


def test_it_is_seen_from_outside_whether_somebody_listens(
    directory: Path, context: zmq.Context[zmq.Socket[bytes]]
) -> None:
    router, addresses = listen(context, [f"ipc://{directory / 's'}", "tcp://127.0.0.1:*"])
    assert all(takes_connections(address) for address in addresses)
    router.close(linger=0)
    unlisten(addresses)
    context.term()
    assert not any(takes_connections(address) for address in [*addresses, "ipc:///no/such/place", "tcp://nowhere"])


def test_an_address_has_one_owner(directory: Path, context: zmq.Context[zmq.Socket[bytes]]) -> None:
    router, addresses = listen(context, [f"ipc://{directory / 's'}", "tcp://127.0.0.1:*"])
    for address in addresses:
        with pytest.raises(AddressError, match=f"address in use: {address}"):
            listen(context, [address])
    router.close()


def test_one_bad_address_leaves_nothing_of_the_others(directory: Path, context: zmq.Context[zmq.Socket[bytes]]) -> None:
    with pytest.raises(AddressError):
        listen(context, [f"ipc://{directory / 's'}", "ipc:///missing/s"])
    assert list(directory.iterdir()) == []


def test_what_a_killed_daemon_left_is_replaced(directory: Path, context: zmq.Context[zmq.Socket[bytes]]) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(directory / "s"))
    listen(context, [f"ipc://{directory / 's'}"])[0].close()


def test_a_file_that_is_no_socket_is_left_alone(directory: Path, context: zmq.Context[zmq.Socket[bytes]]) -> None:
    precious = directory / "thesis"
    precious.write_text("42")
    with pytest.raises(AddressError, match="is no socket"):
        listen(context, [f"ipc://{precious}"])
    assert precious.read_text() == "42"


@pytest.mark.parametrize(
    "address", ["", "here", "ipc://", "udp://127.0.0.1:5", "inproc://x", "ipc://" + "x" * 120, "tcp://127.0.0.1:x"]
)
def test_an_address_that_makes_no_sense(context: zmq.Context[zmq.Socket[bytes]], address: str) -> None:
    for use in (lambda: listen(context, [address]), lambda: Dealer(address)):
        with pytest.raises(AddressError) as caught:
            use()
        assert "\n" not in str(caught.value)


def test_the_loss_of_the_master_is_seen(directory: Path) -> None:
    with zmq.Context() as short:
        router, addresses = listen(short, [f"ipc://{directory / 's'}"])
        dealer = Dealer(addresses[0])
        dealer.send(Heartbeat())
        router.recv_multipart()
        router.close()
    with pytest.raises(ConnectionLost, match="is gone"):
        dealer.receive(60.0)
    dealer.close()
