"""A wire between a page and its server that can fall silent: connections stay, and nothing comes through them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Wire:
    """``port``: where to connect in place of the server."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.sockets: list[socket.socket] = []
        self._silent: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        """Let nothing through the connections that there are; new ones work."""
        self._silent.update(self.sockets)

    def close(self) -> None:
        """Cut them all."""
        for each in [self._listening, *self.sockets]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                page, _ = self._listening.accept()
                server = socket.create_connection(self._server)
                self.sockets += [page, server]
                for one, other in ((page, server), (server, page)):
                    threading.Thread(target=self._pass_on, args=[one, other], daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                if one not in self._silent:
                    other.sendall(data)
            if one not in self._silent:
                other.shutdown(socket.SHUT_WR)


@contextmanager
def wire_to(server: tuple[str, int]) -> Iterator[Wire]:
    """A wire to a server, cut at the end."""
    wire = Wire(server)
    try:
        yield wire
    finally:
        wire.close()
