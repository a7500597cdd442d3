"""Evaluations that are remembered: a device in front of another, which sees no position that is known already.

It gives back what the other device said, bit for bit. But some devices evaluate a position slightly differently in
batches of different sizes, and cached positions make batches smaller. (OpenVINO, b6c96: 1e-7 in f32, up to 0.008 of the
value in bf16, nothing in int8; the company that a position has in batches of one size makes no difference.)
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import xxhash
from numpy.typing import NDArray

from daemon.gpu_client import Batch, Device, Pending, Result, take
from nets import Evaluations
from protocol.messages import NetInfo

ROW_OVERHEAD = 300
"""Bytes that Python spends on a remembered evaluation beside its numbers: measured."""


def keys(batch: Batch) -> list[bytes]:
    """A fingerprint of each position of a batch, of 128 bits: of all that a net sees of it, and of its legal moves.

    Who is to move is among it, for evaluations are seen from Black's side; so is the shape of the board.
    """
    positions, n = batch.positions, len(batch)
    columns = (batch.planes, batch.global_inputs, positions.legal, positions.to_play)
    # one piece of memory for each position, so that it takes one call: a batch of small boards has many
    rows = np.concatenate([np.ascontiguousarray(column).reshape(n, -1).view(np.uint8) for column in columns], axis=1)
    seed = xxhash.xxh3_64_intdigest(str(batch.planes.shape[1:]).encode())
    return [xxhash.xxh3_128_digest(row.data, seed) for row in rows]


class EvaluationCache:
    """Rows of evaluations by key, the least recently used forgotten first. ``bytes`` never exceeds ``max_bytes``."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._rows: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: bytes) -> NDArray[np.float32] | None:
        """What was put there, unless it was forgotten."""
        row = self._rows.get(key)
        if row is not None:
            self._rows.move_to_end(key)
        return row

    def put(self, key: bytes, row: NDArray[np.float32]) -> None:
        """Remember a row; it must not be written to afterwards."""
        size = row.nbytes + ROW_OVERHEAD
        if key in self._rows or size > self.max_bytes:
            return
        self._rows[key] = row
        self.bytes += size
        while self.bytes > self.max_bytes:
            _, forgotten = self._rows.popitem(last=False)
            self.bytes -= forgotten.nbytes + ROW_OVERHEAD


class CachedDevice:
    """A device that asks another one only for what it does not remember."""

    def __init__(self, device: Device, max_bytes: int) -> None:
        self._device = device
        self._cache = EvaluationCache(max_bytes)

    @property
    def info(self) -> NetInfo:
        return self._device.info

    def submit(self, batch: Batch) -> _Merging:
        wanted = keys(batch)
        known = [self._cache.get(key) for key in wanted]
        new = list({key: row for row, key in reversed(list(enumerate(wanted))) if known[row] is None}.values())[::-1]
        if len(new) == len(batch):
            return _Merging(self._cache, batch, wanted, known, new, self._device.submit(batch))
        if not new:
            return _Merging(self._cache, batch, wanted, known, new, None)
        rows = np.array(new)
        part = Batch(batch.planes[rows], batch.global_inputs[rows], take(batch.positions, rows))
        return _Merging(self._cache, batch, wanted, known, new, self._device.submit(part))

    def clear_evaluations(self) -> None:
        """Ask the other device for everything again."""
        self._cache = EvaluationCache(self._cache.max_bytes)

    def close(self) -> None:
        self._device.close()


@dataclass
class _Merging:
    """Remembered rows and, when they have come, new ones. new: the rows of the batch that the other device has."""

    cache: EvaluationCache
    batch: Batch
    wanted: list[bytes]
    known: list[NDArray[np.float32] | None]
    new: list[int]
    pending: Pending[Result] | None
    merged: Result | None = None

    def result(self, timeout: float | None = None) -> Result:
        if self.merged is None:
            now = time.monotonic()
            result = None if self.pending is None else self.pending.result(timeout)
            self.merged = self._merge(result, now)
        return self.merged

    def _merge(self, result: Result | None, now: float) -> Result:
        repeated = len(self.batch) - len(self.new)
        fresh = {}
        if result is not None:
            for row, numbers in zip(self.new, _packed(result.evaluations), strict=True):
                fresh[self.wanted[row]] = numbers
                self.cache.put(self.wanted[row], numbers)
            if not repeated:
                return result
        rows = [
            fresh[key] if remembered is None else remembered
            for key, remembered in zip(self.wanted, self.known, strict=True)
        ]
        evaluations = _unpacked(np.concatenate(rows).reshape(len(rows), -1), self.batch.positions.legal.shape[1])
        begin, end = (now, now) if result is None else (result.begin, result.end)
        return Result(evaluations, begin, end, repeated)


def _packed(evaluations: Evaluations) -> list[NDArray[np.float32]]:
    columns = (
        evaluations.value[:, None],
        evaluations.lead[:, None],
        evaluations.score,
        evaluations.errors,
        evaluations.priors,
        evaluations.ownership,
    )
    # Copies, row by row: a view would keep the whole batch alive.
    return [row.copy() for row in np.concatenate(columns, axis=1, dtype=np.float32)]


def _unpacked(rows: NDArray[np.float32], num_moves: int) -> Evaluations:
    rest = 6 + num_moves
    return Evaluations(rows[:, 0], rows[:, 1], rows[:, 6:rest], rows[:, rest:], rows[:, 2:4], rows[:, 4:6])
