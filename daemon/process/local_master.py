"""A master within the process, whose peers may be threads: the same core and frames, no sockets. For tests."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable

from daemon.replay.step import SHELL, Core, step
from protocol.codec import decode, encode
from protocol.errors import ConnectionLost
from protocol.messages import AnyMessage, Inbound, Tick

_Inbox = queue.SimpleQueue[list[bytes | memoryview] | None]


class LocalMaster:
    """Peers hand their messages straight to the core, one thread at a time. A thread that waits turns its clock."""

    def __init__(self, core: Core, clock: Callable[[], float] = time.monotonic) -> None:
        self._core = core
        self._clock = clock
        self._lock = threading.Lock()
        self._inboxes: dict[bytes, _Inbox] = {}
        self._names = itertools.count(1)
        self.lost = False

    def connect(self) -> LocalTransport:
        """A new peer."""
        with self._lock:
            name = next(self._names).to_bytes(4, "little")
            inbox = self._inboxes[name] = queue.SimpleQueue()
        return LocalTransport(self, name, inbox)

    def deliver(self, sender: bytes, message: Inbound, now: float | None = None) -> None:
        """One event, now unless another time is given. Raises ``ConnectionLost`` after ``lose``."""
        with self._lock:
            if self.lost or (sender != SHELL and sender not in self._inboxes):
                raise ConnectionLost("the daemon is gone")
            at = self._clock() if now is None else now
            for receiver, frames in step(self._core, sender, encode(message), at):
                if receiver in self._inboxes:
                    self._inboxes[receiver].put(frames)

    def patience(self) -> float:
        """Seconds until the core wants a tick."""
        with self._lock:
            deadline = self._core.next_deadline()
            return float("inf") if deadline is None else max(0.0, deadline - self._clock())

    def tick(self) -> None:
        """Tell the core that its deadline has come, if it has."""
        if self.patience() == 0.0:
            self.deliver(SHELL, Tick())

    def lose(self) -> None:
        """Be gone, as a daemon that was killed."""
        self.lost = True
        self.cut()

    def cut(self) -> None:
        """Break every connection that there is, as a network does."""
        with self._lock:
            cut, self._inboxes = self._inboxes, {}
            for inbox in cut.values():
                inbox.put(None)

    def come_back(self, core: Core) -> None:
        """Be there again after ``lose``, with this core."""
        with self._lock:
            self._core, self.lost = core, False


class LocalTransport:
    """A peer's ``Transport`` to a ``LocalMaster``."""

    def __init__(self, master: LocalMaster, name: bytes, inbox: _Inbox) -> None:
        self._master = master
        self._name = name
        self._inbox = inbox

    def send(self, message: Inbound) -> None:
        self._master.deliver(self._name, message)

    def receive(self, timeout: float) -> AnyMessage | None:
        try:
            frames = self._inbox.get(timeout=min(timeout, self._master.patience()))
        except queue.Empty:
            self._master.tick()
            return None
        if frames is None:
            self._inbox.put(None)
            raise ConnectionLost("the daemon is gone")
        return decode(frames)

    @property
    def connected(self) -> bool:
        return not self._master.lost

    def close(self) -> None:
        """Nothing is held."""

    def abandon(self) -> None:
        """Nothing is held."""
