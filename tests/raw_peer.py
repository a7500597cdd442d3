"""A peer that says what it likes, byte by byte: ZMTP over a plain socket."""

from __future__ import annotations

import socket
import struct
from types import TracebackType

from protocol.codec import decode, encode
from protocol.messages import AnyMessage
from protocol.zmtp import GREETING, Frame, Incoming, packed, ready

MORE, LONG = 1, 2


def frame(body: bytes, flags: int = 0) -> bytes:
    """One frame as it stands on the wire."""
    if len(body) < 256:
        return bytes((flags, len(body))) + body
    return struct.pack(">BQ", flags | LONG, len(body)) + body


class RawPeer:
    """Connected and greeted, unless ``greet`` says no."""

    def __init__(self, address: str, greet: bool = True, timeout: float = 60.0) -> None:
        scheme, _, rest = address.partition("://")
        if scheme == "ipc":
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(rest)
        else:
            host, _, port = rest.rpartition(":")
            self.socket = socket.create_connection((host, int(port)))
        self.socket.settimeout(timeout)
        self._incoming = Incoming(1 << 30)
        if greet:
            self.say(GREETING + ready(b"DEALER"))

    def say(self, data: bytes) -> None:
        """These bytes, whatever they are. Raises ``OSError`` when nobody takes them."""
        self.socket.sendall(data)

    def send(self, message: AnyMessage) -> None:
        """A message in good order."""
        for part in packed(encode(message)):
            self.socket.sendall(part)

    def frames(self) -> list[Frame]:
        """Those of the next message. Raises ``ConnectionError`` when the other side has closed."""
        while not self._incoming.has_message:
            data = self.socket.recv(1 << 16)
            if not data:
                raise ConnectionError("closed")
            self._incoming.feed(data)
        frames = self._incoming.take()
        assert isinstance(frames, list)
        return frames

    def answer(self) -> AnyMessage:
        """The next message."""
        return decode(self.frames())

    def is_closed(self) -> bool:
        """Wait for the other side to close."""
        try:
            while self.socket.recv(1 << 16):
                pass
        except ConnectionError:
            pass
        return True

    def __enter__(self) -> RawPeer:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.socket.close()
