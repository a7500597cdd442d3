"""torch on the CPU, in a thread of its own so that the searcher's loop stays free. Imports torch."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import torch

from daemon.gpu_client import Batch, Result
from nets import Net, RawOutputs, decode
from protocol.messages import NetInfo


class TorchDevice:
    """One net on the CPU with ``threads`` threads."""

    def __init__(self, net: Net, threads: int) -> None:
        torch.set_num_threads(threads)
        self._net = net
        self._executor = ThreadPoolExecutor(1, "device")
        self._info = NetInfo(net.name, net.sha256, net.features, f"torch cpu, {threads} threads")

    @property
    def info(self) -> NetInfo:
        return self._info

    def submit(self, batch: Batch) -> Future[Result]:
        height, width = batch.planes.shape[2:]
        self._net.check(height, width)
        return self._executor.submit(self._evaluate, batch)

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)

    def _evaluate(self, batch: Batch) -> Result:
        begin = time.monotonic()
        with torch.inference_mode():
            raw = self._net.module(torch.from_numpy(batch.planes), torch.from_numpy(batch.global_inputs))
        end = time.monotonic()
        return Result(decode(RawOutputs(*(output.numpy() for output in raw)), batch.positions), begin, end)
