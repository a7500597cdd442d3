"""The words in which a daemon is told, on its command line, what to evaluate with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

DeviceName = Literal["auto", "cuda", "openvino", "winograd", "torch", "emulated"]
"""What evaluates positions: a GPU; on the CPU OpenVINO, our own convolutions by Winograd, or torch; or a made-up
device for tests."""

Precision = Literal["auto", "f32", "bf16", "f16", "int16", "int8"]
"""In what arithmetic a net is evaluated; in halves (bf16, f16) or integers (int16, int8) it is faster, less exact."""

DeviceChoice = Literal["background", "wait", "known"]
"""When to measure which precision suits a new net, while ``Precision`` is auto: beside the search, which begins with
the exact one; before the search; or never, so that only earlier measurements count.
"""

Speculate = Literal["on", "off", "auto"]
"""Whether batches are filled with leaves that may be wanted later."""

Outputs = Literal["uniform", "hashed"]
"""What an emulated device makes up: the same of every position, or something else of each."""

NUMBERED: tuple[DeviceName, ...] = ("cuda", "emulated")
"""Devices of which a machine may have several, by numbers from 0 on."""

MAX_DEVICES = 64
"""Numbers are below that."""


@dataclass(frozen=True)
class Devices:
    """What a daemon's searchers evaluate with, in turn: one device, or several of a kind by their numbers.

    As text ``cuda``, or ``cuda:0,1``.
    """

    name: DeviceName = "auto"
    numbers: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Devices:
        """Raises ``ValueError`` with what is wrong, in one line."""
        word, colon, listed = text.partition(":")
        names = {name: name for name in get_args(DeviceName)}
        if word not in names:
            raise ValueError(f"{text!r} is not one of {', '.join(names)}")
        name = names[word]
        if not colon:
            return cls(name)
        if name not in NUMBERED:
            raise ValueError(f"{text!r}: only {' and '.join(NUMBERED)} have numbers")
        parts = listed.split(",")
        if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
            raise ValueError(f"{text!r}: numbers of devices with commas, such as {name}:0,1")
        numbers = tuple(map(int, parts))
        if len(set(numbers)) < len(numbers) or max(numbers) >= MAX_DEVICES:
            raise ValueError(f"{text!r}: each number once, from 0 to {MAX_DEVICES - 1}")
        return cls(name, numbers)

    def __str__(self) -> str:
        return f"{self.name}:{','.join(map(str, self.numbers))}" if self.numbers else self.name

    def of_searcher(self, index: int) -> int | None:
        """The number of the device that the searcher with this index has; None where there is but one."""
        return self.numbers[index % len(self.numbers)] if self.numbers else None

    @property
    def searchers(self) -> int:
        """How many searchers suit: two for each device."""
        return 2 * max(1, len(self.numbers))


AUTO = Devices()

DEVICES = "|".join([*get_args(DeviceName), f"{NUMBERED[0]}:N,N"])
"""How the help names what ``Devices.parse`` takes."""
