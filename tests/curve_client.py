"""The client's side of CURVE, written apart from the server's, for peers that say what they like."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence

from nacl.bindings import crypto_box, crypto_box_keypair, crypto_box_open

from protocol.keys import Credentials
from protocol.zmtp import GREETING, Frame
from tests.raw_peer import RawPeer

MORE, LONG, COMMAND = 1, 2, 2
"""A frame goes on, a frame's length has eight bytes, and, within a MESSAGE, it is a command."""
CURVE_HELLO = GREETING[:12] + b"CURVE".ljust(20, b"\0") + bytes(32)
"""A client's greeting."""
DEALER = b"\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x00"


def on_wire(body: bytes, flags: int = 0) -> bytes:
    """A frame of ZMTP; 4 is a command."""
    if len(body) < 256:
        return bytes((flags, len(body))) + body
    return struct.pack(">BQ", flags | 2, len(body)) + body


class CurveClient:
    """One conversation. ``count``: the last nonce that was used; a test may set it."""

    def __init__(self, public: bytes, secret: bytes, server: bytes) -> None:
        self.public, self.secret, self.server = public, secret, server
        self.short_public, self.short_secret = crypto_box_keypair()
        self.server_short = b""
        self.cookie = b""
        self.count = 0

    def nonce(self, name: bytes) -> bytes:
        return name + struct.pack(">Q", self.count)

    def hello(self) -> bytes:
        self.count += 1
        box = crypto_box(bytes(64), self.nonce(b"CurveZMQHELLO---"), self.server, self.short_secret)
        return b"\x05HELLO\x01\x00" + bytes(72) + self.short_public + struct.pack(">Q", self.count) + box

    def hear_welcome(self, body: bytes) -> None:
        assert body.startswith(b"\x07WELCOME")
        plain = crypto_box_open(body[24:], b"WELCOME-" + body[8:24], self.server, self.short_secret)
        self.server_short, self.cookie = plain[:32], plain[32:]
        assert len(self.cookie) == 96

    def initiate(self) -> bytes:
        self.count += 1
        nonce = os.urandom(16)
        vouch = nonce + crypto_box(self.short_public + self.server, b"VOUCH---" + nonce, self.server_short, self.secret)
        plain = self.public + vouch + DEALER
        box = crypto_box(plain, self.nonce(b"CurveZMQINITIATE"), self.server_short, self.short_secret)
        return b"\x08INITIATE" + self.cookie + struct.pack(">Q", self.count) + box

    def hear_ready(self, body: bytes) -> bytes:
        assert body.startswith(b"\x05READY")
        return crypto_box_open(body[14:], b"CurveZMQREADY---" + body[6:14], self.server_short, self.short_secret)

    def message(self, content: bytes, flags: int = 0) -> bytes:
        """One frame in a MESSAGE."""
        self.count += 1
        box = crypto_box(
            bytes((flags,)) + content, self.nonce(b"CurveZMQMESSAGEC"), self.server_short, self.short_secret
        )
        return b"\x07MESSAGE" + struct.pack(">Q", self.count) + box

    def frames(self, frames: Sequence[bytes]) -> bytes:
        """A whole message as it stands on the wire."""
        last = len(frames) - 1
        return b"".join(on_wire(self.message(bytes(each), MORE * (n < last))) for n, each in enumerate(frames))

    def opened(self, body: bytes) -> tuple[int, bytes]:
        """Flags and content of what the server says."""
        assert body.startswith(b"\x07MESSAGE")
        nonce = b"CurveZMQMESSAGES" + body[8:16]
        plain = crypto_box_open(body[16:], nonce, self.server_short, self.short_secret)
        return plain[0], plain[1:]


class RawCurve(RawPeer):
    """A connection that has proved its key, and says what it likes from then on. ``upto``: 1 says HELLO and stops, 2
    says INITIATE, 3 hears that it is let in.
    """

    def __init__(self, address: str, held: Credentials, upto: int = 3) -> None:
        super().__init__(address, greet=False)
        keys = (bytes.fromhex(each) for each in (held.public_key, held.secret_key, held.server_key))
        self.curve = CurveClient(*keys)
        self.say(CURVE_HELLO)
        self.read(64)
        if upto > 0:
            self.say(on_wire(self.curve.hello(), 4))
        if upto > 1:
            self.curve.hear_welcome(self.read(2 + 168)[2:])
            self.say(on_wire(self.curve.initiate(), 4))
        if upto > 2:
            self.curve.hear_ready(self.read(2)[2:] + self.read(self.last[1]))

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        self.last = data
        return data

    def frames(self) -> list[Frame]:
        """Those of the next message. Raises ``ConnectionError`` when the other side has closed."""
        frames: list[Frame] = []
        more = True
        while more:
            (flags,) = self.read(1)
            size = int.from_bytes(self.read(8 if flags & LONG else 1))
            inner, content = self.curve.opened(self.read(size))
            if not inner & COMMAND:
                frames.append(content)
                more = bool(inner & MORE)
        return frames
