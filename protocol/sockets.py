"""A peer's socket: zmq's DEALER, which connects to the master's ``server``."""

from __future__ import annotations

import math
import time

import zmq
from zmq.utils.monitor import parse_monitor_message

from protocol.addresses import KEEPALIVE_SECONDS, UNREACHABLE_SECONDS, check
from protocol.codec import MAX_ARRAY_BYTES, Malformed, decode, encode
from protocol.curve import ENOUGH, OTHER_SERVER, UNKNOWN_KEY
from protocol.errors import AddressError, ConnectionLost, NotAdmitted, WrongDaemon
from protocol.keys import Credentials
from protocol.messages import AnyMessage

HIGH_WATER_MARK = 1000
"""Messages that may wait for the master before sending fails."""

LINGER_MS = 500
"""How long a closing socket goes on sending what it took."""


_EVENTS = (
    zmq.EVENT_CONNECTED
    | zmq.EVENT_DISCONNECTED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)

_WHY_NOT = {
    int(ENOUGH): "takes no more connections of this key",
    int(UNKNOWN_KEY): "does not know this key: it was revoked, made anew, or never made there",
    int(OTHER_SERVER): "has another key than the one expected",
}
"""By the value of the event: what the daemon says."""


def _configure(sock: zmq.Socket[bytes]) -> None:
    sock.setsockopt(zmq.LINGER, LINGER_MS)
    sock.setsockopt(zmq.SNDHWM, HIGH_WATER_MARK)
    sock.setsockopt(zmq.RCVHWM, HIGH_WATER_MARK)
    sock.setsockopt(zmq.MAXMSGSIZE, MAX_ARRAY_BYTES)
    sock.setsockopt(zmq.TCP_KEEPALIVE, 1)
    sock.setsockopt(zmq.TCP_KEEPALIVE_IDLE, KEEPALIVE_SECONDS)
    sock.setsockopt(zmq.TCP_KEEPALIVE_INTVL, KEEPALIVE_SECONDS)
    sock.setsockopt(zmq.TCP_KEEPALIVE_CNT, UNREACHABLE_SECONDS // KEEPALIVE_SECONDS - 1)
    sock.setsockopt(zmq.TCP_MAXRT, UNREACHABLE_SECONDS * 1000)


class Dealer:
    """One peer's end, for one thread. When the master is gone, waiting calls raise ``ConnectionLost``."""

    def __init__(self, address: str, wake: int | None = None, credentials: Credentials | None = None) -> None:
        """``wake``: a file descriptor that ends ``receive`` early when it becomes readable.

        ``credentials``: the key to show, and whose to demand; a socket in the file system wants none.

        Connects in the background, now or whenever somebody listens there. Raises ``AddressError``.
        """
        check(address)
        self.connected = False
        """Whether somebody listens there."""
        self._address = address
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        _configure(self._socket)
        self._has_key = credentials is not None and not address.startswith("ipc://")
        if credentials is not None and self._has_key:
            self._socket.setsockopt(zmq.CURVE_PUBLICKEY, bytes.fromhex(credentials.public_key))
            self._socket.setsockopt(zmq.CURVE_SECRETKEY, bytes.fromhex(credentials.secret_key))
            self._socket.setsockopt(zmq.CURVE_SERVERKEY, bytes.fromhex(credentials.server_key))
        self._monitor = self._socket.get_monitor_socket(_EVENTS)
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
        """Queue a message. Raises ``ConnectionLost`` when the queue is full: nobody takes anything there; or as
        ``receive`` does.
        """
        try:
            self._socket.send_multipart(encode(message), flags=zmq.NOBLOCK)
        except zmq.Again:
            while self._monitor.poll(0):
                self._look()
            raise ConnectionLost(f"the daemon at {self._address} takes no messages") from None

    def receive(self, timeout: float) -> AnyMessage | None:
        """The next message, or None after ``timeout`` seconds or when ``wake`` is readable.

        Raises ``ConnectionLost`` when the master is gone or speaks nonsense, ``NotAdmitted`` when keys do not fit.
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
            self._look()

    def _look(self) -> None:
        """See what became of the connection; that it is gone is raised."""
        seen = parse_monitor_message(self._monitor.recv_multipart())
        event, value = seen["event"], seen["value"]
        self.connected = event == zmq.EVENT_CONNECTED
        if self.connected:
            return
        daemon = f"the daemon at {self._address}"
        if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            raise NotAdmitted(f"{daemon} {_WHY_NOT.get(value, 'does not let this key in')}")
        if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
            if value == zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
                wants = "takes no key: leave --key out" if self._has_key else "wants a key: name its file with --key"
                raise NotAdmitted(f"{daemon} {wants}")
            raise WrongDaemon(f"{daemon} speaks another protocol")
        raise ConnectionLost(f"{daemon} is gone")

    def abandon(self) -> None:
        """Let go; what is queued is never sent."""
        self.close(linger=0)

    def close(self, linger: int | None = None) -> None:
        """Send what is queued, for a moment or so many milliseconds at most, and let go."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger)
        self._context.term()
