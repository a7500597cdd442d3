"""A KataGo file with its weights written the other way, as float32 or as decimal words, and all else as it is."""

from __future__ import annotations

import numpy as np

from nets.katago.description import Floats
from nets.katago.parse import parse
from nets.katago.words import MARK, Weights, Words

_AT_A_TIME = 1 << 20


def rewrite(data: bytes, binary: bool) -> bytes:
    """The unpacked content of a file with all its weights in one way. Raises ``NetError`` where there is no net in it.

    Nine digits tell every float32 from every other, so that nothing is lost on the way to text and back.
    """
    words = Words(data)
    parse(words)
    parts, at = [], 0
    for weights in words.weights:
        parts.append(data[at : weights.begin])
        parts.append(_as_floats(weights) if binary else _as_words(weights.values))
        at = weights.end
        if not data[at : at + 1].isspace():
            parts.append(b"\n")
    parts.append(data[at:])
    return b"".join(parts)


def _as_floats(weights: Weights) -> bytes:
    return MARK + weights.values.astype("<f4", copy=False).tobytes()


def _as_words(values: Floats) -> bytes:
    chunks = np.array_split(values, len(values) // _AT_A_TIME + 1)
    return b" ".join((b" ".join([b"%.9g"] * len(chunk))) % tuple(chunk.tolist()) for chunk in chunks)
