"""A KataGo file as a stream of words and weights: names, sizes, and arrays of numbers, parted by white space.

The numbers of an array are either decimal words or ``@BIN@`` and little-endian float32.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np

from nets import decimals
from nets.errors import NetError
from nets.katago.description import Floats

MAX_CHANNELS = 1 << 16
MARK = b"@BIN@"

_WORD = re.compile(rb"[ \t\r\n]*([^ \t\r\n]{1,200})")
_NAME = re.compile(r"[A-Za-z0-9_./:+-]{1,200}")
_BINARY = re.compile(rb"\s*@BIN@")
_BLANKS = re.compile(rb"\s*")


class Weights(NamedTuple):
    """One array of numbers of a file, which stands in its bytes from ``begin`` to ``end``, a mark included."""

    begin: int
    end: int
    values: Floats
    binary: bool


class Words:
    """Reads a file from front to back; every method raises ``NetError`` with the part it was at.

    weights: the arrays read so far. learned: how many of their numbers count as parameters.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._part = "header"
        self.weights: list[Weights] = []
        self.learned = 0

    def word(self) -> str:
        """The next word, whatever it is."""
        match = _WORD.match(self._data, self._at)
        if match is None:
            raise NetError(f"truncated: ends after {self._part}")
        self._at = match.end()
        return match[1].decode("latin-1")

    def name(self) -> str:
        """A name; it becomes the part that errors speak of."""
        name = self.word()
        if not _NAME.fullmatch(name):
            raise NetError(f"corrupted: no name after {self._part}")
        self._part = name
        return name

    def integer(self, what: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        word = self.word()
        if not word.isdecimal() or not low <= int(word) <= high:
            raise NetError(f"corrupted: {word[:20]!r} for {what} of {self._part}")
        return int(word)

    def size(self, what: str) -> int:
        """How many of something there are, at least one."""
        return self.integer(what, 1, MAX_CHANNELS)

    def number(self, what: str) -> float:
        """A number above 0."""
        word = self.word()
        try:
            number = float(word)
        except ValueError:
            number = math.nan
        if not 0 < number < math.inf:
            raise NetError(f"corrupted: {word[:20]!r} for {what} of {self._part}")
        return number

    def floats(self, *shape: int, learned: bool = True) -> Floats:
        """Weights of this shape, finite. Not ``learned``: statistics, which are no parameters."""
        count = math.prod(shape)
        binary = _BINARY.match(self._data, self._at)
        values = self._binary(binary.end(), count) if binary else self._decimal(count)
        if not np.isfinite(values).all():
            raise NetError(f"corrupted: weights of {self._part} are not finite")
        self.learned += count if learned else 0
        return values.reshape(shape)

    def end(self) -> None:
        """Nothing but white space may follow."""
        if _WORD.match(self._data, self._at):
            raise NetError(f"corrupted: something follows {self._part}, the last part")

    def _binary(self, begin: int, count: int) -> Floats:
        end = begin + 4 * count
        if end > len(self._data):
            raise NetError(f"truncated: ends within the weights of {self._part}")
        values = np.frombuffer(self._data, "<f4", count, begin)
        self.weights.append(Weights(begin - len(MARK), end, values, True))
        self._at = end
        return values

    def _decimal(self, count: int) -> Floats:
        blanks = _BLANKS.match(self._data, self._at)
        begin = blanks.end() if blanks else self._at
        if 2 * count > len(self._data) - begin + 1:
            raise NetError(f"truncated: ends within the weights of {self._part}")
        values = np.empty(count, np.float32)
        end = decimals.read(np.frombuffer(self._data, np.uint8), begin, values)
        if end == decimals.TOO_FEW:
            raise NetError(f"truncated: ends within the weights of {self._part}")
        if end == decimals.NOT_A_NUMBER:
            raise NetError(f"corrupted: the weights of {self._part} are not {count} numbers")
        self.weights.append(Weights(begin, end, values, False))
        self._at = end
        return values
