"""Nets on the CPU with our own convolutions, in threads of their own so that the searcher's loop stays free.

A net is there at once: nothing is converted. A batch is cut into as many parts as there are threads. Where there is but
one, and it would be done at once, whoever waits for a batch evaluates it, which saves two switches of threads: eight
pairs of runs of b6c96 on 9x9, one tree, made 1.07 times the visits a second so in the mean (0.88 to 1.28).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from daemon.evaluation.devices.winograd_kernels import DEVICE
from daemon.evaluation.devices.winograd_nets import as_program
from daemon.gpu_client import Batch, Pending, Result
from nets import Net, RawOutputs, decode
from protocol.choices import Precision
from protocol.messages import NetInfo

QUICK = 0.03
"""Seconds that a batch may be expected to take, for whoever waits for it to evaluate it: signs of life wait, too."""


@dataclass(frozen=True)
class _Part:
    """What a net said of some positions of a batch, and when it worked on them."""

    outputs: list[NDArray[np.float32]]
    begin: float
    end: float


class WinogradDevice:
    """One net on the CPU with ``threads`` threads. It changes the net's module."""

    def __init__(self, net: Net, threads: int, precision: Precision = "f32", why: str = "") -> None:
        """``precision``: f32 or int16."""
        self._module, self._threads = as_program(net.module, precision == "int16"), threads
        self._net = replace(net, module=self._module)  # of the other one nothing is needed
        # every thread works alone: torch's own threads would wait for each other several times a convolution
        self._executor = ThreadPoolExecutor(threads, "device", torch.set_num_threads, (1,))
        self._pace = math.inf
        """Seconds a point, of the last batch."""
        device = f"{DEVICE} on the CPU, {precision}, {threads} thread{'s' if threads > 1 else ''}"
        self._info = NetInfo(net.name, net.sha256, net.features, device, why)

    @property
    def info(self) -> NetInfo:
        return self._info

    def submit(self, batch: Batch) -> Pending[Result]:
        height, width = batch.planes.shape[2:]
        self._net.check(height, width)
        if self._threads == 1 and self._pace * len(batch) * height * width < QUICK:
            return _Postponed(batch, self._evaluate_here)
        rows = np.array_split(np.arange(len(batch)), min(self._threads, max(1, len(batch))))
        return _Running(batch, [self._executor.submit(self._evaluate, batch, part) for part in rows])

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)

    def _evaluate_here(self, batch: Batch) -> _Part:
        if torch.get_num_threads() != 1:
            torch.set_num_threads(1)  # of the thread that calls
        return self._evaluate(batch, np.arange(len(batch)))

    def _evaluate(self, batch: Batch, rows: NDArray[np.int64]) -> _Part:
        begin = time.monotonic()
        some = slice(rows[0], rows[-1] + 1) if len(rows) else slice(0)
        with torch.inference_mode():
            raw = self._module(torch.from_numpy(batch.planes[some]), torch.from_numpy(batch.global_inputs[some]))
        end = time.monotonic()
        self._pace = (end - begin) / max(1, batch.planes[some, 0].size)
        return _Part([output.numpy() for output in raw], begin, end)


class _Running:
    """The parts of a batch that are on their way."""

    def __init__(self, batch: Batch, parts: Sequence[Future[_Part]]) -> None:
        self._batch, self._parts = batch, parts
        self._result: Result | None = None

    def result(self, timeout: float | None = None) -> Result:
        if self._result is None:
            deadline = None if timeout is None else time.monotonic() + timeout
            done = [
                part.result(None if deadline is None else max(0.0, deadline - time.monotonic())) for part in self._parts
            ]
            self._result = _together(self._batch, done)
        return self._result


class _Postponed:
    """A batch that is evaluated when it is waited for, and by whom."""

    def __init__(self, batch: Batch, evaluate: Callable[[Batch], _Part]) -> None:
        self._batch, self._evaluate = batch, evaluate
        self._result: Result | None = None

    def result(self, timeout: float | None = None) -> Result:  # noqa: ARG002
        """It does not wait, and so never too long."""
        if self._result is None:
            self._result = _together(self._batch, [self._evaluate(self._batch)])
        return self._result


def _together(batch: Batch, parts: Sequence[_Part]) -> Result:
    outputs = map(np.concatenate, zip(*(part.outputs for part in parts), strict=True))
    evaluations = decode(RawOutputs(*outputs), batch.positions)
    return Result(evaluations, min(part.begin for part in parts), max(part.end for part in parts))
