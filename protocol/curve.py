"""CURVE, the security mechanism of ZMTP: the server's side of one connection, bytes in and bytes out.

CurveZMQ: https://rfc.zeromq.org/spec/26/. The client proves that it holds a key, the server that it holds the one that
the client was told; everything behind that is encrypted, and nothing of it can be changed or said again. libsodium does
the arithmetic (PyNaCl's bindings).

    HELLO     client's short-term key C'; shows that it knows the server's key S
    WELCOME   server's short-term key S' in a cookie, which it forgets
    INITIATE  the cookie; the client's key C, vouching for C'
    READY     the client's key is known here
    MESSAGE   one frame, in either direction

Until INITIATE, a connection keeps a cookie's key of 32 bytes, and no secret of a conversation. That key is the
connection's own and is forgotten with its first use: a cookie is good once, and at no other connection.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass

from nacl.bindings import (
    crypto_box_beforenm,
    crypto_scalarmult_base,
    crypto_secretbox_easy,
    crypto_secretbox_open_easy,
)
from nacl.exceptions import CryptoError

from protocol.errors import Violation

KEY_BYTES = 32

OVERHEAD = 33
"""Bytes of a MESSAGE beside its frame's: name, nonce, authenticator, flags."""

_HELLO = b"\x05HELLO\x01\x00" + bytes(72)
_WELCOME = b"\x07WELCOME"
_INITIATE = b"\x08INITIATE"
_READY = b"\x05READY"
_MESSAGE = b"\x07MESSAGE"
_MAC = 16
_COUNT = struct.Struct(">Q")

ENOUGH, UNKNOWN_KEY, OTHER_SERVER = b"300", b"400", b"500"
"""What ERROR says to a client whose key has too many connections or is not known here, or that wants another server.
libzmq tells its program these numbers and no others.
"""


@dataclass(frozen=True)
class Pair:
    """A key: what everybody may know of it, and what nobody else may."""

    public: bytes
    secret: bytes

    @classmethod
    def of_secret(cls, secret: bytes) -> Pair:
        """The pair to which these 32 bytes, drawn at random, are the secret."""
        return cls(crypto_scalarmult_base(secret), secret)


class Refusal(Violation):
    """Who connects does not get in. The text says why, and whose key it was where it was proved."""


def error(reason: bytes) -> bytes:
    """The command that ends a handshake, with a reason that libzmq tells its program."""
    return b"\x05ERROR" + bytes((len(reason),)) + reason


class CurvePeer:
    """One connection. ``principal``: whose key the client proved to have, once ``ready``; ``key``: that key."""

    def __init__(
        self, pair: Pair, whose: Callable[[bytes], str | None], draw: Callable[[int], bytes] = os.urandom
    ) -> None:
        """``whose``: the principal of a public key, None where it is known to nobody; it may raise ``Refusal``.

        ``draw``: random bytes.
        """
        self.ready = False
        self.principal = ""
        self.key = b""
        self._pair = pair
        self._whose = whose
        self._draw = draw
        self._cookie_key = b""
        self._shared = b""
        """Of the two short-term keys."""
        self._heard = 0
        """The client's last nonce: they grow."""
        self._said = 0

    def handshake(self, command: bytes, metadata: bytes) -> bytes:
        """The answer to a command before ``ready``; ``metadata`` is what READY says. Raises ``Refusal``."""
        try:
            if not self._cookie_key:
                return self._welcome(command)
            return self._begin(command, metadata)
        except CryptoError:
            raise Refusal("it sent a handshake that was changed on its way") from None

    def open(self, message: memoryview) -> tuple[int, memoryview]:
        """Flags and content of a MESSAGE. Raises ``Refusal``: it was changed, or said before."""
        count = self._count(message)
        try:
            plain = crypto_secretbox_open_easy(bytes(message[16:]), b"CurveZMQMESSAGEC" + count, self._shared)
        except CryptoError:
            raise Refusal(f"a frame of {self.principal} was changed on its way") from None
        return plain[0], memoryview(plain)[1:]

    def flags(self, head: memoryview) -> int:
        """Those of a MESSAGE that is too large to be kept, from its first ``OVERHEAD`` bytes.

        They are not authentic: who can change them could as well take whole frames away.
        """
        stream: int = crypto_secretbox_easy(b"\0", b"CurveZMQMESSAGEC" + self._count(head), self._shared)[_MAC]
        return head[OVERHEAD - 1] ^ stream

    def seal(self, flags: int, content: bytes | memoryview) -> tuple[bytes, bytes]:
        """The MESSAGE of a frame, in two pieces."""
        self._said += 1
        count = _COUNT.pack(self._said)
        plain = b"".join((bytes((flags,)), content))
        return _MESSAGE + count, crypto_secretbox_easy(plain, b"CurveZMQMESSAGES" + count, self._shared)

    def _count(self, message: memoryview) -> bytes:
        """The short nonce of a MESSAGE, which nothing before it had."""
        if message[:8] != _MESSAGE:
            raise Refusal(f"{self.principal} sent a frame that is not encrypted")
        return self._next(message[8:16])

    def _next(self, count: bytes | memoryview) -> bytes:
        number = _COUNT.unpack(count)[0]
        if number <= self._heard:
            raise Refusal(f"a frame of {self.principal or 'a handshake'} came a second time, or late")
        self._heard = number
        return bytes(count)

    def _welcome(self, hello: bytes) -> bytes:
        if len(hello) != 200 or not hello.startswith(_HELLO):
            raise Refusal("it does not begin with a HELLO of CURVE")
        short_term, count = hello[80:112], self._next(hello[112:120])
        shared = crypto_box_beforenm(short_term, self._pair.secret)
        try:
            crypto_secretbox_open_easy(hello[120:], b"CurveZMQHELLO---" + count, shared)
        except CryptoError:
            raise Refusal("it wants a server with another key", error(OTHER_SERVER)) from None
        self._cookie_key = self._draw(KEY_BYTES)
        own = Pair.of_secret(self._draw(KEY_BYTES))
        nonce = self._draw(16)
        cookie = nonce + crypto_secretbox_easy(short_term + own.secret, b"COOKIE--" + nonce, self._cookie_key)
        nonce = self._draw(16)
        return _WELCOME + nonce + crypto_secretbox_easy(own.public + cookie, b"WELCOME-" + nonce, shared)

    def _begin(self, initiate: bytes, metadata: bytes) -> bytes:
        if len(initiate) < 257 or not initiate.startswith(_INITIATE):
            raise Refusal("it does not go on with an INITIATE of CURVE")
        cookie, count = initiate[9:105], self._next(initiate[105:113])
        opened = crypto_secretbox_open_easy(cookie[16:], b"COOKIE--" + cookie[:16], self._cookie_key)
        short_term, own = opened[:KEY_BYTES], opened[KEY_BYTES:]
        shared = crypto_box_beforenm(short_term, own)
        plain = crypto_secretbox_open_easy(initiate[113:], b"CurveZMQINITIATE" + count, shared)
        client, nonce, vouch = plain[:32], plain[32:48], plain[48:128]
        vouched = crypto_secretbox_open_easy(vouch, b"VOUCH---" + nonce, crypto_box_beforenm(client, own))
        if vouched != short_term + self._pair.public:
            raise Refusal("its key vouches for another conversation")
        principal = self._whose(client)
        if principal is None:
            raise Refusal(f"nobody here has the key {client.hex()}", error(UNKNOWN_KEY))
        self.ready, self.principal, self.key, self._shared = True, principal, client, shared
        self._cookie_key = b""
        self._said += 1
        count = _COUNT.pack(self._said)
        return _READY + count + crypto_secretbox_easy(metadata, b"CurveZMQREADY---" + count, shared)
