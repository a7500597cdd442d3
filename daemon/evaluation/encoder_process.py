"""A process that encodes for a searcher: grants in on standard input, rows out on standard output.

Started as ``python -m daemon.evaluation.encoder_process FEATURES SECONDS``; it takes so many seconds more for each
position than it needs, and ends with its input. Both ways a message is its length in four bytes and then msgpack:
the frames of a ``Grant``, and ``Rows``, or the text of what went wrong.
"""

from __future__ import annotations

import sys
from typing import IO, Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from daemon.evaluation.encoder import Encoder, SlowerEncoder
from protocol.codec import decode, encode
from protocol.messages import Grant

LENGTH = 4
POSITIONS = ("to_play", "terminal", "result", "lead", "legal", "patterns", "keys")


class Rows(Struct, array_like=True):
    """Arrays of n rows as (dtype, shape, bytes): planes, global inputs, and the fields of ``Positions``."""

    arrays: list[tuple[str, list[int], bytes]]


Answer = Rows | str
_ANSWER = msgspec.msgpack.Decoder(Answer)
_FRAMES = msgspec.msgpack.Decoder(list[bytes])


def write(stream: IO[bytes], data: bytes) -> None:
    """One message."""
    stream.write(len(data).to_bytes(LENGTH, "little") + data)
    stream.flush()


def read(stream: IO[bytes]) -> bytes | None:
    """The next message, None at the end."""
    head = stream.read(LENGTH)
    if len(head) < LENGTH:
        return None
    length = int.from_bytes(head, "little")
    data = stream.read(length)
    return data if len(data) == length else None


def task(grant: Grant) -> bytes:
    """What an encoder is told."""
    return msgspec.msgpack.encode([bytes(frame) for frame in encode(grant)])


def arrays_of(data: bytes) -> list[NDArray[Any]] | str:
    """What an encoder says: the arrays of ``Rows``, or what went wrong."""
    answer = _ANSWER.decode(data)
    if isinstance(answer, str):
        return answer
    return [np.frombuffer(held, dtype).reshape(shape) for dtype, shape, held in answer.arrays]


def _encoded(encoder: Encoder, data: bytes) -> Answer:
    grant = decode(_FRAMES.decode(data))
    assert isinstance(grant, Grant)
    try:
        planes, global_inputs, positions = encoder.rows(grant)
    except Exception as error:  # whatever a game trips over concerns this task alone
        return (str(error).splitlines() or [type(error).__name__])[0][:1000]
    arrays = [planes, global_inputs, *(getattr(positions, name) for name in POSITIONS)]
    return Rows([(array.dtype.str, list(array.shape), array.tobytes()) for array in arrays])


def main() -> None:
    """See the module."""
    encoder = SlowerEncoder(sys.argv[1], float(sys.argv[2]))
    inward, outward = sys.stdin.buffer, sys.stdout.buffer
    while (data := read(inward)) is not None:
        write(outward, msgspec.msgpack.encode(_encoded(encoder, data)))


if __name__ == "__main__":
    main()
