"""Products of many small matrices, by whichever library is the faster for their size on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

TRIES = 5


def _by_torch(a: Tensor, b: Tensor, out: Tensor) -> None:
    torch.bmm(a, b, out=out)


def _by_numpy(a: Tensor, b: Tensor, out: Tensor) -> None:
    np.matmul(a.numpy(), b.numpy(), out=out.numpy())


LIBRARIES: tuple[Callable[[Tensor, Tensor, Tensor], None], ...] = (_by_torch, _by_numpy)
"""torch multiplies with MKL, which holds back on processors other than Intel's: there numpy's OpenBLAS is 1.2 times as
fast for 36 matrices of 100x96 times 96x96, on Intel's as fast or half as fast."""


class Products:
    """Multiplies in the calling thread alone."""

    def __init__(self) -> None:
        threadpool_limits(1, "blas")
        self._best: dict[tuple[int, ...], Callable[[Tensor, Tensor, Tensor], None]] = {}

    def of(self, a: Tensor, b: Tensor, out: Tensor) -> None:
        """out = a b, float32[k, m, n] of float32[k, m, l] and float32[k, l, n]."""
        shape = (*a.shape, b.shape[2])
        best = self._best.get(shape)
        if best is None:
            best = self._best[shape] = min(LIBRARIES, key=lambda one: _seconds(one, a, b, out))
        best(a, b, out)


def _seconds(library: Callable[[Tensor, Tensor, Tensor], None], a: Tensor, b: Tensor, out: Tensor) -> float:
    """The least time of several tries, so that what else the machine does counts little."""
    taken = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        library(a, b, out)
        taken.append(time.perf_counter() - begun)
    return min(taken)
