"""What encryption costs: the master's own server over loopback, with keys and without.

``round_trip_us``: a small message to the server and back. ``in_us``, ``out_us``: processor time of the server's thread
for a small message that it takes, or sends. ``in_mb_s``, ``out_mb_s``: of frames of 256 KiB, by the clock.
``connect_ms``: from a new socket to the first answer.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import zmq

from protocol.codec import encode
from protocol.keys import Credentials, KeyFolder, read_credentials
from protocol.messages import Heartbeat
from protocol.principals import Quota
from protocol.server import Capacity, Server

SMALL, LARGE = 5000, 256
"""Messages that are measured."""

FRAME = 256 << 10
CONNECTIONS = 100
PATIENCE_MS = 60_000


def measure() -> list[dict[str, float | str]]:
    """A row without keys, and one with."""
    with TemporaryDirectory(prefix="zhugo-bench-") as directory:
        folder = KeyFolder(Path(directory) / "keys", make=True)
        folder.create("bench", "client", Quota(), Path(directory) / "bench.key")
        credentials = read_credentials(Path(directory) / "bench.key")
        return [_measure("null", None, None), _measure("curve", folder, credentials)]


def _measure(mechanism: str, folder: KeyFolder | None, credentials: Credentials | None) -> dict[str, float | str]:
    keys = None if folder is None else folder.keyring()
    server = Server(["tcp://127.0.0.1:*"], Capacity(waiting=1 << 30, waiting_in_all=1 << 30), keys=keys)
    address = server.addresses[0]
    with ThreadPoolExecutor(1) as pool, zmq.Context() as context, _dealer(context, address, credentials) as dealer:

        def beside(client: Callable[[], None], work: Callable[[], object]) -> tuple[float, float]:
            """Do ``work`` here, while the client does its part: seconds by the clock, and of this thread."""
            began, used = time.perf_counter(), time.thread_time()
            done = pool.submit(client)
            work()
            spent = time.perf_counter() - began, time.thread_time() - used
            done.result()
            return spent

        def ask() -> None:
            for _ in range(SMALL):
                dealer.send_multipart(small)
                assert dealer.poll(PATIENCE_MS)
                dealer.recv_multipart()

        def say(frames: list[bytes], count: int) -> None:
            for _ in range(count):
                dealer.send_multipart(frames)

        def hear(count: int) -> None:
            for _ in range(count):
                assert dealer.poll(PATIENCE_MS)
                dealer.recv_multipart()

        small, large = [bytes(each) for each in encode(Heartbeat())], [secrets.token_bytes(FRAME)]
        say(small, 1)
        peer = _take(server, 1)
        server.allow(peer, 2 * FRAME)
        round_trip, _ = beside(ask, lambda: _take(server, SMALL, answer=small))
        _, taking = beside(lambda: say(small, SMALL), lambda: _take(server, SMALL))
        _, sending = beside(lambda: hear(SMALL), lambda: _send(server, peer, small, SMALL))
        came, _ = beside(lambda: say(large, LARGE), lambda: _take(server, LARGE))
        went, _ = beside(lambda: hear(LARGE), lambda: _send(server, peer, large, LARGE))

        def connect() -> None:
            for _ in range(CONNECTIONS):
                with _dealer(context, address, credentials) as another:
                    another.send_multipart(small)
                    assert another.poll(PATIENCE_MS)

        connecting, _ = beside(connect, lambda: _take(server, CONNECTIONS, answer=small))
    server.close()
    megabytes = LARGE * FRAME / 1e6
    return {
        "mechanism": mechanism,
        "round_trip_us": round(1e6 * round_trip / SMALL, 1),
        "in_us": round(1e6 * taking / SMALL, 2),
        "out_us": round(1e6 * sending / SMALL, 2),
        "in_mb_s": round(megabytes / came),
        "out_mb_s": round(megabytes / went),
        "connect_ms": round(1e3 * connecting / CONNECTIONS, 2),
    }


def _dealer(
    context: zmq.Context[zmq.Socket[bytes]], address: str, credentials: Credentials | None
) -> zmq.Socket[bytes]:
    dealer = context.socket(zmq.DEALER)
    dealer.linger = 0
    dealer.sndhwm = dealer.rcvhwm = 0
    if credentials is not None:
        dealer.curve_publickey = bytes.fromhex(credentials.public_key)
        dealer.curve_secretkey = bytes.fromhex(credentials.secret_key)
        dealer.curve_serverkey = bytes.fromhex(credentials.server_key)
    dealer.connect(address)
    return dealer


def _take(server: Server, count: int, answer: list[bytes] | None = None) -> bytes:
    """Receive so many messages; who sent the last one."""
    poller = zmq.Poller()
    poller.register(server, zmq.POLLIN)
    sender = b""
    while count:
        if (received := server.receive()) is None:
            poller.poll(PATIENCE_MS)
            continue
        sender, count = received[0], count - 1
        if answer is not None:
            server.send(sender, answer)
    return sender


def _send(server: Server, peer: bytes, frames: list[bytes], count: int) -> None:
    """Send so many, and until they are all on their way."""
    for _ in range(count):
        server.send(peer, frames)
    while server.waiting:
        server.receive()
