"""The wire format beneath the messages: ZMTP 3 as a ROUTER speaks it, bytes in and frames out, without a socket.

Why not zmq's own ROUTER: it bounds one frame, and how many whole messages wait, but never an unfinished message. A peer
that sends frames which all announce another one grows the process without end, however small these frames are. Here one
message is bounded as a whole, and what is beyond is thrown away as it comes.

ZMTP 3.1: https://rfc.zeromq.org/spec/37/ (security mechanism NULL, or CURVE, see ``curve``; PING is answered, other
commands are passed over). Within CURVE every frame is a MESSAGE, and the same bounds hold for what is in it.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence

from protocol.curve import OVERHEAD, CurvePeer, Refusal
from protocol.errors import Violation as Violation

Frame = bytes | memoryview

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x01" + b"NULL".ljust(20, b"\0") + bytes(32)
"""What either side says first: signature, version 3.1, mechanism, not a server of it, filler."""

CURVE_GREETING = GREETING[:12] + b"CURVE".ljust(20, b"\0") + b"\x01" + bytes(31)
"""What the server says first where it demands a key."""

MAX_FRAMES = 16
"""Frames of one message: its header and its arrays."""

MAX_COMMAND_BYTES = 1024

FRAME_COST = 64
"""Bytes that a frame counts beside its own, so that empty frames are bounded, too."""

_MORE, _LONG, _COMMAND = 1, 2, 4
_MORE_INSIDE, _COMMAND_INSIDE = 1, 2
"""What a MESSAGE of CURVE says of the frame in it."""

_SIGNATURE = (b"\xff", b"\x7f")
_LONG_HEADER = struct.Struct(">BQ")


class Oversized:
    """Stands for a message that was larger than the peer may send; ``limit`` in bytes. Nothing of it was kept."""

    def __init__(self, limit: int) -> None:
        self.limit = limit


Received = list[Frame] | Oversized


def metadata(socket_type: bytes) -> bytes:
    """What a peer says of itself when the greeting ends."""
    return b"".join(
        bytes((len(name),)) + name + struct.pack(">I", len(value)) + value
        for name, value in ((b"Socket-Type", socket_type), (b"Identity", b""))
    )


def ready(socket_type: bytes) -> bytes:
    """The command that ends the greeting."""
    return command(b"\x05READY" + metadata(socket_type))


def packed(frames: Sequence[Frame], curve: CurvePeer | None = None) -> list[Frame]:
    """A message as it goes out, encrypted by ``curve``: buffers to be written one behind the other."""
    buffers: list[Frame] = []
    for number, frame in enumerate(frames, 1):
        flags = _MORE if number < len(frames) else 0
        pieces: Sequence[Frame] = (frame,)
        if curve is not None:
            pieces, flags = curve.seal(_MORE_INSIDE if flags else 0, frame), 0
        size = sum(map(len, pieces))
        buffers.append(bytes((flags, size)) if size < 256 else _LONG_HEADER.pack(flags | _LONG, size))
        buffers += [piece for piece in pieces if len(piece)]
    return buffers


def command(body: bytes) -> bytes:
    """A command of at most 255 bytes as it goes out. ``body``: its name, behind the name's length, and its data."""
    return bytes((_COMMAND, len(body))) + body


class Incoming:
    """One peer's bytes to messages.

    ``limit`` may be changed at any time: how many bytes one message may have. ``queued``: bytes of the messages that
    are whole and that nobody has taken yet. ``replies``: bytes that the peer waits for, to be sent and cleared.
    ``greeted``: the greetings are over. ``curve``: the peer must prove a key, and what it says is encrypted.
    """

    def __init__(self, limit: int, curve: CurvePeer | None = None) -> None:
        self.limit = limit
        self.curve = curve
        self.queued = 0
        self.replies: list[bytes] = []
        self.greeted = False
        self._messages: deque[Received] = deque()
        self._has_signature = False
        self._rest = bytearray()
        self._wanted = len(GREETING)
        """Bytes that must be there before anything more can be done."""
        self._frames: list[Frame] = []
        self._size = 0
        """What the unfinished message counts for, frames that are on their way included."""
        self._more = False
        self._oversized = False
        self._skip = 0
        """Bytes of an oversized message's frame that are still to be thrown away."""

    @property
    def held(self) -> int:
        """Bytes in memory: of whole messages, and of one that is not whole yet."""
        return self.queued + len(self._rest) + sum(map(len, self._frames))

    @property
    def has_message(self) -> bool:
        """Whether there is one to take."""
        return bool(self._messages)

    def take(self) -> Received:
        """The oldest message, which must be there."""
        message = self._messages.popleft()
        self.queued -= _cost(message)
        return message

    @property
    def missing(self) -> int:
        """Bytes that are known to be wanted next, at least."""
        return max(self._skip, self._wanted - len(self._rest))

    def feed(self, data: bytes) -> None:
        """Take what came. Raises ``Violation``; the connection is then of no more use."""
        if self._rest or len(data) < self._wanted:
            self._rest += data
            if not self._has_signature:
                self._check_signature()
            if len(self._rest) < self._wanted:
                return
            view, self._rest = memoryview(self._rest).toreadonly(), bytearray()
        else:
            view = memoryview(data)
        at = 0
        while True:
            at += self._thrown_away(len(view) - at)
            if self._skip or len(view) - at < self._wanted:
                break
            at += self._advance(view[at:])
        self._rest += view[at:]

    def _check_signature(self) -> None:
        first, last = self._rest[:1], self._rest[9:10]
        if first != _SIGNATURE[0] or last not in (b"", _SIGNATURE[1]):
            raise Violation("it does not speak ZMTP")
        self._has_signature = bool(last)

    def _thrown_away(self, there: int) -> int:
        """How many bytes, of those that are there, belong to an oversized message's frame."""
        gone = min(self._skip, there)
        self._skip -= gone
        if gone and not self._skip:
            self._end_frame()
        return gone

    def _advance(self, view: memoryview) -> int:
        """Take the next piece, of which ``wanted`` bytes are there; how many bytes it was."""
        if not self.greeted and self._wanted == len(GREETING):
            self._take_greeting(bytes(view[: len(GREETING)]))
            return len(GREETING)
        flags = view[0]
        header = 9 if flags & _LONG else 2
        if len(view) < header:
            self._wanted = header
            return 0
        size = _LONG_HEADER.unpack_from(view)[1] if flags & _LONG else view[1]
        if flags & ~(_MORE | _LONG | _COMMAND):
            raise Violation("a frame with unknown flags")
        if self.curve is not None and self.curve.ready:
            return self._advance_encrypted(view, header, size, flags)
        self._more = bool(flags & _MORE)
        if flags & _COMMAND:
            if size > MAX_COMMAND_BYTES or self._more:
                raise Violation("a command that is too long")
        elif self._must_skip(size):
            self._begin_to_skip(size)
            return header
        if not self._is_there(view, header + size):
            return 0
        body = view[header : header + size]
        if flags & _COMMAND:
            self._take_command(bytes(body))
        else:
            self._keep_frame(body)
        return header + size

    def _advance_encrypted(self, view: memoryview, header: int, size: int, flags: int) -> int:
        """As ``_advance``, where each frame is inside a MESSAGE. What may be a command is looked into first."""
        assert self.curve is not None
        if flags & _MORE or size < OVERHEAD:
            raise Refusal(f"{self.curve.principal} sent a frame that is not encrypted")
        inner = size - OVERHEAD
        if inner > MAX_COMMAND_BYTES and self._must_skip(inner):
            if not self._is_there(view, header + OVERHEAD):
                return 0
            self._more = bool(self.curve.flags(view[header : header + OVERHEAD]) & _MORE_INSIDE)
            self._begin_to_skip(inner)
            return header + OVERHEAD
        if not self._is_there(view, header + size):
            return 0
        inside, body = self.curve.open(view[header : header + size])
        if inside & _COMMAND_INSIDE:
            if inner > MAX_COMMAND_BYTES:
                raise Violation("a command that is too long")
            self._take_command(bytes(body))
            return header + size
        self._more = bool(inside & _MORE_INSIDE)
        if inner <= MAX_COMMAND_BYTES and self._must_skip(inner):
            self._end_frame()
        else:
            self._keep_frame(body)
        return header + size

    def _is_there(self, view: memoryview, size: int) -> bool:
        """Whether so many bytes are; if not, they are wanted."""
        self._wanted = size if len(view) < size else 2
        return len(view) >= size

    def _begin_to_skip(self, size: int) -> None:
        """Throw away the rest of a frame, so many bytes, as it comes."""
        self._skip, self._wanted = size, 2
        if not size:
            self._end_frame()

    def _keep_frame(self, body: Frame) -> None:
        self._frames.append(body)
        self._size += len(body) + FRAME_COST
        self._end_frame()

    def _take_greeting(self, greeting: bytes) -> None:
        if (greeting[:1], greeting[9:10]) != _SIGNATURE or greeting[10] < 3:
            raise Violation("it does not speak ZMTP 3")
        if greeting[12:32].rstrip(b"\0") != (b"NULL" if self.curve is None else b"CURVE"):
            if self.curve is not None:
                raise Refusal("it shows no key")
            raise Violation("it wants a security mechanism that is not spoken here")
        self._has_signature = True
        self._wanted = 2
        if self.curve is None:
            self.replies.append(ready(b"ROUTER"))

    def _take_command(self, body: bytes) -> None:
        name, data = body[1 : 1 + body[0]] if body else b"", body[1 + body[0] :] if body else b""
        if not self.greeted:
            self._go_on_greeting(name, body)
        elif name == b"PING":
            pong = b"\x04PONG" + data[2:18]
            if self.curve is None:
                self.replies.append(command(pong))
            else:
                sealed = b"".join(self.curve.seal(_COMMAND_INSIDE, pong))
                self.replies.append(bytes((0, len(sealed))) + sealed)

    def _go_on_greeting(self, name: bytes, body: bytes) -> None:
        if self.curve is not None:
            self.replies.append(command(self.curve.handshake(body, metadata(b"ROUTER"))))
            self.greeted = self.curve.ready
        elif name == b"READY":
            self.greeted = True
        else:
            raise Violation("a command before READY")

    def _must_skip(self, size: int) -> bool:
        """Whether a frame of this size makes the message too large, or belongs to one that is."""
        if not self.greeted:
            raise Violation("a message before the greeting is over")
        self._oversized |= self._size + size + FRAME_COST > self.limit or len(self._frames) >= MAX_FRAMES
        if self._oversized:
            self._frames, self._size = [], 0
        return self._oversized

    def _end_frame(self) -> None:
        """A frame is over, and the message too unless more frames were announced."""
        if self._more:
            return
        message = Oversized(self.limit) if self._oversized else self._frames
        self._messages.append(message)
        self.queued += _cost(message)
        self._frames, self._size, self._oversized = [], 0, False


def _cost(message: Received) -> int:
    return FRAME_COST if isinstance(message, Oversized) else sum(map(len, message)) + FRAME_COST * len(message)
