"""A device that is all timing and no net: the whole daemon runs and is tested with it.

All searchers of a daemon share one queue, as they would share a GPU: it works off one batch at a time, in the order
submitted. The queue is one number, the time until which the device is busy, in a file that lies in the daemon's
private directory; who submits reads and moves it under a lock. So it needs no process, and survives the death of any.
"""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from daemon.gpu_client import Batch, Clock, Result, SystemClock
from games.game import ANY_FEATURES
from nets import Evaluations
from protocol.choices import Outputs
from protocol.messages import NetInfo

_BUSY_UNTIL = struct.Struct("<d")


@dataclass(frozen=True)
class Emulation:
    """How long a batch takes, ``latency`` + n * ``latency_per_leaf`` seconds, and what comes out.

    uniform: value 0, every legal move alike. hashed: numbers that look random and depend on the leaf's features and
    legal moves alone, so that a leaf gets the same evaluation in every batch.
    """

    latency: float = 0.0
    latency_per_leaf: float = 0.0
    outputs: Outputs = "hashed"


class EmulatedDevice:
    """See the module. Each searcher makes its own, over the same file."""

    def __init__(
        self,
        queue: Path,
        emulation: Emulation,
        features: str = ANY_FEATURES,
        clock: Clock | None = None,
        number: int | None = None,
    ) -> None:
        """``queue``: the shared file, made when it is missing. ``number``: of this device where there are several."""
        self._emulation = emulation
        self._clock = clock or SystemClock()
        self._queue = os.open(queue, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        name = f"emulated-{emulation.outputs}"
        device = f"emulated, {emulation.latency * 1000:g} ms a batch"
        self._info = NetInfo(name, "", features, device, number=UNSET if number is None else number)

    @property
    def info(self) -> NetInfo:
        return self._info

    def submit(self, batch: Batch) -> Timed:
        duration = self._emulation.latency + len(batch) * self._emulation.latency_per_leaf
        begin, end = self._reserve(duration)
        # The outputs are computed while the emulated device is at it: that costs the searcher nothing that it would
        # not spend waiting.
        result = Result(outputs(batch, self._emulation.outputs), begin, end)
        return Timed(result, self._clock)

    def close(self) -> None:
        os.close(self._queue)

    def _reserve(self, duration: float) -> tuple[float, float]:
        """Begin and end of a batch that is submitted now."""
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        try:
            stored = os.pread(self._queue, _BUSY_UNTIL.size, 0)
            busy_until = _BUSY_UNTIL.unpack(stored)[0] if len(stored) == _BUSY_UNTIL.size else 0.0
            begin = max(self._clock.now(), busy_until)
            os.pwrite(self._queue, _BUSY_UNTIL.pack(begin + duration), 0)
        finally:
            fcntl.flock(self._queue, fcntl.LOCK_UN)
        return begin, begin + duration


class Timed:
    """A result that is there when its time has come. ``known``: what it will be."""

    def __init__(self, result: Result, clock: Clock) -> None:
        self.known = result
        self._clock = clock

    def result(self, timeout: float | None = None) -> Result:
        rest = self.known.end - self._clock.now()
        if timeout is not None and rest > timeout:
            self._clock.sleep(timeout)
            raise TimeoutError
        if rest > 0:
            self._clock.sleep(rest)
        return self.known


def outputs(batch: Batch, kind: Outputs) -> Evaluations:
    """The made-up evaluations of a batch, see ``Emulation``. Ownership covers every point of the planes."""
    n, points = len(batch), int(np.prod(batch.planes.shape[2:]))
    legal = batch.positions.legal
    if kind == "uniform":
        weights = legal.astype(np.float32)
        zeros, pairs = np.zeros(n, np.float32), np.zeros((n, 2), np.float32)
        return Evaluations(zeros, zeros, _normalized(weights), np.zeros((n, points), np.float32), pairs, pairs)
    seeds = _hashes(batch)
    value = _unit(seeds, 1)[:, 0] * 1.6 - 0.8
    weights = np.where(legal, _unit(seeds, legal.shape[1], 1) ** 4 + 1e-3, 0.0).astype(np.float32)
    ownership = (_unit(seeds, points, 1 + legal.shape[1]) * 2.0 - 1.0).astype(np.float32)
    lead = value * 20.0
    spread, *errors = _unit(seeds, 3, 1 + legal.shape[1] + points).T
    score = np.stack((lead * 0.9, spread * 15.0), axis=1).astype(np.float32)
    moved = np.stack((errors[0] * 0.5, errors[1] * 4.0), axis=1).astype(np.float32)
    numbers = value.astype(np.float32), lead.astype(np.float32)
    return Evaluations(*numbers, _normalized(weights), ownership, score, moved)


def _normalized(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    total = weights.sum(axis=1, keepdims=True)
    shares: NDArray[np.float32] = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return shares


def _hashes(batch: Batch) -> NDArray[np.uint64]:
    """uint64[n], each of one leaf's inputs and legal moves."""
    n = len(batch)
    parts = [
        np.ascontiguousarray(batch.planes).reshape(n, -1).view(np.uint32),
        np.ascontiguousarray(batch.global_inputs).reshape(n, -1).view(np.uint32),
        batch.positions.legal.astype(np.uint32),
    ]
    inputs = np.concatenate(parts, axis=1)
    weights = _mixed(np.arange(inputs.shape[1], dtype=np.uint64)).astype(np.uint32) | np.uint32(1)
    folded = np.bitwise_xor.reduce(inputs * weights, axis=1)
    summed = (inputs >> np.uint32(16)) @ weights
    return _mixed(folded.astype(np.uint64) << np.uint64(32) | summed.astype(np.uint64))


def _unit(seeds: NDArray[np.uint64], columns: int, first: int = 0) -> NDArray[np.float64]:
    """float64[n, columns] in [0, 1), of each seed and column."""
    steps = np.arange(first + 1, first + 1 + columns, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (_mixed(seeds[:, None] + steps) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64's finalizer (Steele, Lea, Flood 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
