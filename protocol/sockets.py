"""The sockets of the protocol: one ROUTER in the master, a DEALER in everyone else.

An address is ``ipc:///path/of/a/socket`` or ``tcp://host:port``.
"""

from __future__ import annotations

import math
import socket
import stat
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import zmq
from zmq.utils.monitor import parse_monitor_message

from protocol.codec import MAX_ARRAY_BYTES, Malformed, decode, encode
from protocol.errors import AddressError, ConnectionLost, WrongDaemon
from protocol.messages import AnyMessage

HIGH_WATER_MARK = 1000
"""Messages that may wait for one slow peer before further ones to it are dropped."""

LINGER_MS = 500
"""How long a closing socket goes on sending what it took."""

UNREACHABLE_SECONDS = 60
"""How long the machine at the other end of a tcp connection may not answer before the connection is given up.

It is the system that answers, be the process stopped or busy; zmq's own heartbeats would take such a one for dead, and
after a stop of everybody each would find that the others have been silent. A dead process' connections are closed by
its system.
"""

_KEEPALIVE_SECONDS = 15
_LONGEST_IPC_PATH = 100


def private_directory() -> Path:
    """A fresh directory that only this user may enter; the caller removes it."""
    return Path(tempfile.mkdtemp(prefix="zhugo-"))


def listen(context: zmq.Context[zmq.Socket[bytes]], addresses: Sequence[str]) -> tuple[zmq.Socket[bytes], list[str]]:
    """A ROUTER that listens at every address, and these as peers must write them (``tcp://host:*`` got its port).

    Raises ``AddressError``. A socket file that a killed daemon left behind is replaced.
    """
    router = context.socket(zmq.ROUTER)
    _configure(router)
    bound = []
    try:
        for address in addresses:
            bound.append(_bind(router, address))
    except AddressError:
        unlisten(bound)
        router.close(linger=0)
        raise
    return router, bound


def unlisten(addresses: Sequence[str]) -> None:
    """Remove the files of these addresses, which zmq leaves behind; right before their socket is closed."""
    for address in addresses:
        if address.startswith("ipc://"):
            Path(address.removeprefix("ipc://")).unlink(missing_ok=True)


def takes_connections(address: str) -> bool:
    """Whether somebody listens at an address, be it that he has no time for an answer yet."""
    scheme, _, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    try:
        with socket.socket(socket.AF_UNIX) if scheme == "ipc" else socket.socket() as probe:
            probe.settimeout(1.0)
            probe.connect(rest if scheme == "ipc" else (host, int(port)))
    except (OSError, ValueError):
        return False
    return True


def _bind(router: zmq.Socket[bytes], address: str) -> str:
    _check(address)
    if address.startswith("ipc://"):
        _claim(Path(address.removeprefix("ipc://")))
    try:
        router.bind(address)
    except zmq.ZMQError as error:
        if error.errno == zmq.EADDRINUSE:
            raise AddressError(f"address in use: {address}") from error
        raise AddressError(f"cannot listen at {address}: {error.strerror}") from error
    return bytes(router.getsockopt(zmq.LAST_ENDPOINT)).rstrip(b"\0").decode()


def _claim(path: Path) -> None:
    """Make way at ``path``, unless a living daemon has it: zmq itself would take its file away without a word."""
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return
    if not is_socket:
        raise AddressError(f"address in use: {path} exists and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise AddressError(f"address in use: ipc://{path} ({error})") from error
        else:
            raise AddressError(f"address in use: ipc://{path}")


def _check(address: str) -> None:
    scheme, mark, rest = address.partition("://")
    if not mark or scheme not in ("ipc", "tcp") or not rest:
        raise AddressError(f"{address!r} is no address; write ipc:///path or tcp://host:port")
    if scheme == "ipc" and len(rest.encode()) > _LONGEST_IPC_PATH:
        raise AddressError(f"the path of {address} is longer than a socket's may be ({_LONGEST_IPC_PATH} bytes)")


def _configure(sock: zmq.Socket[bytes]) -> None:
    sock.setsockopt(zmq.LINGER, LINGER_MS)
    sock.setsockopt(zmq.SNDHWM, HIGH_WATER_MARK)
    sock.setsockopt(zmq.RCVHWM, HIGH_WATER_MARK)
    sock.setsockopt(zmq.MAXMSGSIZE, MAX_ARRAY_BYTES)
    sock.setsockopt(zmq.TCP_KEEPALIVE, 1)
    sock.setsockopt(zmq.TCP_KEEPALIVE_IDLE, _KEEPALIVE_SECONDS)
    sock.setsockopt(zmq.TCP_KEEPALIVE_INTVL, _KEEPALIVE_SECONDS)
    sock.setsockopt(zmq.TCP_KEEPALIVE_CNT, UNREACHABLE_SECONDS // _KEEPALIVE_SECONDS - 1)
    sock.setsockopt(zmq.TCP_MAXRT, UNREACHABLE_SECONDS * 1000)


class Dealer:
    """One peer's end, for one thread. Sees the master go: whoever waits then gets ``ConnectionLost``."""

    def __init__(self, address: str, wake: int | None = None) -> None:
        """``wake``: a file descriptor that ends ``receive`` early when it becomes readable.

        Connects in the background, now or whenever somebody listens there. Raises ``AddressError``.
        """
        _check(address)
        self.connected = False
        """Whether somebody listens there."""
        self._address = address
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        _configure(self._socket)
        self._monitor = self._socket.get_monitor_socket(zmq.EVENT_CONNECTED | zmq.EVENT_DISCONNECTED)
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)
        if wake is not None:
            self._poller.register(wake, zmq.POLLIN)
        try:
            self._socket.connect(address)
        except zmq.ZMQError as error:
            self.close()
            raise AddressError(f"cannot connect to {address}: {error.strerror}") from error

    def send(self, message: AnyMessage) -> None:
        """Queue a message. Raises ``ConnectionLost`` when the queue is full: nobody takes anything there."""
        try:
            self._socket.send_multipart(encode(message), flags=zmq.NOBLOCK)
        except zmq.Again:
            raise ConnectionLost(f"the daemon at {self._address} takes no messages") from None

    def receive(self, timeout: float) -> AnyMessage | None:
        """The next message, or None after ``timeout`` seconds or when ``wake`` is readable.

        Raises ``ConnectionLost`` when the master is gone or speaks nonsense.
        """
        until = time.monotonic() + timeout
        while True:
            ready = dict(self._poller.poll(math.ceil(max(0.0, until - time.monotonic()) * 1000.0)))
            if self._socket in ready:
                try:
                    return decode(self._socket.recv_multipart(flags=zmq.NOBLOCK))
                except Malformed as error:
                    raise WrongDaemon(f"the daemon at {self._address} speaks another protocol: {error}") from error
            if self._monitor not in ready:
                return None
            self._see(parse_monitor_message(self._monitor.recv_multipart())["event"])

    def _see(self, event: int) -> None:
        """What became of the connection."""
        if event == zmq.EVENT_DISCONNECTED:
            self.connected = False
            raise ConnectionLost(f"the daemon at {self._address} is gone")
        self.connected = True

    def abandon(self) -> None:
        """Let go; what is queued is never sent."""
        self.close(linger=0)

    def close(self, linger: int | None = None) -> None:
        """Send what is queued, for a moment or so many milliseconds at most, and let go."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger)
        self._context.term()
