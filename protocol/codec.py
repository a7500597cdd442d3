"""Messages to frames and back: one msgpack header, then one raw frame per long array.

A header is ``msgpack(message)`` in which every array stands as ``[dtype, shape, data]``: its bytes or, where it is
long, the number of the frame that holds them. Arrays are little endian and C-ordered.
No pickle, and nothing of what arrives is trusted: a message that this module returns is whole, typed and validated.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from protocol.messages import AnyMessage, RequestId

assert sys.byteorder == "little", "arrays travel little endian"

MAX_HEADER_BYTES = 8 << 20
MAX_ARRAY_BYTES = 256 << 20

LONG = 4096
"""Arrays of at least so many bytes have a frame of their own. A frame costs both sides more than a copy of a few KB."""

_DTYPES = {name: np.dtype(name) for name in ("int8", "uint8", "int32", "uint16", "uint64", "float32")}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


class Malformed(ValueError):
    """The frames are no message of this protocol; the text says what is wrong with them, in one line."""


def encode(message: AnyMessage) -> list[bytes | memoryview]:
    """The frames of a message. Array frames share memory with its arrays."""
    arrays: list[memoryview] = []

    def put_array(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{type(value).__name__} has no place in a message")
        if value.nbytes < LONG:
            return [_NAMES[value.dtype], value.shape, value.tobytes()]
        arrays.append(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
        return [_NAMES[value.dtype], value.shape, len(arrays)]

    return [msgspec.msgpack.encode(message, enc_hook=put_array), *arrays]


def decode(frames: Sequence[bytes | memoryview]) -> AnyMessage:
    """The message of these frames; its arrays are read-only views of them.

    Raises ``Malformed`` for anything that ``encode`` could not have made.
    """
    if not frames:
        raise Malformed("a message without frames")
    if len(frames[0]) > MAX_HEADER_BYTES or sum(map(len, frames[1:])) > MAX_ARRAY_BYTES:
        raise Malformed("an oversized message")
    try:
        message = _DECODING.decode(frames)
    except (msgspec.DecodeError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Malformed((str(error).splitlines() or [type(error).__name__])[0]) from error
    if _DECODING.taken != len(frames) - 1:
        raise Malformed(f"{len(frames) - 1} array frames where the header speaks of {_DECODING.taken}")
    return message


class _Numbered(msgspec.Struct, frozen=True):
    """The parts of a malformed header that can still be understood."""

    request: RequestId | None = None


_NUMBERED = msgspec.msgpack.Decoder(_Numbered)


def number_of(frames: Sequence[bytes | memoryview]) -> int | None:
    """The number of the request that these malformed frames are meant to be; None where it has none."""
    if not frames or len(frames[0]) > MAX_HEADER_BYTES:
        return None
    try:
        return _NUMBERED.decode(frames[0]).request
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


class _Decoding(threading.local):
    """One thread's decoder, kept because making one costs more than a decoding, and the frames that it is at."""

    def __init__(self) -> None:
        self._decoder = msgspec.msgpack.Decoder(AnyMessage, dec_hook=self._get_array)
        self._frames: Sequence[bytes | memoryview] = ()
        self._taken: set[int] = set()

    @property
    def taken(self) -> int:
        """Array frames that the last message spoke of."""
        return len(self._taken)

    def decode(self, frames: Sequence[bytes | memoryview]) -> AnyMessage:
        self._frames = frames
        self._taken.clear()
        try:
            message: AnyMessage = self._decoder.decode(frames[0])
        finally:
            self._frames = ()
        return message

    def _get_array(self, wanted: Any, value: Any) -> Any:
        array = _array(value, self._frames, self._taken)
        if array.dtype != (dtype := _dtype_of(wanted)):
            raise ValueError(f"an array of {array.dtype} where {dtype} belongs")
        return array


_DECODING = _Decoding()


@cache
def _dtype_of(annotation: Any) -> np.dtype[Any]:
    """The element type of a field annotated ``NDArray[...]``."""
    _shape, dtype = get_args(annotation)
    element: np.dtype[Any] = np.dtype(get_args(dtype)[0])
    return element


def _array(value: Any, frames: Sequence[bytes | memoryview], taken: set[int]) -> NDArray[Any]:
    name, shape, data = value if type(value) is list and len(value) == 3 else (None, None, None)
    dtype = _DTYPES.get(name) if type(name) is str else None
    if type(data) is int and 0 < data < len(frames) and data not in taken:
        taken.add(data)
        data = frames[data]
    if dtype is None or not isinstance(data, bytes | memoryview):
        raise ValueError("an array's description is broken")
    if type(shape) is not list or len(shape) > 2:
        raise ValueError("an array's shape is broken")
    for side in shape:
        if type(side) is not int or not 0 <= side <= 2**31:
            raise ValueError("an array's shape is broken")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError("an array's data are not as long as its shape says")
    array = np.frombuffer(data, dtype)
    return array if len(shape) == 1 else array.reshape(shape)
