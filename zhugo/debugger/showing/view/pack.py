"""Names and arrays as one text that a page can hold: small, and unpacked by the page's ``data.js``.

text   base64 of zlib of: length of the head (u32, little-endian), head, bodies of the arrays
head   JSON: the facts, and of each array its name, its type, and its length
body   of integers of four bytes the differences from each to the next, of floats all first bytes, then all
       second bytes … (both make zlib's work easier), of other types the values; little-endian
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from zhugo.debugger.showing.view.histories import Arrays

TYPES = {"int8": "i1", "uint8": "u1", "uint16": "u2", "int32": "i4", "float32": "f4", "float64": "f8"}
"""numpy's names of the types that the page knows, and its own."""

LEVEL = 6


def pack(facts: dict[str, Any], arrays: Arrays) -> str:
    """The text. Arrays of more than one dimension become flat."""
    table = [(name, TYPES[array.dtype.name], array.size) for name, array in arrays.items()]
    head = msgspec.json.encode({"facts": facts, "arrays": table})
    bodies = [_body(array.reshape(-1)) for array in arrays.values()]
    whole = b"".join((len(head).to_bytes(4, "little"), head, *bodies))
    return base64.b64encode(zlib.compress(whole, LEVEL)).decode()


def _body(array: NDArray[Any]) -> bytes:
    kind = TYPES[array.dtype.name]
    little = np.ascontiguousarray(array, dtype=f"<{kind}")
    if kind == "i4":
        return np.diff(little, prepend=np.int32(0)).tobytes()
    if kind[0] == "f":
        return little.view(np.uint8).reshape(-1, little.itemsize).T.tobytes()
    return little.tobytes()
