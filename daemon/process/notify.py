"""How the daemon is, for the service manager that started it, if it asked: the protocol of ``sd_notify(3)``."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress

SOCKET, WATCHDOG, WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"


class Notifier:
    """Sends short messages to the manager's datagram socket; without one it does nothing, and it never fails or waits.

    What the environment says is for this process alone, so it is taken out of it.
    """

    def __init__(
        self, environment: MutableMapping[str, str] = os.environ, clock: Callable[[], float] = time.monotonic
    ) -> None:
        address = environment.pop(SOCKET, "")
        seconds, pid = environment.pop(WATCHDOG, ""), environment.pop(WATCHDOG_PID, "")
        self._clock = clock
        self._every = int(seconds) / 2e6 if seconds.isdecimal() and pid in ("", str(os.getpid())) else 0.0
        self._next = clock() if self._every else None
        self._socket: socket.socket | None = None
        if address[:1] in ("/", "@"):
            self._address = "\0" + address[1:] if address[0] == "@" else address
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)

    @property
    def is_asked_for(self) -> bool:
        """Whether anybody listens."""
        return self._socket is not None

    @property
    def due(self) -> float | None:
        """When ``live`` is to be called again, None for never."""
        return None if self._socket is None else self._next

    def ready(self) -> None:
        """The daemon serves; said after the start, and after a reload."""
        self._send("READY=1")

    def reloading(self) -> None:
        """It reads its configuration again."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(self._clock() * 1e6)}")

    def stopping(self) -> None:
        """It ends."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """A line about it for people."""
        self._send("STATUS=" + text.replace("\n", " "))

    def live(self) -> None:
        """A sign of life, if one is due."""
        if self._next is not None and self._clock() >= self._next:
            self._next = self._clock() + self._every
            self._send("WATCHDOG=1")

    def close(self) -> None:
        """Say no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, text: str) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.sendto(text.encode(), self._address)
