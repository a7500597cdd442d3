"""Positions shown to the net turned and mirrored at random: a device in front of another.

A net is not quite as symmetric as the board; which way a position is turned is drawn from a seed and from the position
itself, so that the same position looks the same at any time, in any batch and to every searcher.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

import numpy as np
import xxhash
from numpy.typing import NDArray

from daemon.gpu_client import Batch, Device, Pending, Result
from protocol.messages import NetInfo

Index = NDArray[np.int64]
_T = TypeVar("_T", bound=np.generic)


@cache
def orders(height: int, width: int) -> tuple[Index, Index]:
    """The symmetries of a board, the identity first: int64[8 or 4, points], and their inverses.

    Row s holds for each point of the turned board the point of the original that lies there. Eight of them on a square.
    """
    points = np.arange(height * width).reshape(height, width)
    sides = [points, points.T] if height == width else [points]
    turned = [flipped for side in sides for half in (side, side[::-1]) for flipped in (half, half[:, ::-1])]
    forth = np.stack([one.reshape(-1) for one in turned])
    return forth, np.argsort(forth, axis=1)


class SymmetricDevice:
    """A device that shows another one positions of a board game turned, and turns its answers back.

    For games whose planes are boards, and whose moves are the board's points and at most one more, a pass; positions of
    other games are passed on as they are.
    """

    def __init__(self, device: Device, seed: int) -> None:
        self._device = device
        self._seed = seed

    @property
    def info(self) -> NetInfo:
        return self._device.info

    def submit(self, batch: Batch) -> Pending[Result]:
        n, channels, height, width = batch.planes.shape
        if batch.positions.legal.shape[1] - height * width not in (0, 1):
            return self._device.submit(batch)
        forth, back = orders(height, width)
        chosen = self.chosen(batch, len(forth))
        there = forth[chosen]
        planes = np.take_along_axis(batch.planes.reshape(n, channels, -1), there[:, None], axis=2)
        positions = replace(batch.positions, legal=_turned(batch.positions.legal, there))
        turned = Batch(planes.reshape(batch.planes.shape), batch.global_inputs, positions)
        return _Turned(self._device.submit(turned), back[chosen])

    def chosen(self, batch: Batch, count: int) -> Index:
        """int64[n] below ``count``: how each position is turned."""
        digests = [xxhash.xxh3_64_intdigest(np.ascontiguousarray(one).data, self._seed) for one in batch.planes]
        return np.array([digest % count for digest in digests], np.int64)

    def close(self) -> None:
        self._device.close()


@dataclass
class _Turned:
    """A result to turn back. back: int64[n, points]."""

    pending: Pending[Result]
    back: Index
    turned: Result | None = None

    def result(self, timeout: float | None = None) -> Result:
        if self.turned is None:
            result = self.pending.result(timeout)
            evaluations = replace(
                result.evaluations,
                priors=_turned(result.evaluations.priors, self.back),
                ownership=_turned(result.evaluations.ownership, self.back),
            )
            self.turned = replace(result, evaluations=evaluations)
        return self.turned


def _turned(rows: NDArray[_T], order: Index) -> NDArray[_T]:
    points = order.shape[1]
    turned = rows.copy()
    if rows.shape[1]:
        turned[:, :points] = np.take_along_axis(rows[:, :points], order, axis=1)
    return turned
