"""torch on the CPU, in a thread of its own so that the searcher's loop stays free. Imports torch."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import torch

from daemon.gpu_client import Batch, Result
from nets import Net, RawOutputs, decode
from protocol.messages import NetInfo


class TorchDevice:
    """One net on the CPU with ``threads`` threads; ``precision`` is f32, or bf16 by torch's autocast."""

    def __init__(self, net: Net, threads: int, precision: str = "f32", why: str = "") -> None:
        torch.set_num_threads(threads)
        self._net = net
        self._in_halves = precision == "bf16"
        self._executor = ThreadPoolExecutor(1, "device")
        device = f"torch on the CPU, {precision}, {threads} thread{'s' if threads > 1 else ''}"
        self._info = NetInfo(net.name, net.sha256, net.features, device, why)

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
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._in_halves):
            raw = self._net.module(torch.from_numpy(batch.planes), torch.from_numpy(batch.global_inputs))
        end = time.monotonic()
        return Result(decode(RawOutputs(*(output.float().numpy() for output in raw)), batch.positions), begin, end)
