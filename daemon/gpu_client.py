"""submit(batch) -> future: the device as the searcher sees it, whatever stands behind it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from games import Positions
from nets import Evaluations
from protocol.messages import NetInfo

_T_co = TypeVar("_T_co", covariant=True)


class Clock(Protocol):
    """Time as a device needs it; tests turn one by hand."""

    def now(self) -> float:
        """Seconds on the machine's monotonic clock."""

    def sleep(self, seconds: float) -> None:
        """Let this much time pass."""


class SystemClock:
    """The machine's own monotonic clock, which all processes share."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class DeviceError(Exception):
    """The device cannot be used as asked; the text is one clear line."""


@dataclass(frozen=True)
class Batch:
    """n positions of one shape to evaluate, none of them terminal.

    planes: float32[n, C, H, W]; global_inputs: float32[n, G]. Both are the device's until the future is done.
    """

    planes: NDArray[np.float32]
    global_inputs: NDArray[np.float32]
    positions: Positions

    def __len__(self) -> int:
        return len(self.planes)


@dataclass(frozen=True)
class Result:
    """What a batch came to; the device worked on it from ``begin`` to ``end``, seconds on the monotonic clock.

    ``cached``: how many of its positions the device did not have to look at.
    """

    evaluations: Evaluations
    begin: float
    end: float
    cached: int = 0


class Pending(Protocol[_T_co]):
    """A result that is on its way. ``concurrent.futures.Future`` is one."""

    def result(self, timeout: float | None = None) -> _T_co:
        """Wait for it. Raises ``TimeoutError`` after ``timeout`` seconds, or what the evaluation raised."""


class Device(Protocol):
    """Evaluates batches, one at a time, in the order in which they were submitted."""

    @property
    def info(self) -> NetInfo:
        """What it evaluates with."""

    def submit(self, batch: Batch) -> Pending[Result]:
        """Queue a batch; returns at once. Raises ``ValueError`` when it does not fit the net."""

    def close(self) -> None:
        """Let go of the device; pending results are lost."""


def take(positions: Positions, rows: NDArray[Any]) -> Positions:
    """Some of the positions, by index or mask."""
    return Positions(
        positions.to_play[rows],
        positions.terminal[rows],
        positions.result[rows],
        positions.lead[rows],
        positions.legal[rows],
        positions.patterns[rows] if len(positions.patterns) else positions.patterns,
        positions.keys[rows] if len(positions.keys) else positions.keys,
    )
