"""The master's end of every connection: who connects, what each may send, and what waits for each.

Speaks to the DEALERs of zmq, see ``zmtp``. Everything that a peer can make this process keep is bounded, in bytes:

- a message that is not whole yet: by what the peer may send, which ``allow`` raises (a stranger may say little more
  than hello); what is larger is thrown away as it comes, and the peer is told;
- all of these together: by ``Capacity.unfinished``; over it the largest goes, with its connection;
- messages that nobody has taken: what is behind ``_AHEAD`` bytes of them is not read, and waits in the peer's own
  system. So far is read ahead, for a ping may stand behind them;
- what is sent to somebody who does not read: by ``Capacity.waiting`` for each and ``waiting_in_all``. Over it messages
  with a key go first, and then the peer, which ``lost`` names;
- connections: by ``Capacity.connections``. When all are taken, the oldest stranger makes way, then who has been silent
  for long. One key has a quarter of them at most.

With keys, every tcp address demands one (CURVE), and the sender of what such a peer says names its principal. A socket
in the file system demands none: only this user may open it.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence

from protocol.addresses import bind, keep_alive, unlisten
from protocol.admission import Admission
from protocol.codec import encode
from protocol.connection import Capacity as Capacity
from protocol.connection import Connection
from protocol.curve import CurvePeer
from protocol.errors import AddressError
from protocol.keys import Keyring
from protocol.messages import Refused
from protocol.outbox import Outbox
from protocol.principals import sender_of
from protocol.zmtp import CURVE_GREETING, GREETING, Frame, Incoming, Oversized, Violation, command, packed

STRANGER_BYTES = 64 << 10
"""What one message of a peer may have that nobody has allowed more."""

SILENCE = 300.0
"""Seconds of silence after which a connection may be ended to make way for another. Peers here show life sooner."""

LINGER = 0.5
"""How long a closing server goes on sending what waits, seconds."""

_GREETING_SECONDS = 30.0
_CHUNK = 64 << 10
_LARGEST_CHUNK = 1 << 20
_AHEAD = 64 << 10
_ROUND = 64
"""Messages that are taken before connections are looked at again, so that one peer's many do not keep others waiting.
"""

_KEEP_SECONDS = 1.0
_IN, _OUT = select.EPOLLIN, select.EPOLLOUT


class Server:
    """All connections of a master, for one thread; ``fileno`` becomes readable when ``receive`` has something to do.

    A thread of its own answers greetings and pings while that thread is busy, since a new peer does not wait long.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        capacity: Capacity | None = None,
        clock: Callable[[], float] = time.monotonic,
        keys: Keyring | None = None,
    ) -> None:
        """Listen at every address. ``keys``: who gets in at those of tcp; None: everybody. Raises ``AddressError``."""
        self.capacity = capacity or Capacity()
        self.addresses: list[str] = []
        """As peers must write them."""
        self._clock = clock
        # A resumed core must not take new peers for those of an earlier process.
        self._life = os.urandom(4)
        self._count = 0
        self._listeners: dict[int, socket.socket] = {}
        self._by_descriptor: dict[int, Connection] = {}
        self._by_peer: dict[bytes, Connection] = {}
        self._greeting: dict[bytes, Connection] = {}
        self._turns: deque[Connection] = deque()
        self._until_poll = 0
        self._admission = Admission(keys, max(1, self.capacity.connections // 4), self._connections_of)
        self._lost: list[tuple[bytes, str]] = []
        self._deaf_until = 0.0
        self._served = clock()
        self.waiting = 0
        """Bytes that wait for peers to read them."""
        self.unfinished = 0
        """Bytes of messages that are not whole yet, or not taken."""
        self._lock = threading.Lock()
        self._epoll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wake, _IN)
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="connections", daemon=True)
        try:
            for address in addresses:
                listener, bound = bind(address)
                self.addresses.append(bound)
                self._listeners[listener.fileno()] = listener
                self._epoll.register(listener, _IN)
        except AddressError:
            self._release()
            raise
        self._keeper.start()

    def fileno(self) -> int:
        """To be polled for reading."""
        return self._epoll.fileno()

    @property
    def ready(self) -> bool:
        """Whether a message is there already, whatever a poll says."""
        return bool(self._turns)

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._by_peer)

    def receive(self) -> tuple[bytes, list[Frame]] | None:
        """The next message and who sent it; peers in turn. None when there is none now."""
        with self._lock:
            self._until_poll -= 1
            if not self._turns or self._until_poll <= 0:
                self._serve()
                self._until_poll = _ROUND
            while self._turns:
                connection = self._turns.popleft()
                if connection.peer not in self._by_peer:
                    continue
                message = connection.incoming.take()
                self._count_bytes(connection)
                if connection.incoming.has_message:
                    self._turns.append(connection)
                elif connection.gone:
                    self._end(connection)
                if not isinstance(message, Oversized):
                    return connection.peer, message
                told = Refused(f"an oversized message: more than {message.limit} bytes are not for you to send")
                self._send(connection, encode(told), None)
            return None

    def send(self, peer: bytes, frames: Sequence[Frame], key: Hashable | None = None) -> None:
        """Send a message, or have it wait; what is for nobody who is here is dropped.

        ``key``: it may be dropped, also for a newer one of the same key.
        """
        with self._lock:
            if (connection := self._by_peer.get(peer)) is not None:
                self._send(connection, frames, key)

    def allow(self, peer: bytes, size: int) -> None:
        """This peer is no stranger, and may send messages of this size, or of the largest that it was ever allowed."""
        with self._lock:
            if (connection := self._by_peer.get(peer)) is not None:
                connection.is_stranger = False
                connection.incoming.limit = max(connection.incoming.limit, size)

    def lost(self) -> list[tuple[bytes, str]]:
        """Peers whose connections were ended since the last call, and what to say of each: it took nothing, or its key
        is gone.
        """
        with self._lock:
            lost, self._lost = self._lost, []
            return lost

    def refused(self) -> tuple[list[tuple[str, str]], int]:
        """From where and why somebody was not let in since the last call, and how many more there were."""
        with self._lock:
            return self._admission.refused()

    def where(self, peer: bytes) -> str:
        """From where a peer is connected; empty if it is not."""
        with self._lock:
            return "" if (connection := self._by_peer.get(peer)) is None else connection.where

    def set_keys(self, keys: Keyring) -> None:
        """From now on these get in. Connections of keys that are not among them end."""
        with self._lock:
            self._admission.keys = keys
            for connection in list(self._by_peer.values()):
                if not self._admission.is_valid(connection.incoming.curve):
                    self._lost.append((connection.peer, "has a key that is not valid any more"))
                    self._end(connection)

    def dismiss(self, peer: bytes) -> None:
        """End this peer's connection; it may connect again."""
        with self._lock:
            if (connection := self._by_peer.get(peer)) is not None:
                self._end(connection)

    def close(self) -> None:
        """Go on sending for a moment, then end every connection."""
        self._closing.set()
        self._keeper.join()
        deadline = time.monotonic() + LINGER
        while self.waiting and (left := deadline - time.monotonic()) > 0.0:
            for descriptor, events in self._epoll.poll(left):
                if events & ~_IN and (connection := self._by_descriptor.get(descriptor)) is not None:
                    self._flush(connection)
            self._stop_reading()
        self._release()

    # Within the lock.

    def _serve(self) -> None:
        """Let in who knocks, read what came, send what waits."""
        now = self._served = self._clock()
        if self._deaf_until and now >= self._deaf_until:
            self._deaf_until = 0.0
            for listener in self._listeners.values():
                self._epoll.register(listener, _IN)
        for descriptor, events in self._epoll.poll(0):
            if (connection := self._by_descriptor.get(descriptor)) is not None:
                if events & _OUT:
                    self._flush(connection)
                if events & ~_OUT:
                    self._read(connection, now)
            elif descriptor in self._listeners:
                self._accept(self._listeners[descriptor], now)
            elif descriptor == self._wake:
                os.eventfd_read(self._wake)
        self._end_slow_greetings(now)

    def _accept(self, listener: socket.socket, now: float) -> None:
        for _ in range(_ROUND):
            try:
                accepted, address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError:  # no more file descriptors, say
                self._deaf_until = now + 1.0
                for each in self._listeners.values():
                    self._epoll.unregister(each)
                return
            if len(self._by_peer) >= self.capacity.connections:
                self._make_way(now)
            if len(self._by_peer) >= self.capacity.connections:
                accepted.close()
            else:
                self._let_in(accepted, address, now)

    def _let_in(self, accepted: socket.socket, address: object, now: float) -> None:
        accepted.setblocking(False)
        curve: CurvePeer | None = None
        where = "ipc"
        if accepted.family != socket.AF_UNIX:
            where = f"{address[0]}:{address[1]}"  # type: ignore[index]
            curve = self._admission.peer()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            keep_alive(accepted)
        self._count += 1
        peer = b"\0" + (self._count % 2**32).to_bytes(4, "big") + self._life
        connection = Connection(peer, where, accepted, Incoming(STRANGER_BYTES, curve), now, now, Outbox())
        self._by_peer[peer] = self._greeting[peer] = connection
        self._by_descriptor[accepted.fileno()] = connection
        self._epoll.register(accepted, _IN)
        self._write(connection, [GREETING if curve is None else CURVE_GREETING], None)

    def _connections_of(self, key: bytes) -> int:
        curves = (connection.incoming.curve for connection in self._by_peer.values())
        return sum(curve is not None and curve.key == key for curve in curves)

    def _make_way(self, now: float) -> None:
        """End one connection for another, if there is one that may be ended."""
        strangers = [connection for connection in self._by_peer.values() if connection.is_stranger]
        silent = [connection for connection in self._by_peer.values() if now - connection.heard > SILENCE]
        if strangers:
            self._end(min(strangers, key=lambda connection: connection.born))
        elif silent:
            self._end(min(silent, key=lambda connection: connection.heard))

    def _end_slow_greetings(self, now: float) -> None:
        """Those that do not get through the greetings go."""
        while self._greeting:
            oldest = next(iter(self._greeting.values()))
            if now - oldest.born < _GREETING_SECONDS:
                return
            self._end(oldest)

    def _read(self, connection: Connection, now: float) -> None:
        incoming = connection.incoming
        if incoming.queued > _AHEAD or connection.gone:
            return
        has_turn = incoming.has_message
        try:
            data = connection.socket.recv(min(max(_CHUNK, incoming.missing), _LARGEST_CHUNK))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        connection.heard = now
        if not data:
            self._hang_up(connection)
            return
        try:
            incoming.feed(data)
        except Violation as error:
            self._refuse(connection, error)
            return
        if incoming.replies:
            # a peer that is still being written to sees from that that this server lives
            if not connection.outbox.size:
                self._write(connection, incoming.replies, None)
            incoming.replies = []
        if incoming.greeted and self._greeting.pop(connection.peer, None) is not None and incoming.curve is not None:
            del self._by_peer[connection.peer]
            connection.peer = sender_of(connection.peer, incoming.curve.principal)
            self._by_peer[connection.peer] = connection
        if incoming.has_message and not has_turn:
            self._turns.append(connection)
        self._count_bytes(connection)
        while self.unfinished > self.capacity.unfinished:
            self._end(max(self._by_peer.values(), key=lambda each: each.unfinished))

    def _refuse(self, connection: Connection, why: Violation) -> None:
        """End the connection of one who breaks the rules, and note it where that was about a key."""
        self._admission.note(connection.where, why)
        if why.reply:
            self._write(connection, [command(why.reply)], None)
        self._end(connection)

    def _send(self, connection: Connection, frames: Sequence[Frame], key: Hashable | None) -> None:
        self._write(connection, packed(frames, connection.incoming.curve), key)

    def _write(self, connection: Connection, buffers: Sequence[Frame], key: Hashable | None) -> None:
        if connection.takes_nothing or connection.gone:
            return
        outbox = connection.outbox
        must_wait = outbox.size > 0
        outbox.put(buffers, key)
        if not must_wait:
            self._flush(connection)
            return
        if outbox.size > self.capacity.waiting:
            outbox.drop_what_may_be_dropped()
        self._count_bytes(connection)
        if outbox.size > self.capacity.waiting:
            self._lose(connection)
        if self.waiting > self.capacity.waiting_in_all:
            self._bound_waiting()

    def _bound_waiting(self) -> None:
        """Those that most waits for lose first what may be dropped, then their connections."""
        for lose in (False, True):
            for connection in sorted(self._by_peer.values(), key=lambda each: each.waiting, reverse=True):
                if self.waiting <= self.capacity.waiting_in_all:
                    return
                connection.outbox.drop_what_may_be_dropped()
                self._count_bytes(connection)
                if lose:
                    self._lose(connection)

    def _lose(self, connection: Connection) -> None:
        self._lost.append((connection.peer, f"takes nothing, and {connection.outbox.size} bytes wait for it"))
        self._end(connection)

    def _flush(self, connection: Connection) -> None:
        try:
            connection.outbox.flush(connection.socket)
        except OSError:
            connection.takes_nothing = True
            connection.outbox = Outbox()
        self._count_bytes(connection)
        self._ask_for(connection, _IN | _OUT if connection.outbox.size else _IN)

    def _count_bytes(self, connection: Connection) -> None:
        """Bring the sums of all up to date with this one."""
        if connection.peer not in self._by_peer:
            return
        waiting, unfinished = connection.outbox.size, connection.incoming.held
        self.waiting += waiting - connection.waiting
        self.unfinished += unfinished - connection.unfinished
        connection.waiting, connection.unfinished = waiting, unfinished

    def _ask_for(self, connection: Connection, events: int) -> None:
        if connection.polled != events:
            connection.polled = events
            self._epoll.modify(connection.socket, events)

    def _hang_up(self, connection: Connection) -> None:
        """The peer has gone. What it said before that is still taken."""
        if not connection.incoming.has_message:
            self._end(connection)
            return
        connection.gone = True
        connection.outbox = Outbox()
        self._count_bytes(connection)
        self._close_socket(connection)

    def _end(self, connection: Connection) -> None:
        if self._by_peer.pop(connection.peer, None) is not None:
            self._greeting.pop(connection.peer, None)
            self.waiting -= connection.waiting
            self.unfinished -= connection.unfinished
            if not connection.gone:
                self._close_socket(connection)

    def _close_socket(self, connection: Connection) -> None:
        del self._by_descriptor[connection.socket.fileno()]
        self._epoll.unregister(connection.socket)
        connection.socket.close()

    def _stop_reading(self) -> None:
        """While closing: what comes is not read any more."""
        for connection in self._by_descriptor.values():
            self._ask_for(connection, _OUT if connection.outbox.size else 0)

    def _release(self) -> None:
        unlisten(self.addresses)
        for connection in list(self._by_peer.values()):
            self._end(connection)
        for listener in self._listeners.values():
            listener.close()
        self._epoll.close()
        os.close(self._wake)

    # The thread that answers greetings and pings.

    def _keep(self) -> None:
        while not self._closing.wait(_KEEP_SECONDS):
            if self._clock() - self._served < _KEEP_SECONDS:
                continue
            with self._lock:
                self._serve()
                if self._turns:
                    os.eventfd_write(self._wake, 1)
